"""A lock: one at a time, in the order of arrival."""

from types import TracebackType
from typing import Self

from kactors.runtime.errors import WouldBlock
from kactors.runtime.semaphore import Semaphore


class Lock:
    """Held by one task at a time; an async context manager. Meaning: ``trio.Lock``.

    Unlike trio's it does not know who holds it, so it cannot notice that another task
    releases it, nor that its holder asks for it again (which waits for ever).
    """

    __slots__ = ("_semaphore",)

    def __init__(self) -> None:
        self._semaphore = Semaphore(1, max_value=1)

    def locked(self) -> bool:
        """Tell whether somebody holds the lock."""
        return not self._semaphore.value

    @property
    def tasks_waiting(self) -> int:
        """How many wait."""
        return self._semaphore.tasks_waiting

    def acquire_nowait(self) -> None:
        """Take the lock.

        Raises:
            WouldBlock: somebody holds it.
        """
        if self.locked():
            raise WouldBlock("the lock is held")
        self._semaphore.acquire_nowait()

    async def acquire(self) -> None:
        """Take the lock, after those who came before. If cancelled, it was not taken."""
        await self._semaphore.acquire()

    def release(self) -> None:
        """Give the lock to the one who has waited longest, or to nobody.

        Raises:
            RuntimeError: nobody holds it.
        """
        if not self.locked():
            raise RuntimeError("a lock was released that nobody holds")
        self._semaphore.release()

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
