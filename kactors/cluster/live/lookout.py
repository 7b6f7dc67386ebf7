"""How a cluster is: asked from outside, as anybody can."""

from collections.abc import Awaitable
from typing import Final, TypeVar

import attrs
import trio  # noqa: TID251 - live-only module

from kactors.actors.errors import RequestError
from kactors.api.errors import ApiError
from kactors.api.meta import is_true, name_of, parse_time
from kactors.api.objects import Object, field
from kactors.apiserver.messages import Health
from kactors.client.errors import ClientError
from kactors.cluster.addresses import apiservers, etcd_members
from kactors.cluster.live.access import Access
from kactors.cluster.live.events import Seen
from kactors.cluster.topology import Topology
from kactors.etcd.errors import EtcdError
from kactors.etcd.messages import Status
from kactors.transport.envelope import Address

__all__ = ["look"]

AnswerT = TypeVar("AnswerT")

_ASK_SECONDS: Final = 1.0
_LIST_SECONDS: Final = 2.0
#: The namespace in which kubelets renew their Leases.
_NODE_LEASES: Final = "kube-node-lease"


async def look(access: Access, topology: Topology, *, since_ns: int) -> Seen:
    """Ask everybody at one time, and return what they have said within two seconds.

    Args:
        access: the way in.
        topology: who is to be asked.
        since_ns: a node that has given no sign of life since then, in nanoseconds since 1970, is
            not ready, whatever was last said of it.
    """
    looks = _Looks(access, since_ns)
    async with trio.open_nursery() as nursery:
        for replica in apiservers(topology):
            nursery.start_soon(looks.apiserver, replica)
        for member in etcd_members(topology):
            nursery.start_soon(looks.member, member)
        nursery.start_soon(looks.list_nodes)
    order = topology.master_names
    return Seen(
        etcd_leader=max(looks.leaders)[1] if looks.leaders else "",
        apiservers=tuple(name for name in order if name in looks.serving),
        nodes=tuple(name for name in topology.node_names if name in looks.ready),
    )


@attrs.define
class _Looks:
    _access: Access
    _since_ns: int
    serving: list[str] = attrs.field(factory=list)
    leaders: list[tuple[int, str]] = attrs.field(factory=list)
    ready: list[str] = attrs.field(factory=list)

    async def apiserver(self, replica: Address) -> None:
        health = await _or_none(self._access.asker.request(replica, Health(), timeout=_ASK_SECONDS))
        if health is not None and health.ready:
            self.serving.append(replica.host)

    async def member(self, member: Address) -> None:
        status = await _or_none(self._access.asker.request(member, Status(), timeout=_ASK_SECONDS))
        if status is not None and status.leader == status.header.member_id:
            self.leaders.append((status.header.raft_term, member.host))

    async def list_nodes(self) -> None:
        client = self._access.client.impatient(_LIST_SECONDS)
        nodes = await _or_none(client.resource("nodes").list())
        leases = await _or_none(client.resource("leases").list(_NODE_LEASES))
        if nodes is None or leases is None:
            return
        alive = {name_of(lease) for lease in leases.items if self._is_fresh(lease)}
        self.ready += [
            name_of(node)
            for node in nodes.items
            if is_true(node, "Ready") and name_of(node) in alive
        ]

    def _is_fresh(self, lease: Object) -> bool:
        renewed = field(lease, "spec", "renewTime")
        return renewed is not None and parse_time(renewed) >= self._since_ns


async def _or_none(asking: Awaitable[AnswerT]) -> AnswerT | None:
    """Return an answer; ``None`` if there is none, or a refusal."""
    try:
        return await asking
    except (RequestError, EtcdError, ApiError, ClientError):
        return None
