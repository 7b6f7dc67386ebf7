"""Cancel scopes of the simulated world.

Theory of operation
===================

Scopes form a tree. A scope is entered by one task (its ``task``) below the scope that the
task was in; a nursery's scope has the nursery's children below it as well. ``cancelled``
says whether work directly in the scope has to stop: the scope itself was cancelled, or the
one above is and this one does not shield. It is kept up to date from above, so that a
checkpoint reads one attribute. Semantics: ``trio.CancelScope`` (``trio/_core/_run.py``).

A task of a crashed host has no place in the tree: whatever it enters while its coroutine is
closed is cancelled, shielded or not, and catches nothing. See `kactors.runtime.sim.burial`.
"""

from __future__ import annotations

import math
from types import TracebackType
from typing import TYPE_CHECKING, Final, NoReturn, Self

from kactors.runtime.clock import NANOSECONDS, first_ns_at
from kactors.runtime.sim.errors import Cancelled
from kactors.runtime.sim.task import Entry, Task

if TYPE_CHECKING:
    from kactors.runtime.sim.host import SimHost
    from kactors.runtime.sim.kernel import Kernel

NEVER: Final = 1 << 62
"""An instant that is not reached: 146 years, in nanoseconds."""

NEVER_SECONDS: Final = NEVER / NANOSECONDS


class SimCancelScope:
    """A cancel scope; used once, as a context manager."""

    __slots__ = (
        "_cancel_called",
        "_deadline",
        "_entry",
        "_kernel",
        "_left",
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
        self._deadline = _checked(deadline)
        self._shield = shield
        self._cancel_called = False
        self._entry: Entry | None = None
        self._left = False
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
        if self.task is not None:
            raise RuntimeError(f"{task!r} enters a cancel scope for the second time: make another")
        self.task = task
        self.host = task.host
        parent = self.parent = task.scope
        if task.done:
            self.cancelled = True
            return self
        parent.children[self] = None
        task.scope = self
        if self._deadline != math.inf:
            self._arm()
        self.cancelled = self._cancel_called or (parent.cancelled and not self._shield)
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
        try:
            raise_as_it_was(remaining)
        finally:
            del remaining, exc  # they refer to this frame: let no cycle keep them

    def leave(self, exc: BaseException | None) -> BaseException | None:
        """Close the scope; return what is left of ``exc`` without our own cancellation."""
        task, parent = self.task, self.parent
        assert task is not None, "a cancel scope is left that nobody has entered"
        assert parent is not None
        if task.scope is not self or self._kernel.task is not task:
            return self._leave_out_of_order(task, exc)
        task.scope = parent
        self._unlink(parent)
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

    def _leave_out_of_order(self, task: Task, exc: BaseException | None) -> BaseException | None:
        """Make the best of what ``with`` blocks alone cannot bring about."""
        if task.done or self._left or self._kernel.task is None:
            # A crashed host's task, or one whose world has ended; or a scope whose outer one
            # was left before it, which has been reported.
            self._disarm()
            return exc
        if self._kernel.task is not task:
            by = f"by {self._kernel.task!r}, but was entered by {task!r}"
        else:
            by = f"by {task!r} before the scopes inside it"
            scope, parent = task.scope, self.parent
            while scope is not self and scope.parent is not None:
                scope._left = True
                scope = scope.parent
            assert parent is not None
            task.scope = parent
            self.cancel("left before the scopes inside it")
            self._unlink(parent)
        error = RuntimeError(
            f"a cancel scope or nursery is left {by}: use `with` blocks, and do not yield "
            "inside of one, except from a context manager"
        )
        error.__context__ = exc
        return error

    def _unlink(self, parent: SimCancelScope) -> None:
        self._left = True
        parent.children.pop(self, None)
        self._disarm()

    @property
    def cancel_called(self) -> bool:
        """Whether `cancel` was called or the deadline has passed."""
        if not self._cancel_called and self._deadline != math.inf and not self._left:
            ns = self.host.clock.monotonic_ns() if self.host else self._kernel.current_time_ns()
            if ns / NANOSECONDS >= self._deadline:
                self.cancel("deadline")
        return self._cancel_called

    @property
    def deadline(self) -> float:
        """When the scope cancels itself: seconds of the host's monotonic clock."""
        return self._deadline

    @deadline.setter
    def deadline(self, value: float) -> None:
        self._deadline = _checked(value)
        self._disarm()
        if self.task is not None and not self._left:
            self._arm()
            self.refresh()

    @property
    def shield(self) -> bool:
        """Whether cancellation from outside is kept out."""
        return self._shield

    @shield.setter
    def shield(self, value: bool) -> None:
        self._shield = value
        self.refresh()

    def cancel(self, reason: str | None = None) -> None:
        """Cancel the work inside; calling it again changes nothing."""
        if not self._cancel_called:
            self._cancel_called = True
            self.reason = reason
            self._disarm()
            self.refresh()

    def effective_deadline(self) -> float:
        """Return the earliest deadline from here up to the first shield."""
        scope: SimCancelScope | None = self
        earliest = math.inf
        while scope is not None:
            if scope.cancelled:
                return -math.inf
            if scope._deadline < earliest:
                earliest = scope._deadline
            if scope._shield:
                break
            scope = scope.parent
        return earliest

    def _arm(self) -> None:
        """Arrange to be cancelled at the deadline; if that has passed, be cancelled."""
        host = self.host
        assert host is not None
        if self._cancel_called or self._deadline >= NEVER_SECONDS:
            return
        if host.clock.local_ns(self._kernel.now_ns) / NANOSECONDS >= self._deadline:
            self._cancel_called = True
            self.reason = "deadline"
            return
        deadline_ns = first_ns_at(self._deadline)
        self._entry = self._kernel.at_local(host, deadline_ns, SimCancelScope._expire, self)

    def _disarm(self) -> None:
        entry = self._entry
        if entry is not None:
            self._entry = None
            self._kernel.call_off(entry)

    def _expire(self) -> None:
        self._entry = None
        self.cancel("deadline")

    def refresh(self) -> None:
        """Take over what has changed above, pass it on below, and wake who has to stop."""
        todo = [self]
        while todo:  # not recursive: the depth of scopes knows no limit
            scope = todo.pop()
            parent, task = scope.parent, scope.task
            if task is not None and task.done:
                continue
            above = parent is not None and parent.cancelled and not scope._shield
            cancelled = scope._cancel_called or above
            if cancelled != scope.cancelled:
                scope.cancelled = cancelled
                if cancelled:
                    scope._wake()
                todo.extend(reversed(scope.children))

    def _wake(self) -> None:
        """Cancel the parked tasks that are directly inside."""
        cancel_task = self._kernel.cancel_task
        if self.task is not None and self.task.scope is self:
            cancel_task(self.task)
        for task in tuple(self.members or ()):
            if task.scope is self:
                cancel_task(task)


class CrashedScope(SimCancelScope):
    """Where the tasks of a crashed host are: whatever they await raises."""

    def __init__(self) -> None:
        super().__init__(None)  # type: ignore[arg-type]  # never armed, entered or cancelled
        self.cancelled = True


def raise_as_it_was(error: BaseException) -> NoReturn:
    """Raise what is left of a group instead of the group, with its own history."""
    context = error.__context__
    try:
        raise error
    finally:
        error.__context__ = context
        del error


def _checked(deadline: float) -> float:
    if deadline != deadline:  # noqa: PLR0124 - the quickest way to know nan
        raise ValueError("a deadline is a number of seconds, not nan")
    return deadline


CRASHED: Final = CrashedScope()
