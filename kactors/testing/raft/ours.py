"""`kactors.raft` as the harness sees it."""

import zlib
from collections import deque
from typing import Any, Final, TypeAlias

import attrs

from kactors.checking.raft_view import Ack, MemberView, Promise, Role, Vote
from kactors.raft import (
    Action,
    AppendEntriesReply,
    Chunk,
    ChunkRequest,
    ConfChange,
    Config,
    Configuration,
    Entry,
    HardState,
    Incoming,
    MemberChange,
    MemoryLog,
    Message,
    Raft,
    RaftError,
    ReadMode,
    Ready,
    RequestVote,
    RequestVoteReply,
    SnapshotMetadata,
    Transition,
)
from kactors.raft import Role as CoreRole
from kactors.raft.describe import describe
from kactors.testing.raft.knobs import Knobs
from kactors.testing.raft.protocol import Capability, Change, Command, Output, Seat

__all__ = ["OURS", "OurMember", "OurStorage", "Ours"]

_ROLES: Final = {
    CoreRole.FOLLOWER: Role.FOLLOWER,
    CoreRole.PRE_CANDIDATE: Role.CANDIDATE,
    CoreRole.CANDIDATE: Role.CANDIDATE,
    CoreRole.LEADER: Role.LEADER,
}
_PROMISING: Final = frozenset({AppendEntriesReply, RequestVoteReply, RequestVote})
_TRANSITIONS: Final = (Transition.AUTO, Transition.IMPLICIT, Transition.EXPLICIT)


@attrs.frozen
class _Installed:
    """The chunks so far are the whole snapshot, and replace the log."""

    snapshot: SnapshotMetadata


@attrs.frozen
class _OwnSnapshot:
    """The state machine's own snapshot; entries up to ``compact_to`` may go."""

    snapshot: SnapshotMetadata
    data: bytes
    compact_to: int


_Record: TypeAlias = HardState | Entry | Chunk | _Installed | _OwnSnapshot


class OurStorage:
    """What a member's disk holds: a log, the bytes of its snapshot, and a pending one."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log
        self.data: tuple[SnapshotMetadata, bytes] | None = None
        self.pending: tuple[SnapshotMetadata, bytes] | None = None

    def write(self, record: _Record) -> None:
        """Take in one record."""
        match record:
            case Entry():
                self.log.append((record,))
            case HardState():
                self.log.hard_state = record
            case Chunk(snapshot=snapshot, offset=offset, data=data):
                before = self.pending[1] if offset and self.pending is not None else b""
                assert len(before) == offset, f"a chunk at {offset} follows {len(before)} bytes"
                self.pending = (snapshot, before + data)
            case _Installed(snapshot=snapshot):
                assert self.pending is not None, "a snapshot without bytes"
                assert self.pending[0] == snapshot, "the bytes of another snapshot"
                self.data, self.pending = self.pending, None
                self.log.install(snapshot)
            case _OwnSnapshot(snapshot=snapshot, data=data, compact_to=compact_to):
                if snapshot.index > self.log.snapshot.index:
                    self.data = (snapshot, data)
                    self.log.note_snapshot(snapshot)
                    self.log.compact(compact_to)

    @property
    def term(self) -> int:
        """The term on disk."""
        return self.log.hard_state.term

    @property
    def vote(self) -> int | None:
        """The vote on disk."""
        return self.log.hard_state.vote

    @property
    def commit_index(self) -> int:
        """The commit index on disk."""
        return self.log.hard_state.commit_index

    @property
    def last_index(self) -> int:
        """The last entry on disk."""
        return self.log.last_index

    def entry(self, index: int) -> tuple[int, Any] | None:
        """Return the term and the payload of an entry on disk."""
        log = self.log
        if not log.first_index <= index <= log.last_index:
            return None
        found = log.entries(index, index + 1)[0]
        return found.term, found.change or found.data

    @property
    def snapshot(self) -> tuple[int, bytes] | None:
        """The snapshot that the state machine starts from; a new cluster's is empty."""
        index = self.log.snapshot.index
        return (index, b"" if self.data is None else self.data[1]) if index else None

    def bytes_of(self, snapshot: SnapshotMetadata) -> bytes | None:
        """Return the bytes of ``snapshot`` if it is the latest one."""
        if self.data is None:
            return b"" if snapshot == self.log.snapshot else None
        return self.data[1] if self.data[0] == snapshot else None


class OurMember:
    """One `Raft` and what its driver keeps besides."""

    def __init__(self, seat: Seat) -> None:
        storage: OurStorage = seat.storage
        self._storage = storage
        pending = storage.pending
        partial = None if pending is None else Incoming(pending[0], len(pending[1]))
        #: The pending snapshot as far as it was handed over, which may not be durable yet.
        self._incoming = b"" if pending is None else pending[1]
        self._own: _OwnSnapshot | None = None
        self._number = 0
        self._taken: deque[tuple[int, int]] = deque()
        self.raft = Raft(
            config_of(seat),
            storage.log,
            applied_index=seat.applied_index,
            partial=partial,
            observe=seat.observe,
        )
        self.tick = self.raft.tick
        self.applied = self.raft.applied

    def receive(self, sender: int, message: Message) -> None:
        """A message comes."""
        self.raft.step(message, sender)

    def propose(self, data: bytes) -> bool:
        """Take a command."""
        try:
            self.raft.propose(data)
        except RaftError:
            return False
        return True

    def read(self, context: Any) -> bool:
        """Ask for a linearizable read."""
        try:
            self.raft.read_index(context)
        except RaftError:
            return False
        return True

    def change(self, change: Change) -> bool:
        """Propose a change of the configuration."""
        changes = (
            *(MemberChange(Action.ADD_VOTER, member) for member in change.voters),
            *(MemberChange(Action.ADD_LEARNER, member) for member in change.learners),
            *(MemberChange(Action.REMOVE, member) for member in change.removed),
        )
        try:
            self.raft.propose_conf_change(ConfChange(changes, _TRANSITIONS[change.style]))
        except RaftError:
            return False
        return True

    def transfer(self, to: int) -> bool:
        """Hand leadership over."""
        try:
            self.raft.transfer_leadership(to)
        except RaftError:
            return False
        return True

    def compact(self, index: int, data: bytes, keep: int) -> None:
        """Keep the state machine's snapshot."""
        snapshot = self.raft.snapshot_metadata(
            index, size_bytes=len(data), checksum=zlib.crc32(data)
        )
        if snapshot is not None:
            self._own = _OwnSnapshot(snapshot, data, index - keep)

    def output(self) -> Output | None:
        """Hand over what is owed."""
        ready = self.raft.ready()
        if ready is None and self._own is None:
            return None
        self._number += 1
        records: tuple[Any, ...] = ()
        if self._own is not None:
            records, self._own = (self._own,), None
        if ready is None:
            return Output(self._number, records, sync=True)
        self._taken.append((self._number, ready.number))
        own = bool(records)
        if ready.writes:
            records += self._records(ready)
        for request in ready.chunk_requests:
            self._answer(request)
        snapshot = None
        if ready.snapshot is not None:
            snapshot = (ready.snapshot.index, self._incoming)
            self._incoming = b""
        return Output(
            self._number,
            records,
            ready.must_sync or own,
            ready.messages_now,
            ready.messages,
            snapshot,
            tuple([Command(entry.index, entry.term, entry.data) for entry in ready.committed]),
            tuple([(state.context, state.index) for state in ready.read_states]),
        )

    def _records(self, ready: Ready) -> tuple[Any, ...]:
        """Return what is to be written, in the order of the contract."""
        records: list[Any] = list(ready.chunks)
        for chunk in ready.chunks:
            self._incoming = self._incoming + chunk.data if chunk.offset else chunk.data
        if ready.hard_state is not None:
            records.append(ready.hard_state)
        if ready.snapshot is not None:
            records.append(_Installed(ready.snapshot))
        records.extend(ready.entries)
        return tuple(records)

    def _answer(self, request: ChunkRequest) -> None:
        data = self._storage.bytes_of(request.snapshot)
        if data is None:
            self.raft.chunk_unavailable(request)
            return
        self.raft.send_chunk(request, data[request.offset : request.offset + request.size_bytes])

    def persisted(self, number: int) -> None:
        """All outputs up to ``number`` are durable."""
        taken = self._taken
        last = 0
        while taken and taken[0][0] <= number:
            last = taken.popleft()[1]
        if last:
            self.raft.persisted(last)

    def view(self) -> MemberView:
        """Return this member at this moment."""
        raft = self.raft
        log, active = raft.log, raft.membership.active
        return MemberView(
            _ROLES[raft.role],
            raft.term,
            raft.vote,
            log.commit_index,
            log.first_index,
            log.last_index,
            log.last_term,
            active.voters,
            active.outgoing,
            active.learners,
            raft.recovering,
        )

    def entry(self, index: int) -> tuple[int, Any] | None:
        """Return the term and the payload of an entry."""
        log = self.raft.log
        if not log.first_index <= index <= log.last_index:
            return None
        found = log.entry(index)
        return found.term, found.change or found.data


def config_of(seat: Seat) -> Config:
    """Return the settings of a member."""
    knobs: Knobs = seat.knobs
    return Config(
        member=seat.member,
        boot=seat.boot,
        chance=seat.chance,
        joining=seat.joining,
        election_ticks=knobs.election_ticks,
        heartbeat_ticks=knobs.heartbeat_ticks,
        pre_vote=knobs.pre_vote,
        check_quorum=knobs.check_quorum,
        read_mode=ReadMode.LEASE if knobs.lease_reads else ReadMode.QUORUM,
        max_append_entries=knobs.append_entries,
        max_append_bytes=knobs.append_bytes,
        max_inflight_messages=knobs.inflight,
        max_inflight_bytes=knobs.inflight_bytes,
        max_uncommitted_bytes=knobs.uncommitted_bytes,
        max_applying_bytes=knobs.applying_bytes,
        snapshot_chunk_bytes=knobs.chunk_bytes,
        snapshot_window=knobs.chunk_window,
        forward_proposals=knobs.forward,
    )


class Ours:
    """The implementation in `kactors.raft`."""

    name = "kactors.raft"
    capabilities = frozenset(Capability)

    def bootstrap(self, member: int, voters: tuple[int, ...]) -> OurStorage:
        """Return the disk of an initial member."""
        del member  # initial members are alike
        return OurStorage(MemoryLog.bootstrap(Configuration(voters=voters)))

    def empty(self, member: int) -> OurStorage:
        """Return an empty disk."""
        del member
        return OurStorage(MemoryLog())

    def start(self, seat: Seat) -> OurMember:
        """Start a member."""
        return OurMember(seat)

    def promises(self, sender: int, to: int, message: Any) -> tuple[Promise, ...]:
        """Return the vote or the acknowledgement in ``message``."""
        if type(message) not in _PROMISING:
            return ()
        match message:
            case AppendEntriesReply(term=term, success=True, index=index):
                return (Ack(term, index),)
            case RequestVoteReply(term=term, granted=True):
                return (Vote(term, to),)
            case RequestVote(term=term):
                return (Vote(term, sender),)
        return ()

    def describe(self, message: Any) -> str:
        """Return ``message`` in one line."""
        return describe(message)


OURS = Ours()
