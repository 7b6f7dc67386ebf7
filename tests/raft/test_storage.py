"""The in-memory view of durable storage that drivers keep."""

import pytest

from kactors.raft import (
    Configuration,
    HardState,
    LogStorage,
    MemoryLog,
    Ready,
    SnapshotMetadata,
)
from tests.raft.solo import THREE, entries


def storage(*terms: int) -> MemoryLog:
    """Return a storage with entries of these terms after 1/1."""
    made = MemoryLog.bootstrap(THREE)
    if terms:
        made.append(entries(*terms))
    return made


def test_a_bootstrapped_storage_has_agreed_on_its_configuration() -> None:
    """As if that were the first entry of term 1, compacted already."""
    made: LogStorage = storage()

    assert (made.first_index, made.last_index) == (2, 1)
    assert made.term(1) == 1
    assert made.snapshot.configuration == THREE
    assert made.hard_state == HardState(1, None, 1)


def test_writing_replaces_from_the_first_index_on() -> None:
    """What conflicts is gone, also from the disk."""
    made = storage(2, 2, 2)

    made.append(entries(3, after=2))

    assert [entry.term for entry in made.entries(2, 4)] == [2, 3]
    assert made.last_index == 3


def test_a_gap_is_refused() -> None:
    """A driver that skipped a write must not go on."""
    with pytest.raises(AssertionError, match="entry 5 does not continue a log that ends at 2"):
        storage(2).append(entries(3, after=4))


def test_entries_that_are_not_there_are_refused() -> None:
    """The core asks only for what it may."""
    with pytest.raises(AssertionError, match=r"entries \[2, 4\) were asked for"):
        storage(2).entries(2, 4)


def test_compaction_keeps_the_term_of_the_last_dropped_entry() -> None:
    """Appends are matched against it."""
    made = storage(2, 3, 4)
    made.note_snapshot(SnapshotMetadata(3, 3, THREE))

    made.compact(3)

    assert (made.first_index, made.last_index) == (4, 4)
    assert [made.term(index) for index in (2, 3, 4, 5)] == [None, 3, 4, None]
    made.compact(2)
    assert made.first_index == 4


def test_what_no_snapshot_covers_is_not_compacted() -> None:
    """It would be lost."""
    with pytest.raises(ValueError, match="cannot compact to 3: the latest snapshot covers 1"):
        storage(2, 3).compact(3)


def test_an_older_snapshot_is_not_taken() -> None:
    """A leader's overtook it while it was written."""
    made = storage()
    newest = SnapshotMetadata(9, 4, THREE)
    made.install(newest)

    made.note_snapshot(SnapshotMetadata(5, 2, THREE))

    assert made.snapshot == newest


def test_a_ready_is_saved_in_its_order() -> None:
    """Hard state, then snapshot, then entries that follow it."""
    made = storage(2, 2)
    snapshot = SnapshotMetadata(9, 4, Configuration((1, 2)))

    made.save(Ready(1, HardState(5, 2, 9), entries(5, after=9), snapshot))

    assert made.hard_state == HardState(5, 2, 9)
    assert made.snapshot == snapshot
    assert [entry.index for entry in made.entries(10, 11)] == [10]
    made.save(Ready(2))
    assert made.last_index == 10
