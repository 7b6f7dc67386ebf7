"""The log: what is durable, what is under way, and what may be claimed of either."""

from collections.abc import Sequence

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kactors.raft import (
    Action,
    ConfChange,
    Configuration,
    Entry,
    MemberChange,
    MemoryLog,
    SnapshotMetadata,
)
from kactors.raft.log import RaftLog
from tests.raft.solo import entries

_CONFIGURATION = Configuration((1, 2, 3))


def log_of(*terms: int, max_applying_bytes: int = 1 << 20) -> RaftLog:
    """Return a log whose entries of these terms, after 1/1, are in storage."""
    storage = MemoryLog.bootstrap(_CONFIGURATION)
    if terms:
        storage.append(entries(*terms))
    return RaftLog(storage, max_applying_bytes=max_applying_bytes)


def test_a_term_that_is_not_there_is_none() -> None:
    """Compacted or not written yet: it matches nothing, not even 0."""
    log = log_of(2, 2)

    assert [log.term(index) for index in range(5)] == [None, 1, 2, 2, None]
    assert not log.matches(0, 0)
    assert not log.matches(9, 0)


def test_an_empty_log_matches_the_position_before_the_first_entry() -> None:
    """A member that has nothing can be given the first entry."""
    log = RaftLog(MemoryLog(), max_applying_bytes=1)

    assert log.matches(0, 0)
    assert (log.last_index, log.last_term, log.first_index) == (0, 0, 1)


def test_reading_crosses_from_storage_into_memory() -> None:
    """The reader does not see where durability ends."""
    log = log_of(2, 2)
    log.append(entries(3, 3, after=3))

    read, size = log.read(2, max_bytes=1 << 20, max_entries=3)

    assert [(entry.index, entry.term) for entry in read] == [(2, 2), (3, 2), (4, 3)]
    assert size == 3 * 17


@pytest.mark.parametrize(("max_bytes", "count"), [(1, 1), (33, 1), (34, 2), (1000, 4)])
def test_reading_stops_at_the_byte_limit_but_returns_one(max_bytes: int, count: int) -> None:
    """An entry larger than the limit must get through, too."""
    log = log_of(2, 2, 2, 2)

    read, _ = log.read(2, max_bytes=max_bytes, max_entries=9)

    assert len(read) == count


@pytest.mark.parametrize(
    ("index", "term", "meeting_point"),
    [
        (6, 9, (6, 4)),
        (6, 3, (4, 3)),
        (6, 2, (2, 2)),
        (4, 9, (4, 3)),
        (6, 1, (1, 1)),
        (6, 0, (0, 0)),
    ],
)
def test_the_meeting_point_is_above_neither_index_nor_term(
    index: int, term: int, meeting_point: tuple[int, int]
) -> None:
    """It skips all entries of terms that cannot match; below what is known all is possible."""
    log = log_of(2, 3, 3, 4, 4)

    assert log.meeting_point(index, term) == meeting_point


@pytest.mark.parametrize(
    ("news", "kept"),
    [
        (entries(2, 2), ()),
        (entries(2, 2, 2), ((4, 2),)),
        (entries(2, 3), ((3, 3),)),
        (entries(3, 3), ((2, 3), (3, 3))),
        (entries(2, after=3), ((4, 2),)),
        ((), ()),
    ],
)
def test_only_what_is_new_or_contradicts_is_appended(
    news: Sequence[Entry], kept: tuple[tuple[int, int], ...]
) -> None:
    """From the first difference on; what is there already is no reason to truncate."""
    log = log_of(2, 2)

    after = log.after_match(news)

    assert tuple((entry.index, entry.term) for entry in after) == kept


def test_a_committed_entry_is_never_replaced() -> None:
    """That would break the promise to those who applied it, so it stops the member."""
    log = log_of(2, 2)
    log.commit_to(3)

    with pytest.raises(AssertionError, match="entry 3 would replace a committed one"):
        log.append(entries(9, after=2))


def test_nothing_beyond_the_end_is_committed() -> None:
    """The log was lost, or the leader is wrong."""
    with pytest.raises(AssertionError, match="4 is to be committed, but the log ends at 3"):
        log_of(2, 2).commit_to(4)


def test_the_commit_index_does_not_fall() -> None:
    """A smaller one is old."""
    log = log_of(2, 2)
    log.commit_to(3)

    log.commit_to(2)

    assert log.commit_index == 3


def test_an_acknowledged_write_makes_its_entries_durable() -> None:
    """And they are read from storage from then on."""
    log = log_of()
    log.append(entries(2, 2))
    written, _ = log.begin_write(1, 0)
    log.append(entries(2, after=3))

    assert [entry.index for entry in written] == [2, 3]
    assert log.durable_index == 1
    log.end_writes(1)

    assert log.durable_index == 3
    assert [entry.index for entry in log.unstable] == [4]
    assert log.has_unwritten


def test_a_write_that_was_overtaken_vouches_for_nothing_that_replaced_it() -> None:
    """Not even if index and term came back the same: the write in between is still to come."""
    log = log_of()
    log.append(entries(2, 2))
    log.begin_write(1, 0)
    log.append(entries(3))
    log.begin_write(2, 0)
    log.append(entries(2, 2))
    log.begin_write(3, 0)

    durable = []
    for number in (1, 2, 3):
        log.end_writes(number)
        durable.append(log.durable_index)

    assert durable == [1, 1, 3]


def test_an_acknowledgement_covers_all_earlier_writes() -> None:
    """Drivers may report only the last of a group."""
    log = log_of()
    log.append(entries(2))
    log.begin_write(1, 0)
    log.append(entries(2, after=2))
    log.begin_write(2, vote_term=7)

    assert log.end_writes(2) == 7
    assert log.durable_index == 3


def test_a_snapshot_replaces_everything_when_it_is_durable() -> None:
    """Until then its metadata stand for the compacted part."""
    log = log_of(2, 2)
    log.append(entries(2, after=3))
    log.begin_write(1, 0)
    snapshot = SnapshotMetadata(9, 4, _CONFIGURATION)
    log.restore(snapshot)

    assert (log.first_index, log.last_index, log.commit_index) == (10, 9, 9)
    assert [log.term(index) for index in (4, 9, 10)] == [None, 4, None]
    assert log.begin_write(2, 0) == ((), snapshot)
    log.end_writes(1)
    assert log.snapshot is snapshot
    log.end_writes(2)

    assert log.snapshot is None


def test_of_two_snapshots_the_second_is_what_must_become_durable() -> None:
    """The acknowledgement of the first does not speak of it."""
    log = log_of(2)
    log.restore(SnapshotMetadata(9, 4, _CONFIGURATION))
    log.begin_write(1, 0)
    second = SnapshotMetadata(12, 4, _CONFIGURATION)
    log.restore(second)
    log.begin_write(2, 0)

    log.end_writes(1)

    assert log.snapshot is second


def test_only_durable_entries_are_handed_out_for_applying() -> None:
    """A state machine must not be ahead of its log after a crash."""
    storage = MemoryLog.bootstrap(_CONFIGURATION)
    storage.append(entries(2))
    log = RaftLog(storage, max_applying_bytes=1 << 20)
    log.append(entries(2, 2, after=2))
    written, _ = log.begin_write(1, 0)
    log.commit_to(4)

    first = log.take_committed()
    storage.append(written)
    log.end_writes(1)
    second = log.take_committed()

    assert [entry.index for entry in first] == [2]
    assert [entry.index for entry in second] == [3, 4]
    assert log.take_committed() == ()


def test_what_is_being_applied_is_bounded_and_the_commit_index_is_not() -> None:
    """Paging through a backlog must not make the member forget how much is committed."""
    log = log_of(2, 2, 2, 2, max_applying_bytes=20)
    log.commit_to(5)

    pages = []
    while page := log.take_committed():
        assert log.take_committed() == ()
        pages.append([entry.index for entry in page])
        log.applied_to(page[-1].index)

    assert pages == [[2], [3], [4], [5]]
    assert log.commit_index == 5


def test_nothing_is_applied_that_was_not_handed_out() -> None:
    """A driver that says so has mixed up its members."""
    with pytest.raises(AssertionError, match="2 is said to be applied"):
        log_of(2).applied_to(2)


def test_changes_of_the_configuration_are_remembered_and_truncated() -> None:
    """They take effect when they are committed."""
    change = ConfChange((MemberChange(Action.ADD_LEARNER, 4),))
    log = log_of()

    log.append((*entries(2), Entry(3, 2, change=change), Entry(4, 2, change=change)))
    assert list(log.change_indexes) == [3, 4]
    log.append(entries(3, after=3))

    assert list(log.change_indexes) == [3]


class WritesUnderWay(RuleBasedStateMachine):
    """Model: a disk that does the writes in order, and the log as a plain list of terms."""

    def __init__(self) -> None:
        super().__init__()
        self.storage = MemoryLog.bootstrap(_CONFIGURATION)
        self.log = RaftLog(self.storage, max_applying_bytes=1 << 20)
        self.terms = [1]
        self.term = 1
        self.number = 0
        self.under_way: list[tuple[Entry, ...]] = []

    @rule(keep=st.integers(0, 5), terms=st.lists(st.integers(1, 3), min_size=1, max_size=3))
    def append(self, keep: int, terms: list[int]) -> None:
        """Append after a random point, as a new leader may make us do."""
        keep = max(1, len(self.terms) - keep)
        self.terms = [*self.terms[:keep], *terms]
        self.log.append(entries(*terms, after=keep))

    @rule()
    def write(self) -> None:
        """Hand a write to the disk."""
        self.number += 1
        written, _ = self.log.begin_write(self.number, 0)
        self.under_way.append(written)

    @precondition(lambda self: self.under_way)
    @rule()
    def complete(self) -> None:
        """Let the disk do the oldest write, and acknowledge it."""
        written = self.under_way.pop(0)
        if written:
            self.storage.append(written)
        self.log.end_writes(self.number - len(self.under_way))

    @invariant()
    def the_log_reads_as_the_model(self) -> None:
        """Wherever its entries are."""
        indexes = range(1, len(self.terms) + 1)
        assert [self.log.term(index) for index in indexes] == self.terms
        assert self.log.last_index == len(self.terms)

    @invariant()
    def what_is_called_durable_survives_any_crash(self) -> None:
        """However many of the writes under way are still done before the crash."""
        disk = [self.storage.term(index) for index in range(1, self.storage.last_index + 1)]
        durable = self.terms[: self.log.durable_index]
        for done in range(len(self.under_way) + 1):
            for written in self.under_way[max(0, done - 1) : done]:
                if written:
                    first = written[0].index
                    disk = [*disk[: first - 1], *(entry.term for entry in written)]
            assert disk[: len(durable)] == durable


TestWritesUnderWay = WritesUnderWay.TestCase
TestWritesUnderWay.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
