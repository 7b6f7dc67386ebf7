"""Watches: whatever their pace, they get all of it, once, in order, whole."""

import gc
import resource
from collections.abc import Callable

import attrs
import pytest

from kactors.checking import watch as checking
from kactors.etcd.errors import EmptyWatchRange
from kactors.etcd.feed import Feed, WatchSpec, batch_of, event_of
from kactors.etcd.key_range import KeyRange
from kactors.etcd.messages import (
    Compact,
    DeleteRange,
    Event,
    EventType,
    KeyValue,
    Put,
    Txn,
    Watch,
    WatchResponse,
)
from kactors.etcd.mvcc import Change
from kactors.etcd.snapshot import dump, load
from kactors.etcd.store import Command, Store
from kactors.etcd.watchers import Watcher, WatchLimits
from kactors.runtime.random import Random, stream
from tests.etcd.commands import Drawer
from tests.etcd.model import ModelStore, in_range

LIMITS = WatchLimits()


def apply(store: Store, *commands: Command) -> None:
    """Apply the next entries of the log."""
    for command in commands:
        store.apply(store.applied_index + 1, 1, command)


def drain(watcher: Watcher) -> list[WatchResponse]:
    """Poll until nothing is left to deliver."""
    responses = []
    while not watcher.synced and not watcher.canceled:
        response = watcher.poll()
        responses += [] if response is None else [response]
    return responses


def revisions(responses: list[WatchResponse]) -> list[int]:
    """The revisions of all events."""
    return [event.kv.mod_revision for response in responses for event in response.events]


def busy(store: Store, changes: int) -> None:
    """Put key a as often as that."""
    apply(store, *(Put(b"a", b"%d" % number) for number in range(changes)))


# Against the model --------------------------------------------------------------------------


@attrs.define
class Recorded:
    """A watch, with all that it delivered."""

    request: Watch
    watcher: Watcher
    created: int
    responses: list[WatchResponse] = attrs.field(factory=list)

    def take(self, response: WatchResponse | None) -> None:
        """Record what was delivered, if anything."""
        if response is not None:
            self.responses.append(response)

    @property
    def start(self) -> int:
        """The first revision that it wants."""
        return self.request.start_revision or self.created + 1


def random_watch(rng: Random, revision: int) -> Watch:
    """Any keys, any flags, from the past, the present or the future."""
    return Watch(
        rng.choice([b"a", b"aa", b"b", b"\0"]),
        rng.choice([b"", b"", b"b", b"c", b"\0"]),
        start_revision=rng.below(revision + 6) if rng.chance(0.6) else 0,
        no_put=rng.chance(0.15),
        no_delete=rng.chance(0.15),
        prev_kv=rng.chance(0.5),
    )


class Storm:
    """Writers, compactions, snapshots and watches at random paces; and a model of the truth."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        limits = WatchLimits(
            feed_events_max=1 + rng.below(8),
            scan_max=1 + rng.below(8),
            response_events_max=1 + rng.below(8),
            response_bytes_max=1 + rng.below(1000),
        )
        self.store = Store(watch_limits=limits)
        self.model = ModelStore()
        self.drawer = Drawer(rng)
        self.watches: list[Recorded] = []

    def step(self) -> None:
        """Do one thing."""
        chance = self.rng.below(12)
        if chance < 6:
            command = self.drawer.command(self.model.revision)
            apply(self.store, command)
            self.model.apply(command)
        elif chance == 6:
            self._watch()
        elif chance == 7:
            self.store.mvcc.scrub(self.rng.below(10))
        elif chance == 8 and self.watches:
            recorded = self.rng.choice(self.watches)
            recorded.take(recorded.watcher.progress())
        elif chance == 9 and self.rng.chance(0.2):
            self._replace()
        elif self.watches:
            recorded = self.rng.choice(self.watches)
            recorded.take(recorded.watcher.poll())

    def _watch(self) -> None:
        request = random_watch(self.rng, self.model.revision)
        if request.range_end not in (b"", b"\0") and request.range_end <= request.key:
            with pytest.raises(EmptyWatchRange):
                self.store.watchers.create(request)
            return
        watcher = self.store.watchers.create(request)
        self.watches.append(Recorded(request, watcher, self.model.revision))

    def _replace(self) -> None:
        """A snapshot comes in, of the same store a little later."""
        ahead = load(dump(self.store))
        for _ in range(self.rng.below(8)):
            command = self.drawer.command(self.model.revision)
            apply(ahead, command)
            self.model.apply(command)
        apply(ahead, DeleteRange(b"nothing"))
        self.store.adopt(load(dump(ahead)))

    def finish(self) -> None:
        """Let every watch deliver what is left, and hold all of them to the truth."""
        for recorded in self.watches:
            for response in drain(recorded.watcher):
                recorded.take(response)
            recorded.take(recorded.watcher.progress())
            self._check(recorded)
        truth = [seen(event) for events in self.model.events.values() for event in events]
        histories = [record(one) for one in self.watches]
        assert checking.check_watches(truth, histories, compacted=self.model.compacted) == []

    def _check(self, recorded: Recorded) -> None:
        delivered = [event for response in recorded.responses for event in response.events]
        wanted = [
            event.kv
            for revision, events in self.model.events.items()
            for event in events
            if revision >= recorded.start and wants(recorded.request, event)
        ]
        kvs = [event.kv for event in delivered]
        if recorded.watcher.canceled:
            assert recorded.responses[-1].compact_revision > 0
            assert kvs == wanted[: len(kvs)]
        else:
            assert kvs == wanted


def wants(request: Watch, event: Event) -> bool:
    """Whether a watch wants an event, by the model's rules."""
    excluded = request.no_delete if event.type is EventType.DELETE else request.no_put
    return not excluded and in_range(event.kv.key, request.key, request.range_end)


def seen(event: Event) -> checking.Event:
    """An event in the checkers' form."""
    is_put = event.type is EventType.PUT
    return checking.Event(
        revision=event.kv.mod_revision,
        key=event.kv.key,
        change=checking.Change.PUT if is_put else checking.Change.DELETE,
        value=event.kv.value if is_put else None,
        is_create=event.is_create,
        previous=None if event.prev_kv is None else event.prev_kv.value,
    )


def record(recorded: Recorded) -> checking.Watch:
    """A watch in the checkers' form."""
    request = recorded.request
    return checking.Watch(
        client="w",
        key=request.key,
        range_end=request.range_end,
        start_revision=request.start_revision,
        created_revision=recorded.created,
        prev_kv=request.prev_kv,
        no_put=request.no_put,
        no_delete=request.no_delete,
        responses=tuple(
            checking.Response(
                revision=response.header.revision,
                events=tuple(map(seen, response.events)),
                progress=response.is_progress,
            )
            for response in recorded.responses
        ),
    )


@pytest.mark.parametrize("seed", range(150))
def test_every_watch_keeps_every_guarantee(seed: int) -> None:
    """Ordered, unique, atomic, reliable, resumable, bookmarkable, right in every detail."""
    storm = Storm(stream(seed, "watchers"))
    for _ in range(120):
        storm.step()

    storm.finish()


def test_the_value_before_the_compact_revision_is_not_told() -> None:
    """It may be gone on another member, and here tomorrow; with what came later it is told."""
    store = Store()
    busy(store, 4)
    watcher = store.watchers.create(Watch(b"a", start_revision=4, prev_kv=True))
    apply(store, Compact(4))

    (response,) = drain(watcher)

    told = [(event.kv.mod_revision, event.prev_kv is not None) for event in response.events]
    assert told == [(4, False), (5, True)]


# One by one ---------------------------------------------------------------------------------


def test_a_watch_from_now_on_begins_with_the_next_change() -> None:
    """And one from a revision with that one, however long ago or far away."""
    store = Store()
    busy(store, 10)
    now = store.watchers.create(Watch(b"a"))
    past = store.watchers.create(Watch(b"a", start_revision=5))
    future = store.watchers.create(Watch(b"a", start_revision=14))
    busy(store, 5)

    assert revisions(drain(now)) == [12, 13, 14, 15, 16]
    assert revisions(drain(past)) == list(range(5, 17))
    assert revisions(drain(future)) == [14, 15, 16]


def test_a_slow_watcher_catches_up_from_the_log() -> None:
    """It held nothing up and lost nothing; a scan at a time, a response at a time."""
    store = Store()
    slow = store.watchers.create(Watch(b"a"))
    changes = 3 * LIMITS.scan_max
    busy(store, changes)

    responses = drain(slow)

    assert revisions(responses) == list(range(2, changes + 2))
    assert max(len(response.events) for response in responses) <= LIMITS.response_events_max
    assert slow.feed.since > changes // 2


def test_a_watch_scans_others_changes_in_pieces() -> None:
    """A step that finds nothing says so, and the next goes on after it."""
    store = Store()
    busy(store, 2 * LIMITS.scan_max)
    apply(store, Put(b"b"))
    watcher = store.watchers.create(Watch(b"b", start_revision=1))

    steps = 0
    while (response := watcher.poll()) is None:
        steps += 1

    assert steps == 2
    assert revisions([response]) == [2 * LIMITS.scan_max + 2]


def test_a_header_never_says_more_than_was_delivered() -> None:
    """While something is left it stops before that."""
    store = Store()
    watcher = store.watchers.create(Watch(b"a"))
    busy(store, LIMITS.response_events_max + 5)

    first, second = drain(watcher)

    assert first.header.revision == LIMITS.response_events_max + 1
    assert second.header.revision == store.mvcc.revision


def test_a_long_response_is_cut_between_revisions() -> None:
    """By bytes too; but what one transaction did stays together."""
    store = Store()
    watcher = store.watchers.create(Watch(b"\0", b"\0"))
    big = b"x" * 400_000
    apply(store, *(Put(b"a", big) for _ in range(4)))
    apply(store, Txn(success=tuple(Put(b"%d" % n, big) for n in range(5))))

    assert [len(response.events) for response in drain(watcher)] == [2, 2, 5]


def test_progress_waits_for_events() -> None:
    """It is told only when nothing is left, and then up to the present."""
    store = Store()
    watcher = store.watchers.create(Watch(b"a"))
    busy(store, 3)
    apply(store, Put(b"b"))

    assert watcher.progress() is None
    drain(watcher)
    progress = watcher.progress()

    assert progress is not None
    assert progress.is_progress
    assert progress.header.revision == 5


def test_a_watch_of_the_future_has_no_progress_to_tell() -> None:
    """Its client would resume before the revision that it asked for."""
    store = Store()
    busy(store, 3)
    watcher = store.watchers.create(Watch(b"a", start_revision=7))

    assert watcher.progress() is None
    busy(store, 2)
    progress = watcher.progress()

    assert progress is not None
    assert progress.header.revision == 6
    busy(store, 1)
    assert revisions(drain(watcher)) == [7]


def test_a_watch_behind_the_compaction_ends() -> None:
    """With the revision from which one can begin again; what the feed holds is delivered."""
    store = Store()
    behind = store.watchers.create(Watch(b"a", start_revision=2))
    fed = store.watchers.create(Watch(b"a"))
    busy(store, 20)
    late = store.watchers.create(Watch(b"a", start_revision=3))
    apply(store, Compact(10))

    for watcher, first in ((fed, 2), (behind, 2), (late, 3)):
        assert revisions(drain(watcher)) == list(range(first, 22))
    other = store.watchers.create(Watch(b"other", start_revision=9))
    (response,) = drain(other)
    assert (response.canceled, response.compact_revision) == (True, 10)
    assert other.canceled
    assert other.poll() is None
    assert other.progress() is None


def test_watches_of_one_kind_share_their_events() -> None:
    """A thousand of them, one tuple of events."""
    store = Store()
    watchers = [store.watchers.create(Watch(b"\0", b"\0")) for _ in range(1000)]

    busy(store, 1)

    delivered = [watcher.poll() for watcher in watchers]
    assert len({id(one.events) for one in delivered if one is not None}) == 1


def test_touched_feeds_are_those_that_got_something() -> None:
    """Each once, until they are asked for."""
    store = Store()
    a = store.watchers.create(Watch(b"a"))
    store.watchers.create(Watch(b"b"))
    ranged = store.watchers.create(Watch(b"a", b"b"))

    busy(store, 2)

    assert set(store.watchers.take_touched()) == {a.feed, ranged.feed}
    assert store.watchers.take_touched() == ()


def test_what_nobody_watches_any_more_costs_nothing() -> None:
    """The last watch of a kind takes its feed along."""
    store = Store()
    watchers = [
        store.watchers.create(Watch(*keys))
        for keys in ((b"a",), (b"a",), (b"a", b"b"), (b"a", b"c"), (b"a", b"b"))
    ]
    busy(store, 1)
    assert len(store.watchers) == 5

    for watcher in watchers:
        store.watchers.cancel(watcher)
        store.watchers.cancel(watcher)

    busy(store, 1)
    assert len(store.watchers) == 0
    assert store.watchers.take_touched() == ()
    assert store.watchers._feeds == {}
    assert len(store.watchers._by_range) == 0


def test_a_new_watch_is_seen_by_keys_that_were_matched_before() -> None:
    """What is remembered about a key is forgotten when its watches change."""
    store = Store()
    busy(store, 1)

    single = store.watchers.create(Watch(b"a"))
    busy(store, 1)
    ranged = store.watchers.create(Watch(b"\0", b"\0"))
    busy(store, 1)

    assert revisions(drain(single)) == [3, 4]
    assert revisions(drain(ranged)) == [4]


def test_an_empty_key_is_the_first_of_all() -> None:
    """As in etcd."""
    store = Store()
    watcher = store.watchers.create(Watch(b"", b"\0"))

    busy(store, 1)

    assert revisions(drain(watcher)) == [2]


def test_a_feed_is_bounded() -> None:
    """It forgets the older half when it has too much, and says what it still has."""
    feed = Feed(WatchSpec(KeyRange.of(b"a", b"")), 2, 10)
    for revision in range(2, 50):
        change = Change(KeyValue(b"a", 2, revision, revision - 1), None)
        feed.add(batch_of(revision, [event_of(change, prev_kv=False)]))

    assert len(feed.after(feed.since)) <= 10
    assert feed.since == feed.after(feed.since)[0].revision
    assert feed.last_revision == 49
    assert feed.after(50) == []


def test_a_transaction_larger_than_a_feed_is_not_lost() -> None:
    """The feed keeps nothing of it, and its watch reads it from the log."""
    store = Store(watch_limits=WatchLimits(feed_events_max=4))
    watcher = store.watchers.create(Watch(b"\0", b"\0"))

    apply(store, Txn(success=tuple(Put(b"%d" % n) for n in range(50))))

    assert revisions(drain(watcher)) == [2] * 50


def cpu_of_writes(watches: list[Watch], writes: int) -> float:
    """CPU seconds for puts on a store that is watched."""
    store = Store()
    for watch in watches:
        store.watchers.create(watch)
    commands = [Put(b"/pods/%d/%d" % (number % 100, number), b"x") for number in range(writes)]
    gc.collect()
    began = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    apply(store, *commands)
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime - began


@pytest.mark.parametrize(
    "kind",
    [
        lambda _: Watch(b"/pods/", b"/pods0"),
        lambda number: Watch(b"/pods/%d" % (1000 + number)),
        lambda number: Watch(b"/pods/%d/" % number, b"/pods/%d0" % number),
        lambda number: Watch(b"/pods/%d/" % number, b"/pods/%d/~" % number),
    ],
    ids=["of one range", "of other keys", "of many prefixes", "of many ranges"],
)
def test_thousands_of_watches_do_not_slow_writes(kind: Callable[[int], Watch]) -> None:
    """A write with ten thousand watches costs about what it costs with ten.

    Every key is a new one, so that nothing can be remembered about it.
    """

    def cost(watches: int) -> float:
        return min(cpu_of_writes([kind(n) for n in range(watches)], 4000) for _ in range(3))

    assert cost(10_000) < 3 * cost(10) + 0.02
