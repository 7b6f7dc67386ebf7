"""The operator: which changes are asked for, which never are, and how wiped members come back."""

import pytest

from kactors.testing.raft import OURS, Capability, Change, Knobs
from kactors.testing.raft.operator import Operator
from kactors.testing.raft.process import Process
from kactors.testing.raft.world import World

MS = 1_000_000
#: The kinds of change, by the remainder of a pick.
LEARNER, PROMOTE, REMOVE, RETIRE, DEMOTE, REPLACE, SUCCEED, LEAVE = range(8)
#: Added to a pick: as simple as can be, joint and left automatically, joint until told.
SIMPLE, JOINT, EXPLICIT = 0, 8, 16


def world_of(members: int = 3) -> tuple[World, Operator]:
    """A cluster with a leader and without clients."""
    world = World(OURS, Knobs(members=members, load_ms=0), seed=3)
    world.begin()
    world.run_for(4000 * MS)
    return world, Operator(world)


def leader_of(world: World) -> Process:
    """The leader, who is there."""
    leader = world.leader()
    assert leader is not None
    return leader


def settle(world: World) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Voters, learners and outgoing voters, after a while."""
    world.run_for(4000 * MS)
    view = leader_of(world).view
    assert view is not None
    return view.voters, view.learners, view.outgoing


def test_a_member_comes_as_a_learner_and_is_promoted() -> None:
    """The world has a member more, which then votes."""
    world, operator = world_of()

    assert operator.change(LEARNER)
    assert settle(world) == ((1, 2, 3), (4,), ())
    assert operator.change(PROMOTE)
    assert settle(world) == ((1, 2, 3, 4), (), ())
    assert world.changes == 2


def test_a_member_goes_and_may_come_again() -> None:
    """Another than the leader; later it is the one that is idle."""
    world, operator = world_of()
    leader = leader_of(world).member

    assert operator.change(REMOVE)
    voters, _, _ = settle(world)
    (gone,) = {1, 2, 3} - set(voters)
    assert gone != leader
    assert operator.change(LEARNER + 24)

    assert settle(world)[1] == (gone,)


def test_the_leader_itself_goes() -> None:
    """It leads until the change is committed, and another one after it."""
    world, operator = world_of()
    leader = leader_of(world).member

    assert operator.change(RETIRE)

    assert leader not in settle(world)[0]
    assert leader_of(world).member != leader


def test_a_voter_is_demoted_in_a_joint_configuration() -> None:
    """Which is left when told, if so asked for."""
    world, operator = world_of()

    assert operator.change(DEMOTE + EXPLICIT)
    voters, _, outgoing = settle(world)
    assert len(voters) == 2
    assert outgoing == (1, 2, 3)
    assert operator.change(LEARNER)  # whatever is asked: it has to be left first

    voters, learners, outgoing = settle(world)
    assert (len(voters), len(learners), outgoing) == (2, 1, ())


@pytest.mark.parametrize("kind", [REPLACE, SUCCEED])
def test_a_learner_takes_the_place_of_a_voter(kind: int) -> None:
    """Of another one, or of the leader."""
    world, operator = world_of()
    assert operator.change(LEARNER)
    settle(world)
    leader = leader_of(world).member

    assert operator.change(kind + JOINT)

    voters, _, _ = settle(world)
    assert len(voters) == 3
    assert 4 in voters
    assert (leader in voters) == (kind == REPLACE)


@pytest.mark.parametrize("kind", [PROMOTE, REPLACE, SUCCEED, LEAVE])
def test_what_is_impossible_is_not_asked_for(kind: int) -> None:
    """Without learners nobody is promoted, and nobody leaves what is not joint."""
    world, operator = world_of()

    assert not operator.change(kind)
    assert world.changes == 0


def test_a_cluster_of_one_loses_nobody() -> None:
    """There would be nobody left."""
    _, operator = world_of(1)

    assert not any(operator.change(kind) for kind in (REMOVE, RETIRE, DEMOTE))


def test_members_are_not_added_for_ever() -> None:
    """At some point there are enough."""
    world, operator = world_of()
    for _ in range(8):
        operator.change(LEARNER)
        settle(world)

    assert len(world.processes) == 8


def test_without_a_leader_or_the_capability_nothing_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There is nobody to ask, or nothing to ask for."""
    world, operator = world_of()
    monkeypatch.setattr(type(OURS), "capabilities", frozenset[Capability]())
    assert not operator.change(LEARNER)
    monkeypatch.undo()
    for process in world.processes.values():
        process.crash(power=True)

    assert not operator.change(LEARNER)


def test_a_change_that_a_pause_delays_was_not_taken() -> None:
    """An answer that does not come at once is none."""
    world, operator = world_of()
    leader = leader_of(world)
    leader.crash(power=True)

    assert not operator.propose(leader, Change(learners=(9,)))


def test_a_disk_may_be_lost_where_the_cluster_survives_it() -> None:
    """One at a time, of a voter, among three or more, while nothing else goes on."""
    world, operator = world_of()
    voter = world.processes[1 + leader_of(world).member % 3]
    assert operator.may_wipe(voter)

    world.wiped.append(2)
    assert not operator.may_wipe(voter)
    world.wiped.clear()
    world.changes = 1
    assert not operator.may_wipe(voter)
    small, alone = world_of(2)
    assert not alone.may_wipe(small.processes[1])


def test_a_wiped_member_comes_back_in_steps() -> None:
    """Out of the voters, in as a learner, and promoted when it has everything."""
    world, operator = world_of()
    victim = world.processes[1 + leader_of(world).member % 3]
    victim.wipe()
    world.wiped.append(victim.member)
    victim.start()

    operator.readmit()
    operator.readmit()  # asking twice does no harm

    assert settle(world) == ((1, 2, 3), (), ())
    assert world.wiped == []
    assert victim.machine.digest == leader_of(world).machine.digest
