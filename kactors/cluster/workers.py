"""The nodes: kubelet, kube-proxy and the end of a network on each.

Knobs: ``kubelet.*`` are `KubeletConfig`'s, ``kube-proxy.*`` `KubeProxyConfig`'s.
"""

from collections.abc import Iterator

from kactors.apiserver.authentication.user import KUBE_PROXY, component_user, node_user
from kactors.cluster.addresses import apiservers, node_ip, pod_cidr
from kactors.cluster.plan import ActorPlan, Blueprint, HostPlan
from kactors.cluster.topology import NodePool
from kactors.node.config import DEFAULT_CAPACITY, KubeletConfig
from kactors.node.dns.program import COREDNS, coredns
from kactors.node.kube_proxy import ZONE_LABEL, KubeProxy, KubeProxyConfig
from kactors.node.kubelet import Kubelet
from kactors.node.machine import NodeMachine
from kactors.node.network import NETWORK_ACTOR, NodeNetwork

__all__ = ["KUBELET", "node", "nodes"]

KUBELET = "kubelet"


def nodes(blueprint: Blueprint) -> Iterator[HostPlan]:
    """Yield the nodes of a cluster."""
    topology = blueprint.topology
    for (number, pool), name in zip(topology.each_node(), topology.node_names, strict=True):
        yield node(blueprint, number, name, pool)


def node(blueprint: Blueprint, number: int, name: str, pool: NodePool) -> HostPlan:
    """Return one node, whose number counts from 1."""
    machine = NodeMachine(node_ip(number))
    actors = (
        kubelet(blueprint, number, name, pool, machine),
        kube_proxy(blueprint, name, machine),
        network(blueprint, name, machine),
    )
    return HostPlan(name, blueprint.topology.zone(number), actors, machine)


def kube_proxy(blueprint: Blueprint, name: str, machine: NodeMachine) -> ActorPlan:
    """Return the proxy of a node."""
    client = blueprint.client_of(component_user(KUBE_PROXY))
    config = blueprint.configured("kube-proxy", KubeProxyConfig, node=name, client=client)
    return ActorPlan("kube-proxy", lambda: KubeProxy(config, machine))


def network(blueprint: Blueprint, name: str, machine: NodeMachine) -> ActorPlan:
    """Return a node's end of the network."""
    programs = {COREDNS: coredns(apiservers(blueprint.topology))}
    return ActorPlan(
        NETWORK_ACTOR, lambda: NodeNetwork(name, machine, blueprint.underlay, programs)
    )


def kubelet(
    blueprint: Blueprint, number: int, name: str, pool: NodePool, machine: NodeMachine
) -> ActorPlan:
    """Return the kubelet of node ``number``."""
    in_cloud = blueprint.topology.cloud is not None
    labels = {**dict(pool.labels), "node-pool": pool.name}
    if not in_cloud:
        labels[ZONE_LABEL] = blueprint.topology.zone(number)
    config = blueprint.configured(
        "kubelet",
        KubeletConfig,
        node=name,
        node_ip=node_ip(number),
        client=blueprint.client_of(node_user(name)),
        labels=labels,
        capacity={**DEFAULT_CAPACITY, **dict(pool.capacity)},
        external_cloud=in_cloud,
        pod_cidr="" if in_cloud else pod_cidr(number),
        taints=tuple(
            {"key": key, "value": value, "effect": effect} for key, value, effect in pool.taints
        ),
    )
    return ActorPlan(KUBELET, lambda: Kubelet(config, machine))
