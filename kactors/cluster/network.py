"""The network under the pods' of a cluster without a cloud."""

from kactors.cluster.addresses import node_ip, pod_cidr
from kactors.cluster.topology import Topology
from kactors.node.proxy.underlay import StaticUnderlay

__all__ = ["connect", "wires"]


def wires(topology: Topology) -> StaticUnderlay:
    """Return the network under the pods': every node knows where every range of addresses is."""
    underlay = StaticUnderlay()
    for number, name in enumerate(topology.node_names, 1):
        connect(underlay, number, name)
    return underlay


def connect(underlay: StaticUnderlay, number: int, name: str) -> None:
    """Let packets for a node, which was perhaps not there before, arrive at it."""
    underlay.add_node(node_ip(number), name)
    underlay.add_range(pod_cidr(number), name)
