"""What a fault can wait for: things that happen, described as data."""

import re
from collections.abc import Mapping
from fnmatch import translate
from functools import lru_cache
from typing import Any

import attrs

from kactors.faults.checks import Field, check_flag, check_text, refuse
from kactors.faults.printing import as_call

FieldValue = str | int | float | bool | None
"""What a field of a message is compared with; a text equals the bytes of its UTF-8."""


def _pairs(value: Any) -> Any:
    """Accept a mapping or pairs; keep sorted pairs, so that equal conditions are equal."""
    pairs = value.items() if isinstance(value, Mapping) else value
    try:
        return tuple(sorted((name, wanted) for name, wanted in pairs))
    except (TypeError, ValueError):
        return value


def _check_where(instance: object, field: Field, value: object) -> None:
    good = isinstance(value, tuple) and all(
        isinstance(pair, tuple)
        and isinstance(pair[0], str)
        and (pair[1] is None or isinstance(pair[1], (str, int, float)))
        for pair in value
    )
    if not good:
        remedy = "give a dict of field names and plain values, such as {'key': 'pods/web-1'}"
        raise refuse(instance, field, value, remedy)


@attrs.frozen(repr=False)
class Messages:
    """Which messages are meant. ``*``, ``?`` and ``[...]`` in the texts match as in file names.

    Attributes:
        tag: of the message class, such as ``raft.append``.
        source: the sender, as ``host/name`` or only ``host``.
        target: the receiver, likewise.
        where: fields that must have these values; a name with dots leads into nested ones.
    """

    tag: str = attrs.field(default="*", validator=check_text)
    source: str = attrs.field(default="*", validator=check_text)
    target: str = attrs.field(default="*", validator=check_text)
    where: tuple[tuple[str, FieldValue], ...] = attrs.field(
        default=(), converter=_pairs, validator=_check_where, metadata={"mapping": True}
    )

    def __repr__(self) -> str:
        return as_call(self)


@attrs.frozen(repr=False)
class Sent(Messages):
    """A message is sent, whatever becomes of it."""


@attrs.frozen(repr=False)
class Delivered(Messages):
    """A message reaches its receiver.

    Attributes:
        before: fire before the receiver is given the message: a fault that begins at once
            can still take it away.
    """

    before: bool = attrs.field(default=False, kw_only=True, validator=check_flag)


@attrs.frozen(repr=False)
class ProbeHit:
    """A `sometimes` probe holds or a `buggify` site fires.

    Attributes:
        name: of the probe; ``*``, ``?`` and ``[...]`` match as in file names.
    """

    name: str = attrs.field(validator=check_text)

    def __repr__(self) -> str:
        return as_call(self)


@attrs.frozen(repr=False)
class ActorStarted:
    """An actor starts, for the first time or again.

    Attributes:
        address: as ``host/name`` or only ``host``; with ``*``, ``?`` and ``[...]``.
    """

    address: str = attrs.field(validator=check_text)

    def __repr__(self) -> str:
        return as_call(self)


@attrs.frozen(repr=False)
class ActorDied:
    """An actor ends, for whatever reason.

    Attributes:
        address: as ``host/name`` or only ``host``; with ``*``, ``?`` and ``[...]``.
    """

    address: str = attrs.field(validator=check_text)

    def __repr__(self) -> str:
        return as_call(self)


Trigger = Sent | Delivered | ProbeHit | ActorStarted | ActorDied

TRIGGERS = (Sent, Delivered, ProbeHit, ActorStarted, ActorDied)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def matches(pattern: str, text: str) -> bool:
    """Tell whether a text matches a pattern as file names do, case included."""
    return pattern == "*" or _compiled(pattern).match(text) is not None


def matches_address(pattern: str, host: str, name: str) -> bool:
    """Tell whether an actor matches a pattern for ``host/name``, or for its host alone."""
    if "/" in pattern:
        return matches(pattern, f"{host}/{name}")
    return matches(pattern, host)


def has_fields(message: object, where: tuple[tuple[str, FieldValue], ...]) -> bool:
    """Tell whether a message's fields have the values that are asked for."""
    return all(_equal(_read(message, name), wanted) for name, wanted in where)


_NOTHING = object()


def _read(message: object, name: str) -> object:
    found: Any = message
    for part in name.split("."):
        if isinstance(found, Mapping):
            found = found.get(part, _NOTHING)
        else:
            found = getattr(found, part, _NOTHING)
    return found


def _equal(found: object, wanted: FieldValue) -> bool:
    if isinstance(found, bytes) and isinstance(wanted, str):
        return found == wanted.encode()
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)
