"""The live world of actors: hosts in real time, on real sockets and files."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from kactors.actors.lives import Lives
from kactors.actors.outbox import StreamTiming
from kactors.actors.system import System
from kactors.actors.world_host import WorldHost
from kactors.evidence.trace import Level, Recorder
from kactors.runtime import current_time_ns, live
from kactors.runtime import probes as running
from kactors.runtime.probes import Probes
from kactors.transport.base import Transport
from kactors.transport.faulty import FaultyTransport, no_latency
from kactors.transport.hooks import MessageHooks
from kactors.transport.rules import LinkRules

if TYPE_CHECKING:
    from kactors.runtime.disk import Disk
    from kactors.runtime.face import AsyncFunction

MILLISECOND: Final = 1_000_000

MakeTransport = Callable[[int], Transport]
"""Makes the transport for one life of a host, given its incarnation."""


class LiveWorld:
    """Hosts with actors in this process, in real time; an async context manager within trio.

    Most programs have one host in a process and reach the others over TCP. When the body
    ends, all actors are stopped; when an actor meets a bug, the body is cancelled and the
    bug comes out.

    Args:
        seed: keys the hosts' streams of chance; drawn from the machine unless given.
        faults: put every transport behind link rules (`rules`), so that fault plans work.
        recorder: keeps a structured trace, if given.
        stream_timing: the clockwork of streams.
        probes: the `buggify` sites and `sometimes` probes; off unless given.

    Attributes:
        hosts: by name, in the order of their adding.
        rules: what faults do to messages; nothing unless ``faults``.
        hooks: see single messages, if ``faults``.
        lives: who is told when the lives of actors begin and end.
        given_up: what supervisors at the top have given up on, as (host, reason).
    """

    def __init__(
        self,
        seed: int | None = None,
        *,
        faults: bool = False,
        recorder: Recorder | None = None,
        stream_timing: StreamTiming | None = None,
        probes: Probes | None = None,
    ) -> None:
        self.live = live.LiveWorld(seed)
        self.rules = LinkRules(self.live.seed, no_latency()) if faults else None
        self.hooks = MessageHooks(current_time_ns)
        self.recorder = recorder
        self.stream_timing = stream_timing
        self.probes = probes
        self._probes_before: Probes | None = None
        self.hosts: dict[str, WorldHost] = {}
        self.lives = Lives()
        self.given_up: list[tuple[str, str]] = []

    async def __aenter__(self) -> Self:
        await self.live.__aenter__()
        self._probes_before = running.current.use(self.probes)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        running.current.use(self._probes_before)
        return await self.live.__aexit__(exc_type, exc, traceback)

    def add_host(
        self,
        name: str,
        make_transport: MakeTransport,
        *,
        zone: str = "",
        disk: Disk | None = None,
    ) -> WorldHost:
        """Add a host that is up, and whose actors can be reached once its transport listens.

        Args:
            name: unique, and the one in its certificate where there is TLS.
            make_transport: called for each life, with the incarnation.
            zone: the failure domain it belongs to.
            disk: real files, such as `kactors.storage.live_disk.LiveDisk`.
        """
        machine = self.live.add_host(name, zone=zone, disk=disk)
        # Others must be able to tell this life from that of a process that died before.
        machine.incarnation = machine.clock.wall_ns() // MILLISECOND

        def new_system() -> System:
            return System(
                machine,
                self._faulty(name, make_transport(machine.incarnation)),
                loopback=False,
                timing=self.stream_timing,
                recorder=self.recorder,
                on_life=self.lives.tell,
            )

        host = self.hosts[name] = WorldHost(machine, new_system, self._gave_up, self.recorder)
        return host

    async def call(self, host: str, async_fn: AsyncFunction, *args: Any) -> Any:
        """Run ``async_fn(system, *args)`` on a host until it ends; return its result."""
        found = self.hosts[host]
        return await found.machine.spawn(async_fn, found.system, *args).wait()

    def _faulty(self, name: str, transport: Transport) -> Transport:
        return (
            transport
            if self.rules is None
            else FaultyTransport(transport, self.rules, name, hooks=self.hooks)
        )

    def _gave_up(self, host: WorldHost, reason: str) -> None:
        self.given_up.append((host.name, reason))
        if self.recorder is not None:
            self.recorder.record(host.machine, "", "gave-up", Level.EVENT, reason=reason)
        host.machine.crash()
