"""Leaders with a quorum are left in peace, and leaders without one give up."""

import pytest

from kactors.raft import (
    Heartbeat,
    HeartbeatReply,
    PreVote,
    PreVoteReply,
    ReadMode,
    RequestVote,
    RequestVoteReply,
    Role,
)
from tests.raft.solo import FIVE, member


def test_a_leader_ignores_campaigns_while_it_has_a_quorum() -> None:
    """It would have stepped down otherwise."""
    one = member(check_quorum=True).lead()

    assert one.step(RequestVote(9, 9, 9, 1, 1)) == []
    assert one.step(PreVote(9, 9, 9, 1, 1)) == []
    assert one.raft.term == 2


def test_without_check_quorum_nobody_is_shielded() -> None:
    """A newer term wins whoever is heard."""
    one = member(check_quorum=False)
    one.step(Heartbeat(2, 1, 1), 3)

    assert one.step(PreVote(3, 9, 9, 1, 1)) == [(2, PreVoteReply(2, 3, True, 1, 1))]
    assert one.step(RequestVote(3, 9, 9, 1, 1)) == [(2, RequestVoteReply(3, True, 1, 1))]


def test_forgetting_the_leader_ends_the_shield() -> None:
    """A driver may know that it is gone."""
    one = member()
    one.step(Heartbeat(2, 1, 1), 3)

    one.raft.forget_leader()

    assert one.step(PreVote(3, 9, 9, 1, 1)) == [(2, PreVoteReply(2, 3, True, 1, 1))]


def test_with_leases_the_leader_is_not_forgotten() -> None:
    """The shield is what a lease stands on."""
    one = member(read_mode=ReadMode.LEASE)
    one.tick(10)
    one.step(Heartbeat(2, 1, 1), 3)

    one.raft.forget_leader()

    assert one.raft.leader == 3


@pytest.mark.parametrize(("ticks", "answers"), [(9, 0), (10, 1)])
def test_with_leases_a_restarted_member_grants_nothing_for_an_election_timeout(
    ticks: int, answers: int
) -> None:
    """It may have shielded a leader a moment before it crashed."""
    one = member(read_mode=ReadMode.LEASE)

    one.tick(ticks)

    assert len(one.step(PreVote(3, 9, 9, 1, 1))) == answers


def test_recovering_members_do_not_keep_a_leader_in_office() -> None:
    """They are in no quorum."""
    one = member(configuration=FIVE, check_quorum=True).lead_and_commit()

    one.tick(9)
    for voter in (2, 3):
        one.raft.step(HeartbeatReply(2, one.raft.reads.round, recovering=voter == 3), voter)
    one.tick()

    assert one.has_role(Role.FOLLOWER)
