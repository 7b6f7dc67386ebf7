"""What a cluster consists of, as data.

A master holds one member of etcd, one replica of the apiserver, and one of each component that
elects a leader: so do the masters that kubeadm makes. Names follow from numbers (``m1``, ``n1``),
so that a scenario can name any host before there is a cluster.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from kactors.cluster.errors import InvalidTopology
from kactors.node.config import DEFAULT_CAPACITY

__all__ = ["ETCD_MEMBERS_MAX", "NODES_MAX", "CloudOptions", "NodePool", "Topology"]

#: etcd's own advice, and what a quorum can bear.
ETCD_MEMBERS_MAX: Final = 7
#: As many ranges of 256 pod addresses as there are in 10.0.0.0/8, but for those of Services.
NODES_MAX: Final = 50_000


def _positive(instance: object, attribute: "attrs.Attribute[int]", value: int) -> None:
    del instance
    if value < 1:
        raise InvalidTopology(f"{attribute.name} is {value!r}: give at least 1")


def _frozen(given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(dict(given).items()))


@attrs.frozen(kw_only=True)
class NodePool:
    """Nodes that are alike.

    Attributes:
        name: its nodes carry it as the label ``node-pool``.
        count: of nodes.
        capacity: resources of each, as quantities; what is not said is the default's.
        labels: of each, besides those of every node.
        taints: that each is registered with, as ``(key, value, effect)``.
    """

    name: str = "default"
    count: int = attrs.field(default=10, validator=_positive)
    capacity: tuple[tuple[str, str], ...] = attrs.field(default=DEFAULT_CAPACITY, converter=_frozen)
    labels: tuple[tuple[str, str], ...] = attrs.field(factory=dict, converter=_frozen)
    taints: tuple[tuple[str, str, str], ...] = ()


@attrs.frozen(kw_only=True)
class CloudOptions:
    """The simulated cloud that a cluster's nodes are instances of.

    Attributes:
        region: in which all its zones are.
        instance_type: of every node.
    """

    region: str = "region-1"
    instance_type: str = "m1"


def _cloud(given: "CloudOptions | bool | None") -> CloudOptions | None:
    if isinstance(given, bool):
        return CloudOptions() if given else None
    return given


@attrs.frozen(kw_only=True)
class Topology:
    """A cluster as it is wanted.

    Attributes:
        masters: hosts of the control plane; an odd number bears the most losses.
        pools: of worker nodes, in the order of their numbers.
        zones: failure domains; masters and nodes are dealt out to them in turn.
        dns_replicas: of CoreDNS, which runs in pods; 0 for a cluster without names, as there are
            without nodes.
        cloud: whether, or in which cloud, nodes are instances, with routes and load balancers kept
            by a cloud controller manager; otherwise they are machines with wires between them.
        knobs: settings of components by name, such as ``{"etcd.tick_seconds": 0.05}``; see
            `kactors.cluster.knobs`.

    Raises:
        InvalidTopology: it contradicts itself.
    """

    masters: int = 3
    pools: tuple[NodePool, ...] = (NodePool(),)
    zones: tuple[str, ...] = ("zone-a", "zone-b", "zone-c")
    dns_replicas: int = 2
    cloud: CloudOptions | None = attrs.field(default=None, converter=_cloud)
    knobs: tuple[tuple[str, Any], ...] = attrs.field(factory=dict, converter=_frozen)

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.masters <= ETCD_MEMBERS_MAX:
            raise InvalidTopology(
                f"masters is {self.masters!r}: give 1 to {ETCD_MEMBERS_MAX}, best an odd number"
            )
        if not self.zones or len(set(self.zones)) < len(self.zones):
            raise InvalidTopology(f"zones is {self.zones!r}: give at least one, each once")
        names = [pool.name for pool in self.pools]
        if len(set(names)) < len(names):
            raise InvalidTopology(f"pools are named {names!r}: give each a name of its own")
        if self.dns_replicas < 0:
            raise InvalidTopology(
                f"dns_replicas is {self.dns_replicas!r}: give 0 for none, or more"
            )
        if self.nodes > NODES_MAX:
            raise InvalidTopology(f"there are {self.nodes} nodes: give at most {NODES_MAX}")

    @classmethod
    def of(cls, masters: int = 3, nodes: int = 10, **more: Any) -> "Topology":
        """Return a cluster of equal nodes; 0 nodes for a control plane alone."""
        pools = (NodePool(count=nodes),) if nodes else ()
        return cls(masters=masters, pools=pools, **more)

    @property
    def nodes(self) -> int:
        """How many worker nodes there are."""
        return sum(pool.count for pool in self.pools)

    @property
    def dns_servers(self) -> int:
        """How many replicas of CoreDNS there are: none where no node could run them."""
        return self.dns_replicas if self.nodes else 0

    @property
    def master_names(self) -> tuple[str, ...]:
        """The masters' hosts: ``m1``, ``m2``, ..."""
        return tuple(f"m{number}" for number in range(1, self.masters + 1))

    @property
    def node_names(self) -> tuple[str, ...]:
        """The nodes, which are hosts of the same names: ``n1``, ``n2``, ..."""
        return tuple(f"n{number}" for number in range(1, self.nodes + 1))

    def zone(self, number: int) -> str:
        """Return the zone of the ``number``-th master or node, counted from 1."""
        return self.zones[(number - 1) % len(self.zones)]

    def each_node(self) -> Iterator[tuple[int, NodePool]]:
        """Yield every node's number, from 1, and its pool."""
        number = 0
        for pool in self.pools:
            for _ in range(pool.count):
                number += 1
                yield number, pool

    def knobs_of(self, component: str) -> dict[str, Any]:
        """Return the settings of one component, without its name before each."""
        prefix = component + "."
        return {
            name.removeprefix(prefix): value
            for name, value in self.knobs
            if name.startswith(prefix)
        }
