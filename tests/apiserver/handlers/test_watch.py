"""Tests of watches."""

from typing import Any

import pytest

from kactors.api.errors import BadRequest, Expired, Forbidden, Invalid
from kactors.apiserver.authentication.user import component_user
from kactors.apiserver.cache.watch_cache import RingLimits
from kactors.apiserver.handlers.watch import WatchTimes
from kactors.runtime import current_time
from tests.apiserver.cluster import Api, Cluster, Event, config_map


def told(event: Event) -> tuple[str, str]:
    """Return an event as (type, name)."""
    kind, obj = event
    return kind, obj["metadata"].get("name", "")


async def first(api: Api, count: int, **query: Any) -> list[tuple[str, str]]:
    """Return the first events of a watch of ConfigMaps."""
    found: list[tuple[str, str]] = []
    async with api.watch("configmaps", "default", **query) as events:
        async for event in events:
            found.append(told(event))
            if len(found) == count:
                break
    return found


def test_a_watch_goes_on_after_the_revision_of_a_list() -> None:
    """Nothing of what happens after the list is missed, and nothing before it is repeated."""

    async def story(api: Api) -> None:
        await api.create(config_map("a"))
        listed = await api.ask("list", "configmaps", "default")
        await api.create(config_map("b"))
        await api.update(config_map("a", x="1"))
        await api.delete("configmaps", "default", "b")

        seen = await first(api, 3, resourceVersion=listed.revision)

        assert seen == [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]

    with Cluster() as cluster:
        cluster.run(story)


@pytest.mark.parametrize("query", [{}, {"resourceVersion": 0}])
def test_a_watch_without_a_revision_begins_with_what_is_there(query: dict[str, Any]) -> None:
    """The present state comes as additions, then what happens."""

    async def story(api: Api) -> None:
        await api.create(config_map("b"))
        made = await api.create(config_map("a"))
        await api.get(
            "configmaps", "default", "a", resourceVersion=made["metadata"]["resourceVersion"]
        )

        async with api.watch("configmaps", "default", **query) as events:
            state = [told(await anext(events)), told(await anext(events))]
            await api.delete("configmaps", "default", "b")
            assert told(await anext(events)) == ("DELETED", "b")

        assert state == [("ADDED", "a"), ("ADDED", "b")]

    with Cluster() as cluster:
        cluster.run(story)


def test_a_watch_that_sends_initial_events_says_when_they_end() -> None:
    """Behind them comes a bookmark with an annotation, at the revision that they show."""

    async def story(api: Api) -> None:
        made = await api.create(config_map("a"))
        query = {
            "sendInitialEvents": "true",
            "resourceVersionMatch": "NotOlderThan",
            "allowWatchBookmarks": "true",
        }
        async with api.watch("configmaps", "default", **query) as events:
            assert told(await anext(events)) == ("ADDED", "a")
            kind, mark = await anext(events)

        assert (kind, mark["kind"]) == ("BOOKMARK", "ConfigMap")
        assert mark["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        version = int(mark["metadata"]["resourceVersion"])
        assert version >= int(made["metadata"]["resourceVersion"])

    with Cluster() as cluster:
        cluster.run(story)


def test_bookmarks_say_how_far_a_quiet_watch_is() -> None:
    """Every so often, if wanted; one can go on from there though nothing has happened."""

    async def story(api: Api) -> None:
        async with api.watch(
            "configmaps", "default", resourceVersion=0, allowWatchBookmarks="true"
        ) as events:
            await api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}})
            kind, mark = await anext(events)
        made = await api.create(config_map("a"))

        assert kind == "BOOKMARK"
        seen = await first(api, 1, resourceVersion=mark["metadata"]["resourceVersion"])
        assert seen == [("ADDED", "a")]
        assert int(made["metadata"]["resourceVersion"]) > int(mark["metadata"]["resourceVersion"])

    with Cluster(watch=WatchTimes(bookmark_seconds=1.0)) as cluster:
        cluster.run(story)


def test_a_watch_lives_as_long_as_it_was_asked_for() -> None:
    """Then it ends, with a last bookmark if those are wanted."""

    async def story(api: Api) -> None:
        began = current_time()
        found = [event async for event in _all(api, timeoutSeconds=7, allowWatchBookmarks="true")]
        assert current_time() - began == pytest.approx(7.0, abs=0.5)
        assert [kind for kind, _ in found] == ["BOOKMARK"]

    with Cluster() as cluster:
        cluster.run(story)


async def _all(api: Api, **query: Any) -> Any:
    async with api.watch("configmaps", "default", resourceVersion=0, **query) as events:
        async for event in events:
            yield event


def test_history_that_is_not_remembered_is_gone() -> None:
    """A watch from too far back ends with 410 and must begin with a list."""

    async def story(api: Api) -> None:
        for number in range(9):
            await api.create(config_map(f"a{number}"))

        with pytest.raises(Expired, match="too old resource version"):
            await first(api, 1, resourceVersion=2)

    with Cluster(ring=RingLimits(least=2, most=3)) as cluster:
        cluster.run(story)


def test_watches_that_cannot_be() -> None:
    """Bad selectors, options that do not go together, and no right to watch end at once."""

    async def story(api: Api) -> None:
        nobody = api.acting_as(component_user("nobody"))
        with pytest.raises(BadRequest):
            await first(api, 1, fieldSelector="data.x=1")
        with pytest.raises(Invalid):
            await first(api, 1, sendInitialEvents="true")
        with pytest.raises(Forbidden, match="cannot watch resource"):
            await first(nobody, 1)

    with Cluster() as cluster:
        cluster.run(story)


def test_a_watch_of_the_future_hears_what_comes_after_it() -> None:
    """A revision that the replica has not reached is one to begin after."""

    async def story(api: Api) -> None:
        made = await api.create(config_map("a"))
        after = int(made["metadata"]["resourceVersion"]) + 1
        async with api.watch("configmaps", "default", resourceVersion=after) as events:
            await api.create(config_map("b"))
            await api.create(config_map("c"))
            assert told(await anext(events)) == ("ADDED", "c")

    with Cluster() as cluster:
        cluster.run(story)


def test_a_watch_that_is_left_is_forgotten() -> None:
    """The replica keeps nothing for readers that are gone."""

    async def story(api: Api) -> None:
        await api.create(config_map("a"))
        await first(api, 1, resourceVersion=0)
        await api.create(config_map("b"))

    with Cluster() as cluster:
        cluster.run(story)
        cluster.world.run_for(1)
        server = cluster.servers["a1"]
        caches = server.backend.caches.by_prefix.values()
        assert [len(cache.watchers) for cache in caches if len(cache.watchers)] == []
