"""The simulated world: a kernel and its hosts, from one seed."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from kactors.runtime.clock import NANOSECONDS, Clock
from kactors.runtime.disk import NoDisk
from kactors.runtime.sim.cancel import CRASHED, NEVER
from kactors.runtime.sim.errors import DeadlockError, SimulationError
from kactors.runtime.sim.host import SimHost
from kactors.runtime.sim.kernel import Kernel

if TYPE_CHECKING:
    from kactors.runtime.disk import Disk
    from kactors.runtime.face import AsyncFunction

EPOCH_NS = 1_767_225_600 * NANOSECONDS
"""What wall clocks show when a run begins: 2026-01-01T00:00:00Z."""


class Simulation:
    """Hosts in virtual time. Everything that happens follows from ``seed``.

    A context manager that closes. Who makes many and closes none keeps them all in memory:
    Python must not collect what waits in them, for it would run its cleanup code anywhere,
    even in the midst of another simulation.

    Example:
        >>> with Simulation(seed=1) as simulation:
        ...     host = simulation.add_host("a")
        ...     simulation.run_for(5.0)
        ...     simulation.time
        5.0
    """

    def __init__(self, seed: int = 0, **limits: Any) -> None:
        self.seed = seed
        self.kernel = Kernel(seed, **limits)
        self.hosts: dict[str, SimHost] = {}
        self._finalizer = weakref.finalize(self, _close, self.kernel, self.hosts)

    @property
    def time(self) -> float:
        """True time, in seconds since the run began."""
        return self.kernel.now_ns / NANOSECONDS

    def add_host(
        self,
        name: str,
        *,
        zone: str = "",
        disk: Disk | None = None,
        wall_offset_ns: int = EPOCH_NS,
        drift_ppm: int = 0,
    ) -> SimHost:
        """Add a host that is up and has nothing to do yet.

        Raises:
            ValueError: the name is taken.
        """
        if name in self.hosts:
            raise ValueError(f"a host named {name!r} is there already: names are unique")
        kernel = self.kernel
        clock = Clock(lambda: kernel.now_ns, offset_ns=wall_offset_ns, drift_ppm=drift_ppm)
        host = SimHost(kernel, name, zone, clock, disk or NoDisk())
        kernel.skewed |= clock.skewed
        self.hosts[name] = host
        return host

    def run_for(self, seconds: float) -> None:
        """Let ``seconds`` of true time pass."""
        until = self.kernel.now_ns + int(seconds * NANOSECONDS)
        self.kernel.run(until)
        self.kernel.now_ns = until

    def run_until(self, condition: Callable[[], bool], *, timeout: float | None = None) -> bool:
        """Run until ``condition()`` holds; return whether it does.

        Args:
            condition: asked between events; reads, and changes nothing.
            timeout: give up after so many seconds of true time.
        """
        until = NEVER if timeout is None else self.kernel.now_ns + int(timeout * NANOSECONDS)
        self.kernel.run(until, condition)
        return condition()

    def run_until_quiescent(self) -> None:
        """Run until no event is left. What still waits then waits for ever."""
        self.kernel.run()

    def run_until_done(self, task: Any) -> Any:
        """Run until a task has ended; return what it returned.

        Raises:
            DeadlockError: nothing can happen any more and the task has not ended.
            SimulationError: the task has died with its host.
        """
        if not task.done:
            self.kernel.awaited = task
            try:
                self.kernel.run()
            finally:
                self.kernel.awaited = None
        if not task.done:
            raise DeadlockError(self.kernel.now_ns, self.waiting())
        if task.scope is CRASHED:
            raise SimulationError(f"{task!r} is awaited, but has died with its host")
        return task.value

    def close(self) -> None:
        """End every task. What their cleanup code tries comes to nothing; no disk notices."""
        self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def waiting(self) -> list[str]:
        """Say of every living task where it waits, one line each."""
        return [
            f"{host.name}{' (paused)' if host.paused else ''}: {task.name} at {task.where()}"
            for host in self.hosts.values()
            for task in host.tasks
        ]


def _close(kernel: Kernel, hosts: dict[str, SimHost]) -> None:
    for host in hosts.values():
        host.close()
    kernel.close()


def run(async_fn: AsyncFunction, *args: Any, seed: int = 0, **limits: Any) -> Any:
    """Run ``async_fn(*args)`` on the only host of a simulated world; return its result.

    Raises:
        DeadlockError: every task waits for ever; the error lists for what.
        BaseException: what ``async_fn`` raises.
    """
    with Simulation(seed, **limits) as simulation:
        host = simulation.add_host("main")
        return simulation.run_until_done(host.spawn(async_fn, *args))
