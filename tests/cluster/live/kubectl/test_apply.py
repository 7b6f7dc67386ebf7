"""Objects become as manifests say, in a cluster; and go again."""

from collections.abc import Iterator

import pytest

from kactors.api.errors import NotFound
from kactors.api.objects import Object, replaced, without
from kactors.api.registry import REGISTRY
from kactors.client.rest import Client
from kactors.client.watch import Event
from kactors.cluster.live.kubectl.apply import apply_manifest
from kactors.cluster.live.kubectl.delete import delete_object, until_gone
from kactors.cluster.live.kubectl.follow import follow
from kactors.cluster.live.kubectl.manifests import Manifest
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.topology import Topology
from kactors.runtime import open_nursery

WEB: Object = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "default", "labels": {"mine": "1", "old": "1"}},
    "spec": {
        "replicas": 0,
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"type": "RollingUpdate"},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        },
    },
}


def manifest(obj: Object) -> Manifest:
    """Return an object as if it came from a file."""
    return Manifest("here:1", obj, REGISTRY.of_object(obj))


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    """Give a control plane without nodes."""
    with SimulatedCluster(Topology.of(masters=1, nodes=0), seed=1) as made:
        made.wait_until_ready()
        made.world.run_for(2)
        yield made


def test_created_unchanged_configured(cluster: SimulatedCluster) -> None:
    """And what others have said stays, also what was never said and has a default."""

    async def story(client: Client) -> tuple[list[str], Object]:
        deployments = client.resource("deployments")
        done = [await apply_manifest(client, manifest(WEB)) for _ in range(2)]
        await deployments.patch("web", {"metadata": {"labels": {"theirs": "1"}}}, "default")
        done.append(await apply_manifest(client, manifest(WEB)))
        less = replaced(without(WEB, "metadata", "labels", "old"), 3, "spec", "replicas")
        done.append(await apply_manifest(client, manifest(less)))
        return done, await deployments.get("web", "default")

    done, found = cluster.call(story)

    assert done == ["created", "unchanged", "unchanged", "configured"]
    assert found["metadata"]["labels"] == {"mine": "1", "theirs": "1"}
    assert found["spec"]["replicas"] == 3
    assert found["spec"]["strategy"]["rollingUpdate"]


def test_what_happens_is_followed(cluster: SimulatedCluster) -> None:
    """From the revision on that somebody has seen, until nobody looks any more."""
    obj = {"apiVersion": "v1", "kind": "ConfigMap"}
    named: Object = {**obj, "metadata": {"name": "seen", "namespace": "default"}}

    async def story(client: Client) -> list[Event]:
        maps = client.resource("configmaps")
        events: list[Event] = []

        async def look(revision: int) -> None:
            selector = "metadata.name=seen"
            async for event in follow(maps, "default", revision=revision, field_selector=selector):
                events.append(event)
                if event.type == "DELETED":
                    nursery.cancel_scope.cancel()

        listed = await maps.list("default")
        async with open_nursery() as nursery:
            nursery.start_soon(look, listed.revision)
            await apply_manifest(client, manifest(named))
            await apply_manifest(client, manifest({**named, "data": {"a": "b"}}))
            await delete_object(maps, "seen", "default")
        return events

    assert [event.type for event in cluster.call(story)] == ["ADDED", "MODIFIED", "DELETED"]


def test_deleted_objects_go(cluster: SimulatedCluster) -> None:
    """Who waits hears when they are gone; a namesake that comes then is another."""
    named: Object = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "gone", "namespace": "default"},
    }

    async def story(client: Client) -> None:
        maps = client.resource("configmaps")
        await apply_manifest(client, manifest(named))
        uid = await delete_object(maps, "gone", "default")
        await until_gone(maps, "gone", "default", uid)
        await apply_manifest(client, manifest(named))
        await until_gone(maps, "gone", "default", uid)
        await delete_object(maps, "gone", "default")
        with pytest.raises(NotFound):
            await delete_object(maps, "gone", "default")

    cluster.call(story)
