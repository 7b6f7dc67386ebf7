"""What people are told, and how often."""

from collections.abc import Awaitable, Callable

from kactors.actors import System
from kactors.actors.system_asker import SystemAsker
from kactors.api.errors import ApiError, Forbidden
from kactors.api.objects import Object, replaced
from kactors.api.requests import ApiRequest
from kactors.client.config import ClientConfig
from kactors.client.event_correlator import COMBINED
from kactors.client.events import NORMAL, QUEUE_MAX, WARNING, EventRecorder
from kactors.client.rest import Client
from kactors.runtime import open_nursery, sleep
from tests.client.fake import FakeCluster
from tests.client.objects import pod

ABOUT = replaced(pod("a"), "uid-1", "metadata", "uid")


def run(cluster: FakeCluster, work: Callable[[EventRecorder], Awaitable[None]]) -> None:
    """Tell something, and wait until it is written."""

    async def main(system: System) -> None:
        client = Client.connect(SystemAsker(system), ClientConfig(replicas=cluster.addresses))
        recorder = EventRecorder(client, "tester")
        async with open_nursery() as nursery:
            nursery.start_soon(recorder.run)
            await work(recorder)
            await sleep(1.0)
            nursery.cancel_scope.cancel()

    cluster.world.call("c", main)


def stored(cluster: FakeCluster) -> list[Object]:
    """Return the events that are stored."""
    return list(cluster.objects("events").values())


def test_an_event_says_who_tells_what_about_whom() -> None:
    """Telling does not wait; the event comes a little later."""

    async def work(recorder: EventRecorder) -> None:
        recorder.event(ABOUT, NORMAL, "Tested", "it was tested")
        assert stored(cluster) == []

    with FakeCluster() as cluster:
        run(cluster, work)
        [event] = stored(cluster)

    assert event["involvedObject"] == {
        "kind": "Pod", "namespace": "default", "name": "a", "uid": "uid-1", "apiVersion": "v1"
    }  # fmt: skip
    assert event["source"] == {"component": "tester", "host": "c"}
    assert (event["type"], event["reason"], event["count"]) == ("Normal", "Tested", 1)
    assert event["metadata"]["name"].startswith("a.")
    assert event["firstTimestamp"].startswith("2026-01-01T00:00:00")


def test_the_same_again_is_counted() -> None:
    """One event, with the first and the last time."""

    async def work(recorder: EventRecorder) -> None:
        for _ in range(3):
            recorder.event(ABOUT, WARNING, "Failed", "no room")
            await sleep(10.0)

    with FakeCluster() as cluster:
        run(cluster, work)
        [event] = stored(cluster)

    assert event["count"] == 3
    assert event["firstTimestamp"] < event["lastTimestamp"]


def test_an_event_whose_time_is_over_begins_anew() -> None:
    """Apiservers forget events; the next of the same sort is stored again."""

    async def work(recorder: EventRecorder) -> None:
        recorder.event(ABOUT, WARNING, "Failed", "no room")
        await sleep(1.0)
        [key] = [key for key in cluster.store.objects if key[1] == "events"]
        cluster.store.write(key, None)
        recorder.event(ABOUT, WARNING, "Failed", "no room")

    with FakeCluster() as cluster:
        run(cluster, work)
        assert [event["count"] for event in stored(cluster)] == [2]


def test_many_similar_events_are_combined() -> None:
    """From the tenth different message of one sort on, one event stands for all."""

    async def work(recorder: EventRecorder) -> None:
        for number in range(15):
            recorder.event(ABOUT, WARNING, "Failed", f"try {number}")

    with FakeCluster() as cluster:
        run(cluster, work)
        events = stored(cluster)

    assert len(events) == 10
    assert [event["count"] for event in events] == [1] * 9 + [6]
    assert events[-1]["message"] == COMBINED + "try 14"


def test_a_flood_is_cut_off() -> None:
    """Twenty-five events about one object, then one in five minutes; others may be told of."""

    async def work(recorder: EventRecorder) -> None:
        for number in range(60):
            recorder.event(ABOUT, NORMAL, f"Reason{number}", "something")
        await sleep(10.0)
        assert len(stored(cluster)) == 25
        recorder.event(pod("b"), NORMAL, "Other", "something")
        await sleep(301.0)
        recorder.event(ABOUT, NORMAL, "Late", "something")

    with FakeCluster() as cluster:
        run(cluster, work)
        told = [event["reason"] for event in stored(cluster)]

    assert len(told) == 27
    assert {"Other", "Late"} <= {*told}


def test_an_event_waits_for_an_apiserver() -> None:
    """Not for ever, and what is too many is dropped."""

    async def work(recorder: EventRecorder) -> None:
        for host in cluster.servers:
            cluster.world.hosts[host].system.stop("apiserver")
        for number in range(QUEUE_MAX + 5):
            recorder.event(pod(f"p{number}"), NORMAL, "Tested", "something")
        assert recorder.dropped == 5
        await sleep(60.0)
        for host in cluster.servers:
            cluster.world.crash(host)
            cluster.world.hosts[host].machine.restart()
        await sleep(60.0)

    with FakeCluster() as cluster:
        run(cluster, work)
        assert len(stored(cluster)) == QUEUE_MAX


def test_an_event_that_is_refused_is_not_told_again() -> None:
    """A namespace that is going takes no events."""
    asked: list[str] = []

    def refuse(request: ApiRequest) -> ApiError:
        asked.append(request.verb)
        return Forbidden("events", "", "the namespace is going")

    async def work(recorder: EventRecorder) -> None:
        for server in cluster.all:
            server.before = refuse
        recorder.event(ABOUT, NORMAL, "Tested", "it was tested")
        await sleep(100.0)
        assert recorder.dropped == 1

    with FakeCluster() as cluster:
        run(cluster, work)

    assert asked == ["create"]
