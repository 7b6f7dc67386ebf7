"""The Raft paper on terms and elections: sections 5.1, 5.2 and 5.4.1.

The names say which section; the paper is the extended version of *In Search of an
Understandable Consensus Algorithm*.
"""

from itertools import pairwise

import pytest

from kactors.raft import (
    AppendEntriesReply,
    Heartbeat,
    HeartbeatReply,
    Message,
    PreVoteReply,
    RequestVote,
    RequestVoteReply,
    Role,
)
from tests.raft.node import FixedRng
from tests.raft.solo import FIVE, append, member

# Paper, Figure 2 and section 5.1: terms


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    "message",
    [
        RequestVote(9, 5, 5, 1, 1),
        RequestVoteReply(9, False, 1, 1),
        PreVoteReply(9, 2, False, 1, 1),
        append(9, (1, 1)),
        AppendEntriesReply(9, success=False, index=1),
        Heartbeat(9, 1, 1),
        HeartbeatReply(9, 1),
    ],
    ids=lambda message: type(message).__name__,
)
def test_5_1_a_newer_term_makes_a_follower(role: Role, message: Message) -> None:
    """Whatever carries it: a candidate or a leader that sees a newer term steps down."""
    one = member(pre_vote=role is Role.PRE_CANDIDATE, check_quorum=False)
    if role is Role.LEADER:
        one.lead()
    elif role is not Role.FOLLOWER:
        one.raft.campaign()
    assert one.has_role(role)

    one.step(message)

    assert one.has_role(Role.FOLLOWER)
    assert one.raft.term == 9


def test_5_1_requests_of_an_older_term_are_refused_with_ours() -> None:
    """The sender learns that it is out of date, and nothing else happens."""
    one = member(3, term=5)

    assert one.step(append(4, (2, 3), 4)) == [(2, AppendEntriesReply(5, success=False, index=2))]
    assert one.step(RequestVote(4, 9, 4, 1, 1)) == [(2, RequestVoteReply(5, False, 1, 1))]
    assert one.step(Heartbeat(4, 2, round=7)) == [(2, HeartbeatReply(5, 0))]
    assert one.raft.leader is None
    assert one.terms == [3]


@pytest.mark.parametrize(
    "message",
    [
        RequestVoteReply(2, True, 1, 1),
        AppendEntriesReply(2, success=True, index=99),
        HeartbeatReply(2, 99),
    ],
)
def test_5_1_replies_of_an_older_term_are_ignored(message: Message) -> None:
    """They speak of another election, or of a log that may have changed since."""
    one = member(term=4).lead()
    before = one.raft.status()

    assert one.step(message) == []

    assert one.raft.status() == before


def test_5_1_votes_of_an_older_term_do_not_elect() -> None:
    """They were given in another election, perhaps to a log that was longer then."""
    one = member(term=4, pre_vote=False)
    one.raft.campaign()
    one.settle()

    for voter in (2, 3):
        one.step(RequestVoteReply(4, True, 1, 1), voter)

    assert one.has_role(Role.CANDIDATE)


def test_5_1_the_term_and_the_vote_are_durable_before_anyone_hears() -> None:
    """The reply leaves with the write, not before."""
    one = member()
    one.raft.step(RequestVote(7, 1, 1, 1, 1), 3)

    ready = one.raft.ready()

    assert ready is not None
    assert ready.hard_state is not None
    assert (ready.hard_state.term, ready.hard_state.vote) == (7, 3)
    assert ready.must_sync
    assert ready.messages == ((3, RequestVoteReply(7, True, 1, 1)),)
    assert ready.messages_now == ()


# Paper, section 5.2: leader election


def test_5_2_members_start_as_followers() -> None:
    """Also after a restart, whatever they were before."""
    one = member().lead()

    one.start()

    assert one.has_role(Role.FOLLOWER)
    assert one.raft.leader is None


def test_5_2_a_leader_sends_heartbeats() -> None:
    """Once per heartbeat interval, to everyone."""
    one = member(heartbeat_ticks=2).lead_and_commit()

    assert one.tick() == []
    beats = one.tick()

    assert beats == [(2, Heartbeat(2, 2, 1)), (3, Heartbeat(2, 2, 1))]


def test_5_2_a_heartbeat_promises_no_more_than_what_the_member_has() -> None:
    """Beyond what matches, its log may differ, and must not be committed."""
    one = member(heartbeat_ticks=1).lead()
    one.acknowledge(2, 2)

    beats = dict(one.tick())

    assert beats == {2: Heartbeat(2, 2, 1), 3: Heartbeat(2, 0, 1)}


def test_5_2_a_follower_without_a_leader_becomes_a_candidate() -> None:
    """It opens a term, votes for itself and asks everyone, when its timeout has passed."""
    one = member(3, 3, pre_vote=False, draw=4)

    assert one.tick(13) == []
    asked = one.tick()

    ask = RequestVote(4, 3, 3, 1, 1)
    assert asked == [(2, ask), (3, ask)]
    assert one.has_role(Role.CANDIDATE)
    assert one.raft.vote == 1


def test_5_2_a_leader_that_is_heard_keeps_followers_quiet() -> None:
    """Appends and heartbeats both count."""
    one = member(pre_vote=False)

    one.tick(9)
    one.step(Heartbeat(1, 1, 1))
    one.tick(9)
    one.step(append(1, (1, 1)))
    one.tick(9)

    assert one.has_role(Role.FOLLOWER)
    one.tick()
    assert one.has_role(Role.CANDIDATE)


@pytest.mark.parametrize(
    ("replies", "role"),
    [
        ({}, Role.CANDIDATE),
        ({2: True}, Role.CANDIDATE),
        ({2: True, 3: True}, Role.LEADER),
        ({2: True, 3: False, 4: True}, Role.LEADER),
        ({2: False, 3: False}, Role.CANDIDATE),
        ({2: False, 3: False, 4: False}, Role.FOLLOWER),
    ],
)
def test_5_2_a_majority_elects(replies: dict[int, bool], role: Role) -> None:
    """Three of five votes win, the own one included; three refusals lose."""
    one = member(configuration=FIVE, pre_vote=False)
    one.raft.campaign()
    one.settle()

    for voter, granted in replies.items():
        one.step(RequestVoteReply(2, granted, 1, 1), voter)

    assert one.has_role(role)


def test_5_2_the_first_answer_of_a_voter_counts() -> None:
    """A repeated message does not vote twice."""
    one = member(configuration=FIVE, pre_vote=False)
    one.raft.campaign()
    one.settle()

    for _ in range(3):
        one.step(RequestVoteReply(2, True, 1, 1), 2)

    assert one.has_role(Role.CANDIDATE)


def test_5_2_the_own_vote_counts_when_it_is_durable() -> None:
    """A member that forgets it in a crash could give it to another."""
    one = member(pre_vote=False)
    one.raft.campaign()
    one.take()

    one.raft.step(RequestVoteReply(2, True, 1, 1), 2)
    before = one.raft.role
    one.settle()

    assert before is Role.CANDIDATE
    assert one.has_role(Role.LEADER)


@pytest.mark.parametrize(
    ("vote", "candidate", "granted"), [(None, 2, True), (2, 2, True), (3, 2, False)]
)
def test_5_2_one_vote_per_term(vote: int | None, candidate: int, granted: bool) -> None:
    """First come, first served; asking again gets the same answer."""
    one = member(term=4, vote=vote)

    sent = one.step(RequestVote(4, 9, 4, 1, 1), candidate)

    assert sent == [(candidate, RequestVoteReply(4, granted, 1, 1))]
    assert one.raft.vote == (candidate if granted else vote)


def test_5_2_the_vote_survives_a_restart() -> None:
    """Else two candidates of one term could win with it."""
    one = member()
    one.step(RequestVote(4, 9, 4, 1, 1), 2)

    one.start()

    assert one.step(RequestVote(4, 9, 4, 1, 1), 3) == [(3, RequestVoteReply(4, False, 1, 1))]


def test_5_2_a_leader_that_steps_down_in_its_term_keeps_its_vote() -> None:
    """It voted for itself, and that stays true."""
    one = member(check_quorum=True).lead()

    one.tick(10)

    assert one.has_role(Role.FOLLOWER)
    assert one.raft.vote == 1
    assert one.step(RequestVote(2, 9, 2, 1, 1), 3) == [(3, RequestVoteReply(2, False, 1, 1))]


@pytest.mark.parametrize("message", [append(2, (1, 1)), Heartbeat(2, 1, 1)])
def test_5_2_a_candidate_yields_to_the_leader_of_its_term(message: Message) -> None:
    """Somebody else has won."""
    one = member(pre_vote=False)
    one.raft.campaign()
    one.settle()

    one.step(message, sender=3)

    assert one.has_role(Role.FOLLOWER)
    assert one.raft.leader == 3
    assert one.raft.term == 2


def test_5_2_a_split_vote_is_tried_again_in_another_term() -> None:
    """With another timeout: chance is asked anew for each attempt."""
    drawn: list[tuple[int, int]] = []

    def chance(term: int, attempt: int) -> FixedRng:
        drawn.append((term, attempt))
        return FixedRng(len(drawn))

    one = member(pre_vote=False, chance=chance)

    one.tick(60)

    assert one.raft.term > 3
    assert len(set(drawn)) == len(drawn)
    assert all(later > earlier for earlier, later in pairwise(drawn))


def test_5_2_granting_a_vote_resets_the_timeout_and_refusing_does_not() -> None:
    """Else a candidate that cannot win would keep everyone else from trying."""
    one = member(3, pre_vote=False, check_quorum=False)

    one.tick(9)
    one.step(RequestVote(5, 1, 1, 1, 1), 2)
    one.tick()
    assert one.has_role(Role.FOLLOWER), "a newer term counts as a fresh start"

    one.tick(8)
    one.step(RequestVote(5, 1, 1, 1, 1), 3)
    one.tick()
    assert one.has_role(Role.CANDIDATE)


@pytest.mark.parametrize(
    ("last_index", "last_term", "granted"),
    [
        (3, 3, True),
        (4, 3, True),
        (2, 4, True),
        (2, 3, False),
        (9, 2, False),
        (1, 1, False),
    ],
)
def test_5_4_1_a_vote_is_refused_to_a_log_that_is_less_complete(
    last_index: int, last_term: int, granted: bool
) -> None:
    """The last term decides, and the length only if it is the same."""
    one = member(3, 3, term=4)

    sent = one.step(RequestVote(5, last_index, last_term, 1, 1))

    assert sent == [(2, RequestVoteReply(5, granted, 1, 1))]
