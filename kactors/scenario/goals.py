"""What must hold in a run: always, or in the end."""

import attrs

from kactors.faults.printing import as_call
from kactors.scenario.errors import InvalidScenario
from kactors.scenario.predicates import Predicate

__all__ = ["Always", "Eventually", "Goal"]


@attrs.frozen(repr=False)
class _Goal:
    """A predicate and when it is judged, in seconds of scenario time."""

    name: str
    predicate: Predicate = attrs.field()

    @predicate.validator
    def _check(self, attribute: object, value: object) -> None:
        del attribute
        if not isinstance(value, Predicate):
            raise InvalidScenario(
                f"the goal {self.name!r} asks for {value!r}: give a predicate, such as Ready('web')"
            )

    def __repr__(self) -> str:
        return as_call(self)


@attrs.frozen(repr=False)
class Always(_Goal):
    """A promise of safety: the predicate holds in every second of a span.

    Attributes:
        name: what reports call it.
        predicate: what must hold.
        after: from when on.
        until: up to when; the end of the run unless given.
    """

    after: float = 0.0
    until: float | None = None

    def __attrs_post_init__(self) -> None:
        if self.until is not None and self.until < self.after:
            raise InvalidScenario(
                f"the goal {self.name!r} is judged from {self.after:g} until {self.until:g}: "
                "give an end that is not before the beginning"
            )

    def applies(self, now_s: float) -> bool:
        """Tell whether it is judged at an instant."""
        return self.after <= now_s and (self.until is None or now_s <= self.until)


@attrs.frozen(repr=False)
class Eventually(_Goal):
    """A promise of liveness: the predicate holds at some second of a span.

    Attributes:
        name: what reports call it.
        predicate: what must come about.
        within: so many seconds after ``after``; until the end of the run unless given.
        after: from when on it is asked.
    """

    within: float | None = None
    after: float = 0.0

    def is_late(self, now_s: float) -> bool:
        """Tell whether it should have been met by now."""
        return self.within is not None and now_s > self.after + self.within


Goal = Always | Eventually
