"""How a copy gets on when replicas die, or forget."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from kactors.actors import System
from kactors.actors.system_asker import SystemAsker
from kactors.api.errors import ApiError, Expired
from kactors.api.requests import ApiRequest
from kactors.client.config import ClientConfig
from kactors.client.informer import ResourceEventHandlerFuncs
from kactors.client.informer_factory import SharedInformerFactory
from kactors.client.rest import Client
from kactors.runtime import current_time, open_nursery, sleep
from tests.client.fake import FakeCluster, until
from tests.client.objects import pod

Work = Callable[[Client, SharedInformerFactory], Awaitable[None]]


def run(cluster: FakeCluster, work: Work) -> None:
    """Do something with a client and informers."""

    async def main(system: System) -> None:
        client = Client.connect(SystemAsker(system), ClientConfig(replicas=cluster.addresses))
        async with open_nursery() as nursery:
            await work(client, SharedInformerFactory(client, nursery.start_soon))
            nursery.cancel_scope.cancel()

    cluster.world.call("c", main)


def asked(cluster: FakeCluster) -> int:
    """Return how many requests and watches the replicas got."""
    return sum(len(server.requests) + server.watches for server in cluster.all)


def test_a_replica_that_lists_what_it_cannot_watch_from_is_not_asked_on_and_on() -> None:
    """After a pause the most recent state is listed, and a watch begins there."""

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        informer = informers.informer("pods")
        await informer.wait_for_sync()
        for number in range(6):
            cluster.store.write(("", "pods", "default", f"p{number}"), pod(f"p{number}"))
        await until(lambda: len(informer.indexer) == 6)
        seen = [informer.revision]
        cluster.store.write(("", "pods", "default", "p1"), None)
        for server in cluster.all:
            server.lag = 1
            server.floor = cluster.store.revision
            server.cut_watches()
        before = asked(cluster)
        while len(informer.indexer) == 6:
            await sleep(0.01)
            seen.append(informer.revision)
            assert current_time() < 20.0, "it does not get on"
        assert seen == sorted(seen), "the copy went back in time"
        assert informer.lists == 3  # the first, the one that is of no use, and the most recent
        await sleep(5.0)
        assert asked(cluster) - before <= 6
        cluster.store.write(("", "pods", "default", "p2"), None)
        cluster.store.write(("", "pods", "default", "p3"), None)
        await until(lambda: len(informer.indexer) == 4)

    with FakeCluster() as cluster:
        run(cluster, work)


def test_replicas_that_forget_everything_at_once_are_given_time() -> None:
    """Lists follow each other at longer and longer intervals."""

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        informer = informers.informer("pods")
        await informer.wait_for_sync()
        for server in cluster.all:
            server.floor = 1 << 40
            server.cut_watches()
        await sleep(120.0)
        assert 6 <= informer.lists <= 9
        assert str(informer.problem).startswith("too old resource version")
        for server in cluster.all:
            server.floor = 0
        cluster.store.write(("", "pods", "default", "a"), pod("a"))
        await until(lambda: len(informer.indexer) == 1)

    with FakeCluster() as cluster:
        run(cluster, work)


def test_a_revision_that_is_compacted_is_replaced_by_the_latest_at_once() -> None:
    """A list that is answered with 410 is followed by one of the most recent state, no pause."""
    times: list[float] = []

    def refuse_the_past(request: ApiRequest) -> ApiError | None:
        times.append(current_time())
        return Expired("gone") if request.query.get("resourceVersion") else None

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        informer = informers.informer("pods")
        await informer.wait_for_sync()
        cluster.store.write(("", "pods", "default", "a"), pod("a"))
        await until(lambda: len(informer.indexer) == 1)
        for server in cluster.all:
            server.floor = cluster.store.revision + 1
            server.before = refuse_the_past
            server.cut_watches()
        cluster.store.write(("", "pods", "default", "b"), pod("b"))
        await until(lambda: len(informer.indexer) == 2)
        assert len(times) == 2
        assert times[1] - times[0] < 0.1

    with FakeCluster() as cluster:
        run(cluster, work)


def seconds_until_seen(seed: int, *, busy: bool) -> float:
    """Return how long an event takes that happens when the replica has just died.

    Args:
        seed: chooses when it dies, within the rhythm of heartbeats.
        busy: whether the client also asks for something every second, whatever became of what it
            has asked before.
    """
    times: list[float] = []

    async def ask(client: Client) -> None:
        async with open_nursery() as nursery:
            while True:
                nursery.start_soon(partial(client.resource("nodes").list_page, limit=1))
                await sleep(1.0)

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        others = [informers.informer(kind) for kind in ("nodes", "services", "leases")]
        informer = informers.informer("pods")
        informer.add_handler(ResourceEventHandlerFuncs(add=lambda _: times.append(current_time())))
        await informers.wait_for_cache_sync()
        async with open_nursery() as nursery:
            if busy:
                nursery.start_soon(ask, client)
            await sleep(60.0 + seed * 1.1)
            dead = client.session.balancer.current.host
            cluster.world.crash(dead)
            times.append(current_time())
            cluster.store.write(("", "pods", "default", "a"), pod("a"))
            await until(lambda: len(times) == 2)
            nursery.cancel_scope.cancel()
        await sleep(0.5)
        assert client.session.balancer.current.host != dead
        assert all(each.lists == 1 for each in (informer, *others))
        watches = sum(server.watches for host, server in cluster.servers.items() if host != dead)
        assert watches == 4, "all watches have moved with the first"

    with FakeCluster(seed=seed) as cluster:
        for server in cluster.all:
            server.bookmark_seconds = 1000.0
        run(cluster, work)
    return times[1] - times[0]


@pytest.mark.parametrize("seed", range(10))
def test_watches_leave_a_dead_replica_within_seconds(seed: int) -> None:
    """Five after its last word it is asked for one, two later all its watches go elsewhere."""
    assert seconds_until_seen(seed, busy=False) < 7.5


@pytest.mark.parametrize("seed", range(10))
def test_watches_leave_a_dead_replica_sooner_if_requests_fail_there(seed: int) -> None:
    """A request that is overdue makes the client ask about its watches, too."""
    assert seconds_until_seen(seed, busy=True) < 6.5


def test_a_quiet_replica_that_lives_is_kept() -> None:
    """Its watches go on for minutes of silence, and nothing is listed again."""

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        informer = informers.informer("pods")
        await informer.wait_for_sync()
        chosen = client.session.balancer.current
        await sleep(290.0)
        assert client.session.balancer.current == chosen
        assert sum(server.watches for server in cluster.all) == 1
        assert informer.problem is None

    with FakeCluster() as cluster:
        for server in cluster.all:
            server.bookmark_seconds = 1000.0
        run(cluster, work)
