"""The log, from the leader's append to everyone's commit.

Nothing is sent while events are handled: `flush`, called once per `Ready`, sends what is
due. Thus many proposals travel in one append, and one reply to each member suffices.

Source: paper, sections 5.3 and 5.4.2; thesis, sections 10.2.1 and 10.2.2 (pipelining and
batching); flow control as in etcd/raft.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kactors.raft import (
    election,
    membership,
    quorum,
    read_index,
    recovery,
    shield,
    snapshot,
    trace,
    transfer,
)
from kactors.raft.errors import DropReason, LogLost, NotLeader, ProposalDropped
from kactors.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    Entry,
    Heartbeat,
    HeartbeatReply,
    Propose,
)
from kactors.raft.progress import Progress, ProgressState
from kactors.raft.role import Role

if TYPE_CHECKING:
    from kactors.raft.core import Raft

# The leader's log


def append_opening(raft: "Raft") -> None:
    """Open the term with an empty entry."""
    raft.opening_index = raft.log.last_index + 1
    # Until it is committed the configuration may not change (thesis, section 4.1, and its
    # correction of 2015): an inherited change may be pending, and a quorum that knows
    # nothing of us may still be busy with another one.
    raft.membership.pending_index = raft.opening_index
    append(raft, (Entry(raft.opening_index, raft.term),), 0)


def append(raft: "Raft", entries: Sequence[Entry], size_bytes: int) -> None:
    """Append to the leader's own log; a leader never replaces an entry of its own."""
    if raft.observe is not None:
        trace.replicating(raft, entries)
    raft.log.append(entries)
    raft.uncommitted.add(entries[-1].index, size_bytes)
    if raft.observe is not None:
        trace.sent(raft, raft.member, own_acknowledgement(raft, raft.log.last_index))


def propose(raft: "Raft", proposals: Sequence[bytes]) -> int:
    """Append commands as leader; return the index of the last.

    Raises:
        ProposalDropped: nothing was appended.
    """
    size = sum(map(len, proposals))
    check_open(raft, size)
    if not proposals:
        return raft.log.last_index
    term, index = raft.term, raft.log.last_index
    entries = [Entry(index + count, term, data) for count, data in enumerate(proposals, start=1)]
    append(raft, entries, size)
    return raft.log.last_index


def check_open(raft: "Raft", size_bytes: int) -> None:
    """Refuse proposals that this member cannot or should not take now.

    Raises:
        ProposalDropped: with the reason.
    """
    if raft.role is not Role.LEADER:
        raise NotLeader(raft.member, raft.term, leader_hint=raft.leader)
    if raft.transferee is not None:
        raise ProposalDropped(
            f"leader {raft.member} is handing over to member {raft.transferee}: "
            "retry within an election timeout",
            reason=DropReason.TRANSFERRING,
        )
    if not raft.uncommitted.fits(size_bytes):
        raise ProposalDropped(
            f"{raft.uncommitted.bytes} bytes wait to be committed and {size_bytes} more exceed "
            f"{raft.config.max_uncommitted_bytes}: retry when some are committed",
            reason=DropReason.UNCOMMITTED_LIMIT,
        )


def on_propose(raft: "Raft", message: Propose, _sender: int) -> None:
    """Take forwarded proposals; those that cannot be taken are lost, as on the network."""
    try:
        propose(raft, message.proposals)
    except ProposalDropped:
        return


# Sending


def flush(raft: "Raft") -> None:
    """Send every member what is due to it."""
    last_index, commit_index = raft.log.last_index, raft.log.commit_index
    for member in raft.others:
        progress = raft.progress[member]
        while progress.should_send(last_index, commit_index):
            send_append(raft, member, progress)
        if progress.state is ProgressState.SNAPSHOT:
            snapshot.request_chunks(raft, member, progress)


def send_append(raft: "Raft", to: int, progress: Progress) -> None:
    """Send the next entries, or none, or begin a snapshot if they are compacted."""
    log = raft.log
    prev_index = progress.next_index - 1
    prev_term = log.term(prev_index)
    if prev_term is None:
        snapshot.begin(raft, progress)
        return
    entries: tuple[Entry, ...] = ()
    size = 0
    if progress.may_send_entries(log.last_index):
        config = raft.config
        entries, size = log.read(
            progress.next_index,
            max_bytes=config.max_append_bytes,
            max_entries=config.max_append_entries,
        )
    raft.send(to, AppendEntries(raft.term, prev_index, prev_term, entries, log.commit_index))
    progress.note_sent(len(entries), size, log.commit_index)


def broadcast_heartbeat(raft: "Raft") -> None:
    """Tell everyone that the leader is there, in a round of its own."""
    round_number = read_index.open_round(raft)
    for member in raft.others:
        progress = raft.progress[member]
        # Never more than the member is known to have: beyond that its log may differ.
        commit_index = min(progress.match_index, raft.log.commit_index)
        raft.send(member, Heartbeat(raft.term, commit_index, round_number))
        progress.note_commit_sent(commit_index)


def tick(raft: "Raft") -> None:
    """Count one tick as leader."""
    if raft.config.check_quorum:
        shield.check_quorum(raft)
        if raft.role is not Role.LEADER:
            return
    transfer.tick(raft)
    raft.heartbeat_elapsed += 1
    if raft.heartbeat_elapsed >= raft.config.heartbeat_ticks:
        broadcast_heartbeat(raft)


# Committing


def note_durable(raft: "Raft") -> None:
    """Take in that the leader's own log is durable further than before."""
    progress = raft.progress.get(raft.member)
    if progress is not None and progress.acknowledge(raft.log.durable_index):
        if raft.observe is not None:
            own = own_acknowledgement(raft, raft.log.durable_index)
            trace.received(raft, own, raft.member)
        advance_commit(raft)


def own_acknowledgement(raft: "Raft", index: int) -> AppendEntriesReply:
    """Return what a leader would answer itself; only an observer ever sees it."""
    return AppendEntriesReply(raft.term, success=True, index=index)


def advance_commit(raft: "Raft") -> None:
    """Commit what a quorum has, if the rule of the paper allows it."""
    index = replicated_index(raft)
    if index > raft.log.commit_index and is_committable(raft, index):
        commit_to(raft, index)


def replicated_index(raft: "Raft") -> int:
    """Return how far a quorum's logs equal the leader's."""
    progress = raft.progress

    def match_index(voter: int) -> int:
        return 0 if progress[voter].recovering else progress[voter].match_index

    return quorum.agreed(raft.membership.active, match_index)


def is_committable(raft: "Raft", index: int) -> bool:
    """Answer whether counting replicas decides ``index``.

    Only for an entry of the present term: an older one on a quorum may still be replaced
    (paper, section 5.4.2 and Figure 8).
    """
    return raft.log.term(index) == raft.term


def commit_to(raft: "Raft", index: int) -> None:
    """Raise the commit index and let changes of the configuration take effect."""
    log = raft.log
    log.commit_to(index)
    if raft.role is Role.LEADER:
        raft.uncommitted.free_to(index)
        if raft.observe is not None:
            trace.committed(raft)
    before = raft.membership.active_index
    while log.change_indexes and log.change_indexes[0] <= log.commit_index:
        membership.activate(raft, log.entry(log.change_indexes.popleft()))
    if raft.recovering:
        recovery.consider(raft)
    if raft.role is Role.LEADER:
        if raft.membership.active_index != before:
            # A smaller quorum may have more than the larger one had.
            advance_commit(raft)
            read_index.confirm(raft)
        membership.leave_joint_if_due(raft)


# What followers handle


def on_append_entries(raft: "Raft", message: AppendEntries, sender: int) -> None:
    """Append what follows a point where the logs are equal (paper, section 5.3)."""
    election.follow(raft, sender)
    log = raft.log
    prev_index = message.prev_log_index
    if prev_index < log.commit_index:
        # What is committed here equals the leader's log: let it go on from there.
        acknowledge(raft, sender, log.commit_index)
        return
    if not log.matches(prev_index, message.prev_log_term):
        refuse(raft, sender, message)
        return
    news = log.after_match(message.entries)
    if news:
        log.append(news)
    last_new_index = prev_index + len(message.entries)
    # Beyond the last new entry our log may differ from the leader's.
    if (commit_index := min(message.leader_commit, last_new_index)) > log.commit_index:
        commit_to(raft, commit_index)
    acknowledge(raft, sender, last_new_index)


def acknowledge(raft: "Raft", leader: int, index: int) -> None:
    """Promise the leader that our log equals its own up to ``index``."""
    raft.promise(
        leader,
        AppendEntriesReply(
            raft.term, success=True, index=index, recovering=recovery.announced(raft)
        ),
    )


def refuse(raft: "Raft", leader: int, message: AppendEntries) -> None:
    """Tell the leader where the logs may meet."""
    prev_index = message.prev_log_index
    hint_index, hint_term = raft.log.meeting_point(
        min(prev_index, raft.log.last_index), message.prev_log_term
    )
    raft.promise(
        leader,
        AppendEntriesReply(
            raft.term,
            success=False,
            index=prev_index,
            hint_index=hint_index,
            hint_term=hint_term,
            recovering=recovery.announced(raft),
        ),
    )


def on_heartbeat(raft: "Raft", message: Heartbeat, sender: int) -> None:
    """Stay a follower; learn what is committed of what we acknowledged.

    Raises:
        LogLost: we do not have what we acknowledged.
    """
    election.follow(raft, sender)
    log = raft.log
    if message.commit_index > log.last_index:
        if not raft.recovering:
            raise LogLost(raft.member, commit_index=message.commit_index, last_index=log.last_index)
    elif message.commit_index > log.commit_index:
        commit_to(raft, message.commit_index)
    reply = HeartbeatReply(raft.term, message.round, recovery.announced(raft))
    if raft.recovered_by is None:
        raft.send(sender, reply)
    else:
        # A leader promotes whoever has recovered; who could forget it again must not say so yet.
        raft.promise(sender, reply)


# What leaders handle


def on_append_entries_reply(raft: "Raft", message: AppendEntriesReply, sender: int) -> None:
    """Learn how far a member has come, or where to try next."""
    progress = raft.progress.get(sender)
    if progress is None:
        return
    note_contact(raft, progress, message.recovering)
    if not message.success:
        hint = message.hint_index
        if message.hint_term:
            hint, _ = raft.log.meeting_point(hint, message.hint_term)
        progress.back_off(message.index, hint)
        return
    if progress.acknowledge(message.index):
        _resume(raft, progress)
        if message.index > raft.log.commit_index:
            advance_commit(raft)
        transfer.proceed(raft, sender)
    elif progress.match_index == message.index and progress.state is ProgressState.PROBE:
        progress.become_replicate()


def _resume(raft: "Raft", progress: Progress) -> None:
    match progress.state:
        case ProgressState.PROBE:
            progress.become_replicate()
        case ProgressState.REPLICATE:
            progress.inflights.free_to(progress.match_index)
        case ProgressState.SNAPSHOT:
            # It may have come from elsewhere: what counts is that our log continues it.
            if progress.match_index + 1 >= raft.log.first_index:
                progress.become_replicate()
            elif snapshot.is_overtaken(progress):
                progress.become_probe()


def on_heartbeat_reply(raft: "Raft", message: HeartbeatReply, sender: int) -> None:
    """Note that a member still follows us, and try again what it did not answer."""
    progress = raft.progress.get(sender)
    if progress is None:
        return
    note_contact(raft, progress, message.recovering)
    progress.paused = False
    if progress.state is ProgressState.SNAPSHOT:
        snapshot.nudge(progress)
    if message.round > progress.acked_round:
        progress.acked_round = message.round
        read_index.confirm(raft)


def note_contact(raft: "Raft", progress: Progress, recovering: int) -> None:
    """Note that a member is alive, and whether its disk remembers what it promised."""
    progress.active_tick = raft.now
    if recovering != progress.recovering:
        if recovering:
            progress.restart(raft.log.last_index + 1)
        progress.recovering = recovering
