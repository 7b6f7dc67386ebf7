"""The contract between the core and its driver: what is owed, and in which order.

Theory of operation
===================

The core never does I/O. After events the driver takes a `Ready` and does, in this order:

0. *At once, even before anything is written*: send ``messages_now`` (appends and
   heartbeats of a leader need no promise of the leader's own disk: thesis, 10.2.1), and
   read the snapshot chunks that ``chunk_requests`` ask for.
1. *Persist*: write received ``chunks`` to the pending snapshot file; write ``hard_state``,
   then ``snapshot`` (the chunks so far are now the whole: put the file in place and drop
   the log), then ``entries``, which replace whatever the log holds from their first
   index on. If ``must_sync``, wait until all of it is durable.
2. *Send* ``messages``: they promise what was just persisted.
3. *Apply* ``snapshot``, then ``committed``, in this order, each exactly once; all of it
   is already durable. Answer ``read_states`` when their index is applied.

Steps 1 to 3 of several `Ready` may overlap only in this sense: writes happen in the order
of ``number``, the messages of number *n* leave after all writes up to *n* are durable, and
entries are applied in order. `Raft.persisted` and `Raft.applied` report progress, and the
core steps on meanwhile. A driver that finishes each before the next calls `Raft.advance`.

``hard_state`` before ``entries`` is not taste: a member that holds the entry of one change
of the configuration must know that the change before it is committed.
"""

from typing import Any

import attrs

from kactors.raft.configuration import Configuration
from kactors.raft.messages import Entry, Message, SnapshotMetadata
from kactors.raft.role import Role
from kactors.wire import message

__all__ = ["Chunk", "ChunkRequest", "HardState", "ReadState", "Ready", "SoftState"]


@message("raft.hard_state")
class HardState:
    """What a member must never forget: losing it can elect two leaders.

    Attributes:
        commit_index: for a quick start; it may be written without a sync of its own.
        recovering: the storage was lost once, see `kactors.raft.recovery`.
    """

    term: int = 0
    vote: int | None = None
    commit_index: int = 0
    recovering: bool = False


@attrs.frozen
class SoftState:
    """What an observer likes to know and nobody needs to keep."""

    role: Role
    leader: int | None


@attrs.frozen
class ReadState:
    """The read that was asked for with ``context`` is linearizable once ``index`` is applied."""

    index: int
    context: Any


@attrs.frozen
class ChunkRequest:
    """Bytes of a snapshot are wanted: answer with `Raft.send_chunk`."""

    to: int
    snapshot: SnapshotMetadata
    offset: int
    size_bytes: int


@attrs.frozen
class Chunk:
    """Bytes of a snapshot came in; ``offset`` 0 begins a new pending file."""

    snapshot: SnapshotMetadata
    offset: int
    data: bytes


@attrs.frozen
class Ready:
    """Everything the driver owes; the module tells the order.

    Attributes:
        number: acknowledge with ``persisted(number)``; it covers all earlier ones.
        hard_state: to persist; ``None`` if unchanged.
        entries: to persist.
        snapshot: to put in place.
        chunks: pieces of a pending snapshot to write.
        must_sync: whether the writes must be durable before ``messages`` leave.
        messages: ``(member, message)`` to send after persisting.
        messages_now: ``(member, message)`` to send without waiting for anything.
        chunk_requests: snapshot bytes to read for other members.
        committed: entries to apply.
        read_states: reads that may be answered once their index is applied.
        reads_dropped: contexts of reads that will never be answered: ask again.
        soft_state: role and leader, if one changed.
        configuration: the configuration, if it changed.
    """

    number: int
    hard_state: HardState | None = None
    entries: tuple[Entry, ...] = ()
    snapshot: SnapshotMetadata | None = None
    chunks: tuple[Chunk, ...] = ()
    must_sync: bool = False
    messages: tuple[tuple[int, Message], ...] = ()
    messages_now: tuple[tuple[int, Message], ...] = ()
    chunk_requests: tuple[ChunkRequest, ...] = ()
    committed: tuple[Entry, ...] = ()
    read_states: tuple[ReadState, ...] = ()
    reads_dropped: tuple[Any, ...] = ()
    soft_state: SoftState | None = None
    configuration: Configuration | None = None

    @property
    def writes(self) -> bool:
        """Whether there is anything to persist."""
        return bool(
            self.entries or self.hard_state is not None or self.snapshot is not None or self.chunks
        )
