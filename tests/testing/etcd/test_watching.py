"""Watches are held to etcd's guarantees, against the model's history."""

from typing import Any

import pytest

from kactors.etcd.messages.kv import Compact, DeleteRange, Header, KeyValue, Put
from kactors.etcd.messages.watch import Event, EventType, Watch, WatchResponse
from kactors.runtime.sim import run
from kactors.testing.etcd.model import Model
from kactors.testing.etcd.violation import Promise
from kactors.testing.etcd.watching import Watching, watch_violations

SESSION: Any = None  # nobody is asked: responses are handed to the watch


def model() -> Model:
    """Three revisions of one key: created, changed, deleted."""
    truth = Model(ttl_min=2)
    for command in (Put(b"k", b"1"), Put(b"k", b"2"), DeleteRange(b"k")):
        truth.apply(1, command, 0)
    return truth


ONE = KeyValue(b"k", 2, 2, 1, b"1")
TWO = KeyValue(b"k", 2, 3, 2, b"2")
GONE = KeyValue(b"k", 0, 4)
EVENTS = (Event(EventType.PUT, ONE), Event(EventType.PUT, TWO), Event(EventType.DELETE, GONE))


def watching(*responses: tuple[int, tuple[Event, ...]], **options: Any) -> Watching:
    """A watch of the key from the beginning, which was told this."""
    request = Watch(b"k", start_revision=options.pop("start", 2), **options)

    async def made() -> Watching:
        return Watching(SESSION, "c1", request)

    watch: Watching = run(made)
    for revision, events in responses:
        watch.note(WatchResponse(Header(revision=revision), events=events))
    return watch


def wrong(*watches: Watching) -> set[str]:
    """The guarantees that were broken."""
    found = list(watch_violations(model(), watches))
    assert all(each.promise is Promise.WATCH for each in found)
    return {each.detail for each in found}


def test_a_watch_that_tells_everything_is_right() -> None:
    """One by one, all at once, or only what it was asked for."""
    each = watching(*((event.kv.mod_revision, (event,)) for event in EVENTS))
    at_once = watching((4, EVENTS), (4, ()))
    puts = watching((4, EVENTS[:2]), no_delete=True)
    deletions = watching((4, EVENTS[2:]), no_put=True)

    assert not wrong(each, at_once, puts, deletions)


@pytest.mark.parametrize(
    ("watch", "guarantee"),
    [
        (watching((3, EVENTS[1:2]), (4, EVENTS[2:])), "RESUMABLE"),
        (watching((2, EVENTS[:1]), (4, EVENTS[2:])), "RELIABLE"),
        (watching((2, EVENTS[:1]), (2, EVENTS[:1])), "UNIQUE"),
        (watching((3, EVENTS[:2]), (2, EVENTS[:1])), "ORDERED"),
        (watching((4, ()), (4, EVENTS)), "BOOKMARKABLE"),
        (watching((4, EVENTS), no_delete=True), "FILTER"),
        (
            watching(
                (2, EVENTS[:1]), (3, (Event(EventType.PUT, TWO, KeyValue(b"k", 2, 2, 1, b"?")),)),
                prev_kv=True,
            ),
            "PREV_KV",
        ),
    ],
)  # fmt: skip
def test_each_guarantee_is_looked_after(watch: Watching, guarantee: str) -> None:
    """A late start, a gap, a repetition, a step back, an early bookmark, a filter, a past value."""
    assert guarantee in wrong(watch)


def test_who_is_behind_is_told_from_which_revision() -> None:
    """The latest that it should have told of; nothing once it has, or if it was not asked."""
    truth = model()

    assert watching().behind(truth) == 4
    assert watching((3, EVENTS[:2])).behind(truth) == 4
    assert watching((4, EVENTS)).behind(truth) is None
    assert watching(no_delete=True).behind(truth) == 3
    assert watching(start=5).behind(truth) is None
    assert watching(no_delete=True, no_put=True).behind(truth) is None


def test_a_watch_from_now_on_begins_when_it_was_created() -> None:
    """The revision of its creation is the first response's; what came before it is not owed."""
    watch = watching(start=0)
    watch._begin(WatchResponse(Header(revision=3), created=True))
    watch._begin(WatchResponse(Header(revision=9), created=True))

    assert watch.created_revision == 3
    assert watch.behind(model()) == 4
    watch.note(WatchResponse(Header(revision=4), events=EVENTS[2:]))
    assert watch.behind(model()) is None
    assert not wrong(watch)


def test_what_was_compacted_is_not_owed() -> None:
    """A watch that begins before the compaction may begin after it."""
    truth = model()
    truth.apply(1, Compact(4), 0)

    assert not list(watch_violations(truth, [watching((4, EVENTS[2:]), start=4)]))
