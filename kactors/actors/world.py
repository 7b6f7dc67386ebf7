"""The simulated world of actors: hosts, their network and disks, and what runs on them."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from kactors.actors.lives import Lives
from kactors.actors.outbox import StreamTiming
from kactors.actors.system import System
from kactors.actors.world_host import WorldHost
from kactors.evidence.digest import Digest
from kactors.evidence.trace import Level, Recorder
from kactors.runtime.probes import Probes, probing
from kactors.runtime.sim import Simulation
from kactors.storage.latency import DiskLatency, SsdLatency
from kactors.storage.sim_disk import SimDisk
from kactors.transport.rules import LatencyOf
from kactors.transport.sim import SimNetwork

if TYPE_CHECKING:
    from kactors.runtime.disk import Disk
    from kactors.runtime.face import AsyncFunction


class World:
    """Hosts with actors on a simulated network, in virtual time, from one seed.

    A context manager: leaving it ends every task, and frees what they held.

    Args:
        seed: decides everything.
        latency_of: how far hosts are apart; see `kactors.transport.rules`.
        disk_latency: how long the disks take; a solid-state disk's times by default.
        trace: keep a structured trace in ``recorder``.
        digest: takes every delivery into account; give one that keeps events to compare runs.
        probes: the `buggify` sites and `sometimes` probes; off unless given.
        stream_timing: the clockwork of streams.

    Attributes:
        simulation: the kernel and its machines.
        network: rules of the links, held messages, hooks.
        hosts: by name, in the order of their adding.
        recorder: the trace, if one is kept.
        lives: who is told when the lives of actors begin and end.
        roles: parts such as ``@leader``, each with who plays it now; faults may be aimed at them.
        given_up: what supervisors at the top have given up on, as (host, reason); the
            host's process ends with that, as a crash does.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        latency_of: LatencyOf | None = None,
        disk_latency: DiskLatency | None = None,
        trace: bool = False,
        digest: Digest | None = None,
        probes: Probes | None = None,
        stream_timing: StreamTiming | None = None,
        **limits: Any,
    ) -> None:
        self.seed = seed
        self.simulation = Simulation(seed, **limits)
        kernel = self.simulation.kernel
        self.recorder = Recorder(lambda: kernel.now_ns) if trace else None
        self.network = SimNetwork(
            kernel, seed, latency_of=latency_of, digest=digest, recorder=self.recorder
        )
        self.probes = probes
        self.disk_latency = disk_latency or SsdLatency()
        self.stream_timing = stream_timing
        self.hosts: dict[str, WorldHost] = {}
        self.lives = Lives()
        self.roles: dict[str, Callable[[], str | None]] = {}
        self.given_up: list[tuple[str, str]] = []
        self._power = True

    def add_host(self, name: str, *, zone: str = "", disk: Disk | None = None) -> WorldHost:
        """Add a host that is up, with a simulated disk unless it is given another."""
        drive = self._new_disk(name) if disk is None else disk
        machine = self.simulation.add_host(name, zone=zone, disk=drive)
        if isinstance(drive, SimDisk):
            machine.on_crash.append(lambda: drive.crash(power=self._power))

        def new_system() -> System:
            return System(
                machine,
                self.network.transport(machine),
                loopback=True,
                timing=self.stream_timing,
                recorder=self.recorder,
                on_life=self.lives.tell,
            )

        host = self.hosts[name] = WorldHost(machine, new_system, self._gave_up, self.recorder)
        return host

    def _new_disk(self, name: str) -> SimDisk:
        disk = SimDisk(seed=self.seed, host=name, latency=self.disk_latency)
        disk.faults.torn_writes = False  # that is a fault of its own: `TornWrite`
        return disk

    def crash(self, name: str, *, power: bool = True) -> None:
        """End a host's life.

        Args:
            name: of the host.
            power: the power fails: what its disk has not synced is lost. Otherwise only the
                process dies, and the operating system keeps what was written.
        """
        self._power = power
        try:
            self.hosts[name].machine.crash()
        finally:
            self._power = True

    @property
    def digest(self) -> str:
        """The digest of everything delivered so far."""
        return self.network.digest.hexdigest()

    @property
    def time(self) -> float:
        """True time, in seconds since the run began."""
        return self.simulation.time

    def _gave_up(self, host: WorldHost, reason: str) -> None:
        """End a host's process because its topmost supervisor has given up."""
        self.given_up.append((host.name, reason))
        if self.recorder is not None:
            self.recorder.record(host.machine, "", "gave-up", Level.EVENT, reason=reason)
        self.crash(host.name, power=False)

    def close(self) -> None:
        """End every task without consequences; nothing runs in this world any more."""
        self.simulation.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def run_for(self, seconds: float) -> None:
        """Let ``seconds`` of true time pass."""
        with probing(self.probes):
            self.simulation.run_for(seconds)

    def run_until(self, condition: Callable[[], bool], *, timeout: float | None = None) -> bool:
        """Run until ``condition()`` holds; return whether it does."""
        with probing(self.probes):
            return self.simulation.run_until(condition, timeout=timeout)

    def call(self, host: str, async_fn: AsyncFunction, *args: Any) -> Any:
        """Run ``async_fn(system, *args)`` on a host until it ends; return its result."""
        found = self.hosts[host]
        with probing(self.probes):
            return self.simulation.run_until_done(
                found.machine.spawn(async_fn, found.system, *args)
            )
