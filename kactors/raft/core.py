"""The Raft state machine: one member, and the events that it steps through.

Theory of operation
===================

An event is a message (`Raft.step`), a tick (`Raft.tick`), a wish (`Raft.propose`,
`Raft.read_index`, ...) or the driver's report of progress (`Raft.persisted`,
`Raft.applied`). It changes the state at once and does nothing else; what follows from it is
collected until the driver takes it with `Raft.ready`. A message goes through three movements:

1. *Term*. A newer term makes this member a follower of it; an older one is answered with
   ours and goes no further (`kactors.raft.election`).
2. *Handler*. `kactors.raft.handlers.HANDLERS` maps (role, message type) to the function that
   handles it. Every pair is listed, also those that mean "ignore" and those that cannot
   happen, so the table is the specification and a test checks that it is total.
3. *Commit*. A leader may have gained a quorum for a later entry.

Handlers stand by chapter: `election`, `shield`, `replication`, `membership`, `snapshot`,
`read_index`, `transfer`, `recovery`. They are functions over a `Raft`, whose state they share.

Nothing here reads a clock, draws an unkeyed number or does I/O.
"""

from collections.abc import Sequence
from typing import Any

from kactors.raft import (
    election,
    membership,
    read_index,
    recovery,
    replication,
    snapshot,
    trace,
    transfer,
)
from kactors.raft.config import Config, ReadMode
from kactors.raft.configuration import ConfChange
from kactors.raft.errors import NotLeader
from kactors.raft.handlers import HANDLERS
from kactors.raft.log import RaftLog
from kactors.raft.membership import Membership
from kactors.raft.messages import Message, Propose, SnapshotMetadata
from kactors.raft.outbox import Outbox
from kactors.raft.progress import Inflights, Progress, ProgressState
from kactors.raft.read_index import Reads
from kactors.raft.ready import ChunkRequest, Ready
from kactors.raft.role import Role
from kactors.raft.status import Status, status_of
from kactors.raft.storage import LogStorage
from kactors.raft.uncommitted import Uncommitted

__all__ = ["Raft"]


class Raft:
    """One member of a Raft cluster, without I/O, clock or chance of its own.

    The attributes may be read by anyone and are written only by this package.

    Attributes:
        term, vote: the persistent state of the paper's Figure 2.
        role, leader: ``leader`` is ``None`` while none is known.
        recovering: the member is in no quorum, see `kactors.raft.recovery`.
        log: entries, and how far they are durable, committed and applied.
        membership: the configuration in effect.
        now: ticks since this start.
        elapsed: ticks since the leader was heard or a vote given; ``timeout`` bounds them.
        attempt: how many timeouts were drawn in this term before the present one.
        votes: ``{voter: granted}`` of the present campaign.
        progress: ``{member: Progress}`` while leading, this member included.
        others: the members to replicate to, while leading.
        opening_index: the empty entry of the leader's term.
        transferee: the member that leadership is handed to.
        lease_forfeited: a `TimeoutNow` of this term is about, so nobody protects the leader.
    """

    __slots__ = (
        "attempt",
        "config",
        "elapsed",
        "heartbeat_elapsed",
        "incoming",
        "leader",
        "lease_forfeited",
        "log",
        "member",
        "membership",
        "now",
        "observe",
        "opening_index",
        "others",
        "outbox",
        "progress",
        "reads",
        "recovered_by",
        "recovering",
        "recovery_elapsed",
        "role",
        "storage",
        "term",
        "timeout",
        "transfer_elapsed",
        "transferee",
        "uncommitted",
        "vote",
        "votes",
    )

    def __init__(
        self,
        config: Config,
        storage: LogStorage,
        *,
        applied_index: int = 0,
        partial: snapshot.Incoming | None = None,
        observe: trace.Observer | None = None,
    ) -> None:
        """Start a member over what its storage holds.

        Args:
            config: the knobs.
            storage: read now and whenever older entries are needed.
            applied_index: what the state machine has applied already.
            partial: a pending snapshot whose bytes before ``offset`` are durable.
            observe: called with each `kactors.raft.trace.TraceEvent`.

        Raises:
            StorageLost: the storage does not know what this member promised.
        """
        self.config = config
        self.storage = storage
        self.member = config.member
        self.observe = observe
        hard_state = storage.hard_state
        self.term = hard_state.term
        self.vote = hard_state.vote
        self.recovering = hard_state.recovering or recovery.is_blank(config, storage)
        self.recovered_by: int | None = None
        self.recovery_elapsed = 0
        self.role = Role.FOLLOWER
        self.leader: int | None = None
        self.now = 0
        self.attempt = -1
        self.elapsed = 0
        self.timeout = 0
        self.votes: dict[int, bool] = {}
        self.progress: dict[int, Progress] = {}
        self.others: tuple[int, ...] = ()
        self.reads = Reads(config.boot)
        self.incoming = partial
        self.opening_index = 0
        self.log = RaftLog(storage, max_applying_bytes=config.max_applying_bytes)
        self.membership = Membership(storage.snapshot.index, storage.snapshot.configuration)
        self.outbox = Outbox(hard_state)
        self.leave_leadership()
        if observe is not None:
            trace.init_state(self)
        recovery.recall(self, hard_state, applied_index)
        election.become_follower(self, self.term, None)

    # Events

    def step(self, message: Message, sender: int) -> None:
        """Handle a message of another member.

        Raises:
            LogLost: this member lost entries that it acknowledged, and must stop.
        """
        if self.observe is not None:
            trace.received(self, message, sender)
        if message.term != self.term:
            admit = (
                election.admit_newer_term if message.term > self.term else election.admit_older_term
            )
            if not admit(self, message, sender):
                return
        HANDLERS[self.role, type(message)](self, message, sender)

    def tick(self) -> None:
        """Count one tick of the driver's clock."""
        self.now += 1
        if self.role is Role.LEADER:
            replication.tick(self)
        else:
            election.tick(self)
        if self.recovering:
            recovery.tick(self)

    def persisted(self, number: int) -> None:
        """Take in that the writes of all `Ready` up to ``number`` are durable."""
        vote_term = self.log.end_writes(number)
        election.count_own_vote(self, vote_term)
        if self.role is Role.LEADER:
            replication.note_durable(self)

    def applied(self, index: int) -> None:
        """Take in that the state machine has applied everything up to ``index``."""
        self.log.applied_to(index)

    def advance(self, ready: Ready) -> None:
        """Take in that ``ready`` is persisted, sent and applied."""
        self.persisted(ready.number)
        if ready.committed:
            self.applied(ready.committed[-1].index)
        elif ready.snapshot is not None:
            self.applied(ready.snapshot.index)

    # Wishes

    def campaign(self) -> None:
        """Try to become leader now, as if no leader had been heard for long."""
        if self.role is not Role.LEADER and election.promotable(self):
            election.campaign(self)

    def propose(self, data: bytes) -> int | None:
        """Append a command to the replicated log.

        Returns:
            The index at which it commits if this term's leader stays; ``None`` if it was
            passed on to the leader, which may lose it.

        Raises:
            ProposalDropped: it was not taken; a `NotLeader` says whom to ask.
        """
        return self.propose_many((data,))

    def propose_many(self, proposals: Sequence[bytes]) -> int | None:
        """Append several commands, all or none; return as `propose` does, for the last."""
        if self.role is Role.LEADER:
            return replication.propose(self, proposals)
        if self.leader is None or not self.config.forward_proposals:
            raise NotLeader(self.member, self.term, leader_hint=self.leader)
        self.send(self.leader, Propose(self.term, tuple(proposals)))
        return None

    def propose_conf_change(self, change: ConfChange) -> int:
        """Append a change of the configuration, as leader; return its index.

        Raises:
            ProposalDropped: this member does not lead, or hands over.
            ConfChangeRefused: the change breaks a rule; its ``reason`` tells which.
        """
        return membership.propose(self, change)

    def read_index(self, context: Any) -> None:
        """Ask from which index on a read is linearizable; a `ReadState` answers.

        If the answer is lost or the leader changes, ``context`` comes back in
        ``Ready.reads_dropped`` or not at all: ask again after an election timeout.

        Raises:
            ReadDropped: no leader is known, or too many reads wait.
        """
        read_index.ask(self, context)

    def transfer_leadership(self, to: int) -> None:
        """Hand leadership over to ``to``; naming the leader itself aborts.

        Raises:
            NotLeader: no leader is known.
            TransferRefused: ``to`` is no voter.
        """
        transfer.ask(self, to)

    def forget_leader(self) -> None:
        """Stop shielding the leader, so that another member may win at once.

        For drivers that know that the leader is gone. Leases rest on that shield, so with
        them this does nothing.
        """
        if self.role is Role.FOLLOWER and self.config.read_mode is not ReadMode.LEASE:
            self.leader = None

    def report_unreachable(self, member: int) -> None:
        """Take in that messages to ``member`` are probably lost."""
        progress = self.progress.get(member)
        if progress is not None and progress.state is ProgressState.REPLICATE:
            progress.become_probe()

    def send_chunk(self, request: ChunkRequest, data: bytes) -> None:
        """Answer a `ChunkRequest` with all the bytes that it asks for and that exist."""
        snapshot.send_chunk(self, request, data)

    def chunk_unavailable(self, request: ChunkRequest) -> None:
        """Answer a `ChunkRequest`: that snapshot cannot be read any more."""
        snapshot.give_up(self, request)

    def snapshot_metadata(
        self, index: int, *, size_bytes: int = 0, checksum: int = 0
    ) -> SnapshotMetadata | None:
        """Return what describes a snapshot of the state machine at ``index``, applied here.

        ``None`` if the log no longer reaches back there, because a newer snapshot exists or
        a leader's is about to replace everything: then this one is of no use.
        """
        assert index <= self.log.applied_index, (
            f"a snapshot at {index} was asked for, {self.log.applied_index} is applied"
        )
        term = self.log.term(index)
        if term is None:
            return None
        configuration = self.membership.at(index)
        return SnapshotMetadata(index, term, configuration, size_bytes, checksum)

    # The contract with the driver

    def ready(self) -> Ready | None:
        """Hand over everything that is owed; ``None`` if nothing is. See `Ready`."""
        if self.role is Role.LEADER:
            read_index.flush(self)
            replication.flush(self)
        return self.outbox.take(self)

    def status(self) -> Status:
        """Return this member at this moment."""
        return status_of(self)

    # For the chapters

    def send(self, to: int, message: Message) -> None:
        """Send a message that promises nothing of this member's disk."""
        self.outbox.now.append((to, message))
        if self.observe is not None:
            trace.sent(self, to, message)

    def promise(self, to: int, message: Message) -> None:
        """Send a message once the state that it speaks of is durable."""
        self.outbox.promises.append((to, message))
        if self.observe is not None:
            trace.sent(self, to, message)

    def enter_leadership(self) -> None:
        """Begin to track everyone; where their logs meet ours is a guess."""
        members = self.membership.active.members
        self.progress = {member: self.new_progress() for member in members}
        self.others = tuple(member for member in members if member != self.member)
        own = self.progress[self.member]
        own.acknowledge(self.log.durable_index)
        own.become_replicate()

    def leave_leadership(self) -> None:
        """Forget what only a leader knows."""
        self.progress = {}
        self.others = ()
        self.heartbeat_elapsed = 0
        self.transferee: int | None = None
        self.transfer_elapsed = 0
        self.lease_forfeited = False
        self.uncommitted = Uncommitted(self.config.max_uncommitted_bytes)

    def new_progress(self) -> Progress:
        """Return what a leader assumes of a member that it hears of for the first time."""
        config = self.config
        inflights = Inflights(
            count_max=config.max_inflight_messages, bytes_max=config.max_inflight_bytes
        )
        return Progress(next_index=self.log.last_index + 1, inflights=inflights, now=self.now)
