"""What plugins tell one another, and themselves, during one attempt to schedule one pod.

Source: kubernetes pkg/scheduler/framework/cycle_state.go.
"""

import copy
from typing import Any, TypeVar

from kactors.scheduler.errors import NoSuchStateError

__all__ = ["CycleState"]

S = TypeVar("S")


class CycleState:
    """A dictionary that lives for one scheduling cycle.

    What plugins write must have a ``clone`` method if add_pod or remove_pod change it: preemption
    tries things out on a copy of the state.

    Attributes:
        skip_filter: plugins whose PreFilter said Skip.
        skip_score: plugins whose PreScore said Skip.
    """

    __slots__ = ("_written", "skip_filter", "skip_score")

    def __init__(self) -> None:
        self._written: dict[str, Any] = {}
        self.skip_filter: frozenset[str] = frozenset()
        self.skip_score: frozenset[str] = frozenset()

    def write(self, key: str, value: object) -> None:
        """Keep a value; a value of the same key is replaced."""
        self._written[key] = value

    def read(self, key: str, kind: type[S]) -> S:
        """Return what was written.

        Raises:
            NoSuchStateError: nothing was written under this key.
        """
        value = self._written.get(key)
        if value is None:
            raise NoSuchStateError(key)
        assert isinstance(value, kind), f"state {key!r} is a {type(value).__name__}"
        return value

    def find(self, key: str, kind: type[S]) -> S | None:
        """Return what was written, or None."""
        return self.read(key, kind) if key in self._written else None

    def clone(self) -> "CycleState":
        """Return a copy in which plugins may add and remove pods."""
        other = CycleState()
        other.skip_filter = self.skip_filter
        other.skip_score = self.skip_score
        for key, value in self._written.items():
            clone = getattr(value, "clone", None)
            other._written[key] = copy.copy(value) if clone is None else clone()
        return other
