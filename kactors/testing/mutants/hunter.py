"""Who looks for planted bugs: one trial after the other, from a seed."""

from typing import Any, Protocol

import attrs

__all__ = ["Found", "Hunter"]


@attrs.frozen
class Found:
    """A trial that broke a property.

    Attributes:
        invariant: which.
        text: what happened.
        schedule: what the trial did; anything that `Hunter.shrink` understands.
    """

    invariant: str
    text: str
    schedule: Any


class Hunter(Protocol):
    """Looks for bugs in the code as it is at that moment, planted ones included."""

    def trial(self, seed: int, number: int) -> Found | None:
        """Run trial ``number`` of the series ``seed``, the same each time."""

    def shrink(self, found: Found) -> tuple[Any, int]:
        """Return a smallest schedule that breaks the same property, and how many faults it has."""
