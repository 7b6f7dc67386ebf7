"""The calm: each of its goals is asked for, reached by a good Raft, and missed by a bad one."""

import pytest

from kactors.testing.raft import OURS, Calm, Capability, Kind, Knobs
from kactors.testing.raft.calm import Goal, calm_down
from kactors.testing.raft.effect import Effect
from kactors.testing.raft.world import Broken, World

MS = 1_000_000


def world_of(members: int = 3, **knobs: bool) -> World:
    """A cluster that has a leader and some entries."""
    world = World(OURS, Knobs(members=members, load_ms=100, **knobs), seed=6)
    world.begin()
    world.run_for(4000 * MS)
    return world


def no(*_: object) -> bool:
    """Do nothing, and deny whatever is asked."""
    return False


def missed(world: World, monkeypatch: pytest.MonkeyPatch, calm: Calm = Calm.ALL) -> str:
    """The goal that a calm does not reach, with less patience than usual."""
    monkeypatch.setattr("kactors.testing.raft.calm._PATIENCE", 10)
    with pytest.raises(Broken) as caught:
        calm_down(world, calm)
    return caught.value.violation.invariant


def test_a_healed_cluster_reaches_every_goal() -> None:
    """Whoever was down is up, all have the same state, and somebody else leads."""
    world = world_of(5)
    for member in (1, 2):
        world.processes[member].crash(power=True)
    world.network.cut(Effect(Kind.ISOLATE), [(3, 4), (4, 3)])
    before = world.leader()

    calm_down(world, Calm.ALL)

    assert len(world.running) == 5
    assert len({process.machine.digest for process in world.running}) == 1
    assert world.leader() is not before
    assert world.clients.served > 0


def test_a_majority_is_enough() -> None:
    """The others are gone for good, and the rest serves without them."""
    world = world_of(5)

    calm_down(world, Calm.MAJORITY)

    assert len(world.running) == 3
    assert sum(process.gone for process in world.processes.values()) == 2


def test_a_majority_is_not_promised_after_a_change() -> None:
    """Nor without pre-vote: then the calm is for all."""
    changed, plain = world_of(5), world_of(5, pre_vote=False)
    changed.changes = 1

    for world in (changed, plain):
        calm_down(world, Calm.MAJORITY)
        assert len(world.running) == 5


def test_who_was_never_a_voter_is_no_part_of_a_majority() -> None:
    """Members that were added and refused do not take the places of voters among the dead."""
    world = world_of(3)
    for _ in range(2):
        world.add_member()

    calm_down(world, Calm.MAJORITY)

    assert sum(world.processes[member].up for member in (1, 2, 3)) == 2


def test_behind_a_bridge_nobody_campaigns() -> None:
    """One link of the leader is lost, and it leads on."""
    world = world_of(3)

    calm_down(world, Calm.BRIDGE)

    leader = world.leader()
    assert leader is not None
    assert world.network.link(leader.member, 1 + leader.member % 3).cuts or (
        world.network.link(leader.member, 1 + (leader.member + 1) % 3).cuts
    )


def test_two_members_have_no_bridge() -> None:
    """Without a link two members cannot serve, so none is cut."""
    world = world_of(2)

    calm_down(world, Calm.BRIDGE)

    assert not world.network.link(1, 2).cuts


def test_who_cannot_elect_does_not_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members whose clocks stand still never have a leader."""
    world = world_of()
    for process in world.processes.values():
        process.crash(power=True)
        monkeypatch.setattr(process, "_clock", no)

    assert missed(world, monkeypatch) == Goal.SERVES


def test_who_cannot_catch_up_does_not_converge(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member that hears nothing stays behind; a majority still serves."""
    world = world_of()
    leader = world.leader()
    assert leader is not None
    other = world.processes[1 + leader.member % 3]
    monkeypatch.setattr(other, "receive", no)
    assert other.core is not None
    monkeypatch.setattr(other.core, "receive", no)

    assert missed(world, monkeypatch) in {Goal.CONVERGES, Goal.SETTLES}


def test_who_answers_no_reads_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that is asked for must be answered, by every member."""
    world = world_of()
    monkeypatch.setattr(world.clients, "is_served", no)

    assert missed(world, monkeypatch) == Goal.READS


def test_who_does_not_hand_over_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transfer that is asked for again and again must succeed."""
    world = world_of()
    for process in world.processes.values():
        assert process.core is not None
        monkeypatch.setattr(process.core, "transfer", no)

    assert missed(world, monkeypatch) == Goal.TRANSFERS


def test_who_campaigns_on_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terms that go on rising against a healthy leader are no rest."""
    world = world_of()
    terms = iter(range(100))
    monkeypatch.setattr("kactors.testing.raft.calm._Rest._terms", lambda _: [next(terms)])

    assert missed(world, monkeypatch) == Goal.RESTS


def test_a_goal_says_how_things_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The violation of a liveness property describes every member."""
    world = world_of()
    monkeypatch.setattr(world.clients, "is_served", no)
    monkeypatch.setattr("kactors.testing.raft.calm._PATIENCE", 10)

    with pytest.raises(Broken, match=r"member 1: .*member 2: .*member 3: ") as caught:
        calm_down(world, Calm.ALL)

    assert "leader of" in caught.value.violation.text


def test_goals_that_are_not_offered_are_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """An implementation without reads and transfers is not blamed for their lack."""
    monkeypatch.setattr(type(OURS), "capabilities", frozenset({Capability.SNAPSHOTS}))
    world = world_of()
    monkeypatch.setattr(world.clients, "is_served", no)

    calm_down(world, Calm.MAJORITY)

    assert len(world.running) == 3
