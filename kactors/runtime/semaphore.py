"""A semaphore: so many at once, and the others wait in line."""

from collections import OrderedDict
from types import TracebackType
from typing import Self

from kactors.runtime.errors import WouldBlock
from kactors.runtime.face import Waiter
from kactors.runtime.functions import cancel_shielded_checkpoint, checkpoint_if_cancelled, waiter


class Semaphore:
    """Counts down as tasks acquire and up as they release; never below zero.

    Those who wait are served in the order in which they came. An async context manager.
    Meaning: ``trio.Semaphore``.

    Raises:
        ValueError: the beginning is negative, or above ``max_value``.
    """

    __slots__ = ("_max_value", "_value", "_waiters")

    def __init__(self, initial_value: int, *, max_value: int | None = None) -> None:
        if initial_value < 0:
            raise ValueError(f"a semaphore begins at 0 or above, not at {initial_value}")
        if max_value is not None and max_value < initial_value:
            raise ValueError(f"a semaphore of at most {max_value} begins at {initial_value}")
        self._value = initial_value
        self._max_value = max_value
        self._waiters: OrderedDict[Waiter[None], None] = OrderedDict()

    @property
    def value(self) -> int:
        """How many may acquire now without waiting."""
        return self._value

    @property
    def tasks_waiting(self) -> int:
        """How many wait."""
        return len(self._waiters)

    def acquire_nowait(self) -> None:
        """Count down.

        Raises:
            WouldBlock: the count is zero.
        """
        if not self._value:
            raise WouldBlock("the semaphore stands at zero")
        self._value -= 1

    async def acquire(self) -> None:
        """Count down; wait while the count is zero. If cancelled, nothing was acquired."""
        await checkpoint_if_cancelled()
        if self._value:
            self._value -= 1
            await cancel_shielded_checkpoint()
            return
        mine: Waiter[None] = waiter()
        self._waiters[mine] = None
        try:
            await mine.wait()
        finally:
            self._waiters.pop(mine, None)

    def release(self) -> None:
        """Count up, or let the one go on who has waited longest.

        Raises:
            ValueError: the count is ``max_value`` already.
        """
        while self._waiters:
            longest, _ = self._waiters.popitem(last=False)
            if longest.wake(None):
                return
        if self._value == self._max_value:
            raise ValueError(f"released too often: the semaphore is at its maximum, {self._value}")
        self._value += 1

    async def __aenter__(self) -> Self:
        await self.acquire()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()
