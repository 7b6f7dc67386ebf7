"""Changes of the configuration as they take effect."""

from collections.abc import Sequence

import pytest

from kactors.raft import (
    Action,
    AppendEntries,
    AppendEntriesReply,
    ConfChange,
    ConfChangeRefused,
    Configuration,
    ConfRefusal,
    Entry,
    HardState,
    Heartbeat,
    HeartbeatReply,
    MemberChange,
    MemoryLog,
    NotLeader,
    Role,
    TimeoutNow,
    Transition,
)
from kactors.raft.membership import Membership, implied_commit
from tests.raft.solo import THREE, Solo, append, entries, member

_PLUS_4 = Configuration((1, 2, 3), (4,))


def change(*changes: tuple[Action, int], transition: Transition = Transition.AUTO) -> ConfChange:
    """Return a change."""
    return ConfChange(tuple(MemberChange(*each) for each in changes), transition)


def leader(configuration: Configuration = THREE) -> Solo:
    """Return a leader whose opening entry everyone has."""
    return member(configuration=configuration).lead_and_commit()


def propose(one: Solo, wanted: ConfChange, *acknowledging: int) -> None:
    """Let the leader propose a change and some members acknowledge it."""
    index = one.raft.propose_conf_change(wanted)
    one.sent()
    one.acknowledge(index, *acknowledging)


def test_a_change_takes_effect_when_it_is_committed() -> None:
    """Not when it is appended."""
    one = leader()
    one.raft.propose_conf_change(change((Action.ADD_LEARNER, 4)))
    one.sent()

    assert one.raft.membership.active == THREE
    one.acknowledge(3, 2)

    assert one.raft.membership.active == _PLUS_4
    assert one.configuration == _PLUS_4
    assert set(one.raft.progress) == {1, 2, 3, 4}


def test_only_the_leader_changes_the_configuration() -> None:
    """Others say whom to ask."""
    one = member()
    one.step(Heartbeat(2, 1, 1), 3)

    with pytest.raises(NotLeader) as other:
        one.raft.propose_conf_change(change((Action.ADD_LEARNER, 4)))

    assert other.value.leader_hint == 3


def test_one_change_at_a_time() -> None:
    """The next one waits until this one is committed."""
    one = leader()
    one.raft.propose_conf_change(change((Action.ADD_LEARNER, 4)))

    with pytest.raises(ConfChangeRefused) as refused:
        one.raft.propose_conf_change(change((Action.ADD_LEARNER, 5)))
    one.sent()
    one.acknowledge(3, 2)
    one.raft.propose_conf_change(change((Action.ADD_LEARNER, 5)))

    assert refused.value.reason is ConfRefusal.PENDING


@pytest.mark.parametrize(
    ("recovering", "acknowledged", "allowed"), [(0, 2, True), (7, 2, False), (0, 0, False)]
)
def test_a_learner_is_promoted_when_it_has_caught_up_and_remembers(
    recovering: int, acknowledged: int, allowed: bool
) -> None:
    """It holds the configuration in which it learns, and its disk is to be trusted."""
    one = member(configuration=_PLUS_4).lead()
    one.acknowledge(2, 2, 3)
    if acknowledged:
        one.step(AppendEntriesReply(2, True, acknowledged, recovering=recovering), 4)
    promotion = change((Action.ADD_VOTER, 4))

    if allowed:
        assert one.raft.propose_conf_change(promotion) == 3
    else:
        with pytest.raises(ConfChangeRefused) as refused:
            one.raft.propose_conf_change(promotion)
        assert refused.value.reason is ConfRefusal.NOT_CAUGHT_UP


def test_a_stranger_is_not_made_a_voter() -> None:
    """It is a learner first."""
    with pytest.raises(ConfChangeRefused, match="member 9 is unknown"):
        leader().raft.propose_conf_change(change((Action.ADD_VOTER, 9)))


def test_a_joint_configuration_is_left_by_itself_and_once() -> None:
    """As soon as it is committed; acknowledgements that come meanwhile change nothing."""
    one = leader(Configuration((1, 2, 3), (4, 5)))
    one.acknowledge(2, 4, 5)

    swap = change(
        (Action.ADD_VOTER, 4), (Action.ADD_VOTER, 5), (Action.REMOVE, 2), (Action.REMOVE, 3)
    )
    propose(one, swap, 2, 4)
    joint = one.raft.membership.active
    one.acknowledge(3, 3, 5)

    assert str(joint) == "(1 4 5)&&(1 2 3) auto-leave"
    assert one.raft.log.last_index == 4
    assert one.raft.log.entry(4).change == ConfChange()
    one.acknowledge(4, 2, 4)
    assert str(one.raft.membership.active) == "(1 4 5)"
    assert one.raft.log.last_index == 4


def test_a_joint_configuration_is_left_although_entries_follow_it() -> None:
    """Not only if the change is the last entry of the log."""
    one = leader()
    one.raft.propose_conf_change(change((Action.REMOVE, 3), transition=Transition.IMPLICIT))
    one.raft.propose(b"x")
    one.sent()

    one.acknowledge(4, 2)

    assert one.raft.log.entry(5).change == ConfChange()


def test_an_explicit_joint_configuration_is_left_on_demand() -> None:
    """And only then."""
    one = leader()
    propose(one, change((Action.REMOVE, 3), transition=Transition.EXPLICIT), 2, 3)

    assert one.raft.log.last_index == 3
    propose(one, ConfChange(), 2)

    assert str(one.raft.membership.active) == "(1 2)"


def test_leaving_waits_for_a_transfer_to_end() -> None:
    """A leader that hands over appends nothing; afterwards it is not forgotten."""
    one = leader()
    one.raft.propose_conf_change(change((Action.REMOVE, 3), transition=Transition.IMPLICIT))
    one.sent()
    one.raft.transfer_leadership(3)

    one.acknowledge(3, 2)
    before = one.raft.log.last_index
    one.raft.transfer_leadership(1)

    assert before == 3
    assert one.raft.log.entry(4).change == ConfChange()


def test_a_new_leader_leaves_the_joint_configuration_that_it_finds() -> None:
    """Whoever entered it may be gone."""
    log = MemoryLog.bootstrap(THREE)
    enter = change((Action.REMOVE, 3), transition=Transition.IMPLICIT)
    log.append((Entry(2, 1, change=enter),))
    one = Solo(log, {}).lead()

    one.acknowledge(3, 2, 3)

    assert one.raft.log.entry(4).change == ConfChange()


def test_a_smaller_quorum_commits_at_once_what_it_has() -> None:
    """Nobody need acknowledge it again."""
    one = leader()
    one.raft.propose_conf_change(change((Action.REMOVE, 3)))
    one.raft.propose(b"x")
    one.sent()
    one.acknowledge(4, 2)
    one.raft.propose_conf_change(change((Action.REMOVE, 2)))
    one.raft.propose(b"y")
    one.sent()

    one.acknowledge(5, 2)

    assert one.raft.membership.active == Configuration((1,))
    assert one.raft.log.commit_index == 6


def test_a_leader_that_becomes_alone_serves_the_reads_that_wait() -> None:
    """Nobody is left to confirm them."""
    one = leader(Configuration((1, 2)))
    propose(one, change((Action.REMOVE, 2)))
    one.raft.read_index("r")
    one.sent()
    assert one.read_states == []

    one.acknowledge(3, 2)

    assert [state.context for state in one.read_states] == ["r"]


def test_a_removed_leader_tells_everyone_and_hands_over() -> None:
    """It has led until its removal was committed."""
    one = leader()
    index = one.raft.propose_conf_change(change((Action.REMOVE, 1)))
    one.sent()

    sent = one.acknowledge(index, 2, 3)

    assert one.has_role(Role.FOLLOWER)
    assert [message for to, message in sent if to == 3] == [AppendEntries(2, 3, 2, (), 3)]
    assert (2, TimeoutNow(2)) in sent
    one.tick(100)
    assert one.has_role(Role.FOLLOWER)


def test_a_demoted_leader_steps_down() -> None:
    """A learner does not lead."""
    one = leader()

    propose(one, change((Action.ADD_LEARNER, 1)), 2, 3)

    assert one.has_role(Role.FOLLOWER)


def test_a_removed_member_is_told_that_it_is_removed() -> None:
    """Else it would campaign for ever."""
    one = leader()
    index = one.raft.propose_conf_change(change((Action.REMOVE, 3)))
    one.sent()
    one.raft.step(AppendEntriesReply(2, success=True, index=3), 3)

    sent = one.acknowledge(index, 2)

    assert (3, AppendEntries(2, 3, 2, (), 3)) in sent
    assert set(one.raft.progress) == {1, 2}


def test_a_follower_that_holds_a_change_has_the_one_before_in_effect() -> None:
    """The append that brings it says so; that is what makes the scheme safe."""
    one = member()
    first = Entry(2, 2, change=change((Action.ADD_LEARNER, 4)))
    second = Entry(3, 2, change=change((Action.ADD_VOTER, 4)))

    one.step(AppendEntries(2, 1, 1, (first,), 1))
    assert one.raft.membership.active == THREE
    one.step(AppendEntries(2, 2, 2, (second,), 2))

    assert one.raft.membership.active == _PLUS_4


@pytest.mark.parametrize(
    ("change_indexes", "committed"), [((), 0), ((5,), 0), ((5, 9), 5), ((5, 9, 12), 9)]
)
def test_every_change_but_the_last_is_committed(
    change_indexes: Sequence[int], committed: int
) -> None:
    """Whatever the hard state remembers."""
    assert implied_commit(change_indexes) == committed


def test_a_restart_remembers_the_joint_configuration() -> None:
    """Also if the commit index was not written."""
    log = MemoryLog.bootstrap(THREE)
    enter = change((Action.REMOVE, 2), (Action.REMOVE, 3), transition=Transition.EXPLICIT)
    log.append((Entry(2, 1, change=enter), *entries(1, after=2)))
    log.hard_state = HardState(1, None, 1)
    forgetful = Solo(log, {})
    log.hard_state = HardState(1, None, 3)
    committed = Solo(log, {})
    log.append((Entry(4, 1, change=ConfChange()),))
    log.hard_state = HardState(1, None, 1)
    implied = Solo(log, {})

    assert forgetful.raft.membership.active == THREE
    assert str(committed.raft.membership.active) == "(1)&&(1 2 3)"
    assert str(implied.raft.membership.active) == "(1)&&(1 2 3)"
    assert implied.raft.log.commit_index == 2


def test_a_truncated_change_never_takes_effect() -> None:
    """Another leader wrote something else there."""
    one = member()
    one.step(AppendEntries(2, 1, 1, (Entry(2, 2, change=change((Action.REMOVE, 1))),), 1))

    one.step(append(3, (1, 1), 3, commit_index=2))

    assert one.raft.membership.active == THREE


def test_a_new_member_counts_as_heard_from() -> None:
    """Else a leader could lose its quorum by growing it."""
    one = member(configuration=_PLUS_4, check_quorum=True).lead_and_commit()
    one.tick(9)
    one.answer_heartbeats(2, 3, 4)
    propose(one, change((Action.ADD_VOTER, 4)), 2, 3)

    one.tick(9)

    assert one.has_role(Role.LEADER)


def test_the_history_answers_for_any_index_that_is_not_forgotten() -> None:
    """Snapshots need the configuration at the index that they cover."""
    membership = Membership(1, THREE)
    membership.enact(5, _PLUS_4)
    membership.enact(9, Configuration((1, 2, 3, 4)))

    assert membership.at(4) == THREE
    assert membership.at(5) == membership.at(8) == _PLUS_4
    membership.forget_before(7)
    assert membership.at(8) == _PLUS_4
    with pytest.raises(AssertionError, match="the configuration at 4 is forgotten"):
        membership.at(4)


def test_a_recovering_voter_does_not_help_to_commit() -> None:
    """What it acknowledges, it may have promised differently before."""
    one = leader()
    one.raft.propose(b"x")
    one.sent()
    one.step(HeartbeatReply(2, 0, recovering=7), 2)

    one.step(AppendEntriesReply(2, True, 3, recovering=7), 2)
    assert one.raft.log.commit_index == 2
    one.acknowledge(3, 3)

    assert one.raft.log.commit_index == 3
