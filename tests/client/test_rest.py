"""Requests over replicas that answer, refuse, keep silent and come back."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from kactors.actors import System
from kactors.actors.system_asker import SystemAsker
from kactors.api.errors import (
    ApiError,
    Conflict,
    Forbidden,
    InternalError,
    NotFound,
    ServiceUnavailable,
    TooManyRequests,
    UnknownKind,
)
from kactors.api.fields import FieldSelector
from kactors.api.labels import NOTHING, LabelSelector
from kactors.api.meta import name_of, revision_of
from kactors.api.objects import replaced
from kactors.api.requests import ApiRequest
from kactors.client.config import ClientConfig
from kactors.client.errors import NotLeading, OutcomeUnknown, Unavailable
from kactors.client.resource_client import MERGE_PATCH
from kactors.client.rest import Client
from kactors.runtime import current_time, open_nursery, sleep
from tests.client.fake import FakeApiServer, FakeCluster
from tests.client.objects import config_map, pod

ResultT = TypeVar("ResultT")


def run(
    cluster: FakeCluster, work: Callable[[Client], Awaitable[ResultT]], page_size: int = 500
) -> ResultT:
    """Do something as a client."""

    async def main(system: System) -> ResultT:
        config = ClientConfig(replicas=cluster.addresses, token="secret", page_size=page_size)
        return await work(Client.connect(SystemAsker(system), config))

    result: ResultT = cluster.world.call("c", main)
    return result


def current(cluster: FakeCluster, client: Client) -> FakeApiServer:
    """Return the replica that the client stays with."""
    return cluster.servers[client.session.balancer.current.host]


def test_an_object_is_created_read_changed_and_deleted() -> None:
    """Each answer is the object as it is stored, with its revision."""

    async def work(client: Client) -> None:
        maps = client.resource("configmaps")
        created = await maps.create(config_map("a", color="red"))
        assert await maps.get("a", "default") == created
        updated = await maps.update(replaced(created, "blue", "data", "color"))
        assert revision_of(updated) > revision_of(created)
        patched = await maps.patch(
            "a", {"data": {"size": "1"}}, "default", content_type=MERGE_PATCH
        )
        assert patched["data"] == {"color": "blue", "size": "1"}
        assert (await maps.list()).items == (patched,)
        await maps.delete("a", "default")
        with pytest.raises(NotFound):
            await maps.get("a", "default")

    with FakeCluster() as cluster:
        run(cluster, work)
        asked = cluster.all[0].requests + cluster.all[1].requests + cluster.all[2].requests

    assert {request.token for request in asked} == {"secret"}


def test_an_outdated_update_is_refused() -> None:
    """The resource version that is sent must be the latest."""

    async def work(client: Client) -> None:
        maps = client.resource("configmaps")
        created = await maps.create(config_map("a"))
        await maps.update(replaced(created, "1", "data", "n"))
        with pytest.raises(Conflict):
            await maps.update(replaced(created, "2", "data", "n"))

    with FakeCluster() as cluster:
        run(cluster, work)


def test_a_client_stays_with_one_replica_and_clients_spread() -> None:
    """Chance chooses the first; nothing but trouble makes a client move."""
    chosen = set()
    for seed in range(12):
        with FakeCluster(seed=seed) as cluster:

            async def work(client: Client) -> str:
                for number in range(5):
                    await client.resource("pods").create(pod(f"p{number}"))
                return client.session.balancer.current.host

            host = run(cluster, work)
            chosen.add(host)
            assert [len(server.requests) for server in cluster.all].count(0) == 2
            assert len(cluster.servers[host].requests) == 5

    assert chosen == {"api-1", "api-2", "api-3"}


def test_reads_move_away_from_a_dead_replica() -> None:
    """A read is repeated elsewhere; later ones go there at once."""

    async def work(client: Client) -> tuple[float, float]:
        pods = client.resource("pods")
        await pods.list()
        dead = client.session.balancer.current.host
        cluster.world.crash(dead)
        began = current_time()
        await pods.list()
        first = current_time() - began
        began = current_time()
        for _ in range(20):
            await pods.list()
        return first, current_time() - began

    with FakeCluster() as cluster:
        first, later = run(cluster, work)

    assert 5.0 <= first < 5.1
    assert later < 0.1


def test_a_silent_replica_is_left_before_its_first_timeout() -> None:
    """While one write still waits for a dead replica, others go elsewhere."""

    async def work(client: Client) -> float:
        pods = client.resource("pods")
        await pods.list()
        cluster.world.crash(client.session.balancer.current.host)

        async def unlucky() -> None:
            with pytest.raises(OutcomeUnknown):
                await pods.create(pod("a"))

        async with open_nursery() as nursery:
            nursery.start_soon(unlucky)
            await sleep(2.1)
            began = current_time()
            await pods.create(pod("b"))
            return current_time() - began

    with FakeCluster() as cluster:
        assert run(cluster, work) < 0.1


def test_a_write_without_an_answer_has_an_unknown_outcome() -> None:
    """It is not repeated: it may have happened, as it has here."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        await pods.list()
        server = current(cluster, client)
        server.swallow = lambda request: request.verb == "create"
        with pytest.raises(OutcomeUnknown, match="create pods default was sent to api-"):
            await pods.create(pod("a"))

    with FakeCluster() as cluster:
        run(cluster, work)
        assert list(cluster.objects("pods")) == ["default/a"]
        assert sum(server.requests[-1].verb == "create" for server in cluster.all
                   if server.requests) == 1  # fmt: skip


@pytest.mark.parametrize("error", [InternalError("etcd"), ApiError("gone", code=504)])
def test_a_write_that_an_apiserver_knows_nothing_of_has_an_unknown_outcome(error: ApiError) -> None:
    """500 and 504 tell nothing about what became of a write; a read goes elsewhere."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        await pods.list()
        current(cluster, client).before = lambda _: error
        with pytest.raises(OutcomeUnknown):
            await pods.create(pod("a"))
        await pods.list()

    with FakeCluster() as cluster:
        run(cluster, work)


@pytest.mark.parametrize("code", [500, 504])
def test_a_replica_that_knows_nothing_of_a_write_is_left(code: int) -> None:
    """One that can read and not write, cut off from who leads the store, would keep its clients."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        await pods.list()
        current(cluster, client).before = lambda request: (
            ApiError("timed out", code=code) if request.verb == "create" else None
        )
        with pytest.raises(OutcomeUnknown):
            await pods.create(pod("a"))
        await pods.create(pod("b"))

    with FakeCluster() as cluster:
        run(cluster, work)
        assert list(cluster.objects("pods")) == ["default/b"]


def test_what_was_certainly_not_carried_out_is_sent_again() -> None:
    """An apiserver that does not run, or says 503 and when to come back, has done nothing."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        await pods.list()
        host = client.session.balancer.current.host
        cluster.world.hosts[host].system.stop("apiserver")
        await pods.create(pod("a"))
        current(cluster, client).before = lambda _: ServiceUnavailable("later", retry_after_s=1)
        await pods.create(pod("b"))

    with FakeCluster() as cluster:
        run(cluster, work)
        assert list(cluster.objects("pods")) == ["default/a", "default/b"]


def test_too_many_requests_are_repeated_when_the_apiserver_says() -> None:
    """One that does not say when is an answer: a disruption budget forbids an eviction so."""
    answers: list[ApiError] = [TooManyRequests("busy", retry_after_s=3)] * 2

    async def work(client: Client) -> float:
        pods = client.resource("pods")
        for server in cluster.all:
            server.before = lambda _: answers.pop() if answers else None
        await pods.create(pod("a"))
        waited = current_time()
        for server in cluster.all:
            server.before = lambda _: TooManyRequests("a budget")
        with pytest.raises(TooManyRequests):
            await pods.evict("a", "default")
        return waited

    with FakeCluster() as cluster:
        assert 6.0 <= run(cluster, work) < 7.0


def test_a_refusal_is_an_answer() -> None:
    """It is raised as upstream's error, at once, with what the apiserver has said."""

    async def work(client: Client) -> None:
        for server in cluster.all:
            server.before = lambda _: Forbidden("pods", "a", "not yours")
        with pytest.raises(Forbidden, match="not yours"):
            await client.resource("pods").get("a", "default")

    with FakeCluster() as cluster:
        run(cluster, work)
        assert sum(len(server.requests) for server in cluster.all) == 1


def test_without_apiservers_reads_and_refused_writes_end_in_time() -> None:
    """A read that nobody serves is over after the configured thirty seconds."""

    async def work(client: Client) -> float:
        for name in cluster.servers:
            cluster.world.hosts[name].system.stop("apiserver")
        with pytest.raises(Unavailable, match="create pods default: nobody has served it"):
            await client.resource("pods").create(pod("a"))
        for name in cluster.servers:
            cluster.world.crash(name)
        began = current_time()
        with pytest.raises(Unavailable, match="list pods: nobody has served it within 30 s"):
            await client.resource("pods").list()
        return current_time() - began

    with FakeCluster() as cluster:
        assert 28.0 < run(cluster, work) < 30.5


def test_a_reader_never_sees_time_go_back() -> None:
    """What one replica has told, a lagging one is asked to wait for, or another is asked."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        await pods.create(pod("a"))
        created = await pods.create(pod("b"))
        seen = client.session.balancer.current.host
        for name, server in cluster.servers.items():
            server.lag = 0 if name == seen else 1
        lagging = [name for name in cluster.servers if name != seen]
        cluster.world.hosts[seen].system.stop("apiserver")
        with pytest.raises(ApiError) as problem:
            await pods.get("b", "default", revision=0)
        assert problem.value.has_cause("ResourceVersionTooLarge")
        cluster.servers[lagging[0]].lag = 0
        assert await pods.get("b", "default", revision=0) == created

    with FakeCluster() as cluster:
        run(cluster, work)


def test_without_a_past_any_cache_will_do() -> None:
    """A client that has seen nothing may be told an old state, if it says so."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        assert (await pods.list(revision=0)).items == ()

    with FakeCluster() as cluster:
        cluster.store.write(("", "pods", "default", "a"), pod("a"))
        for server in cluster.all:
            server.lag = 1
        run(cluster, work)


def test_a_store_that_was_set_back_is_believed() -> None:
    """When even the latest state is older than what was seen, the past has been restored."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        await pods.create(pod("a"))
        cluster.store.revision = 1
        cluster.store.objects.clear()
        cluster.store.history.clear()
        assert (await pods.list()).items == ()
        assert (await pods.list(revision=0)).revision == 1

    with FakeCluster() as cluster:
        run(cluster, work)


def test_a_long_list_is_read_in_pages_at_one_revision() -> None:
    """What is written meanwhile is not in it."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        for number in range(7):
            await pods.create(pod(f"p{number}"))

        def grow(request: ApiRequest) -> None:
            if "continue" in request.query:
                cluster.store.write(
                    ("", "pods", "default", f"late{cluster.store.revision}"), pod("x")
                )

        for server in cluster.all:
            server.before = grow
        found = await pods.list()
        assert [name_of(obj) for obj in found.items] == [f"p{number}" for number in range(7)]
        assert found.revision == 8

    with FakeCluster() as cluster:
        run(cluster, work, page_size=3)
        assert len(cluster.objects("pods")) == 9


def test_a_list_whose_revision_was_compacted_begins_anew() -> None:
    """Compaction between two pages costs a new beginning, not a wrong list."""
    compactions = [None]

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        for number in range(5):
            await pods.create(pod(f"p{number}"))

        def compact(request: ApiRequest) -> None:
            if "continue" in request.query and compactions:
                compactions.pop()
                cluster.store.write(("", "pods", "default", "p9"), pod("p9"))
                cluster.store.compact()

        for server in cluster.all:
            server.before = compact
        assert len((await pods.list()).items) == 6

    with FakeCluster() as cluster:
        run(cluster, work, page_size=2)


def test_selectors_select() -> None:
    """By labels and by fields; a selector that matches nothing cannot be asked with."""

    async def work(client: Client) -> None:
        pods = client.resource("pods")
        await pods.create(pod("a", node="n1", app="web"))
        await pods.create(pod("b", node="n2", app="web"))
        await pods.create(pod("c", node="n1"))
        web = await pods.list(label_selector=LabelSelector.parse("app=web"))
        n1 = await pods.list("default", field_selector=FieldSelector.of("spec.nodeName", "n1"))
        assert [name_of(obj) for obj in web.items] == ["a", "b"]
        assert [name_of(obj) for obj in n1.items] == ["a", "c"]
        with pytest.raises(ValueError, match="matches nothing"):
            await pods.list(label_selector=NOTHING)
        await pods.delete_collection("default", label_selector="app=web")
        assert [name_of(obj) for obj in (await pods.list()).items] == ["c"]

    with FakeCluster() as cluster:
        run(cluster, work)


def test_subresources_are_asked_for_as_upstream_does() -> None:
    """Binding, eviction, scale and status are subresources of the object that they are about."""
    asked: list[tuple[str, str, str, str]] = []

    async def work(client: Client) -> None:
        def note(request: ApiRequest) -> ApiError:
            asked.append((request.verb, request.resource, request.name, request.subresource))
            return Forbidden(request.resource, request.name, "a test")

        for server in cluster.all:
            server.before = note
        pods, sets = client.resource("pods"), client.resource("replicasets")
        bound = replaced(pod("a"), "uid-1", "metadata", "uid")
        for request in (
            pods.bind(bound, "n1"),
            pods.evict("a", "default", options={"gracePeriodSeconds": 3}),
            pods.update_status(pod("a")),
            sets.get_scale("b", "default"),
            sets.update_scale(config_map("b")),
        ):
            with pytest.raises(Forbidden):
                await request

    with FakeCluster() as cluster:
        run(cluster, work)

    assert asked == [
        ("create", "pods", "a", "binding"),
        ("create", "pods", "a", "eviction"),
        ("update", "pods", "a", "status"),
        ("get", "replicasets", "b", "scale"),
        ("update", "replicasets", "b", "scale"),
    ]


def test_a_guard_is_asked_before_writes_only() -> None:
    """What it refuses is not sent; reads go on."""

    def refuse() -> float:
        raise NotLeading("somebody else leads")

    async def work(client: Client) -> None:
        pods = client.guarded(refuse).resource("pods")
        await pods.list()
        with pytest.raises(NotLeading):
            await pods.create(pod("a"))

    with FakeCluster() as cluster:
        run(cluster, work)
        assert [request.verb for server in cluster.all for request in server.requests] == ["list"]


def test_an_unknown_resource_is_refused_at_once() -> None:
    """The registry knows every resource there is."""

    async def work(client: Client) -> None:
        with pytest.raises(UnknownKind):
            client.resource("gadgets")

    with FakeCluster() as cluster:
        run(cluster, work)


def test_a_client_needs_an_apiserver() -> None:
    """Without any address there is nobody to ask."""
    with pytest.raises(ValueError, match="at least one apiserver"):
        ClientConfig(replicas=())
