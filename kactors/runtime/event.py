"""An event: set once, waited for by any number of tasks."""

from kactors.runtime.face import Waiter
from kactors.runtime.functions import checkpoint, waiter


class Event:
    """Tasks wait until somebody sets it; it is never unset. Meaning: ``trio.Event``."""

    __slots__ = ("_set", "_waiters")

    def __init__(self) -> None:
        self._set = False
        self._waiters: dict[Waiter[None], None] = {}

    def is_set(self) -> bool:
        """Tell whether `set` was called."""
        return self._set

    def set(self) -> None:
        """Wake every waiting task and let later ones pass."""
        if not self._set:
            self._set = True
            waiters, self._waiters = self._waiters, {}
            for waiting in waiters:
                waiting.wake(None)

    async def wait(self) -> None:
        """Return once the event is set."""
        if self._set:
            await checkpoint()
            return
        mine: Waiter[None] = waiter()
        self._waiters[mine] = None
        try:
            await mine.wait()
        finally:
            self._waiters.pop(mine, None)
