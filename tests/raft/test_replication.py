"""Replication beyond the paper: flow control, refusals, losses."""

import pytest

from kactors.raft import (
    AppendEntries,
    AppendEntriesReply,
    DropReason,
    Heartbeat,
    HeartbeatReply,
    LogLost,
    MemoryLog,
    NotLeader,
    ProposalDropped,
    Propose,
)
from kactors.raft.progress import ProgressState
from tests.raft.solo import Solo, append, member


def test_a_follower_passes_proposals_on() -> None:
    """The leader may take them or lose them."""
    one = member()
    one.step(Heartbeat(2, 1, 1), 3)

    assert one.raft.propose_many([b"a", b"b"]) is None
    assert one.sent() == [(3, Propose(2, (b"a", b"b")))]


def test_the_leader_takes_proposals_that_were_passed_on() -> None:
    """As if they were its own."""
    one = member().lead_and_commit()

    one.step(Propose(2, (b"a", b"b")), 3)

    assert one.raft.log.last_index == 4


def test_no_proposals_are_no_entries() -> None:
    """Wherever they come from."""
    one = member().lead_and_commit()

    assert one.raft.propose_many([]) == 2
    assert one.step(Propose(2, ()), 3) == []


def test_without_a_leader_a_proposal_is_dropped() -> None:
    """With the reason, and a hint if there is one."""
    one = member(forward_proposals=False)

    with pytest.raises(NotLeader) as nobody:
        one.raft.propose(b"x")
    one.step(Heartbeat(2, 1, 1), 3)
    with pytest.raises(NotLeader) as other:
        one.raft.propose(b"x")

    assert nobody.value.leader_hint is None
    assert other.value.leader_hint == 3
    assert other.value.reason is DropReason.NOT_LEADER


def test_uncommitted_bytes_are_bounded() -> None:
    """The leader refuses what a quorum does not keep up with; commits make room."""
    one = member(max_uncommitted_bytes=10).lead_and_commit()
    one.raft.propose(b"12345678")

    with pytest.raises(ProposalDropped) as dropped:
        one.raft.propose(b"123")
    one.step(Propose(2, (b"123",)), 2)
    before = one.raft.log.last_index
    one.acknowledge(3, 2)
    one.raft.propose(b"123")

    assert dropped.value.reason is DropReason.UNCOMMITTED_LIMIT
    assert before == 3
    assert one.raft.log.last_index == 4


def test_what_earlier_leaders_left_does_not_count() -> None:
    """It was not counted when it came, so it is not when it commits."""
    one = member(1, 1, 1, max_uncommitted_bytes=10).lead()
    one.raft.propose(b"12345678")

    one.acknowledge(5, 2)
    assert one.raft.uncommitted.bytes == 8
    one.acknowledge(6, 2)

    assert one.raft.uncommitted.bytes == 0


def test_a_new_leader_starts_counting_at_nothing() -> None:
    """Else a full counter would drop all proposals for ever."""
    one = member(max_uncommitted_bytes=10).lead_and_commit()
    one.raft.propose(b"12345678")
    one.step(Heartbeat(3, 1, 1), 2)

    one.lead()

    assert one.raft.uncommitted.bytes == 0


def test_probing_stops_until_an_answer() -> None:
    """One message per heartbeat, however many proposals come."""
    one = member().lead()

    for _ in range(3):
        one.raft.propose(b"x")
        assert one.sent() == []
    one.tick()
    sent = one.step(HeartbeatReply(2, 1))

    assert [type(message) for _, message in sent] == [AppendEntries]


def test_a_lost_append_is_found_out_by_a_heartbeat() -> None:
    """The leader asks with an empty append; the refusal makes it probe, then send again."""
    one = member().lead_and_commit()
    one.raft.propose(b"x")
    one.sent()
    one.tick()

    asked = one.step(HeartbeatReply(2, 1))
    again = one.step(AppendEntriesReply(2, success=False, index=3, hint_index=2, hint_term=2))

    assert asked == [(2, AppendEntries(2, 3, 2, (), 2))]
    assert [len(message.entries) for _, message in again if isinstance(message, AppendEntries)] == [
        1
    ]


def test_an_unreachable_member_is_probed() -> None:
    """What is in flight to it is probably lost."""
    one = member().lead_and_commit()
    one.raft.propose(b"x")
    one.sent()

    one.raft.report_unreachable(2)
    one.raft.report_unreachable(9)

    assert one.raft.progress[2].state is ProgressState.PROBE
    assert one.raft.progress[2].next_index == 3
    assert one.raft.progress[3].state is ProgressState.REPLICATE


def test_a_member_that_probes_and_has_everything_replicates_again() -> None:
    """Nothing newer need be acknowledged for that."""
    one = member().lead_and_commit()
    one.raft.report_unreachable(2)
    one.sent()

    one.acknowledge(2, 2)

    assert one.raft.progress[2].state is ProgressState.REPLICATE


def test_the_leader_skips_its_own_terms_above_the_hint() -> None:
    """No probe at them could succeed."""
    one = member(1, 3, 3, 3, 5, 5, 5, 5).lead()

    sent = one.step(AppendEntriesReply(6, success=False, index=9, hint_index=6, hint_term=2))

    assert isinstance(sent[0][1], AppendEntries)
    assert (sent[0][1].prev_log_index, sent[0][1].prev_log_term) == (2, 1)


def test_bytes_bound_an_append() -> None:
    """One entry always goes."""
    one = member(max_append_bytes=40).lead_and_commit()
    one.raft.propose_many([b"x" * 8, b"y" * 8, b"z" * 100])

    sent = [message for message in one.sent_to(2) if isinstance(message, AppendEntries)]

    assert [[len(entry.data) for entry in message.entries] for message in sent] == [
        [8],
        [8],
        [100],
    ]


def test_what_is_committed_is_told_once_more_is_known() -> None:
    """With an empty append if nothing else is to be sent, and once."""
    one = member().lead_and_commit()
    one.raft.propose(b"x")
    one.sent()

    told = one.acknowledge(3, 2)
    again = one.acknowledge(3, 2)

    assert (2, AppendEntries(2, 3, 2, (), 3)) in told
    assert again == []


def test_a_follower_that_has_committed_beyond_lets_the_leader_go_on_from_there() -> None:
    """It need not compare what is decided."""
    one = member(2, 2, 2, commit_index=4)

    sent = one.step(append(3, (2, 2), 2))

    assert sent == [(2, AppendEntriesReply(3, success=True, index=4))]


def test_messages_of_strangers_are_ignored() -> None:
    """A member that was removed may still talk."""
    one = member().lead_and_commit()
    before = one.raft.status()

    one.step(AppendEntriesReply(2, success=True, index=99), 9)
    one.step(HeartbeatReply(2, 99), 9)

    assert one.raft.status() == before


def test_a_member_that_lost_what_it_acknowledged_stops() -> None:
    """The heartbeat of a leader of its term proves it."""
    one = member(2)

    with pytest.raises(LogLost) as lost:
        one.step(Heartbeat(2, 7, 1))

    assert (lost.value.commit_index, lost.value.last_index) == (7, 2)


def test_a_member_that_knows_of_its_loss_goes_on() -> None:
    """The leader does not know yet."""
    one = Solo(MemoryLog(), {"joining": True})

    sent = one.step(Heartbeat(2, 7, 1))

    assert sent == [(2, HeartbeatReply(2, 1, recovering=1))]
