"""Watch guarantees: honest watches keep them all, and each has a watch that breaks only it."""

import attrs
import pytest

from kactors.checking.watch import (
    Broken,
    Change,
    Event,
    Guarantee,
    Response,
    Watch,
    check_watches,
    true_events,
)
from kactors.runtime.random import Random, stream

TRUTH = true_events(
    [
        (2, b"a", b"1"),
        (3, b"a", b"2"),
        (3, b"b", b"2"),
        (4, b"c", b"4"),
        (5, b"a", None),
        (6, b"b", b"6"),
        (7, b"a", b"7"),
    ]
)
A2, A3, B3, C4, A5, B6, A7 = TRUTH


def watch(*responses: Response, key: bytes = b"a", range_end: bytes = b"c") -> Watch:
    """A watch of keys a and b from revision 2, with previous values."""
    return Watch(
        client="w",
        key=key,
        range_end=range_end,
        start_revision=2,
        prev_kv=True,
        responses=responses,
    )


def told(*events: Event, more: bool = False) -> Response:
    """A response that delivers events."""
    return Response(revision=events[-1].revision, events=events, more=more)


def progress(revision: int) -> Response:
    """A progress notification."""
    return Response(revision=revision, progress=True)


def guarantees(*watches: Watch, compacted: int = 0) -> list[Guarantee]:
    """What the watches broke; every text names the watch and the response."""
    found = check_watches(TRUTH, watches, compacted=compacted)
    assert all(f"response {one.response}" in str(one) and "watch of w" in str(one) for one in found)
    return [one.guarantee for one in found]


def test_true_events_know_what_was_there_before() -> None:
    """A first put creates, a second replaces; a deletion of nothing is no event."""
    assert Event(revision=2, key=b"a", change=Change.PUT, value=b"1", is_create=True) == A2
    assert (A3.is_create, A3.previous) == (False, b"1")
    assert (A5.change, A5.value, A5.previous) == (Change.DELETE, None, b"2")
    assert (A7.is_create, A7.previous) == (True, None)
    assert true_events([(2, b"x", None)]) == []


def test_an_honest_watch_breaks_nothing() -> None:
    """All wanted events, whole revisions, in order, with progress between them."""
    whole = watch(told(A2), told(A3, B3), progress(4), told(A5, B6), told(A7), progress(7))

    assert guarantees(whole) == []


def test_a_watch_may_lag_behind() -> None:
    """What has not been delivered by the end of the record is not missing."""
    assert guarantees(watch(told(A2)), watch(), watch(told(A2), told(A3, B3))) == []


def honest(rng: Random) -> Watch:
    """A random watch that tells the truth, in random lists, with random progress."""
    start = rng.below(8)
    key, range_end = [(b"a", b""), (b"b", b"\0"), (b"a", b"c"), (b"\0", b"\0")][rng.below(4)]
    asked = Watch(
        client="w",
        key=key,
        range_end=range_end,
        start_revision=start,
        created_revision=rng.below(7) + 1,
        prev_kv=rng.chance(0.5),
        no_put=rng.chance(0.2),
        no_delete=rng.chance(0.2),
    )
    first = start or (asked.created_revision or 0) + 1
    responses: list[Response] = []
    batch: list[Event] = []
    for revision in range(first, 8):
        batch += [event for event in TRUTH if event.revision == revision and asked.wants(event)]
        if batch and rng.chance(0.7):
            events = [e if asked.prev_kv else attrs.evolve(e, previous=None) for e in batch]
            responses.append(Response(revision=revision, events=tuple(events)))
            batch = []
        if not batch and rng.chance(0.3):
            responses.append(progress(revision))
    return attrs.evolve(asked, responses=tuple(responses))


@pytest.mark.parametrize("seed", range(200))
def test_random_honest_watches_break_nothing(seed: int) -> None:
    """Whatever keys, filters, start and batching: the truth passes."""
    assert guarantees(honest(stream(seed, "watch"))) == []


@pytest.mark.parametrize("seed", range(200))
def test_a_random_watch_that_loses_an_event_in_the_middle_is_caught(seed: int) -> None:
    """Any event but the last can be missed, wherever it was."""
    recorded = honest(stream(seed, "watch"))
    told_events = [event for response in recorded.responses for event in response.events]
    if len(told_events) < 2:
        return
    lost = told_events[seed % (len(told_events) - 1)]
    damaged = attrs.evolve(
        recorded,
        responses=tuple(
            attrs.evolve(one, events=tuple(event for event in one.events if event is not lost))
            for one in recorded.responses
        ),
    )

    assert {Guarantee.RELIABLE, Guarantee.RESUMABLE} & set(guarantees(damaged))


def test_ordered() -> None:
    """A watch that goes back in time, as after reconnecting to a member that lags behind."""
    assert guarantees(watch(told(A2), told(A5), told(A3, B3))) == 2 * [Guarantee.ORDERED]


def test_ordered_within_a_list() -> None:
    """The order holds inside a response too."""
    assert guarantees(watch(told(A3, B3, A2))) == [Guarantee.ORDERED]


def test_unique() -> None:
    """An event that is delivered again, in another list or in the same."""
    again = watch(told(A2), told(A3, B3), told(B3, A5, more=True))
    twice = watch(told(A2, A2))

    assert Guarantee.UNIQUE in guarantees(again)
    assert guarantees(twice) == [Guarantee.UNIQUE]


def test_atomic() -> None:
    """A transaction's events in two lists, unless the first says that more is to come."""
    assert guarantees(watch(told(A2), told(A3), told(B3))) == [Guarantee.ATOMIC]
    assert guarantees(watch(told(A2), told(A3, more=True), told(B3))) == []


def test_reliable_loses_nothing() -> None:
    """An event between two that were delivered is missing."""
    assert guarantees(watch(told(A2), told(A5))) == [Guarantee.RELIABLE, Guarantee.RELIABLE]
    assert guarantees(watch(told(A2), told(A3), told(A5))) == [Guarantee.RELIABLE]


@pytest.mark.parametrize(
    "invented",
    [
        attrs.evolve(A3, revision=4),
        attrs.evolve(A3, value=b"other"),
        attrs.evolve(A3, change=Change.DELETE, value=None),
    ],
    ids=["at a revision without it", "with another value", "a deletion for a put"],
)
def test_reliable_invents_nothing(invented: Event) -> None:
    """An event that did not happen, or not like that."""
    assert Guarantee.RELIABLE in guarantees(watch(told(A2), told(invented)))


def test_resumable() -> None:
    """A watch from a revision that skips the first events after it."""
    late = attrs.evolve(watch(told(A5), told(B6)), start_revision=3)

    assert guarantees(late) == [Guarantee.RESUMABLE]


def test_resumable_does_not_begin_early() -> None:
    """A watch from a revision that delivers what came before it."""
    early = attrs.evolve(watch(told(A2), told(A3, B3)), start_revision=3)

    assert guarantees(early) == [Guarantee.RESUMABLE]


def test_a_watch_from_now_on_begins_after_its_creation() -> None:
    """Without a start revision the revision of the creation counts, if it was recorded."""
    from_now = attrs.evolve(watch(told(B6)), start_revision=0, created_revision=4)

    assert guarantees(from_now) == [Guarantee.RESUMABLE]
    assert guarantees(attrs.evolve(from_now, created_revision=5)) == []
    assert guarantees(attrs.evolve(from_now, created_revision=None)) == []


def test_bookmarkable_before_events() -> None:
    """A progress notification is overtaken by what it had promised to be over."""
    assert Guarantee.BOOKMARKABLE in guarantees(watch(told(A2), progress(5), told(A3, B3)))


def test_bookmarkable_of_a_watch_whose_start_is_not_known() -> None:
    """What had come before cannot be judged, what comes after can."""
    unknown = attrs.evolve(watch(progress(5), told(A3, B3)), start_revision=0)

    assert guarantees(unknown) == 2 * [Guarantee.BOOKMARKABLE]


def test_bookmarkable_blames_for_an_event_once() -> None:
    """A second notification does not miss it again."""
    assert guarantees(watch(told(A2), progress(4), progress(5))) == 3 * [Guarantee.BOOKMARKABLE]


def test_bookmarkable_without_events() -> None:
    """A progress notification for events that never came, though none came later either."""
    assert guarantees(watch(told(A2), progress(3))) == [
        Guarantee.BOOKMARKABLE,
        Guarantee.BOOKMARKABLE,
    ]
    assert guarantees(watch(progress(1))) == []


@pytest.mark.parametrize("previous", [b"wrong", None])
def test_prev_kv(previous: bytes | None) -> None:
    """The value that was replaced is told wrongly, or not at all though it was asked for."""
    wrong = attrs.evolve(A3, previous=previous)

    assert guarantees(watch(told(A2), told(wrong, B3))) == [Guarantee.PREV_KV]


def test_prev_kv_may_be_missing_after_compaction() -> None:
    """A value that was compacted away cannot be told, but a wrong one still may not be."""
    gone, wrong = attrs.evolve(A3, previous=None), attrs.evolve(A3, previous=b"wrong")

    assert guarantees(watch(told(A2), told(gone, B3)), compacted=3) == []
    assert guarantees(watch(told(A2), told(gone, B3)), compacted=2) == [Guarantee.PREV_KV]
    assert guarantees(watch(told(A2), told(wrong, B3)), compacted=3) == [Guarantee.PREV_KV]


def test_prev_kv_is_not_needed_unless_asked_for() -> None:
    """A watch without previous values is not blamed for their absence."""
    bare = attrs.evolve(watch(told(A2), told(attrs.evolve(A3, previous=None), B3)), prev_kv=False)

    assert guarantees(bare) == []


@pytest.mark.parametrize("event", [A2, A3])
def test_is_create(event: Event) -> None:
    """A creation that is told as an update, and the other way round."""
    lie = attrs.evolve(event, is_create=not event.is_create)
    lies = [lie if one is event else one for one in (A2, A3, B3)]

    assert guarantees(watch(told(*lies))) == [Guarantee.IS_CREATE]


def test_filter() -> None:
    """An event of a key outside the range, and one of a type that was filtered out."""
    outside = watch(told(A2), told(A3, B3), told(C4))
    deletion = attrs.evolve(watch(told(A2), told(A3, B3), told(A5)), no_delete=True)
    put = attrs.evolve(watch(told(A2), told(A5)), no_put=True)

    assert guarantees(outside) == [Guarantee.FILTER]
    assert guarantees(deletion) == [Guarantee.FILTER]
    assert guarantees(put) == [Guarantee.FILTER]


@pytest.mark.parametrize(
    ("key", "range_end", "wanted"),
    [
        (b"a", b"", "aaaa"),
        (b"b", b"\0", "bcb"),
        (b"\0", b"\0", "aabcaba"),
        (b"a", b"b", "aaaa"),
        (b"c", b"a", ""),
    ],
)
def test_ranges_are_etcds(key: bytes, range_end: bytes, wanted: str) -> None:
    """One key, from a key on, everything, a half-open range, an inverted one."""
    asked = watch(key=key, range_end=range_end)

    assert "".join(event.key.decode() for event in TRUTH if asked.wants(event)) == wanted


def test_a_violation_reads_well() -> None:
    """The text says which guarantee, whose watch, which response, and what was found."""
    (broken,) = check_watches(TRUTH, [watch(told(A2), told(A3), told(A5))])

    assert isinstance(broken, Broken)
    assert str(broken) == (
        "no event between two delivered ones is missing, none is invented: "
        "watch of w on b'a' .. b'c' from revision 2, response 1: "
        "put b'b' = b'2' at revision 3 is missing before it"
    )
