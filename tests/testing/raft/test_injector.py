"""Every kind of fault comes to pass, is felt, and ends."""

import pytest

from kactors.testing.raft import OURS, Fault, Kind, Knobs, Target
from kactors.testing.raft.calm import calm_down
from kactors.testing.raft.injector import Injector
from kactors.testing.raft.schedule import Calm
from kactors.testing.raft.world import World

MS = 1_000_000
#: Faults of the network as a whole, and a wish that waits for somebody to hear it.
NOBODYS = (
    *(Kind.LOSSY, Kind.ECHO, Kind.PARTITION, Kind.BRIDGE, Kind.RING, Kind.SWIZZLE),
    Kind.CHANGE,
)


def world_of(*, lease_reads: bool = False, drain_ms: int = 0) -> World:
    """Return a cluster that has a leader and some entries."""
    knobs = Knobs(members=5, load_ms=50, sync_ms=5, lease_reads=lease_reads, drain_ms=drain_ms)
    world = World(OURS, knobs, seed=4)
    world.begin()
    world.run_for(4000 * MS)
    return world


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name.lower())
def test_every_kind_is_felt_and_survived(kind: Kind) -> None:
    """It happens to a cluster at work, makes a difference, and the cluster serves again."""
    # Only a write of several records can be torn.
    world = world_of(drain_ms=200 if kind is Kind.TORN_WRITE else 0)
    injector = Injector(world)

    for pick in range(2):
        injector.inject(Fault(kind, Target.LEADER, span_ms=1500, pick=pick))
        world.run_for(2500 * MS)
    calm_down(world, Calm.ALL)
    world.count_effects()

    count = world.tally.counts[kind]
    assert count.armed == 2
    assert count.fired >= 1
    assert count.felt >= 1


@pytest.mark.parametrize("target", list(Target), ids=lambda target: target.name.lower())
def test_every_target_finds_somebody(target: Target) -> None:
    """While anybody runs, somebody is meant."""
    world = world_of()
    injector = Injector(world)

    victim = injector.victim(Fault(Kind.CRASH, target, pick=3))

    assert victim is not None
    leader = world.leader()
    assert (victim is leader) == (target is Target.LEADER) or target is Target.ANY


def test_nobody_is_meant_when_nobody_runs() -> None:
    """A fault without a victim does not fire; a change waits for somebody to ask."""
    world = world_of()
    injector = Injector(world)
    for process in world.processes.values():
        process.crash(power=True)

    for kind in Kind:
        if kind is not Kind.HEAL:  # which would start everybody
            assert injector.inject(Fault(kind, span_ms=100)) == (kind in NOBODYS), kind


def test_a_second_disk_is_not_lost_before_the_first_is_back() -> None:
    """More than that no design of three voters survives."""
    world = world_of()
    injector = Injector(world)

    assert injector.inject(Fault(Kind.WIPE, Target.MOST_BEHIND, span_ms=500))
    assert not injector.inject(Fault(Kind.WIPE, Target.LEADER, span_ms=500))
    world.run_for(15_000 * MS)

    assert not world.wiped
    assert injector.inject(Fault(Kind.WIPE, Target.LEADER, span_ms=500))


def test_clocks_are_left_alone_where_leases_trust_them() -> None:
    """A jump of the clock is beyond what lease reads promise to survive."""
    world = world_of(lease_reads=True)

    assert not Injector(world).inject(Fault(Kind.RUSH, pick=1))


def test_a_change_waits_for_a_leader() -> None:
    """What the operator wants is asked for when there is somebody to ask."""
    world = world_of()
    injector = Injector(world)
    for process in world.processes.values():
        process.crash(power=True)

    assert injector.inject(Fault(Kind.CHANGE))
    assert world.changes == 0
    for process in world.processes.values():
        process.start()
    world.run_for(8000 * MS)
    world.count_effects()

    assert world.changes == 1
    assert world.tally.counts[Kind.CHANGE].felt == 1


def test_a_change_does_not_wait_for_ever_nor_into_the_calm() -> None:
    """After eight timeouts it is given up; when faults end, at once."""
    for rest in (False, True):
        world = world_of()
        injector = Injector(world)
        for process in list(world.processes.values()):
            process.crash(power=True)
        injector.inject(Fault(Kind.CHANGE))
        if not rest:
            world.run_for(9000 * MS)
        for process in list(world.processes.values()):
            process.start()
        world.resting = rest
        world.run_for(8000 * MS)

        assert world.leader() is not None
        assert world.changes == 0
