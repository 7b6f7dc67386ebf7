"""What is said of pods reaches the apiservers: once, late if need be, and never backwards."""

from typing import Any

import pytest

from kactors.actors import System
from kactors.actors.system_asker import SystemAsker
from kactors.api.errors import ServiceUnavailable
from kactors.api.objects import Object
from kactors.client.rest import Client
from kactors.node.status_manager import StatusManager, covers
from kactors.runtime import open_nursery, sleep
from tests.node.cluster import NodeCluster
from tests.node.objects import pod


def status(phase: str, **more: Any) -> Object:
    """Return a status."""
    return {"phase": phase, "conditions": [{"type": "Ready", "status": "False"}], **more}


def test_a_status_is_covered_by_one_that_says_the_same_and_more() -> None:
    """Conditions of others do not matter, nor does the order."""
    scheduled = {"type": "PodScheduled", "status": "True"}
    known = status("Running", podIP="1.1.1.1")
    known["conditions"].insert(0, scheduled)
    assert covers(known, status("Running"))
    assert not covers(known, status("Failed"))
    assert not covers(known, status("Running", hostIP="2.2.2.2"))
    assert not covers({"phase": "Running"}, status("Running"))


def with_manager(cluster: NodeCluster, story: Any) -> None:
    """Run a story with a status manager on the clients' host."""
    config = cluster.client_config

    async def main(system: System) -> None:
        client = Client.connect(SystemAsker(system), config)
        manager = StatusManager(client, lambda _: cluster.get("Pod", "web"))
        async with open_nursery() as nursery:
            nursery.start_soon(manager.run)
            await story(manager)
            nursery.cancel_scope.cancel()

    cluster.world.call("c", main)


def patches(cluster: NodeCluster) -> int:
    """Return how many patches of pods were asked for."""
    return sum(
        request.verb == "patch" and request.resource == "pods"
        for server in cluster.all
        for request in server.requests
    )


def test_only_the_latest_word_is_sent_after_an_outage() -> None:
    """However many there were meanwhile."""
    with NodeCluster() as cluster:
        one = pod(nodeName="elsewhere")
        cluster.put(one)

        async def story(manager: StatusManager) -> None:
            for server in cluster.all:
                server.before = lambda _: ServiceUnavailable("a test", retry_after_s=60)
            for number in range(20):
                manager.set(one, status("Running", podIP=f"10.0.0.{number}"))
                await sleep(1)
            assert manager.unsent == 1
            for server in cluster.all:
                server.before = lambda _: None
            before = patches(cluster)
            await sleep(60)
            assert manager.unsent == 0
            assert patches(cluster) <= before + 2, "one was on its way when the outage began"
            assert cluster.status()["podIP"] == "10.0.0.19"
            assert manager.get(one)["podIP"] == "10.0.0.19"
            before = patches(cluster)
            manager.set(one, status("Running", podIP="10.0.0.19"))
            await sleep(1)
            assert patches(cluster) == before, "it was said already"

        with_manager(cluster, story)


def test_what_others_have_said_meanwhile_is_put_right() -> None:
    """Once: a node that was silent is not heard of its own pods, and says it again."""
    with NodeCluster() as cluster:
        one = pod(nodeName="elsewhere")
        cluster.put(one)

        async def story(manager: StatusManager) -> None:
            manager.set(one, status("Running", podIP="10.0.0.1"))
            await sleep(1)
            cluster.change("Pod", "web", "10.9.9.9", "status", "podIP")
            before = patches(cluster)
            for _ in range(2):
                manager.refresh({**one, "status": cluster.status()})
            await sleep(30)
            assert cluster.status()["podIP"] == "10.0.0.1"
            assert patches(cluster) == before + 1
            manager.refresh({**one, "status": cluster.status()})
            await sleep(30)
            assert patches(cluster) == before + 1, "all is as it was said"
            assert manager.unsent == 0

        with_manager(cluster, story)


def test_what_is_not_so_any_more_is_taken_back() -> None:
    """Addresses of an earlier life of the node, and the reasons of what was not ready then."""
    why = {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "x"}
    ready = {"type": "Ready", "status": "True"}
    with NodeCluster() as cluster:
        one = pod(nodeName="elsewhere")
        cluster.put(one)

        async def story(manager: StatusManager) -> None:
            first = {"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}], "conditions": [why]}
            manager.set(one, status("Running", **first))
            await sleep(1)
            second = {"podIP": "10.0.0.2", "podIPs": [{"ip": "10.0.0.2"}], "conditions": [ready]}
            manager.set(one, status("Running", **second))
            await sleep(1)
            found = cluster.status()
            assert found["podIPs"] == [{"ip": "10.0.0.2"}]
            assert found["conditions"] == [ready]

        with_manager(cluster, story)


def test_a_pod_that_has_ended_is_not_said_to_run() -> None:
    """That would be a bug, and is found here."""
    with NodeCluster() as cluster:
        one = pod(nodeName="elsewhere")
        cluster.put(one)

        async def story(manager: StatusManager) -> None:
            manager.set(one, status("Failed"))
            with pytest.raises(AssertionError, match="was Failed and cannot be Running"):
                manager.set(one, status("Running"))

        with_manager(cluster, story)


def test_a_pod_is_deleted_when_nothing_is_left_of_it_and_not_before() -> None:
    """Only if that was asked for; the namesake of a pod that is gone is left alone."""
    with NodeCluster() as cluster:
        one = pod(nodeName="elsewhere")
        cluster.put(one)

        async def story(manager: StatusManager) -> None:
            manager.set(one, status("Running"))
            cluster.delete_pod("web")
            await sleep(1)
            assert cluster.get("Pod", "web") is not None
            manager.set(one, status("Failed"), over=True)
            await sleep(1)
            assert cluster.get("Pod", "web") is None
            manager.forget("uid-of-web")
            namesake = pod(nodeName="elsewhere", uid="another")
            cluster.put(namesake)
            manager.set(one, status("Failed"), over=True)
            cluster.delete_pod("web")
            await sleep(1)
            assert cluster.get("Pod", "web") is not None
            assert manager.unsent == 0

        with_manager(cluster, story)
