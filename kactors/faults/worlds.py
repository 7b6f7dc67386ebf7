"""Both worlds of actors as targets of faults."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from kactors.actors.live_world import LiveWorld
from kactors.actors.world import World
from kactors.actors.world_host import WorldHost
from kactors.faults.errors import UnsupportedFaultError
from kactors.faults.target import FaultyDisk
from kactors.runtime import current_time_ns, sleep
from kactors.runtime.clock import NANOSECONDS, Clock
from kactors.runtime.probes import Probes
from kactors.storage.sim_disk import SimDisk
from kactors.transport.envelope import Address
from kactors.transport.hooks import MessageHooks
from kactors.transport.rules import LinkRules


class WorldTarget(ABC):
    """What the two worlds have in common."""

    def __init__(self, world: World | LiveWorld) -> None:
        self._hosts: dict[str, WorldHost] = world.hosts
        self.on_actor_started = world.lives.on_started
        self.on_actor_died = world.lives.on_died
        self.probes: Probes | None = world.probes

    def hosts(self) -> tuple[str, ...]:
        """Return the names of all hosts."""
        return tuple(self._hosts)

    def up(self, host: str) -> bool:
        """Tell whether a host runs."""
        return self._hosts[host].machine.up

    def incarnation(self, host: str) -> int:
        """Return which life a host is in."""
        return self._hosts[host].machine.incarnation

    def activity(self, host: str) -> int:
        """Count the messages that this life of a host has sent and received."""
        return self._hosts[host].system.activity

    @abstractmethod
    def crash(self, host: str, *, power: bool) -> None:
        """End a host's life; without power also what its disk has not synced."""

    def restart(self, host: str) -> None:
        """Begin the next life of a host that is down."""
        if not self.up(host):
            self._hosts[host].machine.restart()

    def pause(self, host: str) -> None:
        """Freeze a host."""
        self._hosts[host].machine.pause()

    def resume(self, host: str) -> None:
        """Let a paused host go on; nothing if it is not."""
        self._hosts[host].machine.resume()

    def kill_actor(self, address: Address) -> bool:
        """End an actor's present life as if it had failed; return whether it was there."""
        host = self._hosts.get(address.host)
        cell = None if host is None else host.system.cells.get(address.name)
        if cell is None or cell.actor is None:
            return False
        cell.kill("killed by a fault")
        return True

    def clock(self, host: str) -> Clock:
        """Return a host's clock, to be read and to jump."""
        return self._hosts[host].machine.clock

    def set_drift(self, host: str, drift_ppm: int) -> None:
        """Let a host's clock run fast or slow from now on."""
        self._hosts[host].machine.set_drift(drift_ppm)

    def disk(self, host: str) -> FaultyDisk | None:
        """Return a host's disk, if it is one that can fail on command."""
        disk = self._hosts[host].machine.disk
        return disk if isinstance(disk, SimDisk) else None


class SimTarget(WorldTarget):
    """The simulated world; every fault is possible here."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._world = world
        self.rules: LinkRules = world.network.rules
        self.hooks: MessageHooks = world.network

    def resolve(self, symbol: str) -> str | None:
        """Return the host that plays a part such as ``@leader`` now, if one does."""
        role = self._world.roles.get(symbol)
        return None if role is None else role()

    def now_ns(self) -> int:
        """Return true time."""
        return self._world.simulation.kernel.now_ns

    def call_at(self, true_ns: int, callback: Callable[[Any], None], argument: Any, /) -> object:
        """Call ``callback(argument)`` at an instant of true time."""
        return self._world.simulation.kernel.call_at(true_ns, callback, argument)

    def crash(self, host: str, *, power: bool) -> None:
        """End a host's life; without power also what its disk has not synced."""
        self._world.crash(host, power=power)


class LiveTarget(WorldTarget):
    """The live world: faults of links, hosts, actors and clocks, but not of real disks.

    A crash ends a host's actors within this process; the power of the machine stays on.

    Raises:
        UnsupportedFaultError: the world was made without ``faults=True``.
    """

    def __init__(self, world: LiveWorld) -> None:
        super().__init__(world)
        if world.rules is None:
            raise UnsupportedFaultError(
                "this live world has no rules for its links: make it with LiveWorld(faults=True)"
            )
        self._world = world
        self.rules: LinkRules = world.rules
        self.hooks: MessageHooks = world.hooks

    def resolve(self, symbol: str) -> str | None:
        """Return nothing: who plays which part is not known to one process."""
        del symbol
        return None

    def now_ns(self) -> int:
        """Return the machine's monotonic time."""
        return current_time_ns()

    def call_at(self, true_ns: int, callback: Callable[[Any], None], argument: Any, /) -> object:
        """Call ``callback(argument)`` at an instant of the machine's monotonic time."""

        async def later() -> None:
            await sleep(max(0, true_ns - current_time_ns()) / NANOSECONDS)
            callback(argument)

        self._world.live.nursery.start_soon(later)
        return later

    def crash(self, host: str, *, power: bool) -> None:
        """End a host's life in this process."""
        del power
        self._hosts[host].machine.crash()
