"""The injector: every kind of fault fires, is felt, ends, and leaves nothing behind."""

import pytest

from kactors.evidence.trace import Recorder
from kactors.faults import (
    FAULTS,
    ActorDied,
    ActorStarted,
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
    Delivered,
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
    ProbeHit,
    Reboot,
    Reorder,
    Restart,
    Ring,
    Sent,
    SlowDisk,
    StalledDisk,
    Throttle,
    TornWrite,
    UnknownHostError,
    Until,
    When,
)
from kactors.faults.errors import UnsupportedFaultError
from kactors.faults.fault import Fault
from kactors.faults.injector import Counts, Injector
from kactors.runtime.probes import Probes, sometimes
from kactors.runtime.probes import current as current_probes
from kactors.storage.disk_faults import DiskFaults
from tests.faults.conftest import NewWorld
from tests.faults.target_world import HOSTS, TargetWorld

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


# -- what they do ---------------------------------------------------------------------------


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


# -- when ------------------------------------------------------------------------------------


def began(world: TargetWorld, fault: Fault, seconds: float) -> list[tuple[int, str]]:
    """Return when a fault began and ended, in milliseconds."""
    recorder = Recorder(world.now_ns)
    injector = Injector(world, FaultPlan((fault,)), recorder=recorder)
    injector.start()
    world.simulation.run_for(seconds)
    return [(record.true_ns // 10**6, record.what) for record in recorder.records]


def test_a_fault_may_wait_for_a_delivery(new_world: NewWorld) -> None:
    """The n-th one that matches, and a while later."""
    trigger = Delivered("tests.faults.ping", source="a/pinger", target="b", where={"number": 7})

    assert began(new_world(), Crash("c", start=When(trigger)), 1) == [(71, "fault")]
    later = Crash("c", start=When(Delivered(source="a", target="b"), occurrence=20, delay=0.5))
    assert began(new_world(), later, 1) == [(701, "fault")]


def test_a_fault_before_a_delivery_can_prevent_it(new_world: NewWorld) -> None:
    """After it, it cannot."""
    for before, expected in ((True, 2), (False, 3)):
        world = new_world()
        trigger = Delivered(target="b", source="a", where={"number": 3}, before=before)
        world.run(FaultPlan((Crash("b", start=When(trigger)),)), 1)

        numbers = [n for _, source, target, n in world.pings if (source, target) == ("a", "b")]
        assert max(numbers) == expected


def test_a_fault_may_wait_for_a_sending(new_world: NewWorld) -> None:
    """It comes before the link does anything."""
    trigger = Sent(source="a", target="b", where={"number": 7})

    assert began(new_world(), Crash("c", start=When(trigger)), 1) == [(70, "fault")]


def test_a_fault_may_wait_for_an_actor(new_world: NewWorld) -> None:
    """For its start, the second one here, or its death."""
    world = new_world()
    plan = FaultPlan(
        (
            Crash("a", start=At(0.3)),
            Restart("a", start=At(0.5)),
            KillActor("b/pinger", start=When(ActorStarted("a/*"), occurrence=2)),
            Crash("c", start=When(ActorDied("b"), delay=0.1)),
        )
    )

    world.run(plan, 0.55)
    assert world.up("c")
    world.simulation.run_for(0.1)

    assert not world.up("c")


def test_a_fault_may_wait_for_a_probe(new_world: NewWorld) -> None:
    """As soon as the component gets there."""
    world = new_world()
    injector = world.run(FaultPlan((Crash("c", start=When(ProbeHit("two lead*"))),)), 1)
    before = current_probes.use(world.probes)
    try:
        sometimes("two leaders", condition=False)
        assert world.up("c")
        sometimes("two leaders")
    finally:
        current_probes.use(before)

    assert not world.up("c")
    assert injector.counts()["Crash"].fired == 1


def test_a_world_without_probes_never_fires_them(new_world: NewWorld) -> None:
    """It is armed and waits."""
    world = new_world()
    world.probes = None

    injector = world.run(FaultPlan((Crash("c", start=When(ProbeHit("x"))),)), 0.1)
    Probes(1).sometimes("x")
    injector.heal()

    assert injector.counts()["Crash"] == Counts(armed=1, fired=0, felt=0)


def test_an_end_may_wait_for_a_trigger_too(new_world: NewWorld) -> None:
    """It counts what happens after the beginning."""
    fault = Cut("a", "b", start=At(0.5), end=When(Delivered(source="c", target="d"), occurrence=3))

    assert began(new_world(), fault, 2) == [(500, "fault begins"), (521, "fault ends")]


def test_an_end_may_be_an_instant(new_world: NewWorld) -> None:
    """Counted from the start of the plan; a trigger that comes later begins nothing."""
    trigger = When(Delivered(source="a", target="b", where={"number": 10}))

    assert began(new_world(), Pause("c", start=trigger, end=Until(0.4)), 1) == [
        (101, "fault begins"),
        (400, "fault ends"),
    ]
    assert began(new_world(), Pause("c", start=trigger, end=Until(0.05)), 1) == []


def test_a_world_without_triggers_has_no_hooks(new_world: NewWorld) -> None:
    """Looking at messages costs nothing before the first watch and after the last."""
    world = new_world()
    trigger = When(Delivered(target="b"))
    injector = Injector(world, FaultPlan((Crash("c", start=trigger), Crash("d", start=trigger))))

    assert not world.network.on_delivered
    injector.start()
    assert len(world.network.on_delivered) == 1
    world.simulation.run_for(0.1)

    assert not world.network.on_delivered


def test_a_symbol_is_resolved_when_the_fault_begins(new_world: NewWorld) -> None:
    """The leader is who leads then; if nobody does, nothing happens."""
    world = new_world()
    plan = FaultPlan((Crash("@leader", start=AT), Crash("@leader", start=At(0.9))))
    injector = Injector(world, plan)
    injector.start()
    world.leader = "d"
    world.simulation.run_for(0.7)
    world.leader = None
    world.simulation.run_for(0.7)

    assert not world.up("d")
    assert injector.counts()["Crash"] == Counts(armed=2, fired=1, felt=1)


def test_at_one_instant_ends_come_first_and_the_plan_decides_the_rest(new_world: NewWorld) -> None:
    """Whatever the world does with events of one instant."""
    for seed in range(5):
        world = new_world(seed)
        plan = FaultPlan(
            (
                Bounce("a", start=At(0.2), end=For(0.3)),
                Bounce("a", start=At(0.5), end=For(0.2)),
                Crash("b", start=At(0.5)),
                Restart("b", start=At(0.5)),
            )
        )

        counts = world.run(plan, 1).counts()

        assert (counts["Bounce"].fired, counts["Restart"].fired) == (2, 1)
        assert (world.incarnation("a"), world.incarnation("b")) == (3, 2)


# -- healing -----------------------------------------------------------------------------


def test_healing_ends_everything_and_nothing_begins_again(new_world: NewWorld) -> None:
    """What was armed stays armed for good."""
    world = new_world()
    plan = FaultPlan(
        (
            Crash("a", start=At(0.1)),
            Isolate("b", start=At(0.1), forever=True),
            Crash("c", start=At(0.9)),
            Crash("d", start=When(Sent(source="e"), occurrence=500)),
        )
    )

    injector = world.run(plan, 0.5)
    injector.heal()
    world.simulation.run_for(2)

    assert all(world.up(name) for name in HOSTS)
    assert world.heard("b", since=1) == set(HOSTS) - {"b"}
    assert injector.counts()["Crash"] == Counts(armed=3, fired=1, felt=1)


def test_a_core_is_healed_and_the_rest_stays_broken_for_good(new_world: NewWorld) -> None:
    """Inside the core everything works; outside nothing changes any more."""
    world = new_world()
    late = For(0.6)
    plan = FaultPlan(
        (
            Crash("a", start=At(0.1)),
            Crash("e", start=At(0.1)),
            Partition((("a", "d"), ("b", "c", "e")), start=At(0.2), end=late),
            Pause("b", start=At(0.2), end=late),
            Pause("d", start=At(0.2), end=late),
            StalledDisk("c", start=At(0.2), end=late),
            ClockDrift("c", 1000, start=At(0.2), end=late),
            ClockDrift("d", 1000, start=At(0.2), end=late),
            Drop(Messages(target="b"), start=At(0.2), end=late),
            Hold(Messages(target="c"), start=At(0.2), end=late),
        )
    )

    injector = world.run(plan, 0.5)
    injector.heal(core=("a", "b", "c"))
    world.simulation.run_for(2)

    assert [world.up(name) for name in HOSTS] == [True, True, True, True, False]
    assert world.heard("a", since=1) == {"b", "c"}
    assert world.heard("b", since=1) == {"a", "c"}
    assert world.heard("c", since=1) == {"a", "b"}
    assert world.host("d").paused
    assert not world.disks["c"].faults.stalled
    assert (world.clock("c").drift_ppm, world.clock("d").drift_ppm) == (0, 1000)


# -- chance ------------------------------------------------------------------------------


def test_a_plan_repeats(new_world: NewWorld) -> None:
    """Same seed, same plan, same run."""
    plan = FaultPlan((Loss("*", "*", 0.3, start=AT, end=LASTS), Bounce("a", start=AT, end=LASTS)))
    digests = []
    for _ in range(2):
        world = new_world(3)
        world.run(plan, 2)
        digests.append(world.network.digest.hexdigest())

    assert digests[0] == digests[1]


def test_one_fault_less_leaves_the_chance_of_the_others(new_world: NewWorld) -> None:
    """The messages that a lossy link loses do not depend on faults elsewhere."""
    lossy = Loss("a", "b", 0.5, start=At(0.2), end=For(0.5))
    other = Loss("c", "d", 0.5, start=At(0.1), end=For(0.3))
    lost = []
    for plan in (FaultPlan((lossy,)), FaultPlan((lossy, other))):
        world = new_world()
        world.run(plan, 1)
        lost.append([p[3] for p in world.pings if p[1:3] == ("a", "b")])

    assert lost[0] == lost[1]
    assert len(lost[0]) < 90


def test_equal_faults_have_chances_of_their_own(new_world: NewWorld) -> None:
    """Two of them lose more than one."""
    lossy = Loss("a", "b", 0.5, start=At(0), end=For(1))
    arrived = []
    for plan in (FaultPlan((lossy,)), FaultPlan((lossy, lossy))):
        world = new_world()
        injector = world.run(plan, 1)
        arrived.append(len([p for p in world.pings if p[1:3] == ("a", "b")]))

    assert arrived[1] < arrived[0] * 0.75
    assert injector.counts()["Loss"] == Counts(armed=2, fired=2, felt=2)
