"""What an observer of a simulated cluster sees: leaders, the store, containers, proxies' tables."""

from collections.abc import Iterator

import pytest

from kactors.api.errors import Forbidden
from kactors.api.meta import name_of, uid_of
from kactors.apiserver.authentication.user import component_user
from kactors.cluster.errors import NotReady
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.topology import Topology
from kactors.etcd.member import EtcdMember
from tests.cluster.manifests import deployment, service


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    """Give a cluster in which a Deployment of six pods is behind a Service."""
    with SimulatedCluster(Topology.of(masters=3, nodes=3), seed=3) as made:
        made.wait_until_ready()
        made.world.run_for(5)
        made.apply(deployment("web", 6), service("web", "10.96.0.20"))
        made.world.run_for(15)
        yield made


def test_leaders_are_masters(cluster: SimulatedCluster) -> None:
    """Who leads is known of each component, and all apiservers answer."""
    observer = cluster.observer
    masters = cluster.topology.master_names

    assert observer.etcd_leader() in masters
    assert observer.scheduler_leader() in masters
    assert observer.controller_manager_leader() in masters
    assert sorted(observer.apiservers()) == sorted(masters)


def test_the_store_is_what_clients_read(cluster: SimulatedCluster) -> None:
    """The truth is the same as an administrator's answer, and one object can be had by itself."""
    listed = cluster.call(lambda client: client.resource("pods").list("default"))

    assert cluster.observer.objects("pods", "default") == list(listed.items)
    first = listed.items[0]
    assert cluster.observer.object("pods", name_of(first), "default") == first
    assert cluster.observer.object("pods", "nobody", "default") is None


def test_running_containers_are_those_of_the_pods(cluster: SimulatedCluster) -> None:
    """Each container is known by its pod's name and uid, and by its node."""
    running = [each for each in cluster.observer.running() if each.namespace == "default"]
    pods = cluster.observer.objects("pods", "default")

    assert sorted((each.pod, each.pod_uid, each.node, each.ip) for each in running) == [
        (name_of(pod), uid_of(pod), pod["spec"]["nodeName"], pod["status"]["podIP"]) for pod in pods
    ]
    assert {(each.name, each.image, each.attempt) for each in running} == {("web", "web:1", 0)}


def test_proxies_tables_have_the_service(cluster: SimulatedCluster) -> None:
    """Every node's table leads from the Service's address to its six pods."""
    tables = cluster.observer.proxy_tables()

    assert sorted(tables) == ["n1", "n2", "n3"]
    for table in tables.values():
        found = table.find(("10.96.0.20", 80, "TCP"))
        assert found is not None
        assert len(found[0].categories.cluster) == 6


def test_a_client_asks_as_whom_it_is_told(cluster: SimulatedCluster) -> None:
    """A client with another identity has that identity's rights and no more."""
    nobody = cluster.client(component_user("nobody"))

    async def ask(_: object) -> None:
        await nobody.resource("pods").list("default")

    with pytest.raises(Forbidden, match="nobody"):
        cluster.world.call("admin", ask)


def test_manifests_are_applied_once(cluster: SimulatedCluster) -> None:
    """A second time changes nothing; another manifest changes what it speaks of and no more."""
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "it"}}
    (made,) = cluster.apply({**config, "data": {"a": "1", "b": "2"}})

    assert cluster.apply({**config, "data": {"a": "1", "b": "2"}}) == [made]
    (changed,) = cluster.apply({**config, "data": {"a": "3"}})
    assert changed["data"] == {"a": "3", "b": "2"}


def test_nodes_that_are_down_run_nothing() -> None:
    """What ran on a node is gone with its host's life; without masters there is no truth."""
    with SimulatedCluster(Topology.of(masters=1, nodes=1), seed=3) as cluster:
        cluster.wait_until_ready()
        cluster.world.run_for(5)
        cluster.apply(deployment("web", 2))
        cluster.world.run_for(10)
        assert len([each for each in cluster.observer.running() if each.pod[:3] == "web"]) == 2

        cluster.world.crash("n1")
        assert cluster.observer.running() == []
        cluster.world.hosts["n1"].machine.restart()
        assert cluster.observer.running() == []

        cluster.world.crash("m1")
        assert cluster.observer.apiservers() == []
        with pytest.raises(NotReady, match="no member of etcd runs"):
            cluster.observer.objects("pods")


def test_actors_of_a_later_life_are_others() -> None:
    """Those of a class are asked for again once its host has made new ones."""
    with SimulatedCluster(Topology.of(masters=1, nodes=0), seed=3) as cluster:
        cluster.wait_until_ready()
        [(_, before)] = cluster.observer.of_kind(EtcdMember)
        cluster.world.crash("m1")
        assert cluster.observer.of_kind(EtcdMember) == []

        cluster.world.hosts["m1"].machine.restart()
        cluster.world.run_for(1)

        [(host, after)] = cluster.observer.of_kind(EtcdMember)
        assert host == "m1"
        assert after is not before


def test_the_apiservers_are_behind_a_service_of_their_own(cluster: SimulatedCluster) -> None:
    """``kubernetes`` has the first of the Services' addresses, and each master as an endpoint."""
    found = cluster.observer.object("services", "kubernetes", "default")
    endpoints = cluster.observer.object("endpoints", "kubernetes", "default")

    assert found is not None
    assert endpoints is not None
    assert found["spec"]["clusterIP"] == "10.96.0.1"
    (subset,) = endpoints["subsets"]
    assert [each["ip"] for each in subset["addresses"]] == [
        "172.31.0.1",
        "172.31.0.2",
        "172.31.0.3",
    ]
