"""Ongaro's dissertation, section by section; the names say which.

What it says of membership, snapshots, reads and transfers has files of its own.
"""

import pytest

from kactors.raft import (
    Action,
    AppendEntries,
    AppendEntriesReply,
    ConfChange,
    ConfChangeRefused,
    ConfRefusal,
    Entry,
    Heartbeat,
    MemberChange,
    PreVote,
    PreVoteReply,
    RequestVote,
    RequestVoteReply,
    Role,
    TimeoutNow,
)
from tests.raft.solo import append, entries, member


def test_4_1_changes_wait_for_an_entry_of_the_leaders_term() -> None:
    """The correction of 2015 to single-server changes; we demand it of all."""
    one = member().lead()
    learner = ConfChange((MemberChange(Action.ADD_LEARNER, 4),))

    with pytest.raises(ConfChangeRefused) as refused:
        one.raft.propose_conf_change(learner)
    one.acknowledge(2, 2)

    assert refused.value.reason is ConfRefusal.TERM_NOT_COMMITTED
    assert one.raft.propose_conf_change(learner) == 3


def test_4_2_3_a_member_that_hears_its_leader_ignores_candidates() -> None:
    """Neither vote nor term: the candidate may have been removed."""
    one = member(check_quorum=True)
    one.step(Heartbeat(2, 1, 1), 3)
    ask = RequestVote(9, 9, 9, 1, 1)

    one.tick(9)
    assert one.step(ask) == []
    assert one.raft.term == 2

    one.tick()
    one.step(ask)
    assert one.raft.term == 9


def test_4_2_3_a_transfer_is_not_ignored() -> None:
    """The leader itself wants it."""
    one = member(check_quorum=True)
    one.step(Heartbeat(2, 1, 1), 3)

    sent = one.step(RequestVote(3, 9, 9, 1, 1, transfer=True))

    assert sent == [(2, RequestVoteReply(3, True, 1, 1))]


def test_4_2_3_a_leader_is_not_shielded_from_itself() -> None:
    """If it asks for an election it does not lead any more."""
    one = member(check_quorum=True)
    one.step(Heartbeat(2, 1, 1), 3)

    sent = one.step(PreVote(3, 9, 9, 1, 1), sender=3)

    assert sent == [(3, PreVoteReply(2, 3, True, 1, 1))]


def test_6_2_a_leader_without_a_quorum_steps_down() -> None:
    """Within an election timeout; one answer of one other member keeps it."""
    one = member(check_quorum=True).lead_and_commit()

    one.tick(5)
    one.answer_heartbeats(2)
    one.tick(9)
    assert one.has_role(Role.LEADER)
    one.tick()

    assert one.has_role(Role.FOLLOWER)
    assert one.raft.term == 2


def test_6_2_without_check_quorum_a_leader_stays() -> None:
    """Then only a newer term ends it."""
    one = member(check_quorum=False).lead_and_commit()

    one.tick(50)

    assert one.has_role(Role.LEADER)


@pytest.mark.parametrize(
    ("term", "last", "granted"),
    [(4, (2, 3), True), (3, (2, 3), False), (4, (1, 1), False), (9, (2, 3), True)],
)
def test_9_6_a_pre_vote_asks_what_would_happen(
    term: int, last: tuple[int, int], granted: bool
) -> None:
    """A newer term and a complete log; the one who answers changes nothing."""
    one = member(3)

    sent = one.step(PreVote(term, *last, 1, 1))

    assert sent == [(2, PreVoteReply(3, term, granted, 1, 1))]
    assert (one.raft.term, one.raft.vote) == (3, None)


def test_9_6_a_candidate_opens_a_term_only_with_a_pre_vote_quorum() -> None:
    """Its own opinion counts; one more of three suffices."""
    one = member(pre_vote=True)

    asked = one.tick(10)
    assert asked == [(to, PreVote(2, 1, 1, 1, 1)) for to in (2, 3)]
    assert (one.raft.term, one.raft.vote) == (1, None)
    sent = one.step(PreVoteReply(1, 2, True, 1, 1))

    assert sent == [(to, RequestVote(2, 1, 1, 1, 1)) for to in (2, 3)]


def test_9_6_opinions_on_another_campaign_do_not_count() -> None:
    """They come late."""
    one = member(pre_vote=True, term=4)
    one.raft.campaign()
    one.sent()

    one.step(PreVoteReply(3, 4, True, 1, 1))

    assert one.has_role(Role.PRE_CANDIDATE)


def test_9_6_a_member_of_an_older_term_can_give_its_opinion() -> None:
    """Its term is older because a pre-vote does not raise it; the opinion counts."""
    one = member(pre_vote=True, term=4)
    one.raft.campaign()
    one.sent()

    one.step(PreVoteReply(2, 5, True, 1, 1))

    assert one.has_role(Role.CANDIDATE)


def test_9_6_transfers_use_no_pre_vote() -> None:
    """The others shield the leader, so a pre-vote would fail."""
    one = member(pre_vote=True)
    one.step(Heartbeat(2, 1, 1), 3)

    sent = one.step(TimeoutNow(2), 3)

    assert sent == [(to, RequestVote(3, 1, 1, 1, 1, transfer=True)) for to in (2, 3)]


def test_10_2_1_the_leader_writes_and_sends_in_parallel() -> None:
    """Appends need no promise of the leader's own disk."""
    one = member().lead_and_commit()
    one.raft.propose(b"x")

    ready = one.raft.ready()

    assert ready is not None
    assert ready.entries == (Entry(3, 2, b"x"),)
    assert [type(message) for _, message in ready.messages_now] == [AppendEntries, AppendEntries]
    assert ready.messages == ()


def test_10_2_1_followers_do_not() -> None:
    """Their acknowledgement is the promise."""
    one = member()
    one.raft.step(append(2, (1, 1), 2), 2)

    ready = one.raft.ready()

    assert ready is not None
    assert ready.entries == entries(2)
    assert ready.messages == ((2, AppendEntriesReply(2, success=True, index=2)),)
    assert ready.messages_now == ()


def test_10_2_2_a_leader_does_not_wait_for_answers() -> None:
    """Appends are pipelined, up to the limit of what may be in flight."""
    one = member(max_append_entries=1, max_inflight_messages=3).lead_and_commit()

    for _ in range(5):
        one.raft.propose(b"x")
    sent = [message for message in one.sent_to(2) if isinstance(message, AppendEntries)]

    assert [message.prev_log_index for message in sent] == [2, 3, 4]
    freed = [message for to, message in one.acknowledge(4, 2) if to == 2]
    assert [type(message) for message in freed] == [AppendEntries, AppendEntries]
