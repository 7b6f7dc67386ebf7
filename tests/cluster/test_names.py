"""Services reached by name: from every node and from pods, through CoreDNS and kube-proxy."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from kactors.api.meta import name_of, uid_of
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.topology import Topology
from kactors.cluster.traffic import Outcome, Target
from tests.cluster.manifests import deployment, service
from tests.cluster.running import all_run, ready_pods, run_until

REVISION = "deployment.kubernetes.io/revision"


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    """Give three masters and four nodes with a Service ``web`` before 8 pods.

    Each test leaves it as it was.
    """
    with SimulatedCluster(Topology.of(masters=3, nodes=4), seed=11) as made:
        made.wait_until_ready()
        made.apply(deployment("web", 8, **patient("web:1")), service("web"))
        run_until(made, lambda: len(ready_pods(made)) == 8, 60)
        made.world.run_for(3)
        yield made


def patient(image: str) -> dict[str, Any]:
    """Return what makes pods serve as long as some proxy may send them calls, and not before."""
    pods = deployment("web", 8, image)["spec"]["template"]
    (container,) = pods["spec"]["containers"]
    container["readinessProbe"] = {"tcpSocket": {"port": 8080}, "periodSeconds": 1}
    container["lifecycle"] = {"preStop": {"sleep": {"seconds": 5}}}
    return {"template": pods}


def test_sixty_pods_are_reached_by_name_from_every_node() -> None:
    """From nothing to a Deployment behind a Service, whose name all nodes and pods resolve."""
    with SimulatedCluster(Topology.of(masters=3, nodes=10), seed=1) as cluster:
        cluster.wait_until_ready()
        cluster.apply(deployment("web", 60), service("web"))
        run_until(cluster, lambda: len(ready_pods(cluster)) == 60, 60)
        cluster.world.run_for(3)
        nodes = cluster.add_traffic(Target(name="web.default.svc.cluster.local.", period_seconds=2))
        pods = cluster.add_traffic(Target(name="web", period_seconds=2, from_pods="default/web-"))
        cluster.world.run_for(10)

        stored = {uid_of(pod) for pod in ready_pods(cluster)}
        assert not nodes.failures
        assert not pods.failures
        assert {call.source for call in nodes.latest} == set(cluster.topology.node_names)
        assert len({call.source for call in pods.latest}) > 20
        assert {call.service for call in nodes.latest} == {"default/web"}
        assert set(nodes.served_by) <= stored
        assert len(nodes.served_by) > 20
        assert not cluster.world.given_up


def test_no_call_fails_while_pods_roll_over_and_back(cluster: SimulatedCluster) -> None:
    """Old pods serve until no table leads to them any more; then the calls go to new ones."""
    traffic = cluster.add_traffic(Target(name="web.default", period_seconds=0.5))
    cluster.world.run_for(5)

    for image in ("web:2", "web:1"):
        cluster.apply(deployment("web", 8, **patient(image)))
        run_until(cluster, partial(all_run, cluster, 8, image), 90)
        cluster.world.run_for(2)
        new = {uid_of(pod) for pod in ready_pods(cluster)}
        cluster.world.run_for(5)
        assert {call.pod_uid for call in list(traffic.latest)[-10:]} <= new

    traffic.stop()
    assert traffic.counts[Outcome.SERVED] == traffic.calls > 200
    kept = cluster.observer.objects("replicasets", "default")
    revisions = [each["metadata"]["annotations"][REVISION] for each in kept]
    assert sorted(revisions) == ["2", "3"]


def test_names_are_answered_while_one_server_is_away(cluster: SimulatedCluster) -> None:
    """The node of one of two DNS servers dies: about half of the calls fail until that is known."""
    away = dns_node(cluster)
    traffic = cluster.add_traffic(
        Target(name="web.default.svc.cluster.local.", period_seconds=1, timeout_seconds=12),
        [name for name in cluster.topology.node_names if name != away][:1],
    )
    cluster.world.crash(away)
    cluster.world.run_for(40)
    assert 0.3 * traffic.calls < traffic.counts[Outcome.SERVED] < traffic.calls

    cluster.world.run_for(25)  # by now the endpoints on the dead node are not ready
    before = traffic.counts[Outcome.SERVED], traffic.calls
    cluster.world.run_for(20)
    assert traffic.counts[Outcome.SERVED] - before[0] == traffic.calls - before[1] > 10

    traffic.stop()
    cluster.world.hosts[away].machine.restart()
    run_until(cluster, lambda: len(ready_pods(cluster)) == 8, 60)


def dns_node(cluster: SimulatedCluster) -> str:
    """Return the node of the first DNS server."""
    pods = cluster.observer.objects("pods", "kube-system")
    first: str = min(pods, key=name_of)["spec"]["nodeName"]
    return first


def test_what_is_not_there_is_told_apart(cluster: SimulatedCluster) -> None:
    """No such name, nobody behind a name, nobody at an address: each has an outcome of its own."""
    cluster.apply(service("empty", "10.96.0.30"))
    cluster.world.run_for(3)
    kinds = {
        "nobody": Outcome.NO_SUCH_HOST,
        "empty": Outcome.REFUSED,
        "10.0.1.250": Outcome.TIMED_OUT,
    }

    records = [cluster.add_traffic(Target(name=name), ["n1"]) for name in kinds]
    cluster.world.run_for(8)

    for record, outcome in zip(records, kinds.values(), strict=True):
        record.stop()
        assert record.calls == record.counts[outcome] > 0


def test_names_come_back_after_somebody_deletes_dns(cluster: SimulatedCluster) -> None:
    """The masters see to it that CoreDNS and its Service are there."""
    cluster.call(lambda client: client.resource("services").delete("kube-dns", "kube-system"))
    cluster.call(lambda client: client.resource("deployments").delete("coredns", "kube-system"))
    traffic = cluster.add_traffic(Target(name="web"))
    cluster.world.run_for(5)
    assert traffic.counts[Outcome.TIMED_OUT] > 0

    cluster.world.run_for(85)
    before = traffic.counts[Outcome.SERVED], traffic.calls
    cluster.world.run_for(5)
    traffic.stop()

    assert traffic.counts[Outcome.SERVED] - before[0] == traffic.calls - before[1] > 5
