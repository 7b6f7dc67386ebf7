"""Watches, as one who reads them sees them."""

from collections.abc import Awaitable, Callable

import pytest

from kactors.actors import System
from kactors.actors.system_asker import SystemAsker
from kactors.api.errors import Expired
from kactors.api.meta import name_of, revision_of
from kactors.client.config import ClientConfig
from kactors.client.errors import WatchBroken
from kactors.client.rest import Client
from kactors.client.watch import BOOKMARK, Event
from tests.client.fake import FakeCluster
from tests.client.objects import pod


def run(cluster: FakeCluster, work: Callable[[Client], Awaitable[None]]) -> None:
    """Do something as a client."""

    async def main(system: System) -> None:
        await work(Client.connect(SystemAsker(system), ClientConfig(replicas=cluster.addresses)))

    cluster.world.call("c", main)


def test_a_watch_tells_what_happens_after_a_revision() -> None:
    """Each event has the object as it was then, with its revision."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        first = await pods.create(pod("a"))
        await pods.create(pod("b"))
        await pods.delete("a", "default")
        events: list[Event] = []
        async with pods.watch("default", revision=revision_of(first)) as watch:
            async for event in watch:
                events.append(event)
                if len(events) == 2:
                    break
        assert [(event.type, name_of(event.object)) for event in events] == [
            ("ADDED", "b"),
            ("DELETED", "a"),
        ]
        assert [event.revision for event in events] == [3, 4]
        assert revision_of(events[1].object) == 4

    with FakeCluster() as cluster:
        run(cluster, work)


def test_a_watch_ends_when_its_time_is_over() -> None:
    """Bookmarks come meanwhile; what they tell is not read a second time from an older state."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        cluster.store.revision = 9
        async with pods.watch(revision=9, timeout_seconds=12) as watch:
            types = [event.type async for event in watch]
        assert types == [BOOKMARK, BOOKMARK]
        assert client.revisions.seen(pods.resource) == 9

    with FakeCluster() as cluster:
        run(cluster, work)


def test_a_watch_from_a_forgotten_revision_is_refused() -> None:
    """The reader has to list."""

    async def work(client: Client) -> None:
        cluster.store.revision = 9
        cluster.store.compact()
        async with client.resource("pods").watch(revision=5) as watch:
            with pytest.raises(Expired, match="too old resource version: 5"):
                await watch.receive()

    with FakeCluster() as cluster:
        run(cluster, work)


def test_a_watch_that_is_cut_off_says_so() -> None:
    """The replica is suspect then, and another is asked next."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        async with pods.watch(revision=1) as watch:
            dead = client.session.balancer.current
            cluster.world.crash(dead.host)
            with pytest.raises(WatchBroken, match="watch again from the last revision"):
                await watch.receive()
        await pods.list()
        assert client.session.balancer.current != dead

    with FakeCluster() as cluster:
        run(cluster, work)
