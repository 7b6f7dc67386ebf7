"""Members and clients of the store as processes: real time, real files, TCP.

Live only. What is here is the ground under `EtcdMember` and `EtcdClient`, which are the same in
the simulated world.
"""

import gc
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import attrs
import trio  # noqa: TID251 - live-only module

from kactors.actors.live_world import LiveWorld
from kactors.actors.system_asker import SystemAsker
from kactors.etcd.client import EtcdClient
from kactors.etcd.config import MemberConfig
from kactors.etcd.member import MEMBER_POLICY, EtcdMember
from kactors.etcd.member_url import ACTOR, MemberUrl
from kactors.storage.live_disk import LiveDisk
from kactors.transport.base import Transport
from kactors.transport.envelope import Address
from kactors.transport.tcp import TcpTransport
from kactors.transport.tls import TlsConfig

_LOOK_SECONDS: Final = 0.1

#: Python's collector looks at everything that is young after so many allocations, and at the whole
#: store after many of those looks. A store is almost free of cycles, and a look at all of it holds
#: up whoever waits for an answer: with the defaults the slowest of a hundred puts takes ten times
#: as long.
_COLLECTOR: Final = (50_000, 50, 100)

#: How far a log's file is made longer at a time: its zeros leave with the records before them, in
#: one sync of several hundred, and the others have no metadata to write, which is half the work.
_AHEAD_BYTES: Final = 128 * 1024

Log = Callable[[str], None]


@attrs.define
class Wires:
    """Makes the TCP transport for each life of one host, and knows the present one.

    Attributes:
        host: whose.
        listen: ``address:port``, or None for a host that only dials.
        peers: where others are.
        tls: None for connections in the clear.
    """

    host: str
    listen: str | None
    peers: dict[str, str]
    tls: TlsConfig | None
    _transport: TcpTransport | None = None

    def make(self, incarnation: int) -> Transport:
        """Make the transport for one life."""
        self._transport = TcpTransport(
            host=self.host,
            incarnation=incarnation,
            listen=self.listen,
            peers=self.peers,
            tls=self.tls,
        )
        return self._transport

    def learn(self, url: MemberUrl) -> None:
        """Enter a host into the address book."""
        if url.endpoint is None or url.host == self.host:
            return
        if self.peers.get(url.host) != url.endpoint:
            self.peers[url.host] = url.endpoint
            if self._transport is not None:
                self._transport.set_peer(url.host, url.endpoint)


def peers_of(config: MemberConfig) -> dict[str, str]:
    """Return where the other members of a configuration are, by host."""
    urls = [MemberUrl.parse(url) for name, url in config.initial if name != config.name]
    return {url.host: url.endpoint for url in urls if url.endpoint is not None}


async def run_member(
    config: MemberConfig,
    data_directory: Path,
    *,
    tls: TlsConfig | None,
    log: Log,
    listen: str | None = None,
    inline_sync: bool = False,
) -> str | None:
    """Be one member until a signal comes or the member ends; return why it ended by itself.

    Args:
        config: of the member.
        data_directory: its disk; made if it is not there.
        tls: None for connections in the clear.
        log: told what happens.
        listen: where to listen, if not where the member's URL says.
        inline_sync: sync on the event loop even while the disk is slow; see `LiveDisk`.

    Raises:
        DiskInUseError: another process has the directory.
        EndpointError: the place to listen at cannot be had.
    """
    gc.set_threshold(*_COLLECTOR)
    config = attrs.evolve(config, ahead_bytes=config.ahead_bytes or _AHEAD_BYTES)
    url = MemberUrl.parse(config.url)
    wires = Wires(url.host, listen or url.endpoint, peers_of(config), tls)
    with LiveDisk(data_directory, inline_sync=inline_sync or None) as disk:
        async with LiveWorld() as world:
            host = world.add_host(url.host, wires.make, disk=disk)
            host.deploy(
                lambda: EtcdMember(config, learn=wires.learn, log=log),
                url.actor,
                policy=MEMBER_POLICY,
            )
            with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_await_signal, signals, nursery, log)
                    while not world.given_up:
                        await trio.sleep(_LOOK_SECONDS)
                    nursery.cancel_scope.cancel()
            if world.given_up:
                return world.given_up[0][1]
            # The system is told first, so that the member may hand over and close its log.
            host.system.stop(url.actor)
            with trio.move_on_after(5.0):
                while url.actor in host.system.cells:
                    await trio.sleep(_LOOK_SECONDS / 2)
    return None


async def _await_signal(signals: AsyncIterator[int], nursery: trio.Nursery, log: Log) -> None:
    async for number in signals:
        log(f"{signal.Signals(number).name}: stopping")
        nursery.cancel_scope.cancel()
        return


@asynccontextmanager
async def connect(
    endpoints: Mapping[str, str],
    *,
    host: str,
    tls: TlsConfig | None,
    timeout: float,
) -> AsyncIterator[EtcdClient]:
    """Be a client of a cluster, within trio.

    Args:
        endpoints: ``{host: "address:port"}`` of members.
        host: the name of this client's host; two that run at one time need two names.
        tls: None for connections in the clear.
        timeout: seconds for one call.
    """
    wires = Wires(host, None, dict(endpoints), tls)
    async with LiveWorld() as world:
        machine = world.add_host(host, wires.make)
        addresses = [Address(name, ACTOR) for name in endpoints]
        asker = SystemAsker(machine.system)
        yield EtcdClient(asker, addresses, timeout=timeout, learn=wires.learn)
