"""Reads that need no entry in the log: ReadIndex and leases.

Theory of operation
===================

A read is linearizable at the commit index of a leader that is still *the* leader after the
read was asked. The leader notes the commit index, broadcasts a heartbeat, and when a quorum
has answered it the read may be served at that index.

Each broadcast has a *round*, a number that is never used again in the term. A read waits for
an answer to the first round opened after it was asked, or to any later one; answers to
earlier rounds say nothing about it, however often they are repeated. Reads that are asked
between two `Ready` share a round. The same rounds measure the lease: it runs from the tick
at which the latest round was *sent* that a quorum answered.

A new leader does not know what its predecessors committed until an entry of its own term is
committed; reads wait for that.

Source: thesis, section 6.4; for the rounds see etcd issue 20418, where acknowledgements were
keyed by a number that a retry used again.
"""

from collections import deque
from typing import TYPE_CHECKING, Any

import attrs

from kactors.raft import quorum, recovery, replication
from kactors.raft.config import ReadMode
from kactors.raft.errors import DropReason, ReadDropped
from kactors.raft.messages import ReadIndex, ReadIndexReply
from kactors.raft.ready import ReadState
from kactors.raft.role import Role

if TYPE_CHECKING:
    from kactors.raft.core import Raft


@attrs.frozen
class PendingRead:
    """A read at the leader; ``asker`` is ``None`` for its own."""

    asker: int | None
    request: int
    context: Any


class Reads:
    """The reads that wait at one member, as a leader and as a follower.

    Attributes:
        waiting: reads of no round yet.
        rounds: ``(round, read index, reads)`` that wait for a quorum, in order.
        asked: ``{request: context}`` of reads passed on to the leader.
        round: the last one opened.
        round_ticks: ``(round, tick)`` of rounds that no quorum has answered yet.
        lease_tick: when the latest round that a quorum answered was sent; ``None`` for none.
        last_request: the last number used for a read passed on.
        recovery_request: the number with which a recovering member asked last.
        count: the reads that wait.
    """

    __slots__ = (
        "asked",
        "count",
        "last_request",
        "lease_tick",
        "recovery_request",
        "round",
        "round_ticks",
        "rounds",
        "waiting",
    )

    def __init__(self, boot: int) -> None:
        self.waiting: list[PendingRead] = []
        self.rounds: deque[tuple[int, int, list[PendingRead]]] = deque()
        self.asked: dict[int, Any] = {}
        self.round = 0
        self.round_ticks: deque[tuple[int, int]] = deque()
        self.lease_tick: int | None = None
        self.last_request = boot << 32
        self.recovery_request = 0
        self.count = 0


# Asking


def ask(raft: "Raft", context: Any) -> None:
    """Register a read of this member.

    Raises:
        ReadDropped: too many wait, or no leader is known.
    """
    reads = raft.reads
    if reads.count >= raft.config.max_pending_reads:
        raise ReadDropped(
            f"{reads.count} reads wait at member {raft.member}: retry when some are served",
            reason=DropReason.TOO_MANY_READS,
        )
    if raft.role is Role.LEADER:
        reads.waiting.append(PendingRead(None, 0, context))
    elif raft.leader is None:
        raise ReadDropped(
            f"member {raft.member} knows no leader of term {raft.term}: "
            "retry after an election timeout",
            reason=DropReason.NOT_LEADER,
        )
    else:
        request = next_request(raft)
        reads.asked[request] = context
        raft.send(raft.leader, ReadIndex(raft.term, request))
    reads.count += 1


def ask_for_recovery(raft: "Raft", leader: int) -> None:
    """Ask the leader for the index of now."""
    raft.reads.recovery_request = next_request(raft)
    raft.send(leader, ReadIndex(raft.term, raft.reads.recovery_request))


def next_request(raft: "Raft") -> int:
    """Return a number that no read of this member ever had, in this life or before."""
    raft.reads.last_request += 1
    return raft.reads.last_request


def on_read_index(raft: "Raft", message: ReadIndex, sender: int) -> None:
    """Register another member's read; what does not fit is lost, as on the network."""
    reads = raft.reads
    if reads.count < raft.config.max_pending_reads:
        reads.waiting.append(PendingRead(sender, message.request, None))
        reads.count += 1


def on_read_index_reply(raft: "Raft", message: ReadIndexReply, _sender: int) -> None:
    """Hand the index to whoever asked; a repeated answer finds nobody."""
    reads = raft.reads
    if message.request == reads.recovery_request:
        recovery.learned(raft, message.index)
    elif message.request in reads.asked:
        raft.outbox.read_states.append(ReadState(message.index, reads.asked.pop(message.request)))
        reads.count -= 1


# Confirming


def flush(raft: "Raft") -> None:
    """Serve the reads that came since the last time, or open a round for them."""
    reads = raft.reads
    if not reads.waiting or not has_committed_in_term(raft):
        return
    batch, reads.waiting = reads.waiting, []
    index = raft.log.commit_index
    if is_alone(raft) or holds_lease(raft):
        _serve(raft, batch, index)
        return
    replication.broadcast_heartbeat(raft)
    reads.rounds.append((reads.round, index, batch))


def has_committed_in_term(raft: "Raft") -> bool:
    """Answer whether the leader's commit index is not behind its predecessors'."""
    return raft.log.commit_index >= raft.opening_index


def is_alone(raft: "Raft") -> bool:
    """Answer whether the leader is a quorum by itself."""
    return raft.membership.active.electorate == (raft.member,)


def open_round(raft: "Raft") -> int:
    """Return a number for a broadcast that no other broadcast of this term has."""
    reads = raft.reads
    reads.round += 1
    if raft.config.read_mode is ReadMode.LEASE:
        reads.round_ticks.append((reads.round, raft.now))
    raft.heartbeat_elapsed = 0
    return reads.round


def confirm(raft: "Raft") -> None:
    """Serve the reads whose round a quorum has answered, and extend the lease."""
    reads = raft.reads
    confirmed = confirmed_round(raft)
    while reads.round_ticks and reads.round_ticks[0][0] <= confirmed:
        reads.lease_tick = reads.round_ticks.popleft()[1]
    while reads.rounds and reads.rounds[0][0] <= confirmed:
        _, index, batch = reads.rounds.popleft()
        _serve(raft, batch, index)


def confirmed_round(raft: "Raft") -> int:
    """Return the latest round that a quorum has answered."""
    progress, member = raft.progress, raft.member

    def acked_round(voter: int) -> int:
        if voter == member:
            return raft.reads.round
        return 0 if progress[voter].recovering else progress[voter].acked_round

    return quorum.agreed(raft.membership.active, acked_round)


def holds_lease(raft: "Raft") -> bool:
    """Answer whether no other leader can exist yet, if clocks can be trusted.

    Members do not protect a leader that has asked one of them to campaign, so after a
    `TimeoutNow` there is no lease for the rest of the term: the message may come late.
    """
    return (
        raft.config.read_mode is ReadMode.LEASE
        and not raft.lease_forfeited
        and raft.reads.lease_tick is not None
        and raft.now - raft.reads.lease_tick < raft.config.lease_length_ticks
    )


def _serve(raft: "Raft", batch: list[PendingRead], index: int) -> None:
    raft.reads.count -= len(batch)
    for read in batch:
        if read.asker is None:
            raft.outbox.read_states.append(ReadState(index, read.context))
        else:
            raft.send(read.asker, ReadIndexReply(raft.term, read.request, index))


def drop_all(raft: "Raft") -> None:
    """Give up all reads: another leader, or none, is to be asked."""
    reads, dropped = raft.reads, raft.outbox.reads_dropped
    for _, _, batch in reads.rounds:
        dropped.extend(read.context for read in batch if read.asker is None)
    dropped.extend(read.context for read in reads.waiting if read.asker is None)
    dropped.extend(reads.asked.values())
    reads.count = 0
    reads.waiting.clear()
    reads.rounds.clear()
    reads.asked.clear()
    reads.round_ticks.clear()
    reads.lease_tick = None
