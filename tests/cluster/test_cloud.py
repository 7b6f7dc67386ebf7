"""A cluster in a cloud: nodes are instances, load balancers let in who is outside."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kactors.api.meta import labels_of, name_of, uid_of
from kactors.api.objects import field
from kactors.cloud.node_controller import is_uninitialised
from kactors.cluster.errors import ClusterError
from kactors.cluster.simulated import ADMIN_HOST, SimulatedCluster
from kactors.cluster.topology import CloudOptions, Topology
from kactors.cluster.traffic import Outcome, Target
from tests.cluster.manifests import deployment, service
from tests.cluster.running import ready_pods, run_until


@contextmanager
def in_the_cloud(masters: int, nodes: int, pods: int) -> Iterator[SimulatedCluster]:
    """Give a cluster of instances on which so many pods run."""
    topology = Topology.of(masters=masters, nodes=nodes, cloud=CloudOptions(region="moon"))
    with SimulatedCluster(topology, seed=5) as made:
        made.wait_until_ready()
        made.apply(deployment("web", pods))
        run_until(made, lambda: len(ready_pods(made)) == pods, 60)
        yield made


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    """Give three masters and four instances, on which eight pods run."""
    with in_the_cloud(3, 4, 8) as made:
        yield made


@pytest.fixture
def small() -> Iterator[SimulatedCluster]:
    """Give one master and two instances, on which four pods run."""
    with in_the_cloud(1, 2, 4) as made:
        yield made


def test_a_vanished_instance_is_forgotten_and_its_pods_run_elsewhere(
    cluster: SimulatedCluster,
) -> None:
    """Its Node goes a minute after it fell silent, not five; then its pods, and others come."""
    nodes = cluster.observer.objects("nodes")
    assert [labels_of(node)["topology.kubernetes.io/region"] for node in nodes] == ["moon"] * 4
    assert not any(is_uninitialised(node) for node in nodes)
    assert cluster.cloud is not None
    assert sorted(cluster.cloud.routes) == [f"pods-{name_of(node)}" for node in nodes]
    lost = {uid_of(pod) for pod in ready_pods(cluster) if pod["spec"]["nodeName"] == "n1"}
    assert lost

    cluster.terminate_instance("n1")
    run_until(cluster, lambda: cluster.observer.object("nodes", "n1") is None, 60)
    run_until(
        cluster,
        lambda: not lost & {uid_of(pod) for pod in cluster.observer.objects("pods", "default")},
        90,
    )
    run_until(cluster, lambda: len(ready_pods(cluster)) == 8, 30)

    assert {pod["spec"]["nodeName"] for pod in ready_pods(cluster)} == {"n2", "n3", "n4"}
    routes = cluster.cloud.routes
    run_until(cluster, lambda: sorted(routes) == ["pods-n2", "pods-n3", "pods-n4"], 20)
    assert not [each for each in cluster.world.given_up if each[0] != "n1"]


def test_an_instance_that_is_off_keeps_its_node(small: SimulatedCluster) -> None:
    """It is marked, so that no pods go there, and is a node like others when it is on again."""
    small.stop_instance("n1")
    run_until(small, lambda: "shutdown" in taints(small, "n1"), 70)

    small.start_instance("n1")
    run_until(small, lambda: not taints(small, "n1"), 30)
    run_until(small, lambda: len(ready_pods(small)) == 4, 60)


def taints(cluster: SimulatedCluster, name: str) -> set[str]:
    """Return the last words of the keys of a Node's taints."""
    node = cluster.observer.object("nodes", name)
    assert node is not None, f"there is no node {name}"
    return {each["key"].rpartition("/")[2] for each in field(node, "spec", "taints", default=())}


def test_a_load_balancer_lets_in_who_is_outside(small: SimulatedCluster) -> None:
    """Calls to its address are served by the Service's pods; it goes when the Service goes."""
    ports = [{"port": 80, "targetPort": 8080, "nodePort": 30080}]
    small.apply(service("web", type="LoadBalancer", ports=ports))
    run_until(small, lambda: bool(ingress(small)), 20)
    small.world.run_for(3)

    traffic = small.add_traffic(Target(name=ingress(small), period_seconds=0.2), [ADMIN_HOST])
    small.world.run_for(10)
    stored = {uid_of(pod) for pod in ready_pods(small)}
    assert traffic.counts[Outcome.SERVED] == traffic.calls > 30
    assert set(traffic.served_by) == stored

    small.call(lambda client: client.resource("services").delete("web", "default"))
    run_until(small, lambda: small.observer.object("services", "web", "default") is None, 20)
    assert small.cloud is not None
    assert not small.cloud.load_balancers
    small.world.run_for(3)
    served = traffic.counts[Outcome.SERVED]
    small.world.run_for(5)
    assert traffic.counts[Outcome.SERVED] == served


def ingress(cluster: SimulatedCluster) -> str:
    """Return the address of the load balancer; empty if there is none yet."""
    found = cluster.observer.object("services", "web", "default")
    ingresses = field(found or {}, "status", "loadBalancer", "ingress", default=())
    return ingresses[0]["ip"] if ingresses else ""


def test_another_instance_joins(small: SimulatedCluster) -> None:
    """A node that is launched later is initialised, gets a range and a route, and becomes ready."""
    name = small.add_node()
    small.wait_until_ready(30)

    node = small.observer.object("nodes", name)
    assert node is not None
    assert node["spec"]["providerID"].endswith("i-00003")
    assert small.cloud is not None
    routes = small.cloud.routes
    run_until(small, lambda: f"pods-{name}" in routes, 20)
    assert routes[f"pods-{name}"].cidr == node["spec"]["podCIDR"]


def test_only_instances_can_be_switched_off() -> None:
    """Without a cloud there is nobody to ask, and the message says what to change."""
    with (
        SimulatedCluster(Topology.of(masters=1, nodes=1)) as cluster,
        pytest.raises(ClusterError, match=r"give Topology\(cloud=True\)"),
    ):
        cluster.stop_instance("n1")
