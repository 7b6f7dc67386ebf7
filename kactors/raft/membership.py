"""Changes of the configuration, one at a time, by joint consensus.

Theory of operation
===================

A change takes effect on a member when the member learns that its entry is *committed*
(not when it is appended, as in the thesis, nor when the driver applies it, as in etcd).
That is safe because a leader appends a change only when the one before is committed, and
an append carries the leader's commit index: whoever holds the entry of a change knows that
the change before is committed, and has it in effect. So any two members that could win
an election or commit an entry are at most one change apart, and such quorums overlap.
A restarted member may have lost its commit index, but not that knowledge: every change
in its log except the last is committed (`implied_commit`).

A change that alters more than one voter passes through a joint configuration, in which both
halves must agree; the leader leaves it by itself unless it was asked not to.

Source: thesis, chapter 4; paper, section 6; learners and automatic leaving as in etcd/raft.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kactors.raft import election, replication, trace, transfer
from kactors.raft.configuration import ConfChange, Configuration, changed
from kactors.raft.errors import ConfChangeRefused, ConfRefusal
from kactors.raft.messages import Entry, TimeoutNow
from kactors.raft.progress import ProgressState
from kactors.raft.role import Role

if TYPE_CHECKING:
    from kactors.raft.core import Raft


class Membership:
    """The configuration in effect, and those that were in effect at earlier indexes.

    Attributes:
        active: the configuration in effect.
        active_index: the entry that brought it.
        pending_index: no change may be proposed before this is committed.
    """

    __slots__ = ("_history", "active", "active_index", "pending_index")

    def __init__(self, index: int, configuration: Configuration) -> None:
        self.active = configuration
        self.active_index = index
        self.pending_index = 0
        self._history = [(index, configuration)]

    def enact(self, index: int, configuration: Configuration) -> None:
        """Let ``configuration`` be in effect from ``index`` on."""
        self.active = configuration
        self.active_index = index
        self._history.append((index, configuration))

    def at(self, index: int) -> Configuration:
        """Return the configuration in effect at ``index``, which is not compacted."""
        for since, configuration in reversed(self._history):
            if since <= index:
                return configuration
        raise AssertionError(f"the configuration at {index} is forgotten")

    def forget_before(self, index: int) -> None:
        """Drop what was in effect only before ``index``."""
        while len(self._history) > 1 and self._history[1][0] <= index:
            del self._history[0]


def implied_commit(change_indexes: Sequence[int]) -> int:
    """Return what must be committed if a log holds changes at these indexes."""
    return change_indexes[-2] if len(change_indexes) > 1 else 0


# Proposing


def propose(raft: "Raft", change: ConfChange) -> int:
    """Append a change as leader; return its index.

    Raises:
        ProposalDropped: this member does not lead, or hands over.
        ConfChangeRefused: the change breaks a rule.
    """
    replication.check_open(raft, 0)
    check_not_pending(raft)
    target = changed(raft.membership.active, change)
    check_caught_up(raft, change, target)
    return _append(raft, change)


def check_not_pending(raft: "Raft") -> None:
    """Refuse a change while another may be uncommitted."""
    pending = raft.membership.pending_index
    if pending <= raft.log.commit_index:
        return
    opening = pending == raft.opening_index
    raise ConfChangeRefused(
        f"entry {pending} must be committed first, {raft.log.commit_index} is",
        reason=ConfRefusal.TERM_NOT_COMMITTED if opening else ConfRefusal.PENDING,
    )


def check_caught_up(raft: "Raft", change: ConfChange, target: Configuration) -> None:
    """Refuse new voters that do not know the configuration in which they learned.

    They would weaken the quorum until they caught up (thesis, section 4.2.1), and one
    whose disk was lost must know that it has no vote before it gets one.
    """
    for voter in target.voters:
        if voter in raft.membership.active.electorate:
            continue
        progress = raft.progress.get(voter)
        if (
            progress is None
            or progress.recovering
            or progress.match_index < raft.membership.active_index
        ):
            raise ConfChangeRefused(
                f"member {voter} is {progress or 'unknown'}, entry "
                f"{raft.membership.active_index} is needed: add it as a learner and retry "
                f"{change.changes}",
                reason=ConfRefusal.NOT_CAUGHT_UP,
            )


def _append(raft: "Raft", change: ConfChange) -> int:
    if raft.observe is not None:
        trace.changing(raft, change)
    index = raft.log.last_index + 1
    raft.membership.pending_index = index
    replication.append(raft, (Entry(index, raft.term, change=change),), 0)
    return index


def leave_joint_if_due(raft: "Raft") -> None:
    """Leave a joint configuration by itself, once it is committed and nothing else waits.

    Asked after every commit and after an aborted transfer, so that it is never forgotten
    and never done twice: the own proposal becomes what is pending.
    """
    if (
        raft.membership.active.auto_leave
        and raft.membership.pending_index <= raft.log.commit_index
        and raft.transferee is None
    ):
        _append(raft, ConfChange())


# Taking effect


def activate(raft: "Raft", entry: Entry) -> None:
    """Let the committed change in ``entry`` take effect."""
    assert entry.change is not None, f"entry {entry.index} changes nothing"
    before = raft.membership.active
    after = changed(before, entry.change)
    if raft.observe is not None:
        trace.conf_applied(raft, after)
    raft.membership.enact(entry.index, after)
    raft.membership.forget_before(raft.log.first_index - 1)
    raft.outbox.configuration_changed = True
    if raft.role is Role.LEADER:
        track(raft, before, after)
        if not after.is_voter(raft.member):
            step_down_removed(raft)


def track(raft: "Raft", before: Configuration, after: Configuration) -> None:
    """Track who came and forget who went."""
    for member in before.members:
        if member not in after.members and member != raft.member:
            say_goodbye(raft, member)
            del raft.progress[member]
    for member in after.members:
        if member not in raft.progress:
            raft.progress[member] = raft.new_progress()
    raft.others = tuple(member for member in after.members if member != raft.member)
    if raft.transferee is not None and not after.is_voter(raft.transferee):
        transfer.abort(raft)


def say_goodbye(raft: "Raft", member: int) -> None:
    """Tell a removed member that its removal is committed, so that it rests in peace."""
    progress = raft.progress[member]
    if progress.state is ProgressState.REPLICATE:
        replication.send_append(raft, member, progress)


def step_down_removed(raft: "Raft") -> None:
    """Stop leading a configuration without us (thesis, section 4.2.2).

    Everyone hears first that it is committed; then the best voter is asked to take over,
    which saves an election timeout.
    """
    replication.flush(raft)
    heir = best_voter(raft)
    term = raft.term
    election.become_follower(raft, term, None)
    if heir is not None:
        raft.send(heir, TimeoutNow(term))


def best_voter(raft: "Raft") -> int | None:
    """Return a voter that has the whole log."""
    for voter in raft.membership.active.voters:
        progress = raft.progress[voter]
        if progress.match_index == raft.log.last_index and not progress.recovering:
            return voter
    return None


def restore(raft: "Raft", index: int, configuration: Configuration) -> None:
    """Take the configuration of a snapshot."""
    if raft.observe is not None:
        trace.conf_applied(raft, configuration)
    raft.membership = Membership(index, configuration)
    raft.outbox.configuration_changed = True
