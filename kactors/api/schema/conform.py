"""Bringing what a client sent into the form in which objects are kept.

As upstream's decoders do: fields that are not known are left out (and named), ``null`` is as if
nothing had been said, as are empty lists and maps where they are not required; quantities and
times are written in their canonical form; a value of another type than its field's is refused.
"""

import base64
import binascii
from collections.abc import Callable
from functools import cache
from typing import Any

import attrs
from msgpack import unpackb

from kactors.api.errors import BadRequest, MalformedQuantity, MalformedTime
from kactors.api.memo import Memo
from kactors.api.objects import Object, deep_copy
from kactors.api.quantity import canonical
from kactors.api.schema.types import Field, definition
from kactors.api.times import format_micro_time, format_time, parse_time

__all__ = ["Conformed", "conform"]


@attrs.frozen
class Conformed:
    """An object in its form.

    Attributes:
        obj: shares nothing that can be changed with what was sent.
        unknown: the paths of fields that were left out.
    """

    obj: Object
    unknown: tuple[str, ...] = ()


def conform(name: str, obj: Object) -> Conformed:
    """Return ``obj`` in the form of a definition, such as ``core.v1.Pod``.

    Raises:
        BadRequest: a value has the wrong type; the message is upstream's.
        UnknownKind: there is no such definition.
    """
    unknown: list[str] = []
    try:
        found = _checker(f"@{name}")(obj, None, unknown)
    except _Mistyped as error:
        raise _refusal(error, name) from None
    return Conformed(found, tuple(unknown))


# Where a value is: the place of what holds it, and the name or index in there. Made into text only
# when there is something to say.
Place = tuple["Place | None", str | int]
Checker = Callable[[Any, "Place | None", list[str]], Any]


def _path(place: "Place | None", *, indices: bool = True) -> str:
    parts: list[str] = []
    while place is not None:
        place, name = place
        if isinstance(name, int):
            if indices:
                parts.append(f"[{name}]")
        else:
            parts.append(f".{name}")
    return "".join(reversed(parts)).removeprefix(".")


class _Mistyped(Exception):
    """A value of another type than its field's."""

    def __init__(self, found: str, wanted: str, place: "Place | None") -> None:
        super().__init__(found, wanted)
        self.found = found
        self.wanted = wanted
        self.place = place


_WANTED = {"s": "string", "i": "int32", "l": "int64", "b": "bool", "y": "[]uint8",
           "q": "resource.Quantity", "t": "v1.Time", "u": "v1.MicroTime",
           "x": "intstr.IntOrString"}  # fmt: skip


def _go_type(kind: str) -> str:
    if kind[0] == "[":
        return "[]" + _go_type(kind[1:])
    if kind[0] == "{":
        return "map[string]" + _go_type(kind[1:])
    return "v1." + kind.rpartition(".")[2] if kind[0] == "@" else _WANTED.get(kind, "interface {}")


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return f"number {value}" if isinstance(value, float) else "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _string(value: Any, place: Place | None, _: list[str]) -> Any:
    if value.__class__ is not str:
        raise _Mistyped(_json_type(value), "string", place)
    return value


def _boolean(value: Any, place: Place | None, _: list[str]) -> Any:
    if value.__class__ is not bool:
        raise _Mistyped(_json_type(value), "bool", place)
    return value


def _integer(bits: int) -> Checker:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def check(value: Any, place: Place | None, _: list[str]) -> Any:
        if value.__class__ is not int:
            raise _Mistyped(_json_type(value), f"int{bits}", place)
        if not low <= value <= high:
            raise _Mistyped(f"number {value}", f"int{bits}", place)
        return value

    return check


def _base64(value: Any, place: Place | None, _: list[str]) -> Any:
    if value.__class__ is not str:
        raise _Mistyped(_json_type(value), "[]uint8", place)
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest(f"illegal base64 data in {_path(place)}") from None
    return value


def _quantity(value: Any, place: Place | None, _: list[str]) -> Any:
    if value.__class__ not in {str, int, float}:
        raise _Mistyped(_json_type(value), "resource.Quantity", place)
    try:
        return canonical(value)
    except MalformedQuantity as error:
        raise BadRequest(f"{_path(place)}: {error}") from None


def _time(write: Callable[[int], str], wanted: str) -> Checker:
    def check(value: Any, place: Place | None, _: list[str]) -> Any:
        if value.__class__ is not str:
            raise _Mistyped(_json_type(value), wanted, place)
        try:
            return write(parse_time(value))
        except MalformedTime as error:
            raise BadRequest(f"{_path(place)}: {error}") from None

    return check


def _int_or_string(value: Any, place: Place | None, _: list[str]) -> Any:
    if value.__class__ is not int and value.__class__ is not str:
        raise _Mistyped(_json_type(value), "intstr.IntOrString", place)
    return value


def _anything(value: Any, _place: Place | None, _: list[str]) -> Any:
    return deep_copy(value)


_SCALARS: dict[str, Checker] = {
    "s": _string, "i": _integer(32), "l": _integer(64), "b": _boolean, "y": _base64,
    "q": _quantity, "t": _time(format_time, "v1.Time"),
    "u": _time(format_micro_time, "v1.MicroTime"), "x": _int_or_string, "*": _anything,
}  # fmt: skip
_ZEROES: dict[str, Any] = {"s": "", "i": 0, "l": 0, "b": False, "q": "0", "y": ""}


@cache
def _checker(kind: str) -> Checker:
    """Return what checks and rewrites a value of a type."""
    if kind[0] == "[":
        return _list_checker(kind)
    if kind[0] == "{":
        return _map_checker(kind)
    if kind[0] == "@":
        check = _struct_checker(kind[1:])
        return _remembering(check) if kind in _REPEATED else check
    return _SCALARS[kind]


def _list_checker(kind: str) -> Checker:
    item = _lazily(kind[1:])
    zero = _ZEROES.get(kind[1], {})

    def check(value: Any, place: Place | None, unknown: list[str]) -> Any:
        if value.__class__ is not list:
            raise _Mistyped(_json_type(value), _go_type(kind), place)
        return [
            item(zero if each is None else each, (place, index), unknown)
            for index, each in enumerate(value)
        ]

    return check


def _map_checker(kind: str) -> Checker:
    item = _lazily(kind[1:])
    zero = _ZEROES.get(kind[1], {})

    def check(value: Any, place: Place | None, unknown: list[str]) -> Any:
        if value.__class__ is not dict:
            raise _Mistyped(_json_type(value), _go_type(kind), place)
        return {
            key: item(zero if each is None else each, (place, key), unknown)
            for key, each in value.items()
        }

    return check


def _lazily(kind: str) -> Checker:
    """Return the checker of a type, made at its first use: definitions may hold themselves."""
    if kind in _SCALARS:
        return _SCALARS[kind]

    def check(value: Any, place: Place | None, unknown: list[str]) -> Any:
        return _checker(kind)(value, place, unknown)

    return check


def _struct_checker(name: str) -> Checker:
    found = definition(name)
    fields = {
        key: (_lazily(field.type), _may_be_empty(field)) for key, field in found.fields.items()
    }

    def check(value: Any, place: Place | None, unknown: list[str]) -> Any:
        if value.__class__ is not dict:
            raise _Mistyped(_json_type(value), _go_type(f"@{name}"), place)
        kept: Object = {}
        for key, each in value.items():
            if each is None:
                if key not in fields:
                    unknown.append(_path((place, key)))
                continue
            known = fields.get(key)
            if known is None:
                unknown.append(_path((place, key)))
                continue
            checker, may_be_empty = known
            try:
                each = checker(each, (place, key), unknown)
            except _Mistyped as error:
                raise _refusal(error, name) from None
            if each or may_be_empty or (each is not None and each.__class__ not in _EMPTYABLE):
                kept[key] = each
        return kept

    return check


_EMPTYABLE = (list, dict)
_REPEATED = frozenset({"@core.v1.PodSpec"})
"""What many objects have in common, and is large."""


def _remembering(check: Checker) -> Checker:
    """Return a checker that recognises what it has brought into form before."""
    formed: Memo[bytes] = Memo()

    def recognise(value: Any, place: Place | None, unknown: list[str]) -> Any:
        key = formed.key_of(value)
        known = formed.get(key)
        if known is not None:
            return unpackb(known)  # everybody gets an own copy
        complaints = len(unknown)
        kept = check(value, place, unknown)
        if len(unknown) == complaints and (form := formed.key_of(kept)) is not None:
            formed.put(key, form)
        return kept

    return recognise


def _may_be_empty(field: Field) -> bool:
    """Tell whether an empty value differs from none: of a definition, and where required."""
    return field.required or field.type[0] not in "[{"


def _refusal(error: _Mistyped, struct: str) -> BadRequest:
    field = _path(error.place, indices=False)
    where = f"Go struct field {struct.rpartition('.')[2]}.{field}" if field else "Go value"
    return BadRequest(f"json: cannot unmarshal {error.found} into {where} of type {error.wanted}")
