"""A member's log is read back as it was written, and refused if something is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.etcd.client_errors import MemberFailed
from kactors.etcd.log_records import (
    BOOT,
    ENTRIES,
    HARD_STATE,
    POSITION,
    Boot,
    EntryBatch,
    LogHead,
    Position,
    entry_records,
    replay,
)
from kactors.raft import Entry, HardState
from kactors.storage.record import Record
from kactors.storage.recovery import Recovery
from kactors.wire import encode

HEAD = LogHead(1, 2, 0, HardState(term=1, commit_index=1), Position(1, 1))


def batch(first: int, last: int, term: int = 1) -> Record:
    """Return a record of entries."""
    entries = tuple(Entry(index, term, b"x") for index in range(first, last + 1))
    return Record(ENTRIES, encode(EntryBatch(entries)))


def log(*records: Record, carried: tuple[Record, ...] = ()) -> Recovery:
    """Return a log with these records."""
    return Recovery(records=records, metadata=encode(HEAD), carried=carried)


def test_the_latest_of_everything_counts() -> None:
    """Hard states, positions and starts replace earlier ones."""
    found = replay(
        log(
            Record(BOOT, encode(Boot(1))),
            batch(2, 9),
            Record(HARD_STATE, encode(HardState(term=3, vote=2))),
            Record(POSITION, encode(Position(4, 1))),
            Record(BOOT, encode(Boot(2))),
        )
    )
    assert found.head.boot == 2
    assert found.head.hard_state == HardState(term=3, vote=2)
    assert [entry.index for entry in found.entries] == [5, 6, 7, 8, 9]
    assert found.numbers == [(2, 2)]


def test_entries_replace_what_they_contradict() -> None:
    """A batch that begins within the log cuts off everything behind it."""
    found = replay(log(batch(2, 9), batch(5, 6, term=2)))
    assert [(entry.index, entry.term) for entry in found.entries] == [
        (2, 1),
        (3, 1),
        (4, 1),
        (5, 2),
        (6, 2),
    ]
    assert found.numbers == [(2, 1), (5, 2)]


def test_a_leaders_snapshot_replaces_the_log() -> None:
    """After it the log goes on behind the snapshot, whatever was there before."""
    found = replay(
        log(batch(2, 9), Record(POSITION, encode(Position(50, 4, replaces=True))), batch(51, 52))
    )
    assert [entry.index for entry in found.entries] == [51, 52]


def test_what_released_segments_said_is_carried() -> None:
    """A log without its first segments begins where its position says."""
    carried = (Record(POSITION, encode(Position(5, 1))), Record(BOOT, encode(Boot(7))))
    found = replay(log(batch(4, 9), carried=carried))
    assert found.head.boot == 7
    assert [entry.index for entry in found.entries] == [6, 7, 8, 9]


@pytest.mark.parametrize(
    "records",
    [
        (batch(3, 4),),
        (batch(2, 4), batch(6, 7)),
        (Record(99, encode(Boot(1))),),
        (Record(HARD_STATE, encode(Boot(1))),),
    ],
)
def test_what_does_not_fit_together_is_refused(records: tuple[Record, ...]) -> None:
    """A log with a gap, or of another program, is not believed."""
    with pytest.raises(MemberFailed):
        replay(log(*records))


@given(sizes=st.lists(st.integers(0, 50), min_size=1, max_size=30), most=st.integers(1, 100))
def test_entries_are_packed_without_loss(sizes: list[int], most: int) -> None:
    """Whatever the bound, all entries come back, in their order."""
    entries = [Entry(index, 1, b"x" * size) for index, size in enumerate(sizes, 2)]
    records = entry_records(entries, most)
    found = replay(log(*(record for _, record in records)))
    assert found.entries == entries
    assert [index for index, _ in records] == [index for index, _ in found.numbers]
