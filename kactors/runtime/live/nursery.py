"""Nurseries of the live world: trio's, whose children run on the nursery's host."""

import itertools
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from types import TracebackType
from typing import Any, Self, TypeVar

import trio  # noqa: TID251 - live-only module

from kactors.runtime.face import AsyncFunction
from kactors.runtime.frames import where
from kactors.runtime.live.host import HOST, until_resumed
from kactors.runtime.live.scope import LiveCancelScope

T = TypeVar("T")

BIRTH: ContextVar[int] = ContextVar("BIRTH", default=0)
"""Numbers the tasks in the order in which they were started."""

_births = itertools.count(1)


class LiveNursery:
    """One of trio's nurseries, always with strict exception groups."""

    __slots__ = ("_host", "_manager", "_nursery", "cancel_scope")

    def __init__(self) -> None:
        self._manager = trio.open_nursery(strict_exception_groups=True)
        self._host = HOST.get(None)
        self._nursery: trio.Nursery
        self.cancel_scope: LiveCancelScope

    async def __aenter__(self) -> Self:
        self._nursery = await self._manager.__aenter__()
        clock = None if self._host is None else self._host.clock
        self.cancel_scope = LiveCancelScope(self._nursery.cancel_scope, clock)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return await until_resumed(self._manager.__aexit__(exc_type, exc, traceback))

    def start_soon(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> None:
        """Run ``async_fn(*args)`` as a child task, soon.

        Raises:
            RuntimeError: the nursery has been left.
        """
        self._for_a_child(lambda: self._nursery.start_soon(async_fn, *args, name=name))

    async def start(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> Any:
        """Run a child and wait until it calls ``task_status.started(value)``; return the value.

        Raises:
            RuntimeError: the child ended without calling it, or the nursery has been left.
        """
        return await until_resumed(self._nursery.start(async_fn, *args, name=name))

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Return ``function(*args)``, called on the nursery's host.

        Deadlines are those of the task that calls: trio knows no other.
        """
        if self._host is None or HOST.get(None) is self._host:
            return function(*args)
        context = copy_context()
        context.run(HOST.set, self._host)
        return context.run(function, *args)

    def waiting(self) -> tuple[str, ...]:
        """Say where the children wait, one line each, the oldest first."""
        children = sorted(self._nursery.child_tasks, key=lambda task: task.context.get(BIRTH, 0))
        return tuple(f"{task.name} at {where(task.coro)}" for task in children)

    def _for_a_child(self, start: Callable[[], None]) -> None:
        """Call ``start`` in the context that the child is to inherit.

        It may be a callback, or a task of another host, that starts the child here.
        """
        context = copy_context()
        context.run(BIRTH.set, next(_births))
        if self._host is not None:
            context.run(HOST.set, self._host)
        context.run(start)
