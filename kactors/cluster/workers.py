"""The nodes: kubelet, kube-proxy and the end of a network on each.

Knobs: ``kubelet.*`` are `KubeletConfig`'s, ``kube-proxy.*`` `KubeProxyConfig`'s.
"""

from collections.abc import Iterator

from kactors.apiserver.authentication.user import KUBE_PROXY, component_user, node_user
from kactors.cluster.addresses import node_ip, pod_cidr
from kactors.cluster.control_plane import configured
from kactors.cluster.plan import ActorPlan, Blueprint, HostPlan
from kactors.cluster.topology import NodePool, Topology
from kactors.node.config import DEFAULT_CAPACITY, KubeletConfig
from kactors.node.kube_proxy import ZONE_LABEL, KubeProxy, KubeProxyConfig
from kactors.node.kubelet import Kubelet
from kactors.node.machine import NodeMachine
from kactors.node.network import NETWORK_ACTOR, NodeNetwork
from kactors.node.proxy.underlay import StaticUnderlay, Underlay

__all__ = ["KUBELET", "nodes"]

KUBELET = "kubelet"


def nodes(blueprint: Blueprint) -> Iterator[HostPlan]:
    """Yield the nodes of a cluster."""
    topology = blueprint.topology
    underlay = wires(topology)
    for (number, pool), name in zip(topology.each_node(), topology.node_names, strict=True):
        machine = NodeMachine(node_ip(number))
        actors = (
            kubelet(blueprint, number, name, pool, machine),
            kube_proxy(blueprint, name, machine),
            network(name, machine, underlay),
        )
        yield HostPlan(name, topology.zone(number), actors, machine)


def wires(topology: Topology) -> StaticUnderlay:
    """Return the network under the pods': every node knows where every range of addresses is."""
    underlay = StaticUnderlay()
    for number, name in enumerate(topology.node_names, 1):
        underlay.add_node(node_ip(number), name)
        underlay.add_range(pod_cidr(number), name)
    return underlay


def kube_proxy(blueprint: Blueprint, name: str, machine: NodeMachine) -> ActorPlan:
    """Return the proxy of a node."""
    client = blueprint.client_of(component_user(KUBE_PROXY))
    config = configured(blueprint, "kube-proxy", KubeProxyConfig, node=name, client=client)
    return ActorPlan("kube-proxy", lambda: KubeProxy(config, machine))


def network(name: str, machine: NodeMachine, underlay: Underlay) -> ActorPlan:
    """Return a node's end of the network."""
    return ActorPlan(NETWORK_ACTOR, lambda: NodeNetwork(name, machine, underlay))


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
