"""Elections beyond the paper: learners, joint configurations, certificates of commit."""

from typing import Any

import pytest

from kactors.raft import (
    Action,
    ConfChange,
    Configuration,
    Entry,
    HardState,
    Heartbeat,
    MemberChange,
    MemoryLog,
    PreVote,
    PreVoteReply,
    RequestVote,
    RequestVoteReply,
    Role,
)
from kactors.raft.election import learn_commit
from tests.raft.solo import Solo, append, member

_REMOVE_2_AND_3 = ConfChange((MemberChange(Action.REMOVE, 2), MemberChange(Action.REMOVE, 3)))


@pytest.mark.parametrize("configuration", [Configuration((2, 3)), Configuration((2, 3), (1,))])
def test_only_voters_campaign(configuration: Configuration) -> None:
    """A learner or a stranger waits for ever."""
    one = member(configuration=configuration)

    one.raft.campaign()
    one.tick(100)

    assert one.has_role(Role.FOLLOWER)
    assert one.sent() == []


def test_who_may_not_campaign_forgets_a_silent_leader() -> None:
    """A learner that has heard nothing for an election timeout is no more in touch than a voter."""
    one = member(configuration=Configuration((2, 3), (1,)))
    one.step(Heartbeat(3, 0, 1))
    one.raft.read_index("passed on")
    leaders = []

    for ticks in (9, 11):
        one.tick(ticks)
        leaders.append(one.raft.leader)
    one.step(Heartbeat(3, 0, 2))

    assert [*leaders, one.raft.leader] == [2, None, 2]
    assert one.reads_dropped == ["passed on"]


def test_a_voter_of_the_outgoing_half_campaigns() -> None:
    """While joint, it may be the only one with a complete log."""
    one = member(configuration=Configuration((2, 3), outgoing=(1, 2)), pre_vote=False)

    assert [to for to, _ in one.tick(10)] == [2, 3]


def test_a_learner_votes_if_asked() -> None:
    """The candidate may know of a promotion that the learner does not know yet."""
    one = member(configuration=Configuration((2, 3), (1,)))

    sent = one.step(RequestVote(5, 9, 4, 1, 1))

    assert sent == [(2, RequestVoteReply(5, True, 1, 1))]


def test_a_member_without_a_configuration_does_not_vote() -> None:
    """It has heard of no cluster in which its vote could count."""
    one = Solo(MemoryLog(), {"joining": True})

    sent = one.step(RequestVote(5, 9, 4, 1, 1))

    assert sent == [(2, RequestVoteReply(5, False, 0, 0))]


def test_the_only_voter_elects_itself_when_its_vote_is_durable() -> None:
    """And commits its own entries."""
    one = member(configuration=Configuration((1,), (2,)))

    one.tick(10)

    assert one.has_role(Role.LEADER)
    assert one.raft.log.commit_index == 2


def test_two_leaders_of_a_term_are_impossible() -> None:
    """A follower that hears of both says so and stops."""
    one = member()
    one.step(Heartbeat(2, 1, 1), 3)

    with pytest.raises(AssertionError, match="members 3 and 2 both lead term 2"):
        one.step(Heartbeat(2, 1, 1), 2)


def test_the_pre_candidate_keeps_term_and_vote() -> None:
    """So a restart finds nothing changed."""
    one = member(term=4, vote=3)

    one.raft.campaign()
    ready = one.raft.ready()

    assert ready is not None
    assert ready.hard_state is None
    assert (one.raft.term, one.raft.vote, one.raft.role) == (4, 3, Role.PRE_CANDIDATE)


def test_a_vote_request_leaves_after_the_log_that_it_boasts_of() -> None:
    """A vote for entries that a crash takes back could be counted after the restart.

    3 has the committed entry 2/2 in memory only, campaigns, crashes and campaigns again in the
    same term without it: a vote given to the first request must not help the second.
    """
    one = member(pre_vote=False)
    one.raft.step(append(1, (1, 1), 1), 2)
    one.take()
    one.raft.campaign()

    ready = one.raft.ready()

    assert ready is not None
    assert ready.messages_now == ()
    assert [type(message) for _, message in ready.messages] == [RequestVote, RequestVote]


def lonely() -> Solo:
    """Return a member that has an uncommitted change to itself as the only voter, at 3/2."""
    log = MemoryLog.bootstrap(Configuration((1, 2, 3)))
    joint = Entry(2, 2, change=_REMOVE_2_AND_3)
    log.append((joint, Entry(3, 2, change=ConfChange())))
    log.hard_state = HardState(2)
    one = Solo(log, {"pre_vote": False})
    assert str(one.raft.membership.active) == "(1)&&(1 2 3) auto-leave"
    return one


def test_a_refusal_can_make_a_leader() -> None:
    """It says that the change is committed after which its sender's vote is not needed."""
    one = lonely()
    one.raft.campaign()
    one.settle()

    one.step(RequestVoteReply(3, False, 3, 2), 2)

    assert one.has_role(Role.LEADER)
    assert str(one.raft.membership.active) == "(1)"


def test_a_certificate_for_another_entry_proves_nothing() -> None:
    """Index and term must both be ours."""
    one = lonely()

    learn_commit(one.raft, 3, 1)
    learn_commit(one.raft, 4, 2)

    assert one.raft.log.commit_index == 2


def test_a_candidate_that_learns_of_its_removal_gives_up() -> None:
    """It would lead a configuration that it is not in."""
    log = MemoryLog.bootstrap(Configuration((1, 2, 3)))
    log.append((Entry(2, 2, change=ConfChange((MemberChange(Action.REMOVE, 1),))),))
    log.hard_state = HardState(2)
    one = Solo(log, {"pre_vote": False})
    one.raft.campaign()
    one.settle()

    one.step(RequestVoteReply(3, True, 2, 2), 2)

    assert one.has_role(Role.FOLLOWER)
    assert str(one.raft.membership.active) == "(2 3)"


@pytest.mark.parametrize("knobs", [{"pre_vote": False}, {"pre_vote": True}])
def test_both_halves_of_a_joint_configuration_elect(knobs: dict[str, Any]) -> None:
    """Three of (1 4 5) are not enough without two of (1 2 3)."""
    joint = Configuration((1, 4, 5), outgoing=(1, 2, 3))
    one = member(configuration=joint, **knobs)
    one.raft.campaign()
    one.sent()

    def answer(voter: int) -> None:
        if knobs["pre_vote"]:
            one.step(PreVoteReply(1, 2, True, 1, 1), voter)
        else:
            one.step(RequestVoteReply(2, True, 1, 1), voter)

    before = one.raft.role
    answer(4)
    answer(5)
    assert one.has_role(before)
    answer(2)

    assert not one.has_role(before)


def test_of_two_that_ask_at_the_same_time_one_leads_at_once() -> None:
    """The higher ID goes first; else each would vote for itself and the term for nobody."""
    pair = {2: member(member=2), 3: member(member=3)}
    for each in pair.values():
        each.raft.campaign()

    converse(pair)

    assert [each.has_role(Role.LEADER) for each in pair.values()] == [False, True]
    assert pair[2].raft.vote == 3


def test_one_that_shielded_the_leader_when_it_was_asked_is_asked_again() -> None:
    """Its own question is the sign that it does not any more; nobody waits for a timeout."""
    pair = {2: member(member=2), 3: member(member=3)}
    pair[2].step(Heartbeat(pair[2].raft.term, 1, 1), 1)
    pair[3].raft.campaign()
    for to, message in pair[3].sent():
        if to == 2:
            assert pair[2].step(message, 3) == []
    pair[2].raft.campaign()

    converse(pair)

    assert pair[3].has_role(Role.LEADER)


@pytest.mark.parametrize(("rival", "last_index", "ticks"), [(1, 2, 0), (1, 1, 1), (3, 1, 0)])
def test_a_rival_is_given_way(rival: int, last_index: int, ticks: int) -> None:
    """If its log or its ID is higher, or if our own campaign has waited for a tick in vain."""
    one = member(member=2)
    one.raft.campaign()
    one.tick(ticks)
    log = one.raft.log
    ask = PreVote(one.raft.term + 1, last_index, log.last_term, 1, log.commit_term)

    (answer,) = (sent for to, sent in one.step(ask, rival) if to == rival)

    assert isinstance(answer, PreVoteReply)
    assert answer.granted


def converse(members: dict[int, Solo]) -> None:
    """Carry messages between members until they have nothing to say; others are dead."""
    said = True
    while said:
        said = False
        for number, one in members.items():
            for to, message in one.sent():
                if to in members:
                    said = True
                    members[to].raft.step(message, number)
