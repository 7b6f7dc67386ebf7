"""A task sleeps until there is work."""

from kactors.runtime import Waiter, checkpoint, waiter


class Wakeup:
    """Set any number of times, wakes its one waiting task once."""

    __slots__ = ("_set", "_waiter")

    def __init__(self) -> None:
        self._set = False
        self._waiter: Waiter[None] | None = None

    def set(self) -> None:
        """Say that there is work."""
        self._set = True
        waiting, self._waiter = self._waiter, None
        if waiting is not None:
            waiting.wake(None)

    async def wait(self) -> None:
        """Return once there is work; also if it was said before. One task."""
        if self._set:
            await checkpoint()
        else:
            mine: Waiter[None] = waiter()
            self._waiter = mine
            await mine.wait()
        self._set = False
