"""Snapshots: the same bytes everywhere, the same store again, and damage is found."""

import pytest
from crc32c import crc32c

from kactors.etcd.errors import SnapshotMalformed
from kactors.etcd.messages import (
    ActiveAlarm,
    Alarm,
    AlarmAction,
    AlarmType,
    Checkpoint,
    Compact,
    KeyValue,
    LeaseCheckpoint,
    LeaseGrant,
    Member,
    Put,
    Range,
    Watch,
)
from kactors.etcd.snapshot import (
    SnapshotBegin,
    SnapshotEnd,
    SnapshotReader,
    SnapshotVersions,
    _frame,
    dump,
    load,
)
from kactors.etcd.store import Command, Store
from kactors.runtime.random import stream
from tests.etcd.commands import Drawer, outcome
from tests.etcd.model import ModelStore
from tests.etcd.test_mvcc import check_every_revision


def apply(store: Store, *commands: Command) -> None:
    """Apply the next entries of the log."""
    for command in commands:
        store.apply(store.applied_index + 1, 1, command)


def busy(seed: int, commands: int = 60) -> tuple[Store, ModelStore, Drawer]:
    """A store and its model after some random commands, scrubbed now and then."""
    rng = stream(seed, "snapshot")
    store, model, drawer = Store(), ModelStore(), Drawer(rng)
    for _ in range(commands):
        command = drawer.command(model.revision)
        apply(store, command)
        model.apply(command)
        store.mvcc.scrub(rng.below(4))
    return store, model, drawer


@pytest.mark.parametrize("seed", range(40))
def test_a_store_comes_back_as_it_was(seed: int) -> None:
    """Every readable revision, the log, the leases; and it goes on as the other would."""
    store, model, drawer = busy(seed)

    again = Store()
    again.adopt(load(dump(store)))

    assert again.applied_index == store.applied_index
    check_every_revision(again, model)
    for _ in range(20):
        command = drawer.command(model.revision)
        apply(store, command)
        apply(again, command)
        model.apply(command)
        everything = Range(b"\0", b"\0")
        assert outcome(again.range(everything)) == model.apply(everything)
    assert again.mvcc.hash_at() == store.mvcc.hash_at() == again.mvcc.hash_from_scratch()
    assert again.mvcc.size_bytes == store.mvcc.size_bytes


@pytest.mark.parametrize("seed", range(20))
def test_members_at_one_index_write_the_same_bytes(seed: int) -> None:
    """However much each has scrubbed, and whether it came from a snapshot itself."""
    one, _, _ = busy(seed)
    other, third = Store(), Store()
    half = Store()
    rng = stream(seed, "snapshot")
    model, drawer = ModelStore(), Drawer(rng)
    for number in range(60):
        command = drawer.command(model.revision)
        model.apply(command)
        apply(other, command)
        if number < 30:
            apply(half, command)
        if number == 30:
            third.adopt(load(dump(half)))
        if number >= 30:
            apply(third, command)
        rng.below(4)

    assert b"".join(dump(one)) == b"".join(dump(other)) == b"".join(dump(third))


def test_everything_replicated_is_in_it() -> None:
    """Leases with their remainders, alarms, members, and those that were removed."""
    store = Store()
    apply(
        store,
        LeaseGrant(600, 5),
        Put(b"a", lease=5),
        LeaseCheckpoint((Checkpoint(5, 300),)),
        Alarm(AlarmAction.ACTIVATE, 3, AlarmType.NOSPACE),
    )
    store.membership.put(Member(1, "one", ("http://a:1",)))
    store.membership.remove(2)

    again = load(dump(store))

    lease = again.lessor.get(5)
    assert lease is not None
    assert (lease.ttl, lease.remaining_ttl, list(lease.keys)) == (600, 300, [b"a"])
    assert again.alarms.active == (ActiveAlarm(3, AlarmType.NOSPACE),)
    assert again.membership.members == (Member(1, "one", ("http://a:1",)),)
    assert again.membership.removed == (2,)
    assert (again.applied_index, again.applied_term) == (4, 1)


def test_a_snapshot_is_of_one_moment() -> None:
    """What happens while it is encoded, compactions included, is not in it."""
    store, model, _ = busy(3)
    pieces = dump(store)
    next(pieces)
    index = store.applied_index

    apply(store, Put(b"later"), Compact(store.mvcc.revision))
    store.mvcc.scrub(1000)
    rest = list(pieces)

    again = load([next(dump(busy(3)[0])), *rest])
    assert again.applied_index == index
    check_every_revision(again, model)


def test_a_late_snapshot_does_not_turn_time_back() -> None:
    """A store that is ahead of it stays what it is."""
    store, _, _ = busy(1)
    old = load(dump(store))
    apply(store, Put(b"new"))
    before = store.mvcc

    store.adopt(old)

    assert store.mvcc is before


def test_watches_go_on_over_a_snapshot() -> None:
    """Who was up to date goes on where the other store was, whatever was compacted there."""
    ahead = Store()
    apply(ahead, *(Put(b"a", b"%d" % n) for n in range(10)))
    behind = Store()
    behind.adopt(load(dump(ahead)))
    quiet, busy_one = (behind.watchers.create(Watch(key)) for key in (b"quiet", b"a"))
    for store in (behind, ahead):
        apply(store, Put(b"other"), Put(b"other"))
    while not busy_one.synced:
        busy_one.poll()
    apply(ahead, Put(b"a"), Put(b"quiet"), Compact(14), Put(b"a"))

    behind.adopt(load(dump(ahead)))

    assert set(behind.watchers.take_touched()) == {quiet.feed, busy_one.feed}
    found = quiet.poll(), busy_one.poll()
    revisions = [[e.kv.mod_revision for e in one.events] for one in found if one is not None]
    assert revisions == [[15], [14, 16]]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_pieces_may_be_cut_anywhere(size: int) -> None:
    """A reader takes bytes as they come."""
    store, _, _ = busy(2)
    whole = b"".join(dump(store))

    again = load(whole[start : start + size] for start in range(0, len(whole), size))

    assert again.mvcc.hash_at() == store.mvcc.hash_at()


def test_damage_is_found() -> None:
    """A flipped bit, a missing or an added byte: anywhere."""
    store, _, _ = busy(2, commands=15)
    whole = b"".join(dump(store))
    assert len(whole) > 100

    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << (place % 8)
        for damaged in (bytes(flipped), whole[:place], whole[:place] + whole[place + 1 :]):
            with pytest.raises(SnapshotMalformed):
                load([damaged])
    with pytest.raises(SnapshotMalformed):
        load([whole, b"\0"])
    with pytest.raises(SnapshotMalformed):
        load([whole, whole])


def test_what_is_no_snapshot_is_refused() -> None:
    """Frames of other kinds, out of place, or endless."""
    begin = SnapshotBegin(1, 5, 1, 5, 0, (), (), ())
    end = SnapshotEnd(0)
    for parts in (
        [_frame(end)],
        [_frame(begin), _frame(begin)],
        [_frame(begin), _frame(Put(b"a"))],
        [b"\xff\xff\xff\xff"],
        [len(b"junk").to_bytes(4, "big"), b"junk"],
    ):
        with pytest.raises(SnapshotMalformed):
            load(parts)


@pytest.mark.parametrize(
    ("oldest", "log", "format_"),
    [
        ((), (), 2),
        ((KeyValue(b"a", 2, 9, 1),), (), 1),
        ((KeyValue(b"a", 0, 3, 0),), (), 1),
        ((KeyValue(b"a", 2, 2, 1), KeyValue(b"a", 2, 3, 1)), (), 1),
        ((), (KeyValue(b"a", 7, 7, 2),), 1),
        ((), (KeyValue(b"a", 0, 7, 0),), 1),
        ((), (KeyValue(b"a", 7, 7, 1), KeyValue(b"a", 7, 7, 2)), 1),
        ((), (KeyValue(b"a", 7, 7, 1), KeyValue(b"b", 6, 6, 1)), 1),
        ((), (KeyValue(b"a", 7, 7, 1), KeyValue(b"a", 7, 8, 3)), 1),
        ((), (KeyValue(b"a", 99, 99, 1),), 1),
        ((), (KeyValue(b"a", 4, 4, 1),), 1),
        ((), (KeyValue(b"a", 7, 7, 1, b"", 5),), 1),
    ],
    ids=[
        "another format",
        "oldest after the compact revision",
        "oldest is deleted",
        "oldest twice",
        "a later version without an earlier one",
        "a deletion of nothing",
        "twice at one revision",
        "revisions go back",
        "a version is missing",
        "in the future",
        "compacted",
        "a lease that is not there",
    ],
)
def test_versions_that_cannot_be_are_refused(
    oldest: tuple[KeyValue, ...], log: tuple[KeyValue, ...], format_: int
) -> None:
    """Even if all checksums are right."""
    frames = [
        _frame(SnapshotBegin(format_, 50, 1, 20, 5, (), (), ())),
        _frame(SnapshotVersions(oldest, oldest=True)),
        _frame(SnapshotVersions(log, oldest=False)),
    ]
    reader = SnapshotReader()
    for frame in frames:
        reader.feed(frame)
    reader.feed(_frame(SnapshotEnd(crc32c(b"".join(frames)))))

    with pytest.raises(SnapshotMalformed):
        reader.finish()
