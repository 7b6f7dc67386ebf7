"""When a fault begins and when it ends."""

import attrs

from kactors.faults.checks import Field, check_count, check_seconds, refuse
from kactors.faults.printing import as_call
from kactors.faults.trigger import TRIGGERS, Trigger

_NS = 1e9


@attrs.frozen(repr=False)
class At:
    """So many seconds after the plan was started, by true time."""

    seconds: float = attrs.field(validator=check_seconds)

    def __repr__(self) -> str:
        return as_call(self)

    @property
    def ns(self) -> int:
        """The same in nanoseconds."""
        return round(self.seconds * _NS)


def _check_trigger(instance: object, field: Field, value: object) -> None:
    if not isinstance(value, TRIGGERS):
        names = ", ".join(trigger.__name__ for trigger in TRIGGERS)
        raise refuse(instance, field, value, f"give a trigger, one of {names}")


@attrs.frozen(repr=False)
class When:
    """The n-th time that something happens, or a while later.

    As an end, it counts what happens after the fault has begun.

    Attributes:
        trigger: what has to happen.
        occurrence: how many times, this one included.
        delay: seconds from then on.
    """

    trigger: Trigger = attrs.field(validator=_check_trigger)
    occurrence: int = attrs.field(default=1, validator=check_count)
    delay: float = attrs.field(default=0.0, validator=check_seconds)

    def __repr__(self) -> str:
        return as_call(self)

    @property
    def delay_ns(self) -> int:
        """The delay in nanoseconds."""
        return round(self.delay * _NS)


@attrs.frozen(repr=False)
class For:
    """So many seconds after the fault began."""

    seconds: float = attrs.field(validator=check_seconds)

    def __repr__(self) -> str:
        return as_call(self)

    @property
    def ns(self) -> int:
        """The same in nanoseconds."""
        return round(self.seconds * _NS)


@attrs.frozen(repr=False)
class Until:
    """So many seconds after the plan was started."""

    seconds: float = attrs.field(validator=check_seconds)

    def __repr__(self) -> str:
        return as_call(self)

    @property
    def ns(self) -> int:
        """The same in nanoseconds."""
        return round(self.seconds * _NS)


Start = At | When

End = For | Until | When
