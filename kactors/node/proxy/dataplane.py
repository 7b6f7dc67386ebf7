"""Traffic of clients: through the tables of Services, over the network, to containers.

A connection is made as its first packet would travel: the client's node chooses an endpoint by its
own table, however stale; the packet goes to the host that has a route for that address, if the
network lets it; there a container listens, or not. What the tables say and what is true differ now
and then, and this is where that shows; it is counted.
"""

from collections.abc import Awaitable
from typing import Final, Protocol, TypeVar

import attrs

from kactors.actors.errors import RequestError
from kactors.actors.request import Request
from kactors.node.errors import ConnectionRefused, ConnectionTimedOut
from kactors.node.machine import Life
from kactors.node.proxy.messages import Connect, Connected
from kactors.node.proxy.routing import Destination, Verdict, route
from kactors.node.proxy.underlay import Underlay
from kactors.runtime import Random, current_time, sleep
from kactors.runtime.probes import declare, sometimes
from kactors.transport.envelope import Address

__all__ = ["NETWORK_ACTOR", "Connection", "DataPlane"]

AnswerT = TypeVar("AnswerT")

NETWORK_ACTOR: Final = "network"
"""The name under which each node's network is reached."""

_MISROUTED = "dataplane: a stale table sent a connection to another pod than was meant"
declare(_MISROUTED)


class Asker(Protocol):
    """Who can ask actors: an `Actor`."""

    def request(
        self, target: Address, message: Request[AnswerT], *, timeout: float | None = None
    ) -> Awaitable[AnswerT]:
        """Ask, and wait for the answer."""
        ...


@attrs.frozen
class Connection:
    """A connection that was made.

    Attributes:
        ip, port: of the endpoint.
        service: ``namespace/name``, if it was made through a Service.
        end: who has answered.
        misrouted: it is another pod than the table meant: the address has a new owner.
    """

    ip: str
    port: int
    service: str
    end: Connected
    misrouted: bool = False


class DataPlane:
    """The network of one node, for the clients on it.

    Args:
        node: its name, and that of its host.
        node_ip: its address.
        life: what its machine keeps.
        asker: asks the networks of other nodes.
        underlay: routes between nodes.
        random: chooses among endpoints.
    """

    def __init__(
        self,
        *,
        node: str,
        node_ip: str,
        life: Life,
        asker: Asker,
        underlay: Underlay,
        random: Random,
    ) -> None:
        self.node = node
        self._node_ip = node_ip
        self._life = life
        self._asker = asker
        self._underlay = underlay
        self._random = random

    async def connect(
        self,
        ip: str,
        port: int,
        *,
        source_ip: str = "",
        protocol: str = "TCP",
        seconds: float = 1.0,
        local: bool = True,
    ) -> Connection:
        """Connect to an address: a Service's, a pod's, or a node's.

        Args:
            ip: whereto.
            port: whereto.
            source_ip: who connects; the node itself unless given.
            protocol: TCP, UDP or SCTP.
            seconds: how long to wait for an answer.
            local: the client is on this node; it has arrived from elsewhere otherwise.

        Raises:
            ConnectionRefused: somebody said no.
            ConnectionTimedOut: nobody said anything.
        """
        source_ip = source_ip or self._node_ip
        until = current_time() + seconds
        destination = route(
            self._life.services,
            self._life.affinity,
            self._random,
            source_ip=source_ip,
            ip=ip,
            port=port,
            protocol=protocol,
            node_ips=(self._node_ip,),
            local_source=local,
            now=current_time(),
        )
        where = f"{ip}:{port}"
        match destination.verdict:
            case Verdict.REJECT:
                self._count("refused")
                raise ConnectionRefused(f"{where}: {destination.service} has no endpoints")
            case Verdict.DROP:
                return await self._time_out(where, "no endpoint on this node", until)
        sent = Connect(source_ip, destination.ip, destination.port, protocol, seconds)
        end = await self._deliver(sent)
        if end is None or end.outcome == "timed out":
            why = f"{destination.ip}:{destination.port} does not answer"
            return await self._time_out(where, why, until)
        if end.outcome != "connected":
            self._count("refused")
            raise ConnectionRefused(
                f"{where}: nobody listens on {destination.ip}:{destination.port}"
            )
        return self._connected(destination, end)

    def _connected(self, destination: Destination, end: Connected) -> Connection:
        meant = "" if destination.endpoint is None else destination.endpoint.pod_uid
        misrouted = bool(meant) and meant != end.pod_uid
        self._count("misrouted" if misrouted else "connected")
        if misrouted:
            sometimes(_MISROUTED)
        return Connection(
            destination.ip, destination.port, destination.service, end, misrouted=misrouted
        )

    async def _time_out(self, where: str, why: str, until: float) -> Connection:
        await sleep(max(0.0, until - current_time()))  # a client that hears nothing waits
        self._count("timed out")
        raise ConnectionTimedOut(f"{where}: {why}")

    def _count(self, outcome: str) -> None:
        counts = self._life.counts
        counts[outcome] = counts.get(outcome, 0) + 1

    async def _deliver(self, sent: Connect) -> Connected | None:
        """Bring a first packet to where it goes; ``None``: there is no route."""
        if sent.ip == self._node_ip or self._life.runtime.sandbox_at(sent.ip) is not None:
            host: str | None = self.node
        else:
            host = self._underlay.host_of(sent.ip)
        if host is None:
            return None
        # Through the node's own network, too: it knows which programs run in its containers.
        target = Address(host, NETWORK_ACTOR)
        try:
            return await self._asker.request(target, sent, timeout=sent.seconds)
        except RequestError:
            return Connected("timed out", host)
