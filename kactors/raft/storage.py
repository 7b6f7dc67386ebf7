"""The durable side of the log, as the core reads it and as a driver may keep it in memory.

The core only reads: `LogStorage`. The driver writes what a `Ready` tells it to, to its
disk and to this view. `MemoryLog` is such a view, with constant-time access.
"""

from collections.abc import Sequence
from typing import Protocol

import attrs

from kactors.raft.configuration import Configuration
from kactors.raft.messages import Entry, SnapshotMetadata
from kactors.raft.ready import HardState, Ready

__all__ = ["BOOTSTRAP_INDEX", "BOOTSTRAP_TERM", "LogStorage", "MemoryLog"]

#: A new cluster agrees on its configuration as if it were the first entry of term 1.
BOOTSTRAP_INDEX = 1
BOOTSTRAP_TERM = 1

_NO_STATE = HardState()
_NO_SNAPSHOT = SnapshotMetadata(0, 0, Configuration())


class LogStorage(Protocol):
    """Entries ``[first_index, last_index]``, all durable, and what they stand on.

    ``term(first_index - 1)`` is known although that entry is compacted: appends are
    matched against it.
    """

    @property
    def hard_state(self) -> HardState:
        """The last one written."""

    @property
    def snapshot(self) -> SnapshotMetadata:
        """The latest snapshot; ``snapshot.index >= first_index - 1``."""

    @property
    def first_index(self) -> int:
        """The first entry that is still there."""

    @property
    def last_index(self) -> int:
        """The last entry, or ``first_index - 1``."""

    def term(self, index: int) -> int | None:
        """Return the term of an entry, ``None`` if it is compacted or not there."""

    def entries(self, low: int, high: int) -> Sequence[Entry]:
        """Return the entries in ``[low, high)``, all of which are there."""


@attrs.define(eq=False)
class MemoryLog:
    """A `LogStorage` in memory; the driver applies each `Ready` to it with `save`.

    Attributes:
        hard_state: the last one saved.
        snapshot: the latest snapshot.
    """

    hard_state: HardState = _NO_STATE
    snapshot: SnapshotMetadata = _NO_SNAPSHOT
    #: The position before the first entry: (index, term).
    _base: tuple[int, int] = (0, 0)
    #: ``_entries[i]`` has index ``_base[0] + 1 + i``.
    _entries: list[Entry] = attrs.field(factory=list)

    @classmethod
    def bootstrap(cls, configuration: Configuration) -> "MemoryLog":
        """Return the storage of an initial member of a new cluster.

        Do this once in a cluster's life, alike on each initial member, and never for a
        member whose storage was lost: that one joins.
        """
        snapshot = SnapshotMetadata(BOOTSTRAP_INDEX, BOOTSTRAP_TERM, configuration)
        return cls(
            hard_state=HardState(term=BOOTSTRAP_TERM, commit_index=BOOTSTRAP_INDEX),
            snapshot=snapshot,
            base=(snapshot.index, snapshot.term),
        )

    @property
    def first_index(self) -> int:
        """The first entry that is still there."""
        return self._base[0] + 1

    @property
    def last_index(self) -> int:
        """The last entry, or ``first_index - 1``."""
        return self._base[0] + len(self._entries)

    def term(self, index: int) -> int | None:
        """Return the term of an entry, ``None`` if it is compacted or not there."""
        position = index - self._base[0] - 1
        if position >= 0:
            return self._entries[position].term if position < len(self._entries) else None
        return self._base[1] if position == -1 else None

    def entries(self, low: int, high: int) -> list[Entry]:
        """Return the entries in ``[low, high)``, all of which are there."""
        assert self.first_index <= low <= high <= self.last_index + 1, (
            f"entries [{low}, {high}) were asked for, "
            f"[{self.first_index}, {self.last_index}] are there"
        )
        first = self.first_index
        return self._entries[low - first : high - first]

    def save(self, ready: Ready) -> None:
        """Take in all that ``ready`` wants to be durable, in the order it says."""
        if ready.hard_state is not None:
            self.hard_state = ready.hard_state
        if ready.snapshot is not None:
            self.install(ready.snapshot)
        if ready.entries:
            self.append(ready.entries)

    def append(self, entries: Sequence[Entry]) -> None:
        """Write ``entries`` in place of everything from their first index on."""
        keep = entries[0].index - self.first_index
        assert 0 <= keep <= len(self._entries), (
            f"entry {entries[0].index} does not continue a log that ends at {self.last_index}"
        )
        del self._entries[keep:]
        self._entries.extend(entries)

    def install(self, snapshot: SnapshotMetadata) -> None:
        """Let a leader's snapshot replace the log."""
        self.snapshot = snapshot
        self._base = (snapshot.index, snapshot.term)
        self._entries = []

    def note_snapshot(self, snapshot: SnapshotMetadata) -> None:
        """Remember that the state machine's own snapshot is complete and durable.

        An older one than the present is not taken: a leader's overtook it.
        """
        if snapshot.index >= self.snapshot.index:
            self.snapshot = snapshot

    def compact(self, index: int) -> None:
        """Drop the entries up to ``index``, which the snapshot covers.

        Raises:
            ValueError: a snapshot does not cover ``index``.
        """
        if index > self.snapshot.index:
            raise ValueError(
                f"cannot compact to {index}: the latest snapshot covers {self.snapshot.index}, "
                "make a newer one first"
            )
        if index < self.first_index:
            return
        term = self.term(index)
        assert term is not None, f"entry {index} is beyond the end of the log"
        del self._entries[: index - self._base[0]]
        self._base = (index, term)
