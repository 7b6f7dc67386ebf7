"""Effects: every kind of fault fires, is felt, ends, and leaves nothing behind."""

import pytest

from kactors.faults import (
    FAULTS,
    At,
    BitRot,
    Bounce,
    Bridge,
    ClockDrift,
    ClockJump,
    Clog,
    Constant,
    Crash,
    Cut,
    Delay,
    DiskFull,
    DiskReadError,
    DiskSyncError,
    DiskWriteError,
    Drop,
    Duplicate,
    FaultPlan,
    For,
    Hold,
    Isolate,
    KillActor,
    LoseDisk,
    Loss,
    LostWrite,
    Messages,
    MisdirectedWrite,
    Partition,
    Pause,
    Reboot,
    Reorder,
    Restart,
    Ring,
    SlowDisk,
    StalledDisk,
    Throttle,
    TornWrite,
    UnknownHostError,
    Until,
)
from kactors.faults.errors import UnsupportedFaultError
from kactors.faults.fault import Fault
from kactors.faults.injector import Counts, Injector
from kactors.storage.disk_faults import DiskFaults
from tests.faults.conftest import NewWorld
from tests.faults.target_world import HOSTS

AT = At(0.5)
LASTS = For(0.5)

ONE_OF_EACH: tuple[Fault, ...] = (
    Cut("a", "b", start=AT, end=LASTS),
    Isolate("a", start=AT, end=LASTS),
    Partition((("a", "b"), ("c", "d", "e")), start=AT, end=LASTS),
    Bridge(("a", "b"), ("c",), ("d", "e"), start=AT, end=LASTS),
    Ring(HOSTS, start=AT, end=LASTS),
    Delay("a", "b", Constant(0.1), start=AT, end=LASTS),
    Loss("a", "b", 0.5, start=AT, end=LASTS),
    Duplicate("a", "b", 0.5, start=AT, end=LASTS),
    Reorder("a", "b", 0.5, start=AT, end=LASTS),
    Throttle("a", "b", 1000, start=AT, end=LASTS),
    Clog("a", "b", start=AT, end=LASTS),
    Drop(Messages("tests.faults.ping", target="b"), start=AT, end=LASTS),
    Hold(Messages("tests.faults.ping", target="b"), start=AT, end=LASTS),
    Crash("a", start=AT),
    Restart("a", start=AT),
    Bounce("a", start=AT, end=LASTS),
    Reboot("a", start=AT, end=LASTS),
    Pause("a", start=AT, end=LASTS),
    KillActor("a/pinger", start=AT),
    ClockJump("a", -3600, start=AT),
    ClockDrift("a", 1000, start=AT, end=LASTS),
    DiskReadError("a", start=AT, end=LASTS),
    DiskWriteError("a", 0.5, start=AT, end=LASTS),
    DiskSyncError("a", start=AT, end=LASTS),
    DiskFull("a", start=AT, end=LASTS),
    SlowDisk("a", start=AT, end=LASTS),
    StalledDisk("a", start=AT, end=LASTS),
    BitRot("a", start=AT, end=LASTS),
    MisdirectedWrite("a", start=AT, end=LASTS),
    LostWrite("a", 0.5, start=AT, end=LASTS),
    TornWrite("a", start=AT, end=LASTS),
    LoseDisk("a", start=AT, end=LASTS),
)


def test_there_is_one_of_each() -> None:
    """No kind is left out of the tests below."""
    assert {type(fault) for fault in ONE_OF_EACH} == set(FAULTS)


def needs(fault: Fault) -> tuple[Fault, ...]:
    """Return what else has to happen for a fault to be felt."""
    match fault:
        case Restart():
            return (Crash("a", start=At(0.2)),)
        case TornWrite():
            return (Bounce("a", start=At(0.705), end=For(0.1)),)
        case _:
            return ()


@pytest.mark.parametrize("fault", ONE_OF_EACH, ids=lambda fault: fault.kind)
def test_every_kind_fires_is_felt_and_is_healed(fault: Fault, new_world: NewWorld) -> None:
    """Armed once, fired once, felt; and afterwards the world is as it was."""
    world = new_world()

    injector = world.run(FaultPlan((fault, *needs(fault))), 0.9)
    assert injector.counts()[fault.kind] == Counts(armed=1, fired=1, felt=1)
    assert injector.active() == ((fault,) if fault.lasting else ())
    world.simulation.run_for(1)
    injector.heal()
    healed_at = world.simulation.time + 0.5
    world.simulation.run_for(1)

    assert injector.counts()[fault.kind] == Counts(armed=1, fired=1, felt=1)
    assert injector.active() == ()
    assert world.rules.owners() == ()
    assert world.network.held == ()
    assert not world.network.on_deliver
    for name in HOSTS:
        assert world.heard(name, since=healed_at) == set(HOSTS) - {name}
        assert world.host(name).up
        assert not world.host(name).paused
        assert world.clock(name).drift_ppm == 0
        assert repr(world.disks[name].faults) == repr(DiskFaults(torn_writes=False))


@pytest.mark.parametrize("fault", ONE_OF_EACH, ids=lambda fault: fault.kind)
def test_a_fault_that_comes_too_late_is_armed_and_nothing_else(
    fault: Fault, new_world: NewWorld
) -> None:
    """Counters tell a plan that did nothing from one that did."""
    world = new_world()

    injector = world.run(FaultPlan((fault,)), 0.4)

    assert injector.counts() == {fault.kind: Counts(armed=1, fired=0, felt=0)}


def test_a_fault_that_nobody_meets_is_not_felt(new_world: NewWorld) -> None:
    """A cut between hosts that do not talk has fired, and that is all."""
    world = new_world()
    for name in HOSTS:
        world.host(name).crash()

    injector = world.run(FaultPlan((Cut("a", "b", start=AT, end=LASTS),)), 1.5)

    assert injector.counts()["Cut"] == Counts(armed=1, fired=1, felt=0)


def test_what_cannot_be_done_has_not_fired(new_world: NewWorld) -> None:
    """Who is down cannot crash, and who is up cannot be restarted."""
    world = new_world()
    plan = FaultPlan(
        (
            Restart("b", start=At(0.1)),
            Crash("a", start=At(0.2)),
            Crash("a", start=At(0.3)),
            Pause("a", start=At(0.3), end=LASTS),
            Bounce("a", start=At(0.3), end=LASTS),
            KillActor("a/nobody", start=At(0.3)),
        )
    )

    counts = world.run(plan, 1).counts()

    assert counts["Crash"] == Counts(armed=2, fired=1, felt=1)
    assert [counts[kind].fired for kind in ("Restart", "Pause", "Bounce", "KillActor")] == [0] * 4
    assert not world.up("a")


def test_a_plan_for_another_world_is_refused(new_world: NewWorld) -> None:
    """Before anything is done."""
    with pytest.raises(UnknownHostError, match="names 'x'"):
        Injector(new_world(), FaultPlan((Crash("x", start=AT),)))


def test_faults_of_disks_need_a_disk_that_can_fail(new_world: NewWorld) -> None:
    """A live disk does not fail on command, and the error says so."""
    world = new_world(disks=False)
    for fault in (DiskFull("a", start=AT, end=LASTS), LoseDisk("a", start=AT, end=LASTS)):
        with pytest.raises(UnsupportedFaultError, match="has no disk that"):
            world.run(FaultPlan((fault,)), 1)


def test_a_cut_parts_two_and_ends(new_world: NewWorld) -> None:
    """From its start to its end nothing passes, before and after everything."""
    world = new_world()

    world.run(FaultPlan((Cut("a", "b", start=AT, end=LASTS),)), 2)

    times = [at for at, source, target, _ in world.pings if (source, target) == ("a", "b")]
    assert not [at for at in times if 0.502 < at < 1.001]
    assert [at for at in times if at < 0.5]
    assert [at for at in times if at > 1.01]


def test_a_ring_lets_everyone_hear_a_majority(new_world: NewWorld) -> None:
    """With five: itself and both neighbours."""
    world = new_world()

    world.run(FaultPlan((Ring(HOSTS, start=AT, end=LASTS),)), 0.95)

    assert world.heard("a", since=0.52) == {"e", "b"}
    assert world.heard("c", since=0.52) == {"b", "d"}


def test_a_bounced_host_keeps_what_it_synced_and_a_lost_disk_nothing(new_world: NewWorld) -> None:
    """Both come up again with the end of the fault."""
    world = new_world()
    plan = FaultPlan((Bounce("a", start=AT, end=For(0.3)), LoseDisk("b", start=AT, end=For(0.3))))

    world.run(plan, 0.7)
    assert (world.up("a"), world.up("b")) == (False, False)
    kept = len(world.disks["a"].content("log"))
    assert kept
    assert not world.disks["b"].paths()
    world.simulation.run_for(0.3)

    assert (world.incarnation("a"), world.incarnation("b")) == (2, 2)
    assert len(world.disks["a"].content("log")) > kept


def test_a_host_restarted_meanwhile_is_not_restarted_again(new_world: NewWorld) -> None:
    """A bounce brings up only the life that it has ended."""
    world = new_world()
    plan = FaultPlan(
        (
            Bounce("a", start=At(0.5), end=For(1)),
            Restart("a", start=At(0.7)),
            Crash("a", start=At(0.9)),
        )
    )

    injector = world.run(plan, 2)

    assert not world.up("a")
    assert world.incarnation("a") == 2
    injector.heal()
    assert world.up("a")


def test_pauses_overlap(new_world: NewWorld) -> None:
    """A host goes on when the last of its pauses ends."""
    world = new_world()
    plan = FaultPlan(
        (Pause("a", start=At(0.5), end=For(1)), Pause("a", start=At(0.7), end=For(0.2)))
    )

    world.run(plan, 1.2)
    assert world.host("a").paused
    world.simulation.run_for(0.4)

    assert not world.host("a").paused


def test_drifts_add_up_and_end_one_by_one(new_world: NewWorld) -> None:
    """The clock's own drift is what is left."""
    world = new_world()
    world.set_drift("a", 50)
    plan = FaultPlan(
        (
            ClockDrift("a", 1000, start=At(0.5), end=Until(1)),
            ClockDrift("a", 200, start=At(0.7), end=Until(1.2)),
            ClockDrift("b", -999_999, start=At(0.5), end=Until(1)),
            ClockDrift("b", -999_999, start=At(0.6), end=Until(1)),
        )
    )
    injector = Injector(world, plan)
    injector.start()

    drifts = []
    for _ in range(6):
        world.simulation.run_for(0.25)
        drifts.append(world.clock("a").drift_ppm)

    assert drifts == [50, 1050, 1250, 250, 50, 50]
    assert world.clock("b").drift_ppm == 0


def test_a_clock_jumps_where_it_is(new_world: NewWorld) -> None:
    """Wall time only; the end of the plan does not bring it back."""
    world = new_world()
    before = world.clock("a").offset_ns

    injector = world.run(FaultPlan((ClockJump("a", -3600, start=AT),)), 1)
    injector.heal()

    assert world.clock("a").offset_ns - before == -3600 * 10**9
    assert world.clock("a").monotonic_ns() == 10**9


def test_faults_of_one_disk_come_together(new_world: NewWorld) -> None:
    """Rates combine as independent chances, slowness multiplies, the smaller capacity counts."""
    world = new_world()
    lasts = For(1)
    plan = FaultPlan(
        (
            DiskReadError("a", 0.5, start=AT, end=lasts),
            DiskReadError("a", 0.5, start=At(0.6), end=lasts),
            SlowDisk("a", 3, start=AT, end=lasts),
            SlowDisk("a", 4, start=AT, end=lasts),
            DiskFull("a", 10**6, start=AT, end=lasts),
            DiskFull("a", 10, start=AT, end=lasts),
        )
    )

    world.run(plan, 0.55)
    faults = world.disks["a"].faults
    assert faults.read_error_per_million == 500_000
    assert faults.slowdown == 12
    first_capacity = faults.capacity_bytes
    assert first_capacity is not None
    assert first_capacity <= world.disks["a"].used_bytes + 10
    world.simulation.run_for(0.1)
    assert faults.read_error_per_million == 750_000
    world.simulation.run_for(0.9)
    assert faults.read_error_per_million == 500_000
    world.simulation.run_for(0.1)

    assert faults.read_error_per_million == 0
    assert faults.capacity_bytes is None
    assert faults.slowdown == 1


def test_held_messages_arrive_in_order_when_the_hold_ends(new_world: NewWorld) -> None:
    """They are late, not lost."""
    world = new_world()
    plan = FaultPlan((Hold(Messages(source="a", target="b"), start=AT, end=LASTS),))

    world.run(plan, 1.5)

    pings = [
        (at, number) for at, source, target, number in world.pings if (source, target) == ("a", "b")
    ]
    assert [number for _, number in pings] == sorted(number for _, number in pings)
    assert not [at for at, _ in pings if 0.5 < at < 1]
    assert len([at for at, _ in pings if at == 1.0]) >= 49


def test_a_drop_takes_as_many_as_it_says(new_world: NewWorld) -> None:
    """One message, and only of those that match."""
    world = new_world()
    which = Messages("tests.faults.*", target="b", where={"number": 42})
    plan = FaultPlan((Drop(which, count=1, start=At(0), forever=True),))

    world.run(plan, 1)

    numbers = [source for _, source, target, number in world.pings if (target, number) == ("b", 42)]
    assert len(numbers) == 3
    assert not world.network.on_deliver
