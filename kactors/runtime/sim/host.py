"""A host of the simulated world: what crashes, restarts and pauses as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from kactors.runtime.clock import NANOSECONDS, Clock
from kactors.runtime.face import current, name_of
from kactors.runtime.random import Random, derive_seed, stream
from kactors.runtime.sim.burial import bury, kill
from kactors.runtime.sim.cancel import SimCancelScope
from kactors.runtime.sim.task import Task

if TYPE_CHECKING:
    from kactors.runtime.disk import Disk
    from kactors.runtime.face import AsyncFunction
    from kactors.runtime.sim.kernel import Kernel

Hook = Callable[[], None]

MASK_31: Final = (1 << 31) - 1
TIE_STREAMS_MAX: Final = 10_000
"""How many names of tasks a host remembers before it begins anew."""


class SimHost:
    """A simulated machine: what `kactors.runtime.Host` promises, and more.

    Attributes:
        boot: started as the first task of each life.
        on_crash: called when the host loses its memory; a disk drops here what was not synced.
        on_change: told ``crash``, ``restart``, ``pause`` or ``resume`` when that happens.
        tasks: the living tasks, in the order of their birth.
    """

    def __init__(self, kernel: Kernel, name: str, zone: str, clock: Clock, disk: Disk) -> None:
        self.kernel = kernel
        self.name = name
        self.zone = zone
        self.clock = clock
        self.disk = disk
        self.incarnation = 1
        self.up = True
        self.paused = False
        self.tasks: dict[Task, None] = {}
        self.boot: AsyncFunction | None = None
        self.on_crash: list[Hook] = []
        self.on_change: list[Callable[[str], None]] = []
        self._held: list[Task] = []
        self._on_resume: list[Hook] = []
        self._ties: dict[str, int] = {}
        self._tie_seed = derive_seed(kernel.seed, "ties", name)
        self._scope = self._fresh_scope()

    def __repr__(self) -> str:
        state = "paused" if self.paused else "up" if self.up else "down"
        return f"<host {self.name!r}, {state}, incarnation {self.incarnation}>"

    def random(self, *key: str | int) -> Random:
        """Return this life's stream of chance under ``key``, from its beginning."""
        return stream(self.kernel.seed, "host", self.name, self.incarnation, *key)

    def spawn(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> Task:
        """Run ``async_fn(*args)`` as a task of the host's own; it ends with the host.

        If it raises, the whole run ends with what it raised.
        """
        assert self.up, f"host {self.name!r} is down: restart it before it can run {async_fn}"
        before = current.use(self.kernel)  # for functions of the face, called from outside
        try:
            coroutine = async_fn(*args)
        finally:
            current.use(before)
        return self.kernel.spawn(coroutine, name or name_of(async_fn), self, self._scope, self)

    def child_done(self, task: Task, error: BaseException | None) -> None:
        """End the run if a root task failed: there is nobody above to handle it."""
        self._scope.members.pop(task, None)  # type: ignore[union-attr]  # a root scope has members
        if error is not None:
            kernel = self.kernel
            at = f"{kernel.now_ns / NANOSECONDS:.9f} s of a run with seed {kernel.seed}"
            error.add_note(f"raised by {task!r} at {at}")
            raise error
        if task is self.kernel.awaited:
            self.kernel.halt()

    def next_tie_key(self, name: str) -> int:
        """Draw what decides ties for the next task of this name.

        Each name has a stream of its own (the generator is that of ANSI C), so that one task
        more or less leaves the order of those with other names as it was.
        """
        ties = self._ties
        state = ties.get(name)
        if state is None:
            if len(ties) >= TIE_STREAMS_MAX:
                ties.clear()
            state = crc32(name.encode()) ^ self._tie_seed
        state = ties[name] = (state * 1103515245 + 12345) & MASK_31
        return state >> 11 | 1

    def start(self) -> None:
        """Run `boot`, if there is one."""
        if self.boot is not None:
            self.spawn(self.boot, name="boot")

    def crash(self) -> None:
        """Lose all memory and what the disk has not synced. No cleanup code takes effect."""
        if not self.up:
            return
        self.up = False
        self.paused = False
        self._held.clear()
        self._on_resume.clear()
        self._tell("crash")
        for hook in tuple(self.on_crash):
            hook()
        self._end_tasks()

    def close(self) -> None:
        """End with the world: as a crash, but of no consequence to the disk."""
        self.up = self.paused = False
        self._held.clear()
        self._on_resume.clear()
        self._end_tasks()

    def _end_tasks(self) -> None:
        doomed = tuple(reversed(self.tasks))
        self.tasks.clear()
        kernel = self.kernel
        for task in doomed:
            kill(task)
        for task in doomed:
            if task is kernel.task:  # it is calling us: its coroutine cannot be closed now
                kernel.call_at(kernel.now_ns, bury, task)
            else:
                bury(task)
        if kernel.awaited in doomed:
            kernel.call_at(kernel.now_ns, _halt, kernel)

    def restart(self) -> None:
        """Begin the next life: `boot` runs again, over what the disk has kept."""
        if self.up:
            self.crash()
        self.incarnation += 1
        self.up = True
        self._scope = self._fresh_scope()
        self._tell("restart")
        self.start()

    def pause(self) -> None:
        """Freeze the host's tasks while the world, and its clocks, go on."""
        if self.up and not self.paused:
            self.paused = True
            self._tell("pause")
            for task in self.tasks:
                task.stopped = True

    def resume(self) -> None:
        """Let the host go on: what came due meanwhile happens now."""
        if self.paused:
            self.paused = False
            self._tell("resume")
            for task in self.tasks:
                task.stopped = False
            self.kernel.ready.extend(self._held)
            self._held.clear()
            hooks, self._on_resume = self._on_resume, []
            for hook in hooks:
                hook()

    def _tell(self, what: str) -> None:
        for listener in self.on_change:
            listener(what)

    def hold(self, task: Task) -> None:
        """Keep a task that has come due until the host resumes; forget a dead one."""
        if not task.done:
            self._held.append(task)

    def when_resumed(self, hook: Hook) -> None:
        """Call ``hook`` once when the host resumes; a crash forgets it."""
        self._on_resume.append(hook)

    def set_drift(self, drift_ppm: int) -> None:
        """Let the clock run fast or slow from now on; running timers follow it."""
        self.kernel.change_clock(self, lambda: self.clock.set_drift(drift_ppm))

    def _fresh_scope(self) -> SimCancelScope:
        scope = SimCancelScope(self.kernel)
        scope.members = {}
        return scope


def _halt(kernel: Kernel) -> None:
    kernel.halt()
