"""Writes about one pod in the order in which they were decided.

A pod that fits nowhere may fit a moment later: were the two written side by side, the word that it
cannot be scheduled could come after its binding, and stay.

Source: kubernetes pkg/scheduler/backend/api_dispatcher, which keeps calls for one object in order.
"""

from types import TracebackType
from typing import Self

from kactors.runtime import Event

__all__ = ["Turn", "Turns"]


class Turns:
    """Hands out turns: those of one key follow each other, others do not wait."""

    def __init__(self) -> None:
        self._last: dict[str, Event] = {}

    def __len__(self) -> int:
        """Count the keys that somebody has a turn for."""
        return len(self._last)

    def take(self, key: str) -> "Turn":
        """Return a turn after all that were taken for this key before; it must be used."""
        before, mine = self._last.get(key), Event()
        self._last[key] = mine
        return Turn(self, key, before, mine)

    def end(self, key: str, mine: Event) -> None:
        """End a turn; see `Turn`."""
        mine.set()
        if self._last.get(key) is mine:
            del self._last[key]


class Turn:
    """To be used with ``async with``; entering waits for the turns before, leaving ends it."""

    def __init__(self, turns: Turns, key: str, before: Event | None, mine: Event) -> None:
        self._turns = turns
        self._key = key
        self._before = before
        self._mine = mine

    async def __aenter__(self) -> Self:
        try:
            if self._before is not None:
                await self._before.wait()
        except BaseException:
            self._turns.end(self._key, self._mine)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._turns.end(self._key, self._mine)
