"""The nodes: a kubelet on each.

Knobs: ``kubelet.*`` are `KubeletConfig`'s.
"""

from collections.abc import Iterator

from kactors.apiserver.authentication.user import node_user
from kactors.cluster.addresses import node_ip, pod_cidr
from kactors.cluster.control_plane import configured
from kactors.cluster.plan import ActorPlan, Blueprint, HostPlan
from kactors.cluster.topology import DEFAULT_CAPACITY, NodePool
from kactors.node.config import KubeletConfig
from kactors.node.kubelet import Kubelet
from kactors.node.machine import NodeMachine

__all__ = ["KUBELET", "nodes"]

KUBELET = "kubelet"
ZONE_LABEL = "topology.kubernetes.io/zone"


def nodes(blueprint: Blueprint) -> Iterator[HostPlan]:
    """Yield the nodes of a cluster."""
    topology = blueprint.topology
    for (number, pool), name in zip(topology.each_node(), topology.node_names, strict=True):
        machine = NodeMachine(node_ip(number))
        actors = (kubelet(blueprint, number, name, pool, machine),)
        yield HostPlan(name, topology.zone(number), actors)


def kubelet(
    blueprint: Blueprint, number: int, name: str, pool: NodePool, machine: NodeMachine
) -> ActorPlan:
    """Return the kubelet of node ``number``."""
    labels = {
        **dict(pool.labels),
        "node-pool": pool.name,
        ZONE_LABEL: blueprint.topology.zone(number),
    }
    config = configured(
        blueprint,
        "kubelet",
        KubeletConfig,
        node=name,
        node_ip=node_ip(number),
        client=blueprint.client_of(node_user(name)),
        labels=labels,
        capacity={**DEFAULT_CAPACITY, **dict(pool.capacity)},
        pod_cidr=pod_cidr(number),
        taints=tuple(
            {"key": key, "value": value, "effect": effect} for key, value, effect in pool.taints
        ),
    )
    return ActorPlan(KUBELET, lambda: Kubelet(config, machine))
