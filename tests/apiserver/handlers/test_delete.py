"""Tests of deleting objects."""

import pytest

from kactors.api.errors import Conflict, Forbidden, NotFound
from kactors.api.meta import parse_time
from kactors.api.objects import Object
from kactors.runtime import sleep
from tests.apiserver.cluster import Api, Cluster, config_map, items, pod, refusal, service_account


async def gone(api: Api, kind: str, name: str, namespace: str = "default") -> bool:
    """Tell whether an object is not there."""
    try:
        await api.get(kind, namespace, name)
    except NotFound:
        return True
    return False


def test_most_objects_go_at_once() -> None:
    """The answer is a Status that says what was deleted."""

    async def story(api: Api) -> None:
        made = await api.create(config_map("a"))

        answer = await api.delete("configmaps", "default", "a")

        assert (answer["kind"], answer["status"]) == ("Status", "Success")
        assert answer["details"] == {
            "name": "a",
            "kind": "configmaps",
            "uid": made["metadata"]["uid"],
        }
        assert await gone(api, "configmaps", "a")
        assert isinstance(await refusal(api.delete("configmaps", "default", "a")), NotFound)

    with Cluster() as cluster:
        cluster.run(story)


async def running_pod(api: Api, name: str = "p", grace: int = 30) -> Object:
    """Create a pod that runs on a node."""
    if await gone(api, "serviceaccounts", "default"):
        await api.create(service_account())
    await api.create(pod(name, terminationGracePeriodSeconds=grace))
    await api.post("pods", "default", name, "binding", {"target": {"kind": "Node", "name": "n1"}})
    return await api.patch("pods", "default", name, {"status": {"phase": "Running"}}, "status")


def seconds_to_live(obj: Object) -> int:
    """Return how long after its creation an object has to be gone."""
    meta = obj["metadata"]
    return (parse_time(meta["deletionTimestamp"]) - parse_time(meta["creationTimestamp"])) // 10**9


def test_a_running_pod_gets_its_grace_period() -> None:
    """It is marked with the time by which it has to have ended, and its kubelet deletes it."""

    async def story(api: Api) -> None:
        before = await running_pod(api)

        marked = await api.delete("pods", "default", "p")
        again = await api.delete("pods", "default", "p")
        finished = await api.delete("pods", "default", "p", {"gracePeriodSeconds": 0})

        assert marked["metadata"]["deletionGracePeriodSeconds"] == 30
        assert 30 <= seconds_to_live(marked) <= 32
        assert marked["metadata"]["generation"] == before["metadata"]["generation"] + 1
        assert again == marked
        assert finished["metadata"]["deletionGracePeriodSeconds"] == 0
        assert await gone(api, "pods", "p")

    with Cluster() as cluster:
        cluster.run(story)


def test_a_grace_period_can_be_shortened_and_not_lengthened() -> None:
    """The time by which the pod has to have ended only comes closer."""

    async def story(api: Api) -> None:
        await running_pod(api)
        await api.delete("pods", "default", "p", {"gracePeriodSeconds": 20})
        await sleep(1)

        longer = await api.delete("pods", "default", "p", {"gracePeriodSeconds": 25})
        shorter = await api.delete("pods", "default", "p", {"gracePeriodSeconds": 10})

        assert longer["metadata"]["deletionGracePeriodSeconds"] == 20
        assert shorter["metadata"]["deletionGracePeriodSeconds"] == 10
        assert 10 <= seconds_to_live(shorter) <= 12

    with Cluster() as cluster:
        cluster.run(story)


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_has_ended_needs_no_grace(phase: str) -> None:
    """Nothing runs any more: it goes at once."""

    async def story(api: Api) -> None:
        await running_pod(api)
        await api.patch("pods", "default", "p", {"status": {"phase": phase}}, "status")

        await api.delete("pods", "default", "p")

        assert await gone(api, "pods", "p")

    with Cluster() as cluster:
        cluster.run(story)


def test_an_unscheduled_pod_goes_at_once() -> None:
    """Nobody runs it, so nobody has to be waited for."""

    async def story(api: Api) -> None:
        await api.create(service_account())
        await api.create(pod("p"))

        await api.delete("pods", "default", "p")

        assert await gone(api, "pods", "p")

    with Cluster() as cluster:
        cluster.run(story)


def test_preconditions() -> None:
    """Who means a certain object, or a certain version, deletes no other."""

    async def story(api: Api) -> None:
        made = await api.create(config_map("a"))
        uid, version = (made["metadata"][name] for name in ("uid", "resourceVersion"))
        where = ("configmaps", "default", "a")

        for wrong in ({"uid": "x"}, {"resourceVersion": "1"}):
            problem = await refusal(api.delete(*where, {"preconditions": wrong}))
            assert isinstance(problem, Conflict)
        await api.delete(*where, {"preconditions": {"uid": uid, "resourceVersion": version}})

        assert await gone(api, "configmaps", "a")

    with Cluster() as cluster:
        cluster.run(story)


def test_finalizers_hold_an_object() -> None:
    """It is marked and stays until the last one is gone; deleting it again changes nothing."""

    async def story(api: Api) -> None:
        held = config_map("a")
        held["metadata"]["finalizers"] = ["example.com/one", "example.com/two"]
        await api.create(held)

        marked = await api.delete("configmaps", "default", "a")
        again = await api.delete("configmaps", "default", "a")
        fewer = {"metadata": {"finalizers": ["example.com/two"]}}
        still = await api.patch("configmaps", "default", "a", fewer)
        none = {"metadata": {"finalizers": None}}
        await api.patch("configmaps", "default", "a", none)

        assert marked["metadata"]["deletionTimestamp"]
        assert again == marked
        assert still["metadata"]["finalizers"] == ["example.com/two"]
        assert await gone(api, "configmaps", "a")

    with Cluster() as cluster:
        cluster.run(story)


@pytest.mark.parametrize(
    ("options", "finalizers"),
    [
        ({"propagationPolicy": "Foreground"}, ["foregroundDeletion"]),
        ({"propagationPolicy": "Orphan"}, ["orphan"]),
        ({"orphanDependents": True}, ["orphan"]),
        ({"propagationPolicy": "Background"}, None),
        ({"orphanDependents": False}, None),
        ({}, None),
    ],
)
def test_the_garbage_collector_is_told_by_finalizers(
    options: Object, finalizers: list[str] | None
) -> None:
    """Foreground and orphaning deletions wait for it; background ones do not."""

    async def story(api: Api) -> None:
        await api.create(config_map("a"))

        answer = await api.ask("delete", "configmaps", "default", "a", body=options)

        if finalizers is None:
            assert await gone(api, "configmaps", "a")
            return
        found = await api.get("configmaps", "default", "a")
        assert found["metadata"]["finalizers"] == finalizers
        assert answer.code == (202 if "foregroundDeletion" in finalizers else 200)

    with Cluster() as cluster:
        cluster.run(story)


def test_a_rehearsed_deletion_deletes_nothing() -> None:
    """Whether the query or the body says so."""

    async def story(api: Api) -> None:
        made = await api.create(config_map("a"))

        await api.delete("configmaps", "default", "a", dryRun="All")
        await api.delete("configmaps", "default", "a", {"dryRun": ["All"]})

        assert await api.get("configmaps", "default", "a") == made

    with Cluster() as cluster:
        cluster.run(story)


def test_a_collection_is_what_a_list_shows() -> None:
    """All that selectors match are deleted, and the answer is the list of them."""

    async def story(api: Api) -> None:
        for name in ("a", "b", "c", "d"):
            made = config_map(name)
            made["metadata"]["labels"] = {"app": "web" if name < "c" else "db"}
            await api.create(made)

        deleted = items(
            await api.ask(
                "deletecollection", "configmaps", "default", query={"labelSelector": "app=web"}
            )
        )
        left = await api.list("configmaps", "default")

        assert [found["metadata"]["name"] for found in deleted] == ["a", "b"]
        assert [found["metadata"]["name"] for found in left] == ["c", "d"]

    with Cluster() as cluster:
        cluster.run(story)


def test_a_namespace_is_emptied_before_it_goes() -> None:
    """It is terminating until its own finalizers are taken away by finalize."""

    async def story(api: Api) -> None:
        await api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})

        marked = await api.delete("namespaces", "", "team")
        problem = await refusal(api.create(config_map("a", "team")))
        emptied = {**marked, "spec": {**marked["spec"], "finalizers": []}}
        await api.ask("update", "namespaces", "", "team", subresource="finalize", body=emptied)

        assert marked["status"]["phase"] == "Terminating"
        assert marked["spec"]["finalizers"] == ["kubernetes"]
        assert isinstance(problem, Forbidden)
        assert problem.has_cause("NamespaceTerminating")
        assert await gone(api, "namespaces", "team", "")

    with Cluster() as cluster:
        cluster.run(story)
