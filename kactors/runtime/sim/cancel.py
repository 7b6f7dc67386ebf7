"""Cancel scopes of the simulated world.

Theory of operation
===================

Scopes form a tree. A scope is entered by one task (its ``task``) below the scope that the
task was in; a nursery's scope has the nursery's children below it as well. ``cancelled``
says whether work directly in the scope has to stop: the scope itself was cancelled, or the
one above is and this one does not shield. It is kept up to date from above, so that a
checkpoint reads one attribute. Semantics: ``trio.CancelScope`` (``trio/_core/_run.py``).
"""

from __future__ import annotations

import math
from types import TracebackType
from typing import TYPE_CHECKING, Self

from kactors.runtime.clock import NANOSECONDS
from kactors.runtime.sim.errors import Cancelled
from kactors.runtime.sim.task import Entry, Task

if TYPE_CHECKING:
    from kactors.runtime.sim.host import SimHost
    from kactors.runtime.sim.kernel import Kernel


class SimCancelScope:
    """A cancel scope; used once, as a context manager."""

    __slots__ = (
        "_cancel_called",
        "_deadline",
        "_entry",
        "_kernel",
        "_shield",
        "cancelled",
        "cancelled_caught",
        "children",
        "host",
        "members",
        "parent",
        "reason",
        "task",
    )

    def __init__(self, kernel: Kernel, deadline: float = math.inf, *, shield: bool = False) -> None:
        self._kernel = kernel
        self._deadline = deadline
        self._shield = shield
        self._cancel_called = False
        self._entry: Entry | None = None
        self.cancelled = False
        self.cancelled_caught = False
        self.reason: str | None = None
        self.parent: SimCancelScope | None = None
        self.children: dict[SimCancelScope, None] = {}
        self.task: Task | None = None
        self.host: SimHost | None = None
        self.members: dict[Task, None] | None = None  # a nursery's children

    def __enter__(self) -> Self:
        task = self._kernel.running()
        assert self.task is None, "a cancel scope can be entered once: make another"
        self.task = task
        self.host = task.host
        parent = self.parent = task.scope
        parent.children[self] = None
        task.scope = self
        self.cancelled = self._cancel_called or (parent.cancelled and not self._shield)
        if self._deadline != math.inf:
            self._arm()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        remaining = self.leave(exc)
        if remaining is exc:
            return False
        if remaining is None:
            return True
        # What is left of a group is raised instead of the group, with its own history.
        context = remaining.__context__
        try:
            raise remaining
        finally:
            remaining.__context__ = context

    def leave(self, exc: BaseException | None) -> BaseException | None:
        """Close the scope; return what is left of ``exc`` without our own cancellation."""
        task, parent = self.task, self.parent
        assert task is not None
        assert parent is not None
        if self._entry is not None:
            self._entry[3] = None
            self._entry = None
            self._kernel.called_off += 1
        if not task.done:
            assert task.scope is self, f"{task!r} leaves a cancel scope that is not its innermost"
            task.scope = parent
        parent.children.pop(self, None)
        if exc is None or not self.cancelled or (parent.cancelled and not self._shield):
            return exc
        if isinstance(exc, Cancelled):
            self.cancelled_caught = True
            return None
        if isinstance(exc, BaseExceptionGroup):
            matched, rest = exc.split(Cancelled)
            if matched is not None:
                self.cancelled_caught = True
                return rest
        return exc

    @property
    def cancel_called(self) -> bool:
        """Whether `cancel` was called or the deadline has passed."""
        if not self._cancel_called and self._entry is not None:
            assert self.host is not None
            if self.host.clock.monotonic_ns() >= self._deadline * NANOSECONDS:
                self.cancel("deadline")
        return self._cancel_called

    @property
    def deadline(self) -> float:
        """When the scope cancels itself: seconds of the host's monotonic clock."""
        return self._deadline

    @deadline.setter
    def deadline(self, value: float) -> None:
        self._deadline = value
        if self._entry is not None:
            self._entry[3] = None
            self._entry = None
        if self.task is not None and value != math.inf:
            self._arm()

    @property
    def shield(self) -> bool:
        """Whether cancellation from outside is kept out."""
        return self._shield

    @shield.setter
    def shield(self, value: bool) -> None:
        self._shield = value
        if self.parent is not None:
            self.refresh()

    def cancel(self, reason: str | None = None) -> None:
        """Cancel the work inside; calling it again changes nothing."""
        if not self._cancel_called:
            self._cancel_called = True
            self.reason = reason
            if self._entry is not None:
                self._entry[3] = None
                self._entry = None
            if not self.cancelled:
                self.cancelled = True
                if self.task is not None or self.members is not None:
                    self._deliver()

    def effective_deadline(self) -> float:
        """Return the earliest deadline from here up to the first shield."""
        scope: SimCancelScope | None = self
        earliest = math.inf
        while scope is not None:
            if scope.cancelled:
                return -math.inf
            earliest = min(earliest, scope._deadline)
            if scope._shield:
                break
            scope = scope.parent
        return earliest

    def _arm(self) -> None:
        assert self.host is not None
        if not self._cancel_called:
            deadline_ns = math.ceil(self._deadline * NANOSECONDS)
            self._entry = self._kernel.at_local(
                self.host, deadline_ns, SimCancelScope._expire, self
            )

    def _expire(self) -> None:
        self._entry = None
        self.cancel("deadline")

    def refresh(self) -> None:
        """Take over what has changed above, and pass it on below."""
        parent = self.parent
        above = parent is not None and parent.cancelled and not self._shield
        cancelled = self._cancel_called or above
        if cancelled != self.cancelled:
            self.cancelled = cancelled
            self._deliver()

    def _deliver(self) -> None:
        """Wake the parked tasks that are directly inside, then go below."""
        if self.cancelled:
            if self.task is not None and self.task.scope is self:
                self._kernel.cancel_task(self.task)
            for task in tuple(self.members or ()):
                if task.scope is self:
                    self._kernel.cancel_task(task)
        for child in tuple(self.children):
            child.refresh()
