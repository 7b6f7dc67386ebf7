"""Nurseries of the simulated world. Semantics: ``trio.Nursery``, strict groups."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from kactors.runtime.face import current, name_of
from kactors.runtime.sim.cancel import SimCancelScope, raise_as_it_was
from kactors.runtime.sim.task import Task

if TYPE_CHECKING:
    from kactors.runtime.face import AsyncFunction
    from kactors.runtime.sim.host import SimHost
    from kactors.runtime.sim.kernel import Kernel

T = TypeVar("T")


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
        "_starting",
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
        self._starting = 0  # children that have not said yet that they have started
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
        kernel, parent = self._kernel, self._parent
        assert parent is not None
        if parent.done or kernel.task is None:  # its host has crashed, or its world has ended
            self._abandon()
            return False
        if exc is not None:
            self._errors.append(exc)
            self.cancel_scope.cancel("the body of the nursery raised")
        try:
            if self.members or self._starting:
                self._waiting = True
                await kernel.park_shielded()
            else:
                await kernel.cancel_shielded_checkpoint()
        except GeneratorExit:  # nothing else is raised in here: as above
            self._abandon()
            raise
        self._closed = True
        error: BaseException | None = None
        if self._errors:
            error = BaseExceptionGroup("exceptions from a nursery", self._errors)
            self._errors = []
        remaining = self.cancel_scope.leave(error)
        if remaining is None:
            return exc is not None
        try:
            raise_as_it_was(remaining)
        finally:
            del remaining, error, exc  # they refer to this frame: let no cycle keep them

    def _abandon(self) -> None:
        self._closed = True
        self.cancel_scope.leave(None)

    def start_soon(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> None:
        """Run ``async_fn(*args)`` as a child task, soon.

        Raises:
            RuntimeError: the nursery has been left.
        """
        # Asked for here, for most functions have it: this is called for every request.
        label = name or getattr(async_fn, "__qualname__", "") or name_of(async_fn)
        self._spawn(async_fn(*args), label)

    def _spawn(self, coroutine: Any, name: str) -> Task:
        host = self._host
        if self._closed or host is None or self._parent.done:  # type: ignore[union-attr]  # opened by then
            coroutine.close()
            raise RuntimeError(f"{name} cannot start: its nursery is not open; start it in another")
        return self._kernel.spawn(coroutine, name, host, self.cancel_scope, self)

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Return ``function(*args)``, called as the task that has opened the nursery would."""
        kernel = self._kernel
        running = kernel.task
        if running is not None and running.host is self._host:
            return function(*args)
        # Who acts on a world from outside of its run (resumes a host, say) is no task of it.
        outside = current.use(kernel) if current.runtime is not kernel else None
        kernel.task = self._parent
        try:
            return function(*args)
        finally:
            kernel.task = running
            if outside is not None:
                current.use(outside)

    async def start(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> Any:
        """Run a child and wait until it calls ``task_status.started(value)``; return the value.

        Raises:
            RuntimeError: the child ended without calling it, or the nursery has been left.
        """
        label = name or name_of(async_fn)
        if self._closed:
            raise RuntimeError(f"{label} cannot start: its nursery was left; start it in another")
        status = _Starting(self)
        self._starting += 1
        try:
            async with SimNursery(self._kernel) as old:
                status.old = old
                status.task = old._spawn(async_fn(*args, task_status=status), label)
        except BaseExceptionGroup as group:
            if len(group.exceptions) > 1:
                raise
            raise_as_it_was(group.exceptions[0])  # as if the child were awaited here
        finally:
            self._starting -= 1
            self._wake_if_empty()
        if not status.called:
            raise RuntimeError(f"{label} ended without calling task_status.started()")
        return status.value

    def child_done(self, task: Task, error: BaseException | None) -> None:
        """Take note of a child's end; a failure cancels the others."""
        self.members.pop(task, None)
        if error is not None:
            self._errors.append(error)
            self.cancel_scope.cancel(f"the child {task.name!r} raised")
        self._wake_if_empty()

    def _wake_if_empty(self) -> None:
        if self._waiting and not self.members and not self._starting:
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
        assert not new._closed, f"{new} was left while {task!r} was starting in it"
        old.members.pop(task, None)
        new.members[task] = None
        task.owner = new
        _move_scopes(task, old.cancel_scope, new.cancel_scope)
        old._wake_if_empty()


def _move_scopes(task: Task, old: SimCancelScope, new: SimCancelScope) -> None:
    """Hang the scopes that ``task`` has entered below ``new`` instead of ``old``."""
    if task.scope is old:
        task.scope = new
        if new.cancelled:
            new._kernel.cancel_task(task)
        return
    scope = task.scope
    while scope.parent is not old:
        assert scope.parent is not None
        scope = scope.parent
    old.children.pop(scope, None)
    scope.parent = new
    new.children[scope] = None
    scope.refresh()
