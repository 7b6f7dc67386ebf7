"""Leadership handed over on purpose.

The leader stops taking proposals, brings the heir up to date and asks it to campaign at
once. If nothing has come of it after an election timeout, the leader goes on as before.

Source: thesis, section 3.10.
"""

from typing import TYPE_CHECKING

from kactors.raft import election, membership
from kactors.raft.errors import NotLeader, TransferRefused
from kactors.raft.messages import TimeoutNow, TransferLeadership
from kactors.raft.role import Role

if TYPE_CHECKING:
    from kactors.raft.core import Raft


def ask(raft: "Raft", to: int) -> None:
    """Hand over to ``to``, or ask the leader to.

    Raises:
        NotLeader: no leader is known.
        TransferRefused: ``to`` cannot lead.
    """
    if raft.role is Role.LEADER:
        begin(raft, to)
    elif raft.leader is None:
        raise NotLeader(raft.member, raft.term, leader_hint=None)
    else:
        raft.send(raft.leader, TransferLeadership(raft.term, to))


def begin(raft: "Raft", to: int) -> None:
    """Hand over to ``to``; a second wish replaces the first."""
    if to == raft.member:
        abort(raft)
        return
    if not raft.membership.active.is_voter(to):
        raise TransferRefused(
            f"member {to} is asked to lead, but the voters are {raft.membership.active}"
        )
    if to != raft.transferee:
        raft.transferee = to
        raft.transfer_elapsed = 0
        proceed(raft, to)


def proceed(raft: "Raft", member: int) -> None:
    """Ask the heir to campaign if it is up to date."""
    if member != raft.transferee:
        return
    if raft.progress[member].match_index == raft.log.last_index:
        raft.lease_forfeited = True
        raft.send(member, TimeoutNow(raft.term))


def tick(raft: "Raft") -> None:
    """Give up after an election timeout."""
    if raft.transferee is not None:
        raft.transfer_elapsed += 1
        if raft.transfer_elapsed >= raft.config.election_ticks:
            abort(raft)


def abort(raft: "Raft") -> None:
    """Go on leading."""
    raft.transferee = None
    membership.leave_joint_if_due(raft)


def on_transfer_leadership(raft: "Raft", message: TransferLeadership, _sender: int) -> None:
    """Do what a follower passed on, if it can be done."""
    try:
        begin(raft, message.to)
    except TransferRefused:
        return


def on_timeout_now(raft: "Raft", _message: TimeoutNow, _sender: int) -> None:
    """Campaign at once; no pre-vote, because the leader itself wants it."""
    if election.promotable(raft):
        election.campaign(raft, transfer=True)
