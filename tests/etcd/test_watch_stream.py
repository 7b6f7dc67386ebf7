"""Several watches on one stream: names, turns, progress, fragments."""

import pytest

from kactors.etcd.messages import Event, EventType, Header, KeyValue, Put, Watch, WatchResponse
from kactors.etcd.store import Store
from kactors.etcd.watch_stream import NO_WATCH_ID, WatchStream, fragments


def streaming(*watches: Watch) -> tuple[Store, WatchStream]:
    """A store, and a stream with some watches."""
    store = Store()
    stream = WatchStream(store.watchers)
    for watch in watches:
        assert stream.create(watch).created
    return store, stream


def put(store: Store, *keys: bytes) -> None:
    """Put keys, one after the other."""
    for key in keys:
        store.apply(store.applied_index + 1, 1, Put(key))


def test_names_are_chosen_or_given() -> None:
    """Chosen ones step over those that were given."""
    _, stream = streaming()

    given = stream.create(Watch(b"a", watch_id=1))
    chosen = stream.create(Watch(b"a"))
    twice = stream.create(Watch(b"a", watch_id=2))

    assert (given.watch_id, chosen.watch_id) == (1, 2)
    assert (twice.watch_id, twice.created, twice.canceled) == (NO_WATCH_ID, True, True)
    assert twice.cancel_reason == "mvcc: duplicate watch ID provided on the WatchStream"


@pytest.mark.parametrize(
    ("watch", "reason"),
    [
        (Watch(b"b", b"a"), "mvcc: watcher range is empty"),
        (Watch(b"b", b"b"), "mvcc: watcher range is empty"),
        (
            Watch(b"a", start_revision=-1),
            "etcdserver: mvcc: required revision has been compacted",
        ),
    ],
)
def test_a_watch_that_cannot_be_created_says_why(watch: Watch, reason: str) -> None:
    """In a response that is created and canceled at once."""
    _, stream = streaming()

    response = stream.create(watch)

    assert (response.created, response.canceled, response.cancel_reason) == (True, True, reason)
    assert stream.watches == {}


def test_watches_take_turns() -> None:
    """One that has much to say does not keep the others from speaking."""
    store, stream = streaming(Watch(b"a"), Watch(b"b"))
    put(store, *[b"a"] * 1500, b"b")

    speakers = []
    while not stream.synced:
        response = stream.poll()
        speakers += [] if response is None else [response.watch_id]

    assert speakers == [1, 2, 1]
    assert stream.poll() is None


def test_canceling_is_answered_once() -> None:
    """A watch that is not there has no answer."""
    store, stream = streaming(Watch(b"a"))

    canceled = stream.cancel(1)

    assert canceled is not None
    assert canceled.canceled
    assert stream.cancel(1) is None
    assert len(store.watchers) == 0


def test_progress_is_told_for_all_or_not_at_all() -> None:
    """One watch that is behind holds it back; one that waits for the future does not."""
    store, stream = streaming(Watch(b"a"), Watch(b"b"), Watch(b"c", start_revision=99))
    put(store, b"a")

    assert stream.progress() is None
    while not stream.synced:
        stream.poll()
    progress = stream.progress()

    assert progress is not None
    assert (progress.watch_id, progress.header.revision) == (NO_WATCH_ID, 2)
    assert WatchStream(store.watchers).progress() is None


def test_closing_ends_all_watches() -> None:
    """Nothing is left behind in the member."""
    store, stream = streaming(Watch(b"a"), Watch(b"a", b"b"))

    stream.close()

    assert len(store.watchers) == 0
    assert stream.poll() is None


def test_a_watch_whose_history_is_gone_leaves_the_stream() -> None:
    """The others go on."""
    store, stream = streaming()
    put(store, b"a", b"a", b"a")
    stream.create(Watch(b"a", start_revision=2))
    stream.create(Watch(b"a"))
    store.mvcc.compact(4)

    response = stream.poll()

    assert response is not None
    assert response.canceled
    assert list(stream.watches) == [2]


def response_of(sizes: list[int]) -> WatchResponse:
    """A response with events of these sizes."""
    events = tuple(
        Event(EventType.PUT, KeyValue(b"k", 2, 2, 1, b"x" * (size - 1))) for size in sizes
    )
    return WatchResponse(Header(revision=2), 7, events=events)


@pytest.mark.parametrize(
    ("sizes", "parts"),
    [([40, 40, 40], [2, 1]), ([100, 1], [1, 1]), ([300, 10], [1, 1]), ([10], [1]), ([], [0])],
)
def test_fragments_are_small_and_together_the_whole(sizes: list[int], parts: list[int]) -> None:
    """All but the last say that more is to come; one event is not cut."""
    whole = response_of(sizes)

    pieces = list(fragments(whole, 100))

    assert [len(piece.events) for piece in pieces] == parts
    assert [piece.fragment for piece in pieces] == [True] * (len(parts) - 1) + [False]
    assert sum((piece.events for piece in pieces), ()) == whole.events
    assert {piece.watch_id for piece in pieces} == {7}
