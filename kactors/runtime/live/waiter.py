"""Waiters of the live world."""

from typing import Any

import trio  # noqa: TID251 - live-only module

from kactors.runtime.live.host import until_resumed

_NOTHING = object()
_GIVEN_UP = object()


class LiveWaiter:
    """A value that one task waits for and anybody in trio's thread may bring, once.

    "Anybody" includes synchronous callbacks, and in a guest run those of the host loop.
    """

    __slots__ = ("_task", "_value")

    def __init__(self) -> None:
        self._value: Any = _NOTHING
        self._task: trio.lowlevel.Task | None = None

    def wake(self, value: Any) -> bool:
        """Bring the value; say whether it is taken: the first is, unless nobody waits any more."""
        if self._value is not _NOTHING:
            return False
        self._value = value
        task, self._task = self._task, None
        if task is not None:
            trio.lowlevel.reschedule(task)
        return True

    async def wait(self) -> Any:
        """Return the value. One task, once; cancellable."""
        await until_resumed(self._wait())
        return self._value

    async def wait_for(self, seconds: float, late: Any) -> Any:
        """Return the value, or ``late`` when it has not come within ``seconds``.

        Raises:
            ValueError: ``seconds`` is negative or not a number.
        """
        await until_resumed(self._wait_for(seconds))
        if self._value is _NOTHING or self._value is _GIVEN_UP:
            self._value = late
        return self._value

    async def _wait_for(self, seconds: float) -> None:
        with trio.move_on_after(seconds):
            await self._wait()

    async def _wait(self) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        if self._value is _NOTHING:
            self._task = trio.lowlevel.current_task()
            await trio.lowlevel.wait_task_rescheduled(self._abort)

    def _abort(self, _: object) -> trio.lowlevel.Abort:
        self._task = None
        self._value = _GIVEN_UP
        return trio.lowlevel.Abort.SUCCEEDED
