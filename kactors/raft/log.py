"""The log as the core sees it: the durable part in storage, the rest in memory.

::

    compacted | first_index ...................... last_index
              | storage ........ | unstable ...............
                                 ^ offset      ^ handed

``unstable[i]`` has index ``offset + i``. Entries below ``handed`` were given to the driver
to persist. ``offset`` may be below the end of what is in storage: then the next write
replaces a tail there. ``offset - 1`` is what this member may promise to have.

A write that is under way can be overtaken by a conflict: its entries are replaced before
it is acknowledged, perhaps by entries equal to an even earlier write. So an
acknowledgement must not be judged by index and term (the ABA problem). Each write under
way carries the last index it still *vouches for*, and replacing entries lowers that.
"""

from collections import deque
from collections.abc import Sequence

from kactors.raft.messages import Entry, SnapshotMetadata, entry_bytes
from kactors.raft.storage import LogStorage

__all__ = ["RaftLog", "Write"]


class Write:
    """One `Ready` on its way to the disk.

    Attributes:
        number: of the `Ready`.
        vouches_for: the log is durable up to here once this is acknowledged.
        snapshot: put in place by this write.
        vote_term: the term in which this write makes the member's own vote durable, or 0.
    """

    __slots__ = ("number", "snapshot", "vote_term", "vouches_for")

    def __init__(
        self, number: int, vouches_for: int, snapshot: SnapshotMetadata | None, vote_term: int
    ) -> None:
        self.number = number
        self.vouches_for = vouches_for
        self.snapshot = snapshot
        self.vote_term = vote_term


class RaftLog:
    """Entries, and how far they are durable, committed, handed out and applied.

    Attributes:
        last_index: of the last entry, durable or not.
        commit_index: everything up to here is decided.
        applying_index: everything up to here was handed out for applying.
        applied_index: everything up to here is applied.
        snapshot: a leader's snapshot that is not durable yet.
        change_indexes: uncommitted entries that change the configuration, ascending.
    """

    __slots__ = (
        "_applying",
        "_applying_bytes",
        "_max_applying_bytes",
        "_snapshot_handed",
        "_storage",
        "_writes",
        "applied_index",
        "applying_index",
        "change_indexes",
        "commit_index",
        "handed",
        "last_index",
        "offset",
        "snapshot",
        "unstable",
    )

    def __init__(self, storage: LogStorage, *, max_applying_bytes: int) -> None:
        self._storage = storage
        self.last_index = storage.last_index
        self.commit_index = storage.snapshot.index
        self.applying_index = storage.snapshot.index
        self.applied_index = storage.snapshot.index
        self.unstable: list[Entry] = []
        self.offset = self.last_index + 1
        self.handed = self.offset
        self.snapshot: SnapshotMetadata | None = None
        self._snapshot_handed = False
        self.change_indexes: deque[int] = deque()
        self._writes: deque[Write] = deque()
        #: (last index, bytes) of what is being applied.
        self._applying: deque[tuple[int, int]] = deque()
        self._applying_bytes = 0
        self._max_applying_bytes = max_applying_bytes

    # Reading

    @property
    def first_index(self) -> int:
        """The first entry that is not compacted."""
        return self.snapshot.index + 1 if self.snapshot is not None else self._storage.first_index

    @property
    def durable_index(self) -> int:
        """The last entry that this member may promise to have."""
        return self.offset - 1

    @property
    def durable_commit_index(self) -> int:
        """The last entry that is committed and that this member may promise to have."""
        return min(self.commit_index, self.offset - 1)

    @property
    def last_term(self) -> int:
        """The term of the last entry."""
        if self.unstable:
            return self.unstable[-1].term
        term = self.term(self.last_index)
        assert term is not None, f"the last entry, {self.last_index}, has no term"
        return term

    def term(self, index: int) -> int | None:
        """Return the term at ``index``, ``None`` if it is compacted or not there.

        ``None`` is no term: it matches nothing.
        """
        position = index - self.offset
        if position >= 0:
            return self.unstable[position].term if position < len(self.unstable) else None
        if self.snapshot is not None:
            return self.snapshot.term if index == self.snapshot.index else None
        return self._storage.term(index)

    @property
    def commit_term(self) -> int:
        """The term of the last committed entry, 0 for none."""
        return self.term(self.commit_index) or 0

    def matches(self, index: int, term: int) -> bool:
        """Answer whether the entry at ``index`` is there and has that term."""
        return self.term(index) == term

    def is_current(self, last_index: int, last_term: int) -> bool:
        """Answer whether a log that ends so is at least as up-to-date as this one.

        Source: paper, section 5.4.1.
        """
        return (last_term, last_index) >= (self.last_term, self.last_index)

    def read(self, low: int, *, max_bytes: int, max_entries: int) -> tuple[tuple[Entry, ...], int]:
        """Return entries from ``low`` on, at least one, and their bytes.

        ``low`` must be in ``[first_index, last_index]``.
        """
        high = min(self.last_index + 1, low + max_entries)
        entries = self._slice(low, high)
        size = 0
        for count, entry in enumerate(entries):
            entry_size = entry_bytes(entry)
            if count and size + entry_size > max_bytes:
                return tuple(entries[:count]), size
            size += entry_size
        return tuple(entries), size

    def entry(self, index: int) -> Entry:
        """Return one entry that is there."""
        return self._slice(index, index + 1)[0]

    def _slice(self, low: int, high: int) -> Sequence[Entry]:
        offset = self.offset
        if low >= offset:
            return self.unstable[low - offset : high - offset]
        durable = self._storage.entries(low, min(high, offset))
        return durable if high <= offset else [*durable, *self.unstable[: high - offset]]

    def meeting_point(self, index: int, term: int) -> tuple[int, int]:
        """Return the largest ``(index, term)`` of ours that is above neither argument.

        Where the term is unknown it is given as 0: the logs may meet there. Both sides of
        a conflict use this, so that a probe skips a whole term (paper, end of section 5.3).
        """
        while index > 0:
            ours = self.term(index)
            if ours is None:
                return index, 0
            if ours <= term:
                return index, ours
            index -= 1
        return 0, 0

    # Writing

    def append(self, entries: Sequence[Entry]) -> None:
        """Add ``entries``, in place of everything from their first index on."""
        first = entries[0].index
        assert first > self.commit_index, (
            f"entry {first} would replace a committed one: {self.commit_index} is committed"
        )
        if first <= self.last_index:
            self._truncate(first)
        self.unstable.extend(entries)
        self.last_index = first + len(entries) - 1
        for entry in entries:
            if entry.change is not None:
                self.change_indexes.append(entry.index)

    def _truncate(self, first: int) -> None:
        """Drop everything from ``first`` on."""
        if first <= self.offset:
            self.unstable.clear()
            self.offset = first
        else:
            del self.unstable[first - self.offset :]
        self.handed = min(self.handed, first)
        self._distrust_writes(first - 1)
        while self.change_indexes and self.change_indexes[-1] >= first:
            self.change_indexes.pop()

    def _distrust_writes(self, last_index: int) -> None:
        """Let no write under way vouch for more than ``last_index``."""
        for write in self._writes:
            write.vouches_for = min(write.vouches_for, last_index)

    def after_match(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Return the part of ``entries`` from the first that this log lacks or contradicts.

        What an old or repeated append carries is all there, and then nothing may be
        truncated (paper, section 5.3, and Figure 2, step 3 of AppendEntries).
        """
        if not entries or entries[0].index == self.last_index + 1:
            return entries
        for count, entry in enumerate(entries):
            if not self.matches(entry.index, entry.term):
                return entries[count:]
        return ()

    def commit_to(self, index: int) -> None:
        """Raise the commit index; it never falls."""
        if index <= self.commit_index:
            return
        assert index <= self.last_index, (
            f"{index} is to be committed, but the log ends at {self.last_index}"
        )
        self.commit_index = index

    def restore(self, snapshot: SnapshotMetadata) -> None:
        """Let ``snapshot`` replace the whole log."""
        self.snapshot = snapshot
        self._snapshot_handed = False
        self.unstable.clear()
        self.offset = self.handed = snapshot.index + 1
        self.last_index = self.commit_index = self.applying_index = snapshot.index
        self.change_indexes.clear()
        self._distrust_writes(0)

    # The driver's progress

    @property
    def has_unwritten(self) -> bool:
        """Whether anything waits to be handed out for persisting."""
        return self.handed <= self.last_index or (
            self.snapshot is not None and not self._snapshot_handed
        )

    def begin_write(
        self, number: int, vote_term: int
    ) -> tuple[tuple[Entry, ...], SnapshotMetadata | None]:
        """Hand out what is to be persisted as write ``number``."""
        entries = tuple(self.unstable[self.handed - self.offset :])
        snapshot = None if self._snapshot_handed else self.snapshot
        self.handed = self.last_index + 1
        self._snapshot_handed = True
        self._writes.append(Write(number, self.last_index, snapshot, vote_term))
        return entries, snapshot

    def end_writes(self, number: int) -> int:
        """Take in that the writes up to ``number`` are durable.

        Returns:
            The last term in which one of them made the member's own vote durable, or 0.
        """
        vote_term = 0
        writes = self._writes
        while writes and writes[0].number <= number:
            write = writes.popleft()
            vote_term = write.vote_term or vote_term
            if write.snapshot is not None and write.snapshot is self.snapshot:
                self.snapshot = None
            self._durable_to(write.vouches_for)
        return vote_term

    def _durable_to(self, index: int) -> None:
        if index >= self.offset:
            del self.unstable[: index + 1 - self.offset]
            self.offset = index + 1

    def take_committed(self) -> tuple[Entry, ...]:
        """Hand out committed entries to apply; only durable ones, within the byte limit."""
        high = min(self.commit_index, self.durable_index)
        if self.applying_index >= high or self.snapshot is not None:
            return ()
        low = self.applying_index + 1
        room = self._max_applying_bytes - self._applying_bytes
        if room <= 0 and self._applying:
            return ()
        entries, size = self.read(low, max_bytes=room, max_entries=high + 1 - low)
        if size > room and self._applying:
            return ()
        self.applying_index = entries[-1].index
        self._applying.append((self.applying_index, size))
        self._applying_bytes += size
        return entries

    def resume_applying(self, index: int) -> None:
        """Go on after a restart with a state machine that has applied ``index``."""
        self.applied_index = max(self.applied_index, index)
        self.applying_index = self.applied_index

    def applied_to(self, index: int) -> None:
        """Take in that everything up to ``index`` is applied."""
        assert index <= self.applying_index, (
            f"{index} is said to be applied, only {self.applying_index} was handed out"
        )
        self.applied_index = max(self.applied_index, index)
        while self._applying and self._applying[0][0] <= index:
            self._applying_bytes -= self._applying.popleft()[1]
