"""DaemonSets and StatefulSets in a whole cluster."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from kactors.api.meta import name_of, parse_time, uid_of
from kactors.api.objects import Object
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.topology import Topology
from kactors.cluster.traffic import Outcome, Target
from tests.cluster.manifests import service, statefulset, template
from tests.cluster.running import ready_pods, run_until


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    """Give a cluster of one master and three nodes that is ready."""
    with SimulatedCluster(Topology.of(masters=1, nodes=3), seed=13) as made:
        made.wait_until_ready()
        yield made


def daemonset(name: str) -> Object:
    """Return a DaemonSet in the default namespace."""
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template(name, "agent:1")},
    }


def test_a_daemon_runs_on_every_node_also_on_one_that_joins(cluster: SimulatedCluster) -> None:
    """One pod for each node, within seconds of its joining, and those that were there stay."""
    cluster.apply(daemonset("agent"))
    run_until(cluster, lambda: len(ready_pods(cluster)) == 3, 30)
    first = {pod["spec"]["nodeName"]: uid_of(pod) for pod in ready_pods(cluster)}
    assert set(first) == {"n1", "n2", "n3"}

    assert cluster.add_node() == "n4"
    run_until(cluster, lambda: len(ready_pods(cluster)) == 4, 30)

    after = {pod["spec"]["nodeName"]: uid_of(pod) for pod in ready_pods(cluster)}
    assert {**first, "n4": after["n4"]} == after


def test_pods_of_a_stateful_set_begin_one_after_the_other(cluster: SimulatedCluster) -> None:
    """Each waits until the one before it is ready, and has a name of its own in DNS."""
    cluster.apply(service("db", "None"), statefulset("db", 3))
    run_until(cluster, lambda: len(ready_pods(cluster)) == 3, 60)

    pods = cluster.observer.objects("pods", "default")
    assert [name_of(pod) for pod in pods] == ["db-0", "db-1", "db-2"]
    for before, after in pairwise(pods):
        assert ready_since(before) <= parse_time(after["metadata"]["creationTimestamp"])

    cluster.world.run_for(3)
    traffic = cluster.add_traffic(Target(name="db-1.db", port=8080))
    cluster.world.run_for(5)
    assert traffic.counts[Outcome.SERVED] == traffic.calls > 5
    assert set(traffic.served_by) == {uid_of(pods[1])}


def ready_since(pod: Object) -> int:
    """Return when a pod became ready."""
    (found,) = [each for each in pod["status"]["conditions"] if each["type"] == "Ready"]
    return parse_time(found["lastTransitionTime"])
