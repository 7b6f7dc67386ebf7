"""Taking turns: one task at work, the others waiting until its turn is over."""

from types import TracebackType

from kactors.runtime.event import Event


class Turn:
    """A lock that can also be watched: whoever waits learns when the turn is over.

    That is what group commit needs. A task that finds a sync under way waits for its end,
    looks whether it was served, and only then, if it was not, takes the next turn.
    """

    __slots__ = ("_over",)

    def __init__(self) -> None:
        self._over: Event | None = None

    @property
    def busy(self) -> bool:
        """Whether somebody has the turn."""
        return self._over is not None

    async def wait_over(self) -> None:
        """Return once the present turn, if there is one, is over."""
        if self._over is not None:
            await self._over.wait()

    async def __aenter__(self) -> None:
        while self._over is not None:
            await self._over.wait()
        self._over = Event()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        over, self._over = self._over, None
        assert over is not None, "a turn ends once"
        over.set()
