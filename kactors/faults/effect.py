"""What a fault does to a world while it lasts, and what several at once come to."""

from collections.abc import Callable, Collection
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
B = TypeVar("B")


class Effect(Protocol):
    """One fault at work."""

    def begin(self) -> bool:
        """Do it; return False if there was nothing to do it to."""
        ...

    def end(self) -> None:
        """Undo what the fault does while it lasts."""
        ...

    def heal(self, core: Collection[str] | None) -> None:
        """Undo what is left of a fault that has begun, also of one that happens at once.

        Args:
            core: the hosts to heal; what only concerns others stays as it is. All, if
                nothing is given.
        """
        ...

    def felt(self) -> bool:
        """Tell whether anybody met it so far."""
        ...


class Overlap(Generic[T, B]):
    """What several faults of one sort ask of the same host, each under its owner's name.

    Args:
        baseline: reads how a host is before the first of them.
    """

    def __init__(self, baseline: Callable[[str], B]) -> None:
        self._read = baseline
        self._baselines: dict[str, B] = {}
        self._asked: dict[str, dict[str, T]] = {}

    def add(self, host: str, owner: str, value: T) -> None:
        """Note a wish."""
        asked = self._asked.setdefault(host, {})
        if not asked:
            self._baselines[host] = self._read(host)
        asked[owner] = value

    def remove(self, host: str, owner: str) -> bool:
        """Forget a wish; return whether it was there."""
        asked = self._asked.get(host, {})
        if owner not in asked:
            return False
        del asked[owner]
        return True

    def baseline(self, host: str) -> B:
        """Return how a host was before anybody asked for anything."""
        return self._baselines[host]

    def values(self, host: str) -> tuple[T, ...]:
        """Return the wishes for a host, in the order in which they came."""
        return tuple(self._asked.get(host, {}).values())
