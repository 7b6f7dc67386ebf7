"""Waiters of the simulated world: the one primitive that everything else waits with."""

from __future__ import annotations

import types
from collections.abc import Generator
from math import floor
from typing import TYPE_CHECKING, Any

from kactors.runtime.sim.cancel import NEVER_SECONDS
from kactors.runtime.sim.errors import Cancelled
from kactors.runtime.sim.task import Task

if TYPE_CHECKING:
    from kactors.runtime.sim.kernel import Kernel

_NOTHING = object()
_GIVEN_UP = object()


class SimWaiter:
    """A value that one task waits for and anybody may bring, once."""

    __slots__ = ("_kernel", "_value", "host", "task")

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._value: Any = _NOTHING
        self.task: Task | None = None

    def wake(self, value: Any) -> bool:
        """Bring the value; say whether it is taken: the first is, unless nobody waits any more."""
        if self._value is not _NOTHING:
            return False
        self._value = value
        task = self.task
        if task is not None:
            task.unpark()
            self._kernel.ready.append(task)
        return True

    def give_up(self) -> None:
        """Take no value any more: the one who waits is cancelled."""
        if self._value is _NOTHING:
            self._value = _GIVEN_UP

    @types.coroutine
    def wait(self) -> Generator[None, None, Any]:
        """Return the value. One task, once; cancellable."""
        task = self._kernel.running()
        if task.scope.cancelled:
            raise Cancelled
        if self._value is _NOTHING:
            self.task = task
            task.waiter = self
            yield
        return self._value

    @types.coroutine
    def wait_for(self, seconds: float, late: Any) -> Generator[None, None, Any]:
        """Return the value, or ``late`` when it has not come within ``seconds``.

        Raises:
            ValueError: ``seconds`` is negative or not a number.
        """
        kernel = self._kernel
        task = kernel.running()
        if task.scope.cancelled:
            raise Cancelled
        if not seconds >= 0:
            raise ValueError(f"a wait takes a number of seconds from 0 on, not {seconds!r}")
        if self._value is _NOTHING:
            if seconds < NEVER_SECONDS:
                task.entry = kernel.after_local(task, floor(seconds * 1e9 + 0.5) or seconds > 0.0)
            self.task = task
            task.waiter = self
            yield
            if self._value is _NOTHING:
                self._value = late
        return self._value
