"""The injector: when faults begin and end, how a world is healed, and chance."""

from kactors.evidence.trace import Recorder
from kactors.faults import (
    ActorDied,
    ActorStarted,
    At,
    Bounce,
    ClockDrift,
    Crash,
    Cut,
    Delivered,
    Drop,
    FaultPlan,
    For,
    Hold,
    Isolate,
    KillActor,
    Loss,
    Messages,
    Partition,
    Pause,
    ProbeHit,
    Restart,
    Sent,
    StalledDisk,
    Until,
    When,
)
from kactors.faults.fault import Fault
from kactors.faults.injector import Counts, Injector
from kactors.runtime.probes import Probes, sometimes
from kactors.runtime.probes import current as current_probes
from tests.faults.conftest import NewWorld
from tests.faults.target_world import HOSTS, TargetWorld

AT = At(0.5)
LASTS = For(0.5)


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


def test_what_has_fired_can_be_drawn(new_world: NewWorld) -> None:
    """When it began and ended, whom it struck, and whether anybody met it."""
    world = new_world()
    plan = FaultPlan((
        Bounce("a", start=At(0.2), end=For(0.3)),
        Crash("c", start=At(0.4)),
        Pause("b", start=At(0.5), end=For(9)),
        Crash("b", start=At(5)),
    ))  # fmt: skip
    injector = Injector(world, plan)
    injector.start()
    world.simulation.run_for(1)

    assert [
        (span.fault.hosts(), span.began_ns // 10**6, span.ended_ns and span.ended_ns // 10**6)
        for span in injector.spans()
    ] == [(("a",), 200, 500), (("c",), 400, 400), (("b",), 500, None)]
    assert all(span.felt for span in injector.spans())
    injector.heal()
    assert injector.spans()[2].ended_ns == 10**9
