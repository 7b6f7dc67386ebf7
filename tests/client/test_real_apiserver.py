"""The client against real apiservers over real members of etcd, in the simulated world."""

from contextlib import suppress

import pytest

from kactors.actors import Address
from kactors.actors.system_asker import SystemAsker
from kactors.api.errors import AlreadyExists, Conflict, NotFound
from kactors.api.meta import name_of, revision_of
from kactors.api.objects import Object, replaced
from kactors.client.config import ClientConfig
from kactors.client.controller import ControllerContext
from kactors.client.errors import OutcomeUnknown
from kactors.client.events import NORMAL, EventRecorder
from kactors.client.informer_factory import SharedInformerFactory
from kactors.client.leader_election import LeaderElectionConfig
from kactors.client.resource_client import MERGE_PATCH, ResourceClient
from kactors.client.rest import Client
from kactors.etcd.errors import Compacted
from kactors.runtime import current_time, open_nursery, sleep, stream
from tests.apiserver.cluster import ADMIN, Api, Cluster, config_map, pod, service_account
from tests.client.replica_sets import ReplicaSets, replica_set


def config(cluster: Cluster, page_size: int = 500) -> ClientConfig:
    """Return what an administrator's client is configured with."""
    replicas = [Address(name, "apiserver") for name in cluster.replicas]
    return ClientConfig(replicas=replicas, token=ADMIN, page_size=page_size)


def test_everything_that_a_client_does() -> None:
    """Each verb and subresource, against what upstream's clients would see."""

    async def story(api: Api) -> None:
        client = Client.connect(SystemAsker(api.system), config(cluster, page_size=2))
        await client.resource("serviceaccounts").create(service_account())
        maps, pods = client.resource("configmaps"), client.resource("pods")
        first = await maps.create(config_map("a", color="red"))
        updated = await maps.update(replaced(first, {"color": "blue"}, "data"))
        with pytest.raises(Conflict):
            await maps.update(replaced(first, {"color": "green"}, "data"))
        patched = await maps.patch(
            "a", {"data": {"size": "1"}}, "default", content_type=MERGE_PATCH
        )
        assert revision_of(first) < revision_of(updated) < revision_of(patched)
        for name in "bcdef":
            await maps.create(config_map(name))
        found = await maps.list("default", revision=0)
        assert [name_of(obj) for obj in found.items] == list("abcdef")
        await maps.delete_collection("default", field_selector="metadata.name=b")
        with pytest.raises(NotFound):
            await maps.get("b", "default")
        created = await pods.create(pod("web"))
        async with pods.watch("default", revision=revision_of(created)) as watch:
            await client.resource("nodes").create(node("n1"))
            await pods.bind(created, "n1")
            [event] = await watch.receive() or ()
        assert event.object["spec"]["nodeName"] == "n1"
        await pods.update_status(replaced(event.object, "Running", "status", "phase"))
        assert (await pods.get("web", "default"))["status"]["phase"] == "Running"
        sets = client.resource("replicasets")
        await sets.create(replica_set("web", 3))
        scale = await sets.get_scale("web", "default")
        await sets.update_scale(replaced(scale, 5, "spec", "replicas"))
        assert (await sets.get("web", "default"))["spec"]["replicas"] == 5
        await pods.evict("web", "default", options={"gracePeriodSeconds": 0})

    with Cluster() as cluster:
        cluster.run(story)


def node(name: str) -> Object:
    """A Node."""
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}


def test_events_are_told_and_counted() -> None:
    """Real apiservers accept them, and the patch that counts them."""

    async def story(api: Api) -> list[int]:
        client = Client.connect(SystemAsker(api.system), config(cluster))
        about = await client.resource("configmaps").create(config_map("a"))
        recorder = EventRecorder(client, "tester")
        async with open_nursery() as nursery:
            nursery.start_soon(recorder.run)
            for _ in range(3):
                recorder.event(about, NORMAL, "Tested", "it was tested")
            await sleep(2.0)
            nursery.cancel_scope.cancel()
        found = await client.resource("events").list("default")
        return [event["count"] for event in found.items]

    with Cluster() as cluster:
        assert cluster.run(story) == [3]


@pytest.mark.parametrize("seed", range(6))
def test_a_copy_follows_through_crashes_and_compaction(seed: int) -> None:
    """Replicas and members of etcd bounce, etcd compacts; at rest the copy is what etcd holds."""
    chance = stream(seed, "test")

    async def story(api: Api) -> None:
        client = Client.connect(SystemAsker(api.system), config(cluster))
        writer = Client.connect(SystemAsker(api.system, "writer"), config(cluster))
        maps = writer.resource("configmaps")
        async with open_nursery() as nursery:
            informers = SharedInformerFactory(client, nursery.start_soon)
            informer = informers.informer("configmaps", "default")
            await informer.wait_for_sync()
            for number in range(30):
                if number % 5 == 0:
                    bounce()
                if number % 10 == 9:
                    with suppress(Compacted):
                        await cluster.etcd(api.system).compact(informer.revision)
                with suppress(OutcomeUnknown, AlreadyExists):
                    await toggle(maps, f"m{chance.below(5)}")
                await sleep(0.5)
            end = current_time() + 90.0
            while True:
                found = (await maps.list("default")).items
                if {name_of(obj): obj for obj in found} == {
                    name_of(obj): obj for obj in informer.indexer.list()
                }:
                    break
                assert current_time() < end, "the copy has not followed"
                await sleep(1.0)
            nursery.cancel_scope.cancel()

    async def toggle(maps: ResourceClient, name: str) -> None:
        try:
            await maps.delete(name, "default")
        except NotFound:
            await maps.create(config_map(name))

    def bounce() -> None:
        names = [*cluster.replicas, *cluster.members]
        machine = cluster.world.hosts[names[chance.below(len(names))]].machine
        machine.crash()
        machine.restart()

    with Cluster(members=3, replicas=2, seed=seed) as cluster:
        cluster.run(story)


def test_a_copy_gets_on_when_no_replica_remembers_where_it_was() -> None:
    """All have restarted since the resource changed last: it is listed once more, not on and on."""

    async def story(api: Api) -> int:
        client = Client.connect(SystemAsker(api.system), config(cluster))
        await client.resource("configmaps").create(config_map("a"))
        async with open_nursery() as nursery:
            informers = SharedInformerFactory(client, nursery.start_soon)
            informer = informers.informer("configmaps", "default")
            await informer.wait_for_sync()
            for number in range(10):
                await client.resource("nodes").create(node(f"n{number}"))
            for name in cluster.replicas:
                machine = cluster.world.hosts[name].machine
                machine.crash()
                machine.restart()
            await sleep(10.0)
            await client.resource("configmaps").create(config_map("b"))
            await sleep(0.5)
            names = [name_of(obj) for obj in informer.indexer.list()]
            nursery.cancel_scope.cancel()
        assert names == ["a", "b"]
        return informer.lists

    with Cluster(replicas=2) as cluster:
        assert cluster.run(story) == 2


def test_a_controller_works_against_real_apiservers() -> None:
    """With an election over a real Lease, and pods that pass admission."""

    async def story(api: Api) -> int:
        client = Client.connect(SystemAsker(api.system), config(cluster))
        await client.resource("serviceaccounts").create(service_account())
        await client.resource("replicasets").create(replica_set("web", 4))
        await sleep(10.0)
        found = await client.resource("pods").list("default", label_selector="app=web")
        return len(found.items)

    with Cluster() as cluster:
        context = ControllerContext(
            config=config(cluster), election=LeaderElectionConfig(name="replicasets")
        )
        cluster.world.add_host("c1").deploy(lambda: ReplicaSets(context), "controller")
        assert cluster.run(story) == 4
