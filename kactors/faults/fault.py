"""What every fault is: a frozen value with a start and, if it lasts, an end."""

from collections.abc import Callable
from typing import Any, ClassVar, Self

import attrs

from kactors.faults.checks import Field, check_flag, refuse
from kactors.faults.errors import InvalidFaultError
from kactors.faults.printing import as_call
from kactors.faults.when import At, End, For, Start, Until, When

SYMBOL = "@"
"""Begins the name of a part that a host plays, such as ``@leader``, which the world resolves."""


def _check_start(instance: object, field: Field, value: object) -> None:
    if not isinstance(value, (At, When)):
        raise refuse(instance, field, value, "give At(seconds) or When(trigger)")


def _check_end(instance: object, field: Field, value: object) -> None:
    if value is not None and not isinstance(value, (For, Until, When)):
        raise refuse(instance, field, value, "give For(seconds), Until(seconds) or When(trigger)")


@attrs.frozen(repr=False)
class Fault:
    """Something that is done to the world.

    Attributes:
        start: when it begins.
        end: when it ends; nothing for what happens at once, or lasts for ever.
        forever: a fault that lasts is meant to have no end.
    """

    lasting: ClassVar[bool] = True
    """Whether the fault goes on until it ends; else it happens and is over."""

    start: Start = attrs.field(kw_only=True, validator=_check_start)
    end: End | None = attrs.field(default=None, kw_only=True, validator=_check_end)
    forever: bool = attrs.field(default=False, kw_only=True, validator=check_flag)

    def __attrs_post_init__(self) -> None:
        if not self.lasting:
            if self.end is not None or self.forever:
                raise InvalidFaultError(f"{self!r} happens at once: give no end, and not forever")
        elif self.end is None and not self.forever:
            raise InvalidFaultError(
                f"{self!r} has no end: give end=For(seconds), Until(seconds) or When(trigger), "
                "or say forever=True"
            )
        elif self.end is not None and self.forever:
            raise InvalidFaultError(f"{self!r} has an end and lasts forever: give one of them")
        if (
            isinstance(self.start, At)
            and isinstance(self.end, Until)
            and self.end.ns <= self.start.ns
        ):
            raise InvalidFaultError(
                f"{self!r} ends before it begins: give an Until later than At, or For"
            )

    def __repr__(self) -> str:
        return as_call(self)

    @property
    def kind(self) -> str:
        """The name under which faults of this sort are counted."""
        return type(self).__name__

    @property
    def key(self) -> str:
        """Names the fault in a plan and keys its chance.

        The end is left out: a fault that is made shorter does the same while it lasts.
        """
        return repr(attrs.evolve(self, end=None, forever=self.lasting))

    def hosts(self) -> tuple[str, ...]:
        """Return the hosts that the fault names, each of them once, in order."""
        names: list[str] = []

        def note(name: str) -> str:
            names.append(name)
            return name

        self._map_names(note)
        return tuple(dict.fromkeys(names))

    def resolved(self, resolve: Callable[[str], str]) -> Self:
        """Return the fault with every name put through ``resolve``."""
        return attrs.evolve(self, **self._map_names(resolve))

    def _map_names(self, function: Callable[[str], str]) -> dict[str, Any]:
        """Apply ``function`` to each name of a host; return the fields that hold them."""
        changed: dict[str, Any] = {}
        for field in attrs.fields(type(self)):
            value = getattr(self, field.name)
            match field.metadata.get("names"):
                case "host":
                    changed[field.name] = value if value == "*" else function(value)
                case "hosts":
                    changed[field.name] = tuple(function(name) for name in value)
                case "groups":
                    changed[field.name] = tuple(
                        tuple(function(name) for name in group) for group in value
                    )
                case "address":
                    host, _, name = value.partition("/")
                    changed[field.name] = f"{function(host)}/{name}"
        return changed
