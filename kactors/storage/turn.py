"""Taking turns: one task at work, the others waiting until its turn is over."""

from types import TracebackType

from kactors.runtime.event import Event


class Turn:
    """A lock that can also be watched: whoever waits learns when the turn is over.

    That is what group commit needs. A task that finds a sync under way waits for its end,
    looks whether it was served, and only then, if it was not, takes the next turn.
    """

    __slots__ = ("_busy", "_over")

    def __init__(self) -> None:
        self._busy = False
        self._over: Event | None = None  # made by the first who waits

    @property
    def busy(self) -> bool:
        """Whether somebody has the turn."""
        return self._busy

    async def wait_over(self) -> None:
        """Return once the present turn, if there is one, is over."""
        if self._busy:
            if self._over is None:
                self._over = Event()
            await self._over.wait()

    async def __aenter__(self) -> None:
        while self._busy:
            await self.wait_over()
        self._busy = True

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._busy = False
        over, self._over = self._over, None
        if over is not None:
            over.set()
