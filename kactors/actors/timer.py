"""A plain call in the future that can be taken back."""

from collections.abc import Callable
from typing import Any

from kactors.runtime import CancelScope, sleep


class Timer:
    """Calls a function once, unless cancelled before; see `Actor.after`.

    Args:
        seconds: until the call, once `run` has begun.
        function: to be called.
        args: what to call it with.
        scope: a fresh one, to wait in.

    Attributes:
        active: whether the call is still to come.

    Raises:
        ValueError: ``seconds`` is negative or not a number.
    """

    def __init__(
        self,
        seconds: float,
        function: Callable[..., None],
        args: tuple[Any, ...],
        scope: CancelScope,
    ) -> None:
        if not seconds >= 0:
            raise ValueError(f"a timer takes a number of seconds from 0 on, not {seconds!r}")
        self._seconds = seconds
        self._function = function
        self._args = args
        self._scope = scope
        self.active = True

    def cancel(self) -> None:
        """Make sure that the function is not called any more."""
        self.active = False
        self._scope.cancel()

    async def run(self) -> None:
        """Wait, then call."""
        with self._scope:
            await sleep(self._seconds)
        if self.active:
            self.active = False
            self._function(*self._args)
