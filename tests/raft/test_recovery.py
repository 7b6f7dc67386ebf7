"""A member that lost its disk, and one that never had any."""

import pytest

from kactors.raft import (
    Action,
    AppendEntries,
    AppendEntriesReply,
    ConfChange,
    Configuration,
    Entry,
    HardState,
    Heartbeat,
    HeartbeatReply,
    InstallSnapshot,
    MemberChange,
    MemoryLog,
    PreVote,
    PreVoteReply,
    ReadIndex,
    ReadIndexReply,
    RequestVote,
    RequestVoteReply,
    SnapshotMetadata,
    StorageLost,
    TimeoutNow,
)
from tests.raft.solo import THREE, Solo, entries, member

_LEARNING = Configuration((2, 3), (1,))


def blank() -> Solo:
    """Return member 1 with an empty storage, allowed to join."""
    return Solo(MemoryLog(), {"joining": True})


def given(configuration: Configuration, index: int = 9) -> Solo:
    """Return a blank member that has installed a snapshot with ``configuration``."""
    one = blank()
    snapshot = SnapshotMetadata(index, 2, configuration)
    one.step(InstallSnapshot(3, snapshot, 0, b"", done=True))
    return one


def asked(one: Solo) -> int:
    """Let the member ask for the index of now; return the number of its question."""
    [message] = [each for _, each in one.tick() if isinstance(each, ReadIndex)]
    return message.request


def test_an_empty_storage_is_refused() -> None:
    """A member that should know something knows nothing."""
    with pytest.raises(StorageLost, match="the storage of member 1 is empty"):
        Solo(MemoryLog(), {})


def test_a_log_that_ends_before_what_was_applied_is_refused() -> None:
    """Entries were lost."""
    one = member(2, 2)

    with pytest.raises(StorageLost, match="has applied 9, but its log ends at 3"):
        type(one.raft)(one.raft.config, one.disk.log, applied_index=9)


def test_a_blank_member_is_recovering_and_writes_that_first() -> None:
    """Before anything else makes its storage look like that of an ordinary one."""
    one = blank()

    assert one.raft.recovering
    assert one.disk.log.hard_state == HardState(recovering=True)
    one.start()
    assert one.raft.recovering


def test_a_recovering_member_is_in_no_quorum() -> None:
    """It grants no vote and no pre-vote, does not campaign, and its replies say so."""
    one = given(THREE)

    assert one.step(RequestVote(4, 99, 9, 1, 1)) == [(2, RequestVoteReply(4, False, 9, 2))]
    assert one.step(PreVote(5, 99, 9, 1, 1)) == [(2, PreVoteReply(4, 5, False, 9, 2))]
    assert one.step(TimeoutNow(4)) == []
    assert one.step(Heartbeat(4, 9, 1)) == [(2, HeartbeatReply(4, 1, recovering=1))]
    assert one.step(AppendEntries(4, 9, 2, entries(4, after=9), 9)) == [
        (2, AppendEntriesReply(4, True, 10, recovering=1))
    ]
    one.tick(100)
    assert one.raft.term == 4


def test_a_recovering_voter_stays_so() -> None:
    """Its old votes may still be counted somewhere."""
    one = given(THREE)

    one.step(ReadIndexReply(3, asked(one), 9))

    assert one.raft.recovering


def test_a_member_without_a_vote_recovers_when_it_knows_the_configuration_of_now() -> None:
    """And writes that, too."""
    one = given(_LEARNING)
    request = asked(one)
    assert one.raft.status().recovering

    one.step(ReadIndexReply(3, request, 9))
    one.settle()

    assert not one.raft.status().recovering
    assert not one.disk.log.hard_state.recovering
    assert one.step(Heartbeat(3, 9, 1)) == [(2, HeartbeatReply(3, 1))]


def test_nobody_says_that_it_has_recovered_before_that_is_durable() -> None:
    """The leader would promote it, and after a crash it would be a voter that cannot vote."""
    one = given(_LEARNING)

    one.raft.step(ReadIndexReply(3, asked(one), 9), 2)
    one.raft.step(Heartbeat(3, 9, 1), 2)
    ready = one.raft.ready()

    assert ready is not None
    assert ready.must_sync
    assert (2, HeartbeatReply(3, 1)) in ready.messages
    assert not ready.messages_now


def test_old_stories_do_not_count() -> None:
    """The log may tell of a time before it became the voter that it was."""
    one = given(_LEARNING)

    one.step(ReadIndexReply(3, asked(one), 11))
    assert one.raft.recovering
    promotion = Entry(10, 3, change=ConfChange((MemberChange(Action.ADD_VOTER, 1),)))
    one.step(AppendEntries(3, 9, 2, (promotion, Entry(11, 3)), 11))

    assert one.raft.log.commit_index == 11
    assert one.raft.recovering


def test_a_demotion_is_what_a_wiped_voter_waits_for() -> None:
    """Decided by the others, after its question."""
    one = given(THREE)
    one.step(ReadIndexReply(3, asked(one), 9))

    demotion = Entry(10, 3, change=ConfChange((MemberChange(Action.ADD_LEARNER, 1),)))
    one.step(AppendEntries(3, 9, 2, (demotion,), 10))

    assert not one.raft.recovering


def test_only_the_answer_to_the_latest_question_counts() -> None:
    """Another incarnation may have asked the same leader."""
    one = given(_LEARNING)
    request = asked(one)

    one.step(ReadIndexReply(3, request - 1, 9))

    assert one.raft.recovering


def test_the_question_is_repeated_once_per_election_timeout() -> None:
    """Until it is answered, and only if there is a leader to ask."""
    one = given(_LEARNING)

    sent = []
    for _ in range(25):
        sent += one.tick() + one.step(Heartbeat(3, 9, 1))
    questions = [message for _, message in sent if isinstance(message, ReadIndex)]

    assert len(questions) == 3
    assert len({question.request for question in questions}) == 3
    one.tick(20)  # until the leader is forgotten
    assert one.tick(100) == []


def test_a_leader_forgets_what_a_lost_disk_acknowledged() -> None:
    """As soon as the member says that it is another one now."""
    one = member().lead_and_commit()
    one.raft.propose(b"x")
    one.sent()
    one.acknowledge(3, 2)

    one.step(AppendEntriesReply(2, False, 3, recovering=7), 2)
    wiped = one.raft.progress[2].match_index
    one.step(AppendEntriesReply(2, True, 3, recovering=7), 2)
    one.step(AppendEntriesReply(2, False, 3, recovering=8), 2)

    assert wiped == 0
    assert one.raft.progress[2].match_index == 0
    assert one.raft.progress[2].recovering == 8


def test_a_member_that_has_recovered_counts_again() -> None:
    """From its first reply on that says so."""
    one = member(configuration=Configuration((1, 2, 3), (4,))).lead_and_commit()
    one.step(HeartbeatReply(2, 0, recovering=7), 4)
    one.step(AppendEntriesReply(2, True, 2, recovering=7), 4)

    one.step(HeartbeatReply(2, 0), 4)

    assert one.raft.progress[4].recovering == 0
    assert one.raft.progress[4].match_index == 2
    assert one.raft.propose_conf_change(ConfChange((MemberChange(Action.ADD_VOTER, 4),))) == 3
