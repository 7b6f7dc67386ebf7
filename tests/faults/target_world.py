"""A simulated world as a target of faults: hosts that ping each other and use disk and clock."""

from collections.abc import Callable
from typing import Any

from kactors import wire
from kactors.evidence.digest import Digest
from kactors.faults import FaultPlan
from kactors.faults.injector import Injector
from kactors.runtime import Clock, sleep
from kactors.runtime.probes import Probes
from kactors.runtime.sim import SimHost, Simulation
from kactors.storage.latency import SsdLatency
from kactors.storage.sim_disk import SimDisk
from kactors.transport.envelope import Address, Envelope
from kactors.transport.hooks import MessageHooks
from kactors.transport.latency import Constant
from kactors.transport.rules import LinkRules, same_everywhere
from kactors.transport.sim import SimNetwork

HOSTS = ("a", "b", "c", "d", "e")


@wire.message("tests.faults.ping")
class Ping:
    """What every host sends to every other one."""

    number: int
    key: bytes = b""


class TargetWorld:
    """Five hosts. Each pings all others a hundred times a second, and writes, syncs and reads."""

    def __init__(self, seed: int = 1, *, disks: bool = True) -> None:
        self.simulation = Simulation(seed)
        kernel = self.simulation.kernel
        self.network = SimNetwork(
            kernel, seed, latency_of=same_everywhere(Constant(0.001)), digest=Digest()
        )
        self.probes: Probes | None = Probes(seed)
        self.on_actor_started: list[Callable[[Address], None]] = []
        self.on_actor_died: list[Callable[[Address], None]] = []
        self.actors: dict[Address, bool] = {}
        self.leader: str | None = "a"
        self.steps: dict[str, int] = {}
        self.disks: dict[str, SimDisk] = {}
        self.pings: list[tuple[float, str, str, int]] = []
        for name in HOSTS:
            disk = SimDisk(seed=seed, host=name, latency=SsdLatency()) if disks else None
            host = self.simulation.add_host(name, disk=disk)
            if disk is not None:
                self.disks[name] = disk
                disk.faults.torn_writes = False
            host.boot = self.boot(host)
            host.start()

    # -- what runs ----------------------------------------------------------------------

    def boot(self, host: SimHost) -> Callable[[], Any]:
        """Return the first task of every life of a host."""

        async def boot() -> None:
            self.steps[host.name] = 0
            address = Address(host.name, "pinger")
            self.actors[address] = True
            for hook in self.on_actor_started:
                hook(address)
            transport = self.network.transport(host)
            await transport.start(self.take, None)  # type: ignore[arg-type]  # it has no tasks
            host.spawn(self.use_disk, host)
            number = 0
            while True:
                await sleep(0.01)
                self.steps[host.name] += 1
                number += 1
                for other in HOSTS:
                    if other != host.name:
                        transport.send(ping(host.name, other, number))

        return boot

    async def use_disk(self, host: SimHost) -> None:
        """Write, sync and read for ever, whatever comes of it."""
        if host.name not in self.disks:
            return
        while True:
            await sleep(0.01)
            try:
                exists = await host.disk.exists("log")
                async with await host.disk.open("log", create=not exists) as file:
                    await file.read(0, 100)
                    await file.append(bytes(4096))
                    await file.sync()
                    await host.disk.sync_directory()
                    await file.append(bytes(4096))
            except OSError:
                continue

    def take(self, envelope: Envelope) -> None:
        """Note a ping."""
        message = wire.decode(envelope.payload, Ping)
        self.pings.append(
            (self.simulation.time, envelope.source.host, envelope.target.host, message.number)
        )

    def heard(self, target: str, *, since: float) -> set[str]:
        """Return whom a host has heard since then."""
        return {source for at, source, to, _ in self.pings if to == target and at >= since}

    def run(self, plan: FaultPlan, seconds: float) -> Injector:
        """Apply a plan and let time pass."""
        injector = Injector(self, plan)
        injector.start()
        self.simulation.run_for(seconds)
        return injector

    # -- the target ---------------------------------------------------------------------

    @property
    def rules(self) -> LinkRules:
        """Of the network."""
        return self.network.rules

    @property
    def hooks(self) -> MessageHooks:
        """Of the network."""
        return self.network

    def hosts(self) -> tuple[str, ...]:
        """All five."""
        return HOSTS

    def resolve(self, symbol: str) -> str | None:
        """Resolve ``@leader``."""
        return self.leader if symbol == "@leader" else None

    def now_ns(self) -> int:
        """Return true time."""
        return self.simulation.kernel.now_ns

    def call_at(self, true_ns: int, callback: Callable[[Any], None], argument: Any, /) -> object:
        """Call back."""
        return self.simulation.kernel.call_at(true_ns, callback, argument)

    def host(self, name: str) -> SimHost:
        """Return a host."""
        return self.simulation.hosts[name]

    def up(self, host: str) -> bool:
        """Tell whether a host runs."""
        return self.host(host).up

    def incarnation(self, host: str) -> int:
        """Return which life a host is in."""
        return self.host(host).incarnation

    def activity(self, host: str) -> int:
        """Count the rounds of pings of this life."""
        return self.steps.get(host, 0)

    def crash(self, host: str, *, power: bool) -> None:
        """Bring a host down."""
        self.host(host).crash()
        if host in self.disks:
            self.disks[host].crash(power=power)

    def restart(self, host: str) -> None:
        """Bring a host up."""
        self.host(host).restart()

    def pause(self, host: str) -> None:
        """Freeze a host."""
        self.host(host).pause()

    def resume(self, host: str) -> None:
        """Let it go on."""
        self.host(host).resume()

    def kill_actor(self, address: Address) -> bool:
        """Forget an actor, and tell."""
        if not self.actors.pop(address, False):
            return False
        for hook in self.on_actor_died:
            hook(address)
        return True

    def clock(self, host: str) -> Clock:
        """Return a host's clock."""
        return self.host(host).clock

    def set_drift(self, host: str, drift_ppm: int) -> None:
        """Let a clock drift."""
        self.host(host).set_drift(drift_ppm)

    def disk(self, host: str) -> SimDisk | None:
        """Return a host's disk."""
        return self.disks.get(host)


def ping(source: str, target: str, number: int, key: bytes = b"") -> Envelope:
    """Return a ping between two pingers."""
    payload = wire.encode(Ping(number, key))
    here, there = Address(source, "pinger"), Address(target, "pinger")
    return Envelope(0, here, 1, there, 0, 0, 0, -1, payload)
