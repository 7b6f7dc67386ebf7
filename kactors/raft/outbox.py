"""What the core owes its driver, until it is handed over as a `Ready`."""

from typing import TYPE_CHECKING, Any

from kactors.raft import trace
from kactors.raft.log import RaftLog
from kactors.raft.messages import Entry, Message
from kactors.raft.ready import Chunk, ChunkRequest, HardState, ReadState, Ready, SoftState
from kactors.raft.role import Role

if TYPE_CHECKING:
    from kactors.raft.core import Raft

__all__ = ["Outbox"]


class Outbox:
    """Lists that fill while events are handled and are emptied into a `Ready`.

    Attributes:
        now: messages that promise nothing.
        promises: messages that must not leave before the state they speak of is durable.
        configuration_changed: the driver does not know the configuration in effect yet.
    """

    __slots__ = (
        "_number",
        "_saved_hard",
        "_saved_soft",
        "chunk_requests",
        "chunks",
        "configuration_changed",
        "now",
        "promises",
        "read_states",
        "reads_dropped",
    )

    def __init__(self, hard_state: HardState) -> None:
        self._number = 0
        self._saved_hard = (
            hard_state.term,
            hard_state.vote,
            hard_state.recovering,
            hard_state.commit_index,
        )
        self._saved_soft: tuple[Role, int | None] = (Role.FOLLOWER, None)
        self._clear()
        self.configuration_changed = True

    def _clear(self) -> None:
        self.now: list[tuple[int, Message]] = []
        self.promises: list[tuple[int, Message]] = []
        self.chunk_requests: list[ChunkRequest] = []
        self.chunks: list[Chunk] = []
        self.read_states: list[ReadState] = []
        self.reads_dropped: list[Any] = []
        self.configuration_changed = False

    def _holds_something(self) -> bool:
        return bool(
            self.now
            or self.promises
            or self.configuration_changed
            or self.read_states
            or self.reads_dropped
            or self.chunk_requests
            or self.chunks
        )

    def _recordable_commit(self, log: RaftLog) -> int:
        """Return the commit index to write: never one of entries that are not durable yet.

        The hard state is written before the entries. If the write is torn between the two, the
        disk may hold other entries in their place, and must not call them committed.
        """
        return self._saved_hard[3] if log.snapshot is not None else log.durable_commit_index

    def take(self, raft: "Raft") -> Ready | None:
        """Hand over what is owed, ``None`` if nothing is."""
        log = raft.log
        hard = (raft.term, raft.vote, raft.recovering, self._recordable_commit(log))
        soft = (raft.role, raft.leader)
        hard_changed, soft_changed = hard != self._saved_hard, soft != self._saved_soft
        has_writes = hard_changed or log.has_unwritten
        committed = log.take_committed()
        if not (has_writes or committed or soft_changed or self._holds_something()):
            return None
        self._number += 1
        entries: tuple[Entry, ...] = ()
        snapshot = None
        if has_writes:
            vote_term = raft.term if raft.role is Role.CANDIDATE else 0
            entries, snapshot = log.begin_write(self._number, vote_term)
        ready = Ready(
            number=self._number,
            hard_state=_hard_state(hard) if hard_changed else None,
            entries=entries,
            snapshot=snapshot,
            chunks=tuple(self.chunks),
            must_sync=must_sync(hard, self._saved_hard) or bool(entries) or snapshot is not None,
            messages=tuple(self.promises),
            messages_now=tuple(self.now),
            chunk_requests=tuple(self.chunk_requests),
            committed=committed,
            read_states=tuple(self.read_states),
            reads_dropped=tuple(self.reads_dropped),
            soft_state=SoftState(*soft) if soft_changed else None,
            configuration=raft.membership.active if self.configuration_changed else None,
        )
        self._saved_hard, self._saved_soft = hard, soft
        self._clear()
        if raft.observe is not None:
            trace.ready(raft)
        return ready


_Hard = tuple[int, int | None, bool, int]


def must_sync(hard: _Hard, saved: _Hard) -> bool:
    """Answer whether what must never be forgotten changed; the commit index may be."""
    return hard[:3] != saved[:3]


def _hard_state(hard: _Hard) -> HardState:
    term, vote, recovering, commit_index = hard
    return HardState(term, vote, commit_index, recovering)
