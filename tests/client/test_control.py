"""Pods that controllers create and delete."""

from collections.abc import Awaitable, Callable

import pytest

from kactors.actors import System
from kactors.actors.system_asker import SystemAsker
from kactors.api.errors import Forbidden, NotFound
from kactors.api.meta import is_controlled_by, name_of
from kactors.api.objects import Object, replaced
from kactors.api.requests import ApiRequest
from kactors.client.config import ClientConfig
from kactors.client.control import PodControl, pod_from_template, slow_start_batch
from kactors.client.errors import OutcomeUnknown, Unavailable
from kactors.client.events import EventRecorder
from kactors.client.expectations import UIDTrackingControllerExpectations
from kactors.client.rest import Client
from kactors.runtime import open_nursery, sim, sleep, stream
from tests.client.fake import FakeCluster

OWNER: Object = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "metadata": {"name": "web", "namespace": "default", "uid": "uid-owner"},
}
TEMPLATE: Object = {
    "metadata": {"labels": {"app": "web"}, "name": "ignored"},
    "spec": {"containers": [{"name": "main", "image": "main:1"}]},
}
KEY = "default/web"


def run(cluster: FakeCluster, *works: Callable[[PodControl], Awaitable[None]]) -> None:
    """Do things with pod controls that all draw the same names."""

    async def main(system: System) -> None:
        config = ClientConfig(replicas=cluster.addresses, write_timeout=3.0)
        client = Client.connect(SystemAsker(system), config)
        recorder = EventRecorder(client, "tester")
        async with open_nursery() as nursery:
            nursery.start_soon(recorder.run)
            for work in works:
                await work(PodControl(client, recorder, stream(0, "names")))
            await sleep(1.0)
            nursery.cancel_scope.cancel()

    cluster.world.call("c", main)


def reasons(cluster: FakeCluster) -> dict[str, int]:
    """Return what people were told, and how often."""
    found: dict[str, int] = {}
    for event in cluster.objects("events").values():
        found[event["reason"]] = found.get(event["reason"], 0) + event["count"]
    return found


def test_a_pod_is_what_the_template_says_and_belongs_to_its_owner() -> None:
    """The template's own name counts for nothing."""
    pod = pod_from_template(TEMPLATE, OWNER)

    assert pod["metadata"]["generateName"] == "web-"
    assert pod["metadata"]["labels"] == {"app": "web"}
    assert "name" not in pod["metadata"]
    assert is_controlled_by(pod, OWNER)
    assert pod["spec"] == TEMPLATE["spec"]
    assert pod["spec"] is not TEMPLATE["spec"]


def test_pods_are_created_and_expected() -> None:
    """People are told of each; expectations wait for the informer to show them."""
    expected = UIDTrackingControllerExpectations()

    async def work(control: PodControl) -> None:
        await control.create_pods(KEY, expected, TEMPLATE, OWNER, 5)
        assert expected.get_expectations(KEY) == (5, 0)

    with FakeCluster() as cluster:
        run(cluster, work)
        pods = cluster.objects("pods")
        assert len(pods) == 5
        assert all(name.startswith("default/web-") for name in pods)
        assert reasons(cluster) == {"SuccessfulCreate": 5}


def test_a_creation_of_unknown_outcome_is_found_out() -> None:
    """It had happened: a list, which controllers may ask for, has the pod of this name."""
    swallowed: list[str] = []
    asked: set[str] = set()

    def swallow(request: ApiRequest) -> bool:
        asked.add(f"{request.verb} {request.resource}")
        if request.resource != "pods" or request.verb != "create" or swallowed:
            return False
        swallowed.append(request.verb)
        return True

    async def work(control: PodControl) -> None:
        for server in cluster.all:
            server.swallow = swallow
        created = await control.create_pod(TEMPLATE, OWNER)
        assert list(cluster.objects("pods")) == [f"default/{name_of(created)}"]

    with FakeCluster() as cluster:
        run(cluster, work)

    assert swallowed == ["create"]
    assert "list pods" in asked
    assert "get pods" not in asked


def test_a_creation_that_stays_unknown_stays_expected() -> None:
    """The pod may come yet; what certainly failed, or was not tried, is not expected."""
    expected = UIDTrackingControllerExpectations()

    async def work(control: PodControl) -> None:
        for server in cluster.all:
            server.swallow = lambda request: request.resource == "pods"
        with pytest.raises(OutcomeUnknown):
            await control.create_pods(KEY, expected, TEMPLATE, OWNER, 5)
        assert expected.get_expectations(KEY) == (1, 0)
        for server in cluster.all:
            server.before = lambda _: Forbidden("pods", "", "a quota")
        with pytest.raises(Forbidden):
            await control.create_pods(KEY, expected, TEMPLATE, OWNER, 5)
        assert expected.satisfied_expectations(KEY)

    with FakeCluster() as cluster:
        run(cluster, work)


def test_a_name_that_is_taken_is_drawn_again() -> None:
    """Another's pod of the same name is left alone."""
    names: list[str] = []

    async def work(control: PodControl) -> None:
        names.append(name_of(await control.create_pod(TEMPLATE, OWNER)))

    with FakeCluster() as cluster:
        run(cluster, work, work)

    assert len(set(names)) == 2


def test_just_these_pods_are_deleted() -> None:
    """One that was replaced by another of its name is not; one that is gone is not waited for."""
    expected = UIDTrackingControllerExpectations()

    async def work(control: PodControl) -> None:
        await control.create_pods(KEY, expected, TEMPLATE, OWNER, 3)
        one, two, three = cluster.objects("pods").values()
        await control.delete_pod(two, OWNER)
        assert not await control.delete_pod(two, OWNER)
        replaced_pod = replaced(three, "another", "metadata", "uid")
        with pytest.raises(Exception, match="precondition"):
            await control.delete_pods(KEY, expected, OWNER, [one, two, replaced_pod])
        assert len(expected.get_uids(KEY)) == 1
        assert list(cluster.objects("pods").values()) == [three]

    with FakeCluster() as cluster:
        run(cluster, work)
        assert reasons(cluster) == {
            "SuccessfulCreate": 3, "SuccessfulDelete": 2, "FailedDelete": 1
        }  # fmt: skip


def test_a_deletion_of_unknown_outcome_is_found_out() -> None:
    """Asking again finds nothing: it had happened."""
    swallowed: list[str] = []

    def swallow(request: ApiRequest) -> bool:
        if request.verb != "delete" or swallowed:
            return False
        swallowed.append(request.name)
        return True

    async def work(control: PodControl) -> None:
        created = await control.create_pod(TEMPLATE, OWNER)
        for server in cluster.all:
            server.swallow = swallow
        assert not await control.delete_pod(created, OWNER)

    with FakeCluster() as cluster:
        run(cluster, work)
        assert cluster.objects("pods") == {}


def test_batches_double_until_something_fails() -> None:
    """Of a thousand creations that a quota forbids, one is tried."""

    async def main() -> None:
        tried: list[int] = []

        async def good(index: int) -> None:
            tried.append(index)

        async def bad(index: int) -> None:
            tried.append(index)
            if index >= 3:
                raise Unavailable("no apiserver")

        async def missing(index: int) -> None:
            tried.append(index)
            raise NotFound("pods", "a")

        assert await slow_start_batch(10, good) == (10, None)
        assert sorted(tried) == list(range(10))
        tried.clear()
        successes, problem = await slow_start_batch(1000, bad)
        assert (successes, len(tried)) == (3, 7)
        assert isinstance(problem, Unavailable)
        tried.clear()
        assert (await slow_start_batch(1000, missing))[0] == 0
        assert tried == [0]
        assert await slow_start_batch(0, bad) == (0, None)

    sim.run(main)
