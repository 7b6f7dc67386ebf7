"""Gives each Node a range of addresses for its pods.

Source: kubernetes pkg/controller/nodeipam/ipam/range_allocator.go.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import ClassVar

from kactors.api.meta import name_of
from kactors.api.objects import Object, deep_copy, field
from kactors.client.controller import Controller, ControllerContext
from kactors.client.errors import TerminalError
from kactors.client.events import WARNING
from kactors.client.lister import Lister

__all__ = ["NodeIpamController", "free_range"]


def free_range(cluster_cidr: str, prefix: int, taken: Iterable[str]) -> str | None:
    """Return the first range of a cluster's that overlaps none of those taken; ``None`` if none.

    Args:
        cluster_cidr: addresses of all pods, for instance ``10.244.0.0/16``.
        prefix: length of a node's range, for instance 24.
        taken: ranges of nodes; those outside of the cluster's do not matter.
    """
    cluster = ip_network(cluster_cidr)
    step = 1 << (cluster.max_prefixlen - prefix)
    base = int(cluster.network_address)
    used: set[int] = set()  # membership only: the order of a set is nobody's business
    for text in taken:
        network = _network(text)
        if network.overlaps(cluster):
            first = max(0, int(network.network_address) - base) // step
            last = (int(network.broadcast_address) - base) // step
            used.update(range(first, last + 1))
    for number in range(1 << (prefix - cluster.prefixlen)):
        if number not in used:
            address = type(cluster.network_address)(base + number * step)
            return f"{address}/{prefix}"
    return None


@lru_cache(maxsize=1 << 16)
def _network(text: str) -> IPv4Network | IPv6Network:
    """Return a range that is looked at once for each other node's."""
    return ip_network(text)


class NodeIpamController(Controller):
    """Allocates one range per Node; one worker, so that no range is given twice.

    Args:
        context: see there.
        cluster_cidr: addresses of all pods.
        prefix: length of a node's range.
    """

    component: ClassVar[str] = "cidrAllocator"
    workers: ClassVar[int] = 1

    _nodes: Lister

    def __init__(self, context: ControllerContext, cluster_cidr: str, prefix: int = 24) -> None:
        super().__init__(context)
        self._cluster_cidr = cluster_cidr
        self._prefix = prefix
        self._given: dict[str, str] = {}  # by Node; what the cache may not show yet

    def setup(self) -> None:
        """Look at Nodes without a range."""
        self._nodes = self.observes("nodes", _if_without_range).lister

    def on_leading(self) -> None:
        """Forget what an earlier term has given: the Nodes say it by now."""
        self._given.clear()

    async def reconcile(self, key: str) -> float | None:
        """Give a Node a range, unless it has one."""
        node = self._nodes.get_by_key(key)
        if node is None or not _if_without_range(node):
            self._given.pop(key, None)
            return None
        cidr = self._given.get(key) or free_range(
            self._cluster_cidr, self._prefix, [*self._taken(), *self._given.values()]
        )
        if cidr is None:
            message = f"no range of addresses is free in {self._cluster_cidr}"
            self.recorder.event(node, WARNING, "CIDRNotAvailable", message)
            raise TerminalError(message)
        self._given[key] = cidr
        found: Object = deep_copy(node)
        spec = found.setdefault("spec", {})
        spec["podCIDR"], spec["podCIDRs"] = cidr, [cidr]
        await self.client.resource("nodes").update(found)
        return None

    def _taken(self) -> list[str]:
        ranges = (field(node, "spec", "podCIDR", default="") for node in self._nodes.list())
        return [each for each in ranges if each]


def _if_without_range(node: Object) -> tuple[str, ...]:
    return () if field(node, "spec", "podCIDR", default="") else (name_of(node),)
