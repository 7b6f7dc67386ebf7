"""A host of the live world: a name, a clock, a disk, and the tasks that end together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

import trio  # noqa: TID251 - live-only module

from kactors.runtime.face import name_of
from kactors.runtime.live.clock import LiveClock
from kactors.runtime.random import Random, stream

if TYPE_CHECKING:
    from kactors.runtime.disk import Disk
    from kactors.runtime.face import AsyncFunction
    from kactors.runtime.live.world import LiveWorld

T = TypeVar("T")
Hook = Callable[[], None]

HOST: ContextVar[LiveHost] = ContextVar("HOST")
"""The host that a task runs on; its children inherit it."""


class LiveTask:
    """A root task of a host.

    Attributes:
        name: says what runs, in messages.
        host: where it runs.
        done: whether it has ended.
        doomed: whether its host has crashed since.
        value: what it returned.
    """

    __slots__ = ("done", "doomed", "ended", "host", "name", "scope", "value")

    def __init__(self, name: str, host: LiveHost) -> None:
        self.name = name
        self.host = host
        self.scope = trio.CancelScope()
        self.ended = trio.Event()
        self.done = self.doomed = False
        self.value: Any = None

    def __repr__(self) -> str:
        return f"<task {self.name!r} on {self.host.name}>"

    async def wait(self) -> Any:
        """Wait until the task has ended; return what it returned."""
        await self.ended.wait()
        return self.value


class LiveHost:
    """What `kactors.runtime.Host` promises, in real time; made by `LiveWorld.add_host`.

    A crash cancels the host's tasks. Unlike a simulated one it cannot keep their cleanup
    from taking effect, only from waiting. A pause holds each task at the end of what it
    awaits from `kactors.runtime`; code between two such points runs on.

    Attributes:
        boot: started as the first task of each life.
        on_crash: called when the host loses its memory.
        on_change: told ``crash``, ``restart``, ``pause`` or ``resume`` when that happens.
        tasks: the root tasks of this life.
    """

    def __init__(self, world: LiveWorld, name: str, zone: str, clock: LiveClock, disk: Disk):
        self.world = world
        self.name = name
        self.zone = zone
        self.clock = clock
        self.disk = disk
        self.incarnation = 1
        self.up = True
        self.paused = False
        self.tasks: dict[LiveTask, None] = {}
        self.boot: AsyncFunction | None = None
        self.on_crash: list[Hook] = []
        self.on_change: list[Callable[[str], None]] = []
        self._dying: dict[LiveTask, None] = {}  # doomed tasks that have not ended yet
        self._crashes = 0
        self._on_resume: list[Hook] = []
        self._resumed = trio.Event()

    def __repr__(self) -> str:
        state = "paused" if self.paused else "up" if self.up else "down"
        return f"<host {self.name!r}, {state}, incarnation {self.incarnation}>"

    def random(self, *key: str | int) -> Random:
        """Return this life's stream of chance under ``key``, from its beginning."""
        return stream(self.world.seed, "host", self.name, self.incarnation, *key)

    def spawn(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> LiveTask:
        """Run ``async_fn(*args)`` as a task of the host's own; it ends with the host.

        If it raises, the whole world ends with what it raised.

        Raises:
            RuntimeError: the world was left.
        """
        assert self.up, f"host {self.name!r} is down: restart it before it can run {async_fn}"
        task = LiveTask(name or name_of(async_fn), self)
        self.world.nursery.start_soon(self._run, task, async_fn, args, name=task.name)
        self.tasks[task] = None
        return task

    async def _run(self, task: LiveTask, async_fn: AsyncFunction, args: tuple[Any, ...]) -> None:
        HOST.set(self)
        try:
            with task.scope:
                await self.wait_resumed()
                if not task.doomed:
                    task.value = await async_fn(*args)
        except Exception as error:
            if not task.doomed:  # else: a dead host's last words
                error.add_note(f"raised by {task!r}")
                raise
        finally:
            task.done = True
            self.tasks.pop(task, None)
            self._dying.pop(task, None)
            task.ended.set()

    def start(self) -> None:
        """Run `boot`, if there is one, once the tasks of earlier lives have ended."""
        if self.boot is not None:
            self.spawn(self._boot, self.boot, tuple(self._dying), name="boot")

    async def _boot(self, boot: AsyncFunction, dying: tuple[LiveTask, ...]) -> None:
        for task in dying:
            await task.ended.wait()
        await boot()

    def crash(self) -> None:
        """Cancel every task, shielded or not in time, and forget what the host remembers."""
        if not self.up:
            return
        self.up = False
        self._crashes += 1
        self._on_resume.clear()
        self._thaw()
        self._tell("crash")
        for hook in tuple(self.on_crash):
            hook()
        doomed, self.tasks = self.tasks, {}
        self._dying |= doomed
        for task in reversed(doomed):
            task.doomed = True
            task.scope.cancel()

    def restart(self) -> None:
        """Begin the next life: `boot` runs again, over what the disk has kept."""
        if self.up:
            self.crash()
        self.incarnation += 1
        self.up = True
        self._tell("restart")
        self.start()

    def pause(self) -> None:
        """Hold the host's tasks where they next come back from the runtime."""
        if self.up and not self.paused:
            self.paused = True
            self._tell("pause")

    def resume(self) -> None:
        """Let the host go on."""
        if self.paused:
            self._thaw()
            self._tell("resume")
            hooks, self._on_resume = self._on_resume, []
            for hook in hooks:
                hook()

    def _tell(self, what: str) -> None:
        for listener in self.on_change:
            listener(what)

    def when_resumed(self, hook: Hook) -> None:
        """Call ``hook`` once when the host resumes; a crash forgets it."""
        self._on_resume.append(hook)

    def set_drift(self, drift_ppm: int) -> None:
        """Let the clock run fast or slow from now on.

        Sleeps and deadlines that have begun keep the rate at which they began.
        """
        self.clock.set_drift(drift_ppm)

    async def wait_resumed(self) -> None:
        """Keep the calling task, cancelled or not, while the host is paused."""
        crashes = self._crashes
        with trio.CancelScope(shield=True):
            while self.paused:
                await self._resumed.wait()
        if self._crashes != crashes:  # what was held does not happen any more
            await trio.lowlevel.checkpoint_if_cancelled()

    def _thaw(self) -> None:
        self.paused = False
        self._resumed.set()
        self._resumed = trio.Event()


async def until_resumed(waiting: Awaitable[T]) -> T:
    """Await ``waiting``; then stay, even if cancelled, while the task's host is paused."""
    try:
        return await waiting
    finally:
        host = HOST.get(None)
        if host is not None and host.paused:
            await host.wait_resumed()
