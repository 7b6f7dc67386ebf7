"""Nurseries of the simulated world. Semantics: ``trio.Nursery``, strict groups."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from kactors.runtime.sim.cancel import SimCancelScope
from kactors.runtime.sim.task import Task

if TYPE_CHECKING:
    from kactors.runtime.face import AsyncFunction
    from kactors.runtime.sim.host import SimHost
    from kactors.runtime.sim.kernel import Kernel


class Owner(Protocol):
    """Who is told when a task has ended: a nursery, or the host for its root tasks."""

    def child_done(self, task: Task, error: BaseException | None) -> None:
        """Take note that ``task`` has ended, with ``error`` if it failed."""
        ...


class SimNursery:
    """Owns child tasks; an async context manager that waits for all of them."""

    __slots__ = (
        "_closed",
        "_errors",
        "_host",
        "_kernel",
        "_parent",
        "_waiting",
        "cancel_scope",
        "members",
    )

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.cancel_scope = SimCancelScope(kernel)
        self.members: dict[Task, None] = {}
        self.cancel_scope.members = self.members
        self._errors: list[BaseException] = []
        self._closed = False
        self._waiting = False
        self._parent: Task | None = None
        self._host: SimHost | None = None

    async def __aenter__(self) -> Self:
        self._parent = self._kernel.running()
        self._host = self._parent.host
        self.cancel_scope.__enter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if isinstance(exc, GeneratorExit):  # the host has crashed: nobody is left to wait for
            self._closed = True
            return False
        if exc is not None:
            self._errors.append(exc)
            self.cancel_scope.cancel("the body of the nursery raised")
        if self.members:
            self._waiting = True
            await self._kernel.park_shielded()
        self._closed = True
        error: BaseException | None = None
        if self._errors:
            error = BaseExceptionGroup("exceptions from a nursery", self._errors)
            self._errors = []
        remaining = self.cancel_scope.leave(error)
        if remaining is None:
            return exc is not None
        context = remaining.__context__
        try:
            raise remaining
        finally:
            remaining.__context__ = context
            del remaining, error

    def start_soon(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> None:
        """Run ``async_fn(*args)`` as a child task, soon.

        Raises:
            RuntimeError: the nursery has been left.
        """
        self._spawn(async_fn(*args), name or async_fn.__qualname__)

    def _spawn(self, coroutine: Any, name: str) -> Task:
        if self._closed or self._host is None:
            coroutine.close()
            raise RuntimeError(f"{name} cannot start: its nursery is not open; start it in another")
        task = self._kernel.spawn(coroutine, name, self._host, self.cancel_scope, self)
        self.members[task] = None
        return task

    async def start(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> Any:
        """Run a child and wait until it calls ``task_status.started(value)``; return the value.

        Raises:
            RuntimeError: the child ended without calling it.
        """
        status = _Starting(self)
        try:
            async with SimNursery(self._kernel) as old:
                status.old = old
                label = name or async_fn.__qualname__
                status.task = old._spawn(async_fn(*args, task_status=status), label)
        except BaseExceptionGroup as group:
            if len(group.exceptions) == 1:  # the only child's own error, as if it were awaited here
                raise group.exceptions[0] from None
            raise
        if not status.called:
            what = async_fn.__qualname__
            raise RuntimeError(f"{what} ended without calling task_status.started()")
        return status.value

    def child_done(self, task: Task, error: BaseException | None) -> None:
        """Take note of a child's end; a failure cancels the others."""
        self.members.pop(task, None)
        if error is not None:
            self._errors.append(error)
            self.cancel_scope.cancel(f"the child {task.name!r} raised")
        self._wake_if_empty()

    def _wake_if_empty(self) -> None:
        if self._waiting and not self.members:
            self._waiting = False
            assert self._parent is not None
            self._kernel.ready.append(self._parent)


class _Starting:
    """The ``task_status`` of a child on probation: in a nursery of its own until `started`."""

    def __init__(self, nursery: SimNursery) -> None:
        self.nursery = nursery
        self.old: SimNursery | None = None
        self.task: Task | None = None
        self.called = False
        self.value: Any = None

    def started(self, value: Any = None) -> None:
        """Move the child to its nursery and let `SimNursery.start` return ``value``."""
        assert self.old is not None
        assert self.task is not None
        if self.called:
            raise RuntimeError("task_status.started() was called twice: call it once")
        self.called = True
        self.value = value
        task, old, new = self.task, self.old, self.nursery
        if old.cancel_scope.cancelled:
            return  # the start itself was cancelled: the child ends where it is
        if new._closed:
            raise RuntimeError(f"{task.name} has started, but its nursery was left meanwhile")
        old.members.pop(task, None)
        new.members[task] = None
        task.owner = new
        _move_scopes(task, old.cancel_scope, new.cancel_scope)
        old._wake_if_empty()


def _move_scopes(task: Task, old: SimCancelScope, new: SimCancelScope) -> None:
    """Hang the scopes that ``task`` has entered below ``new`` instead of ``old``."""
    if task.scope is old:
        task.scope = new
        return  # the task is running: its next checkpoint sees the new scope
    scope = task.scope
    while scope.parent is not old:
        assert scope.parent is not None
        scope = scope.parent
    old.children.pop(scope, None)
    scope.parent = new
    new.children[scope] = None
    scope.refresh()
