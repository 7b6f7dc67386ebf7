"""Terms and leaders: timeouts, pre-votes and votes.

Source: paper, sections 5.1, 5.2 and 5.4.1; thesis, section 9.6 (pre-vote).
"""

from typing import TYPE_CHECKING

from kactors.raft import quorum, read_index, replication, shield, trace
from kactors.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    Heartbeat,
    HeartbeatReply,
    InstallSnapshot,
    InstallSnapshotReply,
    Message,
    PreVote,
    PreVoteReply,
    RequestVote,
    RequestVoteReply,
)
from kactors.raft.quorum import Verdict
from kactors.raft.role import Role

if TYPE_CHECKING:
    from kactors.raft.core import Raft

# Terms


def admit_newer_term(raft: "Raft", message: Message, sender: int) -> bool:
    """Follow a newer term; answer whether ``message`` may be handled.

    A member that hears from a leader ignores a candidate rather than follow its term:
    it may be one that was removed or cut off (thesis, section 4.2.3).
    """
    if isinstance(message, PreVote):
        return True  # it speaks of a term that is not there yet
    if isinstance(message, RequestVote) and not message.transfer and shield.protects(raft, sender):
        return False
    leads = isinstance(message, AppendEntries | Heartbeat | InstallSnapshot)
    become_follower(raft, message.term, sender if leads else None)
    return True


def admit_older_term(raft: "Raft", message: Message, sender: int) -> bool:
    """Refuse a request of an older term with ours; answer whether to handle ``message``.

    Replies of an older term must not be counted: they speak of another election, or of a
    log that may have been truncated since.
    """
    term = raft.term
    match message:
        case PreVote() | PreVoteReply():
            return True  # their terms are not the sender's claim to one
        case RequestVote():
            answer_vote(raft, sender, granted=False)
        case AppendEntries():
            raft.promise(
                sender,
                AppendEntriesReply(term, success=False, index=message.prev_log_index),
            )
        case Heartbeat():
            # Not its round: the sender may lead our term by now, and use that number again.
            raft.send(sender, HeartbeatReply(term, round=0))
        case InstallSnapshot(snapshot=snapshot, offset=offset):
            raft.send(sender, InstallSnapshotReply(term, snapshot.index, offset, 0, accepted=False))
        case _:
            pass
    return False


def enter_term(raft: "Raft", term: int) -> None:
    """Begin ``term``; the vote is forgotten only if it is another one."""
    if term != raft.term:
        assert term > raft.term, f"the term went back from {raft.term} to {term}"
        raft.term = term
        raft.vote = None
        raft.attempt = 0
    else:
        raft.attempt += 1


def draw_timeout(raft: "Raft") -> int:
    """Return how many ticks to wait for a leader this time."""
    ticks = raft.config.election_ticks
    return ticks + raft.config.chance(raft.term, raft.attempt).below(ticks)


# Roles


def _leave_role(raft: "Raft", term: int) -> None:
    enter_term(raft, term)
    raft.leader = None
    raft.elapsed = 0
    raft.timeout = draw_timeout(raft)
    raft.votes = {}
    raft.leave_leadership()
    read_index.drop_all(raft)


def become_follower(raft: "Raft", term: int, leader: int | None) -> None:
    """Follow ``leader``, or wait for one to appear, in ``term``."""
    _leave_role(raft, term)
    raft.leader = leader
    raft.role = Role.FOLLOWER
    if raft.observe is not None:
        trace.became(raft)


def become_pre_candidate(raft: "Raft") -> None:
    """Ask around before opening a term; term and vote stay as they are."""
    _leave_role(raft, raft.term)
    raft.role = Role.PRE_CANDIDATE


def become_candidate(raft: "Raft") -> None:
    """Open a term and vote for oneself in it."""
    _leave_role(raft, raft.term + 1)
    raft.vote = raft.member
    raft.role = Role.CANDIDATE
    if raft.observe is not None:
        trace.became(raft)


def become_leader(raft: "Raft") -> None:
    """Lead the term: track everyone anew, and open it with an empty entry.

    Only an entry of its own term lets a leader commit what it inherited
    (paper, section 5.4.2).
    """
    _leave_role(raft, raft.term)
    raft.leader = raft.member
    raft.role = Role.LEADER
    raft.enter_leadership()
    if raft.observe is not None:
        trace.became(raft)
    replication.append_opening(raft)


def follow(raft: "Raft", leader: int) -> None:
    """Take in that ``leader`` leads our term and is alive."""
    if raft.role is not Role.FOLLOWER:
        become_follower(raft, raft.term, leader)
        return
    assert raft.leader in (None, leader), (
        f"members {raft.leader} and {leader} both lead term {raft.term}"
    )
    raft.leader = leader
    raft.elapsed = 0


# Time


def tick(raft: "Raft") -> None:
    """Count one tick without leading, and campaign if a leader is overdue.

    Who may not campaign forgets the leader all the same: else its driver would take a learner, or a
    member that recovers, for one that is in touch, however long it has heard nothing.
    """
    raft.elapsed += 1
    if raft.elapsed < raft.timeout:
        return
    if promotable(raft):
        raft.elapsed = 0
        campaign(raft)
    elif raft.leader is not None:
        raft.leader = None
        read_index.drop_all(raft)


def promotable(raft: "Raft") -> bool:
    """Answer whether this member may become leader."""
    return (
        raft.membership.active.is_voter(raft.member)
        and not raft.recovering
        and raft.log.snapshot is None
    )


# Campaigns


def campaign(raft: "Raft", *, transfer: bool = False) -> None:
    """Try to become leader; at the leader's own wish without asking around first."""
    if raft.config.pre_vote and not transfer:
        become_pre_candidate(raft)
        _ask_pre_votes(raft)
    else:
        _open_term(raft, transfer=transfer)


def _ask_pre_votes(raft: "Raft") -> None:
    ask = _pre_vote(raft)
    for voter in raft.membership.active.electorate:
        if voter != raft.member:
            raft.send(voter, ask)
    record_vote(raft, raft.member, granted=True)


def _pre_vote(raft: "Raft") -> PreVote:
    log = raft.log
    return PreVote(raft.term + 1, log.last_index, log.last_term, log.commit_index, log.commit_term)


def _open_term(raft: "Raft", *, transfer: bool) -> None:
    become_candidate(raft)
    log = raft.log
    ask = RequestVote(
        raft.term,
        log.last_index,
        log.last_term,
        log.commit_index,
        log.commit_term,
        transfer=transfer,
    )
    for voter in raft.membership.active.electorate:
        # The log that we boast of must survive us: a vote given to it could come late, to
        # a candidate of the same term that crashed and lost its end. The own vote counts
        # when it is durable, see `Raft.persisted`.
        if voter != raft.member:
            raft.promise(voter, ask)
    if raft.observe is not None:
        trace.sent(raft, raft.member, own_vote(raft))


def count_own_vote(raft: "Raft", vote_term: int) -> None:
    """Count the vote for oneself, given in ``vote_term``, now that it is durable."""
    if raft.role is Role.CANDIDATE and vote_term == raft.term:
        if raft.observe is not None:
            trace.received(raft, own_vote(raft), raft.member)
        record_vote(raft, raft.member, granted=True)


def own_vote(raft: "Raft") -> RequestVoteReply:
    """Return what a candidate would answer itself; only an observer ever sees it."""
    return RequestVoteReply(raft.term, granted=True, commit_index=0, commit_term=0)


def record_vote(raft: "Raft", voter: int, *, granted: bool) -> None:
    """Count a vote or a pre-vote, the first of each voter, and act on the verdict."""
    raft.votes.setdefault(voter, granted)
    match quorum.verdict(raft.membership.active, raft.votes):
        case Verdict.WON if raft.role is Role.PRE_CANDIDATE:
            _open_term(raft, transfer=False)
        case Verdict.WON:
            become_leader(raft)
        case Verdict.LOST:
            become_follower(raft, raft.term, None)
        case Verdict.PENDING:
            pass


# Handlers


def learn_commit(raft: "Raft", index: int, term: int) -> None:
    """Take in that the entry at ``index`` with ``term`` is committed, if we have it.

    Without this the last change of a configuration could lock everyone out: those whose
    votes it made superfluous know that it is committed, and refuse a candidate with a shorter
    log; the candidate that needs no vote of theirs any more does not know it.

    Source: ``maybe_commit_by_vote`` in tikv/raft-rs.
    """
    log = raft.log
    if raft.role is Role.LEADER or index <= log.commit_index or not log.matches(index, term):
        return
    replication.commit_to(raft, index)
    if raft.role is not Role.FOLLOWER and not promotable(raft):
        become_follower(raft, raft.term, None)


def on_request_vote(raft: "Raft", message: RequestVote, sender: int) -> None:
    """Vote, once per term, for a log at least as complete as ours (paper, 5.2 and 5.4.1)."""
    learn_commit(raft, message.commit_index, message.commit_term)
    granted = grants_vote(raft, message, sender)
    if granted:
        raft.vote = sender
        raft.elapsed = 0
    answer_vote(raft, sender, granted=granted)


def answer_vote(raft: "Raft", candidate: int, *, granted: bool) -> None:
    """Answer a candidate, once the answer is durable."""
    log = raft.log
    raft.promise(candidate, RequestVoteReply(raft.term, granted, log.commit_index, log.commit_term))


def grants_vote(raft: "Raft", message: RequestVote, candidate: int) -> bool:
    """Answer whether ``candidate`` gets this member's vote in the present term."""
    return (
        entitled_to_vote(raft)
        and vote_is_free(raft, candidate)
        and raft.log.is_current(message.last_log_index, message.last_log_term)
    )


def vote_is_free(raft: "Raft", candidate: int) -> bool:
    """Answer whether the vote of this term was not given to somebody else."""
    return raft.vote == candidate or (raft.vote is None and raft.leader is None)


def entitled_to_vote(raft: "Raft") -> bool:
    """Answer whether this member's vote may count for anybody.

    A learner votes if asked: the candidate may know of a promotion that the learner does
    not know yet. A member that may have forgotten what it promised does not.
    """
    return not raft.recovering and bool(raft.membership.active.voters)


def on_pre_vote(raft: "Raft", message: PreVote, sender: int) -> None:
    """Tell whether a campaign could succeed; promises nothing and changes nothing."""
    if message.term > raft.term and shield.protects(raft, sender):
        return
    learn_commit(raft, message.commit_index, message.commit_term)
    log = raft.log
    granted = (
        message.term > raft.term
        and entitled_to_vote(raft)
        and log.is_current(message.last_log_index, message.last_log_term)
    )
    if granted and goes_first(raft, message, sender):
        granted = False
        raft.send(sender, _pre_vote(raft))  # it may have shielded the leader when we asked
    raft.send(
        sender,
        PreVoteReply(raft.term, message.term, granted, log.commit_index, log.commit_term),
    )


def goes_first(raft: "Raft", message: PreVote, rival: int) -> bool:
    """Answer whether our own campaign, just begun, takes precedence over an equal rival's.

    Two that ask at the same time would give each other the pre-vote and themselves the vote, and
    where both are needed the term passes without a leader. The higher ID goes first.
    """
    log = raft.log
    return (
        raft.role is Role.PRE_CANDIDATE
        and raft.elapsed == 0
        and rival < raft.member
        and (message.term, message.last_log_index, message.last_log_term)
        == (raft.term + 1, log.last_index, log.last_term)
    )


def on_request_vote_reply(raft: "Raft", message: RequestVoteReply, sender: int) -> None:
    """Count a vote of this term."""
    learn_commit(raft, message.commit_index, message.commit_term)
    if raft.role is Role.CANDIDATE:
        record_vote(raft, sender, granted=message.granted)


def on_pre_vote_reply(raft: "Raft", message: PreVoteReply, sender: int) -> None:
    """Count an opinion on the term after this one."""
    learn_commit(raft, message.commit_index, message.commit_term)
    if raft.role is Role.PRE_CANDIDATE and message.campaign_term == raft.term + 1:
        record_vote(raft, sender, granted=message.granted)
