"""Fan-out of one store to many watchers: what they cost a put, and how fast they are served.

Three kinds of watchers: all of one key, all of one prefix, each of a prefix of its own of which one
in a hundred has keys that are written (with 1 watcher it is the one). Every put goes to another key
where the kind allows it, so that nothing can be remembered about keys.

Two baselines. A put is measured against the same put to a store that nobody watches: above 0.5
means that watchers less than double its cost. Putting and delivering are measured against the
obvious loop, which asks every watcher whether it wants the change and puts it into that watcher's
queue: no history to resume from, no bound on what a slow watcher holds, nothing shared.

Only what the store does is measured, in CPU time: responses are made, not encoded and not sent.

Run with ``python -m benchmarks.watch [--quick] [--json]``.
"""

import gc
import time  # noqa: TID251 - a benchmark measures the machine, not the simulated world
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import attrs

from benchmarks.report import Row, command, compare
from kactors.etcd.feed import Feed, event_of
from kactors.etcd.key_range import KeyRange, prefix_end
from kactors.etcd.messages import Event, Put, Watch, WatchResponse
from kactors.etcd.mvcc import Change
from kactors.etcd.store import Store
from kactors.etcd.watchers import Watcher

#: Of the distinct prefixes one in so many has keys that are written.
ONE_IN = 100
#: How often the loop may ask a watcher, and how many events may be delivered, in one measurement.
WORK_MAX = 200_000
VALUE = bytes(256)


@attrs.frozen
class Kind:
    """Who watches what, and what is written.

    Attributes:
        name: of the kind, in a few words.
        watch: number of the watcher -> what it watches.
        key: number of the put, number of watchers -> what it writes.
        matching: number of watchers -> how many of them want each put.
    """

    name: str
    watch: Callable[[int], Watch]
    key: Callable[[int, int], bytes]
    matching: Callable[[int], int]


def of_prefix(prefix: bytes) -> Watch:
    """Watch all keys that begin so."""
    return Watch(prefix, prefix_end(prefix))


KINDS = (
    Kind(
        "of one key",
        watch=lambda _: Watch(b"/pods/web"),
        key=lambda _put, _watchers: b"/pods/web",
        matching=lambda watchers: watchers,
    ),
    Kind(
        "of one prefix",
        watch=lambda _: of_prefix(b"/pods/"),
        key=lambda put, _watchers: b"/pods/web-%d" % put,
        matching=lambda watchers: watchers,
    ),
    Kind(
        "of distinct prefixes",
        watch=lambda number: of_prefix(b"/pods/%d/" % number),
        key=lambda put, watchers: (
            b"/pods/%d/web-%d" % (put % max(1, watchers // ONE_IN) * ONE_IN, put)
        ),
        matching=lambda _watchers: 1,
    ),
)


@attrs.frozen
class Load:
    """So many watchers of a kind, and so many puts."""

    kind: Kind
    watchers: int
    puts: int

    def commands(self) -> list[Put]:
        """Return the puts."""
        return [Put(self.kind.key(number, self.watchers), VALUE) for number in range(self.puts)]

    def watches(self) -> list[Watch]:
        """Return what is watched."""
        return [self.kind.watch(number) for number in range(self.watchers)]

    @property
    def events(self) -> int:
        """How many events are delivered to all watchers together."""
        return self.puts * self.kind.matching(self.watchers)


class Loop:
    """The obvious way: every watcher is asked about every change, and has a queue."""

    def __init__(self, store: Store, watches: Sequence[Watch]) -> None:
        self.store = store
        self.ranges = [KeyRange.of(watch.key, watch.range_end) for watch in watches]
        self.queues: list[deque[Event]] = [deque() for _ in watches]

    def notify(self, change: Change) -> list[int]:
        """Queue a change for those who want it; return who they are."""
        key = change.kv.key
        event = event_of(change, prev_kv=False)
        woken = []
        for number, (start, end, _) in enumerate(self.ranges):
            if start <= key and (end is None or key < end):
                self.queues[number].append(event)
                woken.append(number)
        return woken

    def poll(self, number: int) -> WatchResponse:
        """Deliver what is queued for one watcher."""
        events = tuple(self.queues[number])
        self.queues[number].clear()
        return WatchResponse(self.store.header(self.store.mvcc.revision), number, events=events)


# Putting --------------------------------------------------------------------------------------


def put_watched(load: Load) -> float:
    """Put, with all the watchers, of which none is served; return CPU microseconds a put."""
    store = Store()
    for watch in load.watches():
        store.watchers.create(watch)
    return _puts(store, load.commands())


def put_unwatched(load: Load) -> float:
    """Put, with no watcher at all; return CPU microseconds a put."""
    return _puts(Store(), load.commands())


def _puts(store: Store, commands: Sequence[Put]) -> float:
    gc.collect()  # What was set up is not what is measured.
    started_ns = time.thread_time_ns()
    for index, put in enumerate(commands, 1):
        store.apply(index, 1, put)
        store.watchers.take_touched()
    return (time.thread_time_ns() - started_ns) / 1000 / len(commands)


# Delivering -----------------------------------------------------------------------------------


def deliver(load: Load) -> float:
    """Put, and serve after each put whoever wants it; return events a CPU second."""
    store = Store()
    by_feed: dict[Feed, list[Watcher]] = {}
    for number, watch in enumerate(load.watches()):
        watcher = store.watchers.create(watch, number)
        by_feed.setdefault(watcher.feed, []).append(watcher)
    commands = load.commands()
    delivered = 0
    gc.collect()  # What was set up is not what is measured.
    started_ns = time.thread_time_ns()
    for index, put in enumerate(commands, 1):
        store.apply(index, 1, put)
        for feed in store.watchers.take_touched():
            for watcher in by_feed[feed]:
                response = watcher.poll()
                assert response is not None, "a touched feed has something for its watchers"
                delivered += len(response.events)
    took_ns = time.thread_time_ns() - started_ns
    assert delivered == load.events, f"{delivered} events were delivered, not {load.events}"
    return delivered * 1e9 / took_ns


def deliver_by_loop(load: Load) -> float:
    """Do the same as `deliver` the obvious way."""
    store = Store()
    loop = Loop(store, load.watches())
    commands = load.commands()
    delivered = 0
    gc.collect()  # What was set up is not what is measured.
    started_ns = time.thread_time_ns()
    for index, put in enumerate(commands, 1):
        store.apply(index, 1, put)
        for number in loop.notify(store.mvcc.log[-1]):
            delivered += len(loop.poll(number).events)
    took_ns = time.thread_time_ns() - started_ns
    assert delivered == load.events, f"{delivered} events were delivered, not {load.events}"
    return delivered * 1e9 / took_ns


def rows(quick: bool) -> Iterator[Row]:
    """Measure everything."""
    rounds = 3 if quick else 5
    work = WORK_MAX // 10 if quick else WORK_MAX
    for kind in KINDS:
        for watchers in (1, 100, 10_000):
            who = f"{watchers:,} {'watcher' if watchers == 1 else 'watchers'} {kind.name}"
            writing = Load(kind, watchers, puts=work // 10)
            serving = Load(kind, watchers, puts=max(2, work // max(20, watchers)))
            yield _compare(f"put, {who}", put_watched, put_unwatched, writing, rounds)
            yield _compare(f"put and deliver, {who}", deliver, deliver_by_loop, serving, rounds)


def _compare(
    what: str,
    ours: Callable[[Load], float],
    baseline: Callable[[Load], float],
    load: Load,
    rounds: int,
) -> Row:
    is_put = ours is put_watched
    return compare(
        what,
        lambda: ours(load),
        lambda: baseline(load),
        unit="us/put" if is_put else "events/s",
        baseline_name="no watcher" if is_put else "a loop over all",
        better="lower" if is_put else "higher",
        rounds=rounds,
    )


main = command("watch", rows, about="Fan-out of a store to its watchers.")

if __name__ == "__main__":
    main()
