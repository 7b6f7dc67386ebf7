"""Tests of lists: which state they show, and in which pages."""

from typing import Any

import pytest

from kactors.actors import Address
from kactors.api.errors import BadRequest, Expired
from kactors.api.objects import Object
from kactors.api.requests import ApiRequest, ApiResponse
from kactors.apiserver.continuation import Continuation
from kactors.apiserver.handlers import list as listing
from tests.apiserver.cluster import Api, Cluster, config_map, items, refusal


def names(answer: ApiResponse) -> list[str]:
    """Return the names in a list."""
    return [found["metadata"]["name"] for found in items(answer)]


async def make(api: Api, *wanted: str) -> None:
    """Create ConfigMaps labelled by their first letter."""
    for name in wanted:
        made = config_map(name)
        made["metadata"]["labels"] = {"letter": name[0]}
        await api.create(made)


async def ask(api: Api, **query: Any) -> ApiResponse:
    """List the ConfigMaps of a namespace."""
    return await api.ask("list", "configmaps", "default", query=query)


def test_a_list_is_sorted_by_namespace_and_name() -> None:
    """All namespaces or one; objects without one another's."""

    async def story(api: Api) -> None:
        await make(api, "b", "a")
        await api.create(config_map("c", "kube-system"))

        assert names(await api.ask("list", "configmaps")) == ["a", "b", "c"]
        assert names(await ask(api)) == ["a", "b"]
        assert names(await api.ask("list", "configmaps", "nowhere")) == []

    with Cluster() as cluster:
        cluster.run(story)


def test_a_list_shows_what_was_written_anywhere_before() -> None:
    """Without a revision it is never behind, whichever replica is asked."""

    async def story(api: Api) -> None:
        for number in range(6):
            await make(api.at(api.replicas[number % 3]), f"a{number}")
            for replica in api.replicas:
                assert len(items(await ask(api.at(replica)))) == number + 1

    with Cluster(members=3, replicas=3) as cluster:
        cluster.run(story)


def test_selectors() -> None:
    """By labels, by name; a field that the kind does not have is a bad request."""

    async def story(api: Api) -> None:
        await make(api, "a1", "a2", "b1")

        assert names(await ask(api, labelSelector="letter=a")) == ["a1", "a2"]
        assert names(await ask(api, labelSelector="letter!=a")) == ["b1"]
        assert names(await ask(api, fieldSelector="metadata.name=a2")) == ["a2"]
        assert names(await ask(api, fieldSelector="metadata.name!=a2")) == ["a1", "b1"]
        assert names(await ask(api, labelSelector="letter=b", limit=1)) == ["b1"]
        elsewhere = {"fieldSelector": "metadata.namespace=kube-system"}
        assert names(await api.ask("list", "configmaps", query=elsewhere)) == []
        problem = await refusal(ask(api, fieldSelector="data.a=1"))
        assert isinstance(problem, BadRequest)
        assert str(problem) == (
            '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"'
        )

    with Cluster() as cluster:
        cluster.run(story)


def test_pages_show_one_moment() -> None:
    """What happens between two pages is in none of them; the last one has no token."""

    async def story(api: Api) -> None:
        await make(api, "a", "b", "c", "d", "e")

        first = await ask(api, limit=2)
        await api.delete("configmaps", "default", "e")
        await make(api, "cc")
        second = await ask(api, limit=2, **{"continue": first.continue_token})
        third = await ask(api, limit=2, **{"continue": second.continue_token})

        assert [names(page) for page in (first, second, third)] == [["a", "b"], ["c", "d"], ["e"]]
        assert [page.remaining for page in (first, second, third)] == [3, 1, None]
        assert len({page.revision for page in (first, second, third)}) == 1
        assert third.continue_token == ""

    with Cluster() as cluster:
        cluster.run(story)


def test_pages_of_a_selection_are_full() -> None:
    """A limit counts what is shown, not what is looked through."""

    async def story(api: Api) -> None:
        await make(api, "a1", "b1", "a2", "b2", "a3")

        first = await ask(api, limit=2, labelSelector="letter=a")
        second = await ask(
            api, limit=2, labelSelector="letter=a", **{"continue": first.continue_token}
        )

        assert [names(first), names(second)] == [["a1", "a2"], ["a3"]]
        assert first.remaining is None

    with Cluster() as cluster:
        cluster.run(story)


def test_a_page_whose_moment_is_compacted_can_go_on_inconsistently() -> None:
    """It is 410 with a token that continues in the state of the moment."""

    async def story(api: Api) -> None:
        await make(api, "a", "b", "c")
        first = await ask(api, limit=2)
        await make(api, "d")
        await cluster.etcd(api.system).compact(first.revision + 1)

        problem = await refusal(ask(api, **{"continue": first.continue_token}))

        assert isinstance(problem, Expired)
        resumed = Continuation(-1, b"b\0").token()
        assert names(await ask(api, **{"continue": resumed})) == ["c", "d"]

    with Cluster() as cluster:
        cluster.run(story)


def test_the_status_of_an_expired_page_has_the_token_to_go_on() -> None:
    """Its metadata hold what the client may send instead."""
    status: Object = listing.ContinueExpired("token").status()

    assert (status["code"], status["reason"]) == (410, "Expired")
    assert status["metadata"] == {"continue": "token"}


def test_an_exact_revision_is_shown_exactly() -> None:
    """Neither what came later nor what was not yet; compacted it is 410."""

    async def story(api: Api) -> None:
        await make(api, "a")
        then = (await ask(api)).revision
        await make(api, "b")
        exact = {"resourceVersion": then, "resourceVersionMatch": "Exact"}

        shown = await ask(api, **exact)
        await cluster.etcd(api.system).compact(then + 1)
        problem = await refusal(ask(api, **exact))

        assert (names(shown), shown.revision) == (["a"], then)
        assert isinstance(problem, Expired)

    with Cluster() as cluster:
        cluster.run(story)


def test_a_limit_does_not_make_exact_what_may_be_newer() -> None:
    """With NotOlderThan a limit asks for no exact revision; without a match it does."""

    async def story(api: Api) -> None:
        await make(api, "a")
        then = (await ask(api)).revision
        await make(api, "b")
        limited = {"resourceVersion": then, "limit": 10}

        newer = await ask(api, **limited, resourceVersionMatch="NotOlderThan")
        exact = await ask(api, **limited)

        assert (names(newer), newer.revision > then) == (["a", "b"], True)
        assert (names(exact), exact.revision) == (["a"], then)

    with Cluster() as cluster:
        cluster.run(story)


def test_garbage_instead_of_a_token() -> None:
    """It is a bad request, as is a revision beside a token."""

    async def story(api: Api) -> None:
        token = Continuation(5, b"a\0").token()
        assert isinstance(await refusal(ask(api, **{"continue": "garbage"})), BadRequest)
        problem = await refusal(ask(api, resourceVersion=3, **{"continue": token}))
        assert isinstance(problem, BadRequest)

    with Cluster() as cluster:
        cluster.run(story)


@pytest.mark.parametrize("query", [{}, {"resourceVersion": 0}, {"limit": 1000}])
def test_a_list_that_is_too_long_for_a_message_comes_in_pages(
    query: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the cache or from etcd: the token leads through all of it, once."""
    monkeypatch.setattr(listing, "LIST_BYTES_MAX", 500)

    async def story(api: Api) -> list[str]:
        wanted = [f"a{number:02}" for number in range(20)]
        await make(api, *wanted)
        page = await ask(api, **query)
        found, pages = names(page), 1
        while page.continue_token:
            page = await ask(api, **{"continue": page.continue_token})
            found += names(page)
            pages += 1
        assert found == wanted
        assert pages > 3
        return found

    with Cluster() as cluster:
        cluster.run(story)


def ignored(_news: object) -> None:
    """Do nothing about news from etcd."""


def test_a_replica_that_hears_nothing_of_etcd_still_shows_the_newest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It reads from etcd if its own view does not come up in time."""

    async def story(api: Api) -> None:
        await make(api.at("a1"), "a")
        feed = cluster.servers["a2"].feed
        for method in ("_apply", "_advance"):
            monkeypatch.setattr(feed, method, ignored)
        await make(api.at("a1"), "b")

        assert names(await ask(api.at("a2"))) == ["a", "b"]

    with Cluster(replicas=2) as cluster:
        cluster.run(story)


def test_paths_that_lead_to_nothing() -> None:
    """Unknown kinds, namespaces of what has none, names where none belong: 404."""

    async def story(api: Api) -> None:
        target = api.system.ref(Address("a1", "apiserver"))
        for resource, namespace in (("things", ""), ("nodes", "default")):
            request = ApiRequest("list", "", "v1", resource, namespace, token=api.token)
            assert (await target.request(request)).code == 404
        for work in (
            api.ask("get", "pods", "", "p"),
            api.ask("get", "pods", "default"),
            api.ask("list", "pods", "default", "p"),
            api.ask("get", "pods", "default", "p", subresource="nothing"),
        ):
            problem = await refusal(work)
            assert str(problem) == "the server could not find the requested resource"
        assert (await refusal(api.ask("dance", "pods", "default", "p"))).code == 405

    with Cluster() as cluster:
        cluster.run(story)
