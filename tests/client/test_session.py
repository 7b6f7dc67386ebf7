"""What goes beside a request: probes of suspect replicas, and second copies of reads."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from kactors.actors import System
from kactors.actors.system_asker import SystemAsker
from kactors.api.errors import ApiError, NotFound, ServiceUnavailable
from kactors.api.requests import ApiRequest
from kactors.client.config import ClientConfig
from kactors.client.errors import OutcomeUnknown
from kactors.client.rest import Client
from kactors.runtime import current_time, move_on_after, open_nursery, sleep
from tests.client.fake import FakeApiServer, FakeCluster
from tests.client.objects import pod

ResultT = TypeVar("ResultT")


def run(cluster: FakeCluster, work: Callable[[Client], Awaitable[ResultT]]) -> ResultT:
    """Do something as a client."""

    async def main(system: System) -> ResultT:
        config = ClientConfig(replicas=cluster.addresses, token="secret")
        return await work(Client.connect(SystemAsker(system), config))

    result: ResultT = cluster.world.call("c", main)
    return result


def current(cluster: FakeCluster, client: Client) -> FakeApiServer:
    """Return the replica that the client stays with."""
    return cluster.servers[client.session.balancer.current.host]


def asked(server: FakeApiServer) -> list[str]:
    """Return what a replica was asked, in order: which resources."""
    return [request.resource for request in server.requests]


def not_now(_: ApiRequest) -> ApiError:
    """Say 503."""
    return ServiceUnavailable("later", retry_after_s=1)


async def seconds_of(work: Awaitable[object]) -> float:
    """Return how long something takes."""
    began = current_time()
    await work
    return current_time() - began


def test_a_replica_that_cannot_serve_gets_probes_and_no_requests() -> None:
    """For a minute it gets one request, which fails, and then a few cheap reads."""

    async def work(client: Client) -> FakeApiServer:
        pods = client.resource("pods")
        await pods.list()
        server = current(cluster, client)
        server.before = not_now
        server.requests.clear()
        for number in range(120):
            await pods.create(pod(f"p{number}"))
            await sleep(0.5)
        return server

    with FakeCluster() as cluster:
        server = run(cluster, work)
        assert asked(server) == ["pods", *["namespaces"] * 5]
        assert {request.token for request in server.requests} == {"secret"}
        assert len(cluster.objects("pods")) == 120


def test_a_replica_that_serves_again_is_asked_when_the_others_fail() -> None:
    """Once a probe was answered, though only with a refusal; before that it is not."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        await pods.list()
        returned = current(cluster, client)
        returned.before = not_now
        await pods.list()
        returned.before = lambda _: None
        returned.requests.clear()
        await pods.list()
        assert asked(returned) == []
        await sleep(1.3)
        await pods.create(pod("a"))
        assert asked(returned) == ["namespaces"]
        for server in cluster.all:
            if server is not returned:
                server.before = not_now
        await pods.create(pod("b"))
        assert asked(returned) == ["namespaces", "pods"]

    with FakeCluster() as cluster:
        run(cluster, work)


def test_no_request_waits_for_a_host_that_is_down() -> None:
    """Neither for the probes that are sent to it meanwhile."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        await pods.list()
        cluster.world.crash(client.session.balancer.current.host)
        with pytest.raises(OutcomeUnknown):
            await pods.create(pod("a"))
        for number in range(100):
            name = f"p{number}"
            assert await seconds_of(pods.create(pod(name))) < 0.1
            assert await seconds_of(pods.get(name, "default")) < 0.1
            await sleep(1.0)

    with FakeCluster() as cluster:
        run(cluster, work)


def test_who_asks_nothing_probes_nothing() -> None:
    """A suspicion is no reason to send anything."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        await pods.list()
        current(cluster, client).before = not_now
        await pods.list()
        for server in cluster.all:
            server.requests.clear()
        await sleep(1000.0)

    with FakeCluster() as cluster:
        run(cluster, work)
        assert [len(server.requests) for server in cluster.all] == [0, 0, 0]


def test_a_read_goes_to_a_second_replica_when_the_first_keeps_silent() -> None:
    """After two seconds, if nothing was heard of the first right before; the first is left."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        await pods.create(pod("a"))
        await sleep(10.0)
        cluster.world.crash(client.session.balancer.current.host)
        assert 2.0 <= await seconds_of(pods.get("a", "default")) < 2.1
        assert await seconds_of(pods.create(pod("b"))) < 0.1

    with FakeCluster() as cluster:
        run(cluster, work)


def test_a_second_copy_of_a_read_may_be_refused() -> None:
    """A refusal is an answer, and comes alone."""

    async def work(client: Client) -> None:
        cluster.world.crash(client.session.balancer.current.host)
        with pytest.raises(NotFound):
            await client.resource("pods").get("a", "default")
        assert 2.0 <= current_time() < 2.3

    with FakeCluster() as cluster:
        run(cluster, work)


def test_a_slow_replica_may_answer_before_a_second_that_is_slower() -> None:
    """Its answer counts, for what is under way is not given up because a copy was sent."""

    async def work(client: Client) -> float:
        slow = current(cluster, client)
        for server in cluster.all:
            server.swallow = lambda _: True
        async with open_nursery() as nursery:

            async def wake() -> None:
                await sleep(2.5)
                cluster.store.write(("", "pods", "default", "a"), pod("a"))

            slow.lag, slow.swallow = 1, lambda _: False
            cluster.store.write(("", "pods", "default", "b"), pod("b"))
            client.revisions.see(client.resource("pods").resource, cluster.store.revision)
            nursery.start_soon(wake)
            return await seconds_of(client.resource("pods").list(revision=0))

    with FakeCluster() as cluster:
        assert 2.4 < run(cluster, work) < 2.6
        assert sum(len(server.requests) for server in cluster.all) == 2


def test_a_read_that_was_cancelled_after_a_long_wait_tells_something() -> None:
    """The next request goes to another replica."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        await pods.list()
        cluster.world.crash(client.session.balancer.current.host)
        with move_on_after(3.0):
            await pods.list()
        assert await seconds_of(pods.create(pod("a"))) < 0.1

    with FakeCluster() as cluster:
        run(cluster, work)


def test_clients_beside_each_other_learn_from_each_other() -> None:
    """They stay with the same replica, and what one finds out no other has to."""

    async def work(client: Client) -> None:
        asker, config = client.session.asker, client.session.config
        other = Client.connect(asker, config, beside=client)
        await client.resource("pods").list()
        cluster.world.crash(client.session.balancer.current.host)
        with pytest.raises(OutcomeUnknown):
            await client.resource("pods").create(pod("a"))
        assert await seconds_of(other.resource("pods").create(pod("b"))) < 0.1
        assert other.revisions is client.revisions

    with FakeCluster() as cluster:
        run(cluster, work)


def test_clients_of_different_replicas_share_only_what_was_seen() -> None:
    """How the replicas are is nothing to who asks others."""

    async def work(client: Client) -> None:
        config = ClientConfig(replicas=cluster.addresses[:1])
        other = Client.connect(client.session.asker, config, beside=client)
        assert other.session.balancer is not client.session.balancer
        assert other.revisions is client.revisions

    with FakeCluster() as cluster:
        run(cluster, work)
