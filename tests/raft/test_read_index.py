"""Linearizable reads without log entries."""

from typing import Any

import pytest

from kactors.raft import (
    AppendEntries,
    Configuration,
    DropReason,
    Heartbeat,
    HeartbeatReply,
    ReadDropped,
    ReadIndex,
    ReadIndexReply,
    ReadMode,
    ReadState,
)
from tests.raft.solo import FIVE, Solo, member


def leader(**knobs: Any) -> Solo:
    """Return a leader that has committed an entry of its term."""
    return member(**knobs).lead_and_commit()


def served(one: Solo) -> list[ReadState]:
    """Return the reads served since the last time."""
    one.settle()
    states, one.read_states = one.read_states, []
    return states


def test_a_read_is_served_when_a_quorum_has_confirmed_the_leader() -> None:
    """At the commit index of when it was asked."""
    one = leader()

    one.raft.read_index("r")
    asked = one.sent()
    assert served(one) == []
    one.step(HeartbeatReply(2, 1))

    assert asked == [(to, Heartbeat(2, 2, 1)) for to in (2, 3)]
    assert served(one) == [ReadState(2, "r")]


def test_reads_that_come_together_share_a_round() -> None:
    """A thousand cost as much as one."""
    one = leader()

    for context in range(3):
        one.raft.read_index(context)
    asked = one.sent()
    one.step(HeartbeatReply(2, 1))

    assert len(asked) == 2
    assert [state.context for state in served(one)] == [0, 1, 2]


def test_answers_to_earlier_rounds_say_nothing() -> None:
    """However late or often they come: each broadcast has a number of its own."""
    one = leader()
    one.raft.read_index("first")
    one.sent()
    one.answer_heartbeats(2)
    served(one)
    one.raft.read_index("second")
    one.sent()

    for voter in (2, 3, 2, 3):
        one.step(HeartbeatReply(2, 1), voter)
    assert served(one) == []
    one.step(HeartbeatReply(2, 2), 3)

    assert [state.context for state in served(one)] == ["second"]


def test_a_later_round_confirms_earlier_reads() -> None:
    """If the answers to theirs are lost."""
    one = leader()
    one.raft.read_index("r")
    one.sent()
    one.tick()

    one.step(HeartbeatReply(2, 2))

    assert [state.context for state in served(one)] == ["r"]


def test_a_new_leader_lets_reads_wait_for_its_first_commit() -> None:
    """Before that it may know less than is committed."""
    one = member(1).lead()
    one.raft.read_index("r")

    asked = [message for _, message in one.sent() if isinstance(message, Heartbeat)]
    assert asked == []
    one.acknowledge(3, 2)
    one.answer_heartbeats(2)

    assert served(one) == [ReadState(3, "r")]


def test_five_members_need_two_answers() -> None:
    """The leader itself is one of the three."""
    one = leader(configuration=FIVE)
    one.raft.read_index("r")
    one.sent()

    one.answer_heartbeats(2)
    assert served(one) == []
    one.answer_heartbeats(2)
    assert served(one) == []
    one.answer_heartbeats(5)

    assert len(served(one)) == 1


def test_learners_and_recovering_members_confirm_nothing() -> None:
    """They are in no quorum."""
    one = leader(configuration=Configuration((1, 2, 3), (4,)))
    one.raft.read_index("r")
    one.sent()

    one.answer_heartbeats(4)
    one.step(HeartbeatReply(2, 1, recovering=7), 3)

    assert served(one) == []


def test_the_only_voter_serves_at_once() -> None:
    """It is the quorum."""
    one = leader(configuration=Configuration((1,), (2,)))

    one.raft.read_index("r")

    assert served(one) == [ReadState(2, "r")]


def test_a_follower_asks_the_leader() -> None:
    """And hands the answer to whoever asked."""
    one = member(boot=3)
    one.step(Heartbeat(2, 1, 1), 3)

    one.raft.read_index("r")
    request = (3 << 32) + 1
    assert one.sent() == [(3, ReadIndex(2, request))]
    one.step(ReadIndexReply(2, request, 7), 3)

    assert served(one) == [ReadState(7, "r")]


def test_an_answer_is_used_once_and_only_for_its_question() -> None:
    """Numbers are not used again, not even after a restart."""
    one = member()
    one.step(Heartbeat(2, 1, 1), 3)
    one.raft.read_index("old")
    [(_, asked)] = one.sent()
    assert isinstance(asked, ReadIndex)
    one.start()
    one.step(Heartbeat(2, 1, 2), 3)
    one.raft.read_index("new")
    one.sent()

    one.step(ReadIndexReply(2, asked.request, 1), 3)

    assert served(one) == []


def test_the_leader_answers_other_members() -> None:
    """When the round is confirmed."""
    one = leader()
    one.step(ReadIndex(2, 77), 3)

    sent = one.answer_heartbeats(2)

    assert sent == [(3, ReadIndexReply(2, 77, 2))]


def test_without_a_leader_a_read_is_dropped() -> None:
    """At once, with the reason."""
    with pytest.raises(ReadDropped) as dropped:
        member().raft.read_index("r")

    assert dropped.value.reason is DropReason.NOT_LEADER


def test_waiting_reads_are_bounded() -> None:
    """Of the own ones and of those of others."""
    one = leader(max_pending_reads=2)
    one.raft.read_index("a")
    one.step(ReadIndex(2, 77), 3)
    one.step(ReadIndex(2, 78), 3)

    with pytest.raises(ReadDropped) as dropped:
        one.raft.read_index("b")
    sent = one.answer_heartbeats(2, 3)

    assert dropped.value.reason is DropReason.TOO_MANY_READS
    assert [message.request for _, message in sent if isinstance(message, ReadIndexReply)] == [77]
    one.raft.read_index("c")


def test_reads_are_dropped_when_leadership_ends() -> None:
    """Those under way, those waiting, and those passed on; not those of others."""
    one = leader()
    one.raft.read_index("asked")
    one.sent()
    one.raft.read_index("waiting")
    one.raft.step(ReadIndex(2, 77), 3)

    one.step(AppendEntries(3, 2, 2, (), 2), 3)
    first, one.reads_dropped = one.reads_dropped, []
    one.raft.read_index("passed on")
    one.step(Heartbeat(4, 1, 1), 2)

    assert sorted(first) == ["asked", "waiting"]
    assert one.reads_dropped == ["passed on"]
    assert one.raft.reads.count == 0


def leased(**knobs: Any) -> Solo:
    """Return a leader with leases whose members have been up for long."""
    one = member(read_mode=ReadMode.LEASE, election_ticks=10, **knobs)
    one.tick(9)
    return one.lead_and_commit()


def test_a_lease_runs_from_when_the_round_was_sent() -> None:
    """Not from when it was answered: members shield from when they heard."""
    one = leased(lease_ticks=5)
    one.tick(1)
    one.tick(3)
    one.step(HeartbeatReply(2, 1))

    one.raft.read_index("within")
    assert [state.context for state in served(one)] == ["within"]
    one.tick(2)
    one.raft.read_index("after")

    assert served(one) == []


def test_a_lease_needs_a_quorum() -> None:
    """That the leader still leads is not enough."""
    one = leased(configuration=FIVE)
    one.tick()

    one.answer_heartbeats(2)
    one.raft.read_index("r")

    assert served(one) == []


def test_a_lease_ends_when_a_member_is_asked_to_campaign() -> None:
    """For the rest of the term: the message may come at any time."""
    one = leased()
    one.tick()
    one.answer_heartbeats(2, 3)
    one.raft.transfer_leadership(3)
    one.raft.transfer_leadership(1)

    one.raft.read_index("r")

    assert one.raft.transferee is None
    assert served(one) == []


def test_a_lease_is_not_inherited_from_an_earlier_leadership() -> None:
    """A new term begins without one."""
    one = leased()
    one.tick()
    one.answer_heartbeats(2, 3)
    one.step(AppendEntries(3, 2, 2, (), 2), 3)
    one.raft.forget_leader()
    one.tick(10)
    one.lead_and_commit()

    one.raft.read_index("r")

    assert served(one) == []
