"""One process of a cluster: the hosts that it holds, and what runs on them.

Live only. A master is one process; when its host ends, the process does, and its supervisor
starts another. All nodes share one process; a node whose host ends is started again there, as a
machine that reboots.
"""

import gc
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Final

import attrs
import trio  # noqa: TID251 - live-only module

from kactors.actors.live_world import LiveWorld
from kactors.actors.world_host import WorldHost
from kactors.cluster.control_plane import masters
from kactors.cluster.live import identities
from kactors.cluster.live.data_directory import DataDirectory
from kactors.cluster.live.errors import NoCluster
from kactors.cluster.live.settings import NODES_PROCESS, LiveSettings
from kactors.cluster.live.wires import transport_of
from kactors.cluster.plan import Blueprint, HostPlan
from kactors.cluster.workers import nodes
from kactors.storage.live_disk import LiveDisk
from kactors.transport.base import Transport
from kactors.transport.envelope import Address

__all__ = ["Log", "plans_of", "run_process"]

Log = Callable[[str], None]

#: A look of Python's collector at everything holds up whoever waits for an answer, and stores and
#: caches are almost free of cycles: see `kactors.etcd.process`.
_COLLECTOR: Final = (50_000, 50, 100)
_REBOOT_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.02


def plans_of(settings: LiveSettings, blueprint: Blueprint, process: str) -> tuple[HostPlan, ...]:
    """Return the hosts of a process, and what runs on them.

    Raises:
        NoCluster: the cluster has no such process.
    """
    if process not in settings.processes:
        raise NoCluster(
            f"there is no process {process!r}: choose one of {', '.join(settings.processes)}"
        )
    if process == NODES_PROCESS:
        return tuple(nodes(blueprint))
    return tuple(plan for plan in masters(blueprint) if plan.name == process)


async def run_process(
    data: DataDirectory, process: str, *, log: Log, until: Callable[[], Awaitable[str]]
) -> str | None:
    """Be one process of a cluster; return why it ended by itself, ``None`` if it was told to.

    Args:
        data: of the cluster.
        process: a master's name, or `NODES_PROCESS`.
        log: told what happens.
        until: waits until the process shall end; returns why.

    Raises:
        LiveClusterError, TlsError: the directory does not hold what it must.
        DiskInUseError: another process plays one of the hosts.
        EndpointError: a place to listen at cannot be had.
    """
    gc.set_threshold(*_COLLECTOR)
    settings = data.settings()
    blueprint = Blueprint(settings.topology, identities.token_authority(data.pki))
    with ExitStack() as disks:
        async with LiveWorld() as world:
            reboot = _REBOOT_SECONDS if process == NODES_PROCESS else None
            hosts = Hosts(world, log, reboot)
            for plan in plans_of(settings, blueprint, process):
                disk = disks.enter_context(LiveDisk(data.disk_of(plan.name)))
                hosts.add(plan, transport_of(data, settings, plan.name), disk)
            why = await hosts.run(until)
            if why is None:
                await hosts.stop()
    return why


@attrs.define
class Hosts:
    """The hosts of this process.

    Args:
        world: where they are.
        log: told what happens.
        reboot_seconds: after which a host that ends is started again here; ``None``: never.
    """

    _world: LiveWorld
    _log: Log
    _reboot_seconds: float | None
    _plans: dict[str, HostPlan] = attrs.field(factory=dict)
    _ended: "tuple[trio.MemorySendChannel[str], trio.MemoryReceiveChannel[str]]" = attrs.field(
        factory=lambda: trio.open_memory_channel[str](1000)
    )

    def __attrs_post_init__(self) -> None:
        self._world.lives.on_died.append(self._died)

    def add(
        self, plan: HostPlan, make_transport: Callable[[int], Transport], disk: LiveDisk
    ) -> None:
        """Add a host, and begin what runs there."""
        host = self._world.add_host(plan.name, make_transport, zone=plan.zone, disk=disk)
        self._plans[plan.name] = plan
        for actor in plan.actors:
            host.deploy(actor.factory, actor.name, policy=actor.policy)
        host.machine.on_crash.append(lambda: self._ended[0].send_nowait(plan.name))

    def _died(self, address: Address) -> None:
        cell = self._world.hosts[address.host].system.cells.get(address.name)
        if cell is not None and cell.last_failure:
            self._log(f"{address} failed: {cell.last_failure}")

    async def run(self, until: Callable[[], Awaitable[str]]) -> str | None:
        """Go on until told to stop, or until a host ends that is not started again here."""
        why: str | None = None

        async def await_order() -> None:
            self._log(f"{await until()}: stopping")
            nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(await_order)
            async for name in self._ended[1]:
                reason = self._world.given_up[-1][1]
                if self._reboot_seconds is None:
                    why = reason
                    nursery.cancel_scope.cancel()
                    break
                self._log(f"{name}: {reason}; starting it again")
                host = self._world.hosts[name]
                nursery.start_soon(self._start_again, host, self._reboot_seconds)
        return why

    async def _start_again(self, host: WorldHost, pause: float) -> None:
        await trio.sleep(pause)
        host.machine.restart()

    async def stop(self) -> None:
        """End all actors in order: on each host the last that was begun is the first to go."""
        async with trio.open_nursery() as nursery:
            for name in self._plans:
                nursery.start_soon(self._stop_host, name)

    async def _stop_host(self, name: str) -> None:
        system = self._world.hosts[name].system
        for actor in reversed(self._plans[name].actors):
            with trio.move_on_after(_STOP_SECONDS):
                system.stop(actor.name)
                while actor.name in system.cells:
                    await trio.sleep(_LOOK_SECONDS)
