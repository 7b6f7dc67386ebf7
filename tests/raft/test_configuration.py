"""The rules that change configurations, as pure functions over values."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kactors.raft import (
    Action,
    ConfChange,
    ConfChangeRefused,
    Configuration,
    ConfRefusal,
    MemberChange,
    Transition,
)
from kactors.raft.configuration import changed
from tests.raft.test_quorum import quorums

_MEMBERS = st.integers(1, 6)
_CHANGES = st.lists(
    st.builds(MemberChange, st.sampled_from(Action), _MEMBERS), min_size=1, max_size=4
).map(tuple)
_STEPS = st.lists(
    st.one_of(st.just(ConfChange()), st.builds(ConfChange, _CHANGES, st.sampled_from(Transition))),
    max_size=8,
)


def walk(start: Configuration, steps: list[ConfChange]) -> list[Configuration]:
    """Return the configurations that ``steps`` lead through; refused ones change nothing."""
    passed = [start]
    for step in steps:
        try:
            passed.append(changed(passed[-1], step))
        except ConfChangeRefused:
            continue
    return passed


@given(_STEPS)
def test_every_reachable_configuration_keeps_the_invariants(steps: list[ConfChange]) -> None:
    """Somebody votes, learners do not, staged learners vote only in the outgoing half."""
    for each in walk(Configuration(voters=(1, 2, 3)), steps):
        voters, outgoing = set(each.voters), set(each.outgoing)
        assert voters
        assert not set(each.learners) & (voters | outgoing | set(each.learners_next))
        assert set(each.learners_next) <= outgoing - voters
        assert each.joint or not (each.learners_next or each.auto_leave)
        for group in (each.voters, each.learners, each.outgoing, each.learners_next):
            assert list(group) == sorted(set(group))


@given(_STEPS)
def test_quorums_of_successive_configurations_overlap(steps: list[ConfChange]) -> None:
    """Safety of a change: a quorum before and a quorum after share a member."""
    passed = walk(Configuration(voters=(1, 2, 3)), steps)

    for before, after in pairwise(passed):
        assert all(old & new for old in quorums(before) for new in quorums(after))


@given(_STEPS, _CHANGES)
def test_the_way_through_joint_leads_where_the_changes_say(
    steps: list[ConfChange], changes: tuple[MemberChange, ...]
) -> None:
    """Entering and leaving has the effect of the changes one after the other."""
    start = walk(Configuration(voters=(1, 2, 3)), steps)[-1]
    assume(not start.joint)
    voters, learners = set(start.voters), set(start.learners)
    for change in changes:
        voters.discard(change.member)
        learners.discard(change.member)
        if change.action is not Action.REMOVE:
            group = voters if change.action is Action.ADD_VOTER else learners
            group.add(change.member)
    assume(voters)

    joint = changed(start, ConfChange(changes, Transition.EXPLICIT))
    after = changed(joint, ConfChange())

    assert joint.outgoing == start.voters
    assert not joint.auto_leave
    assert after == Configuration(tuple(sorted(voters)), tuple(sorted(learners)))


@pytest.mark.parametrize(
    ("transition", "changes", "joint", "auto_leave"),
    [
        (Transition.AUTO, (MemberChange(Action.ADD_VOTER, 4),), False, False),
        (Transition.AUTO, (MemberChange(Action.ADD_LEARNER, 3),), False, False),
        (
            Transition.AUTO,
            (MemberChange(Action.ADD_VOTER, 4), MemberChange(Action.REMOVE, 3)),
            True,
            True,
        ),
        (Transition.IMPLICIT, (MemberChange(Action.ADD_VOTER, 4),), True, True),
        (Transition.EXPLICIT, (MemberChange(Action.ADD_VOTER, 4),), True, False),
    ],
)
def test_a_change_is_joint_if_it_must_or_shall_be(
    transition: Transition, changes: tuple[MemberChange, ...], joint: bool, auto_leave: bool
) -> None:
    """More than one voter needs both halves; the transition may ask for them anyway."""
    after = changed(Configuration(voters=(1, 2, 3)), ConfChange(changes, transition))

    assert (after.joint, after.auto_leave) == (joint, auto_leave)


@pytest.mark.parametrize(
    ("configuration", "change", "reason"),
    [
        (Configuration((1, 2)), ConfChange(), ConfRefusal.NOT_JOINT),
        (
            Configuration((1, 2), outgoing=(1, 3)),
            ConfChange((MemberChange(Action.REMOVE, 1),)),
            ConfRefusal.JOINT,
        ),
        (
            Configuration((1,)),
            ConfChange((MemberChange(Action.REMOVE, 1),)),
            ConfRefusal.NO_VOTERS,
        ),
    ],
)
def test_a_change_that_breaks_a_rule_is_refused(
    configuration: Configuration, change: ConfChange, reason: ConfRefusal
) -> None:
    """The refusal names the rule."""
    with pytest.raises(ConfChangeRefused) as refused:
        changed(configuration, change)

    assert refused.value.reason is reason


def test_a_demoted_voter_is_staged_while_it_votes_in_the_outgoing_half() -> None:
    """It cannot be a voter and a learner at once."""
    demote = (MemberChange(Action.ADD_LEARNER, 3), MemberChange(Action.REMOVE, 2))

    joint = changed(Configuration((1, 2, 3)), ConfChange(demote))

    assert str(joint) == "(1)&&(1 2 3) learners_next=(3) auto-leave"
    assert joint.is_voter(3)
    assert joint.members == (1, 2, 3)
    assert str(changed(joint, ConfChange())) == "(1) learners=(3)"
