"""Tests of the watch cache of one resource."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.api.fields import FieldSelector
from kactors.api.labels import LabelSelector
from kactors.api.requests import WatchEvent
from kactors.apiserver.cache.caches import Caches
from kactors.apiserver.cache.selection import select
from kactors.apiserver.cache.watch_cache import RingLimits, WatchCache
from kactors.apiserver.cache.watchers import EVERYTHING, Scope, Watcher
from kactors.apiserver.errors import RevisionGone
from tests.apiserver.cache.objects import NODES, PODS, pod_on, stored


class Moment:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


def pods(**limits: Any) -> WatchCache:
    """Return an empty cache of pods at revision 10."""
    cache = Caches([PODS, NODES], Moment(), RingLimits(**limits)).of("", "pods")
    cache.replace([], 10)
    return cache


def watch(
    cache: WatchCache, labels: str = "", fields: str = "", namespace: str = "", after: int = 10
) -> Watcher:
    """Watch pods by selectors."""
    chosen = select(PODS, namespace, LabelSelector.parse(labels), FieldSelector.parse(fields))
    return cache.watch(chosen.scope, chosen.matches, after=after, waiting_max=100)


def heard(watcher: Watcher) -> list[tuple[str, int]]:
    """Return the events that wait, as (type, revision)."""
    return [(event.type, event.revision) for event in watcher.take()]


def names(cache: WatchCache, scope: Scope = EVERYTHING) -> list[str]:
    """Return the names of the objects in a scope."""
    return [entry.name for entry in cache.select(scope)]


def test_the_cache_shows_what_was_listed_and_what_happened_since() -> None:
    """A list replaces the state; changes add, replace and take away."""
    cache = pods()

    cache.replace([pod_on("n1", "b", 3), pod_on("n1", "a", 4)], 10)
    cache.apply(pod_on("n1", "c", 11).key, 11, pod_on("n1", "c", 11))
    cache.apply(pod_on("n1", "b", 12).key, 12, None)

    assert names(cache) == ["a", "c"]
    found = cache.get("default", "c")
    assert found is not None
    assert found.object["metadata"]["resourceVersion"] == "11"


def test_scopes_find_objects_by_name_namespace_and_node() -> None:
    """Each scope holds just its own, in the order of their keys."""
    cache = pods()
    cache.replace(
        [
            pod_on("n2", "b", 1, "one"),
            pod_on("n1", "a", 2, "one"),
            pod_on("n1", "a", 3, "two"),
            pod_on("n1", "c", 4, "onea"),
        ],
        10,
    )

    assert names(cache, Scope("one")) == ["a", "b"]
    assert names(cache, Scope("two", "a")) == ["a"]
    assert names(cache, Scope("two", "b")) == []
    assert names(cache, Scope("", "a")) == ["a", "a"]
    assert names(cache, Scope("", "", "n1")) == ["a", "c", "a"]
    assert names(cache, Scope("one", "", "n1")) == ["a"]
    assert names(cache, Scope("", "", "n3")) == []


def test_cluster_scoped_objects_are_found_by_name() -> None:
    """A kind without namespaces is looked up directly."""
    cache = WatchCache(b"/registry/minions/", Moment())
    node = {"kind": "Node", "metadata": {"name": "n1"}}
    cache.replace([stored(NODES, node, 2)._replace(key=b"/registry/minions/n1")], 3)

    assert names(cache, Scope("", "n1")) == ["n1"]
    assert names(cache, Scope("", "n2")) == []


def test_a_watcher_hears_what_happens_after_its_revision() -> None:
    """What it has missed comes first, then what happens; in order, each once."""
    cache = pods()
    cache.apply(pod_on("", "a", 11).key, 11, pod_on("", "a", 11))
    cache.apply(pod_on("", "a", 12).key, 12, pod_on("", "a", 12))

    watcher = watch(cache, after=11)
    cache.apply(pod_on("", "a", 13).key, 13, None)

    assert heard(watcher) == [("MODIFIED", 12), ("DELETED", 13)]


def test_a_deletion_shows_the_object_as_it_was_at_the_revision_of_its_end() -> None:
    """The bytes are those before, the revision that of the deletion."""
    cache = pods()
    last = pod_on("n1", "a", 11)
    cache.apply(last.key, 11, last)
    watcher = watch(cache, after=11)

    cache.apply(last.key, 14, None)

    assert watcher.take() == [WatchEvent("DELETED", last.body, 14)]


def test_leaving_a_selector_looks_like_a_deletion_and_entering_like_an_addition() -> None:
    """Who selects by labels sees only what matches, and when it begins and ceases to."""
    cache = pods()
    watcher = watch(cache, labels="app=web")

    for revision, labels in ((11, {}), (12, {"app": "web"}), (13, {"app": "web"}), (14, {})):
        item = pod_on("n1", "a", revision, **labels)
        cache.apply(item.key, revision, item)

    assert heard(watcher) == [("ADDED", 12), ("MODIFIED", 13), ("DELETED", 14)]


def test_a_pod_that_moves_between_nodes_is_seen_by_both() -> None:
    """The index of watchers looks at the value before and after a change."""
    cache = pods()
    unbound = watch(cache, fields="spec.nodeName=")
    first, second = watch(cache, fields="spec.nodeName=n1"), watch(cache, fields="spec.nodeName=n2")

    for revision, node in ((11, ""), (12, "n1"), (13, "n2")):
        item = pod_on(node, "a", revision)
        cache.apply(item.key, revision, item)

    assert heard(unbound) == [("ADDED", 11), ("DELETED", 12)]
    assert heard(first) == [("ADDED", 12), ("DELETED", 13)]
    assert heard(second) == [("ADDED", 13)]


def test_a_change_asks_only_watchers_that_it_can_be_about() -> None:
    """A watch of another node is not even asked: a thousand kubelets cost nothing."""
    cache = pods()
    asked: list[str] = []

    def matches(entry: object) -> bool:
        asked.append("asked")
        return True

    for number in range(1000):
        cache.watch(Scope("", "", f"n{number}"), matches, after=10, waiting_max=10)
    item = pod_on("n7", "a", 11)
    cache.apply(item.key, 11, item)

    assert asked == ["asked"]


def test_what_is_not_remembered_cannot_be_watched() -> None:
    """Below the floor there is a gap, which is an error and never silence."""
    cache = pods(least=2, most=3, fresh_seconds=1e9)
    for revision in range(11, 16):
        cache.apply(pod_on("", "a", revision).key, revision, pod_on("", "a", revision))

    assert cache.floor == 12
    assert heard(watch(cache, after=12)) == [("MODIFIED", n) for n in (13, 14, 15)]
    with pytest.raises(RevisionGone):
        watch(cache, after=11)


def test_changes_are_forgotten_when_they_are_old_but_not_all() -> None:
    """Of a quiet resource the latest are kept, however old."""
    now = Moment()
    cache = WatchCache(b"/registry/pods/", now, limits=RingLimits(fresh_seconds=10, least=1))
    cache.replace([], 10)
    for revision in (11, 12, 13):
        cache.apply(b"/registry/pods/default/a", revision, pod_on("", "a", revision))

    now.seconds = 100
    cache.apply(b"/registry/pods/default/a", 14, pod_on("", "a", 14))

    assert cache.floor == 13


def test_a_new_list_ends_every_watch() -> None:
    """After a gap nobody knows what was missed: who watches has to begin anew."""
    cache = pods()
    watcher = watch(cache)

    cache.replace([pod_on("", "a", 20)], 30)

    assert watcher.closed
    assert len(cache.watchers) == 0
    with pytest.raises(RevisionGone):
        watch(cache, after=20)


def test_a_watcher_that_takes_nothing_is_ended() -> None:
    """It hears everything up to where it was ended, and no more."""
    cache = pods()
    watcher = cache.watch(EVERYTHING, None, after=10, waiting_max=2)

    for revision in (11, 12, 13):
        cache.apply(pod_on("", "a", revision).key, revision, pod_on("", "a", revision))

    assert watcher.closed
    assert watcher.too_slow
    assert heard(watcher) == [("ADDED", 11), ("MODIFIED", 12)]


def test_history_does_not_count_as_slowness() -> None:
    """Who begins far back gets everything, however much it is."""
    cache = pods()
    for revision in range(11, 31):
        cache.apply(pod_on("", "a", revision).key, revision, pod_on("", "a", revision))

    watcher = cache.watch(EVERYTHING, None, after=10, waiting_max=2)
    cache.apply(pod_on("", "a", 31).key, 31, pod_on("", "a", 31))

    assert not watcher.closed
    assert len(heard(watcher)) == 21


steps = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["one", "two"]),
        st.sampled_from(["", "n1", "n2", None]),
        st.sampled_from(["web", "db"]),
    ),
    max_size=30,
)
SELECTORS = ["", "app=web", "app!=web"]
FIELDS = ["", "spec.nodeName=n1", "spec.nodeName=", "metadata.name=a", "spec.nodeName!=n1"]


@settings(max_examples=150)
@given(
    steps=steps,
    labels=st.sampled_from(SELECTORS),
    fields=st.sampled_from(FIELDS),
    namespace=st.sampled_from(["", "one"]),
    begin=st.integers(0, 5),
)
def test_following_a_watch_leads_to_what_a_list_shows(
    steps: list[tuple[str, str, str | None, str]],
    labels: str,
    fields: str,
    namespace: str,
    begin: int,
) -> None:
    """A list at any point and the events after it make the list at the end, for every selector."""
    cache = pods(most=100)
    chosen = select(PODS, namespace, LabelSelector.parse(labels), FieldSelector.parse(fields))
    view: dict[bytes, int] = {}
    watcher = None
    for place, (name, where, node, app) in enumerate(steps):
        if place == begin:
            found = cache.select(chosen.scope, chosen.matches)
            view = {entry.key: entry.revision for entry in found}
            watcher = cache.watch(chosen.scope, chosen.matches, after=10 + place, waiting_max=1000)
        item = pod_on(node or "", name, 11 + place, where, app=app)
        cache.apply(item.key, item.revision, None if node is None else item)
    if watcher is None:
        return

    for event in watcher.take():
        (key,) = [
            change.key
            for change in [pod_on("", n, 0, w) for n in "abc" for w in ("one", "two")]
            if f"/{change.key.decode().split('/', 3)[3]}" in _place(event)
        ]
        assert (event.type == "ADDED") == (key not in view)
        if event.type == "DELETED":
            del view[key]
        else:
            view[key] = event.revision

    shown = cache.select(chosen.scope, chosen.matches)
    assert view == {entry.key: entry.revision for entry in shown}


def _place(event: WatchEvent) -> str:
    from kactors.api.codec import decode

    meta = decode(event.body)["metadata"]
    return f"/{meta['namespace']}/{meta['name']}"
