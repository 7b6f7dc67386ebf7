"""Storms: wild, but within their budget, and always the same for a seed."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.cluster.simulated import SimulatedCluster
from kactors.faults.disk import LoseDisk, LostWrite, MisdirectedWrite
from kactors.faults.fault import Fault
from kactors.faults.host import Bounce, Crash, Reboot, Restart
from kactors.faults.when import At, Until
from kactors.runtime.random import stream
from kactors.scenario import FaultPlan, Scenario, Storm, Topology
from kactors.scenario.atlas import Atlas
from kactors.scenario.core import core_of
from kactors.scenario.draw import Draw
from kactors.scenario.errors import InvalidScenario
from kactors.scenario.gusts import GUSTS
from tests.scenario.tiny import tiny

THREE = Topology.of(3, 4)


def down_spans(plan: FaultPlan, end_s: float) -> list[tuple[str, float, float]]:
    """Return when masters are down: until they are brought up, or healed at the end."""
    restarts = {
        (fault.host, fault.start.seconds)
        for fault in plan
        if isinstance(fault, Restart) and isinstance(fault.start, At)
    }
    spans = []
    for fault in plan:
        if not isinstance(fault, (Bounce, Crash, Reboot, LoseDisk)) or fault.host[0] != "m":
            continue
        assert isinstance(fault.start, At)
        begin = fault.start.seconds
        if isinstance(fault.end, Until):
            end = fault.end.seconds
        else:
            later = [at for host, at in restarts if host == fault.host and at > begin]
            end = min(later, default=end_s)
        spans.append((fault.host, begin, end))
    return spans


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 1 << 40), masters=st.sampled_from([1, 3, 5]))
def test_never_more_than_a_minority_of_masters_is_down(seed: int, masters: int) -> None:
    """Within the budget that the design promises to survive."""
    drawn = Storm(knobs=False).draw(seed, "x", Topology.of(masters, 3), 120.0, unlimited=False)
    spans = down_spans(drawn.plan, 120.0)
    for _, at, _ in spans:
        down = {host for host, begin, end in spans if begin <= at < end}
        assert len(down) <= (masters - 1) // 2, drawn.plan.to_python()


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 1 << 40))
def test_every_fault_begins_in_chaos_and_ends(seed: int) -> None:
    """What goes on for ever is for other budgets."""
    drawn = Storm().draw(seed, "x", THREE, 60.0, unlimited=False)
    for fault in drawn.plan:
        assert not fault.forever
        assert isinstance(fault.start, At)
    assert drawn == Storm().draw(seed, "x", THREE, 60.0, unlimited=False)


@pytest.mark.parametrize("name", GUSTS)
def test_every_gust_comes_to_something(name: str) -> None:
    """Of a few draws each has at least one with faults, of hosts that there are."""
    found: list[Fault] = []
    for seed in range(8):
        draw = Draw(stream(seed, name), THREE, Atlas(THREE.master_names), 60.0)
        found += GUSTS[name](draw)
    assert found
    FaultPlan(tuple(found)).check((*THREE.master_names, *THREE.node_names))


@pytest.mark.parametrize("name", GUSTS)
def test_gusts_fit_the_smallest_cluster(name: str) -> None:
    """One master, of which none may be lost, and no nodes."""
    alone = Topology.of(1, 0)
    for seed in range(8):
        faults = GUSTS[name](Draw(stream(seed, name), alone, Atlas(("m1",)), 60.0))
        FaultPlan(faults).check(("m1",))


def test_a_storm_may_be_limited() -> None:
    """To some gusts, to a number, and to no knobs."""
    storm = Storm(("pause", "clock-jump"), most=2, knobs=False)
    for seed in range(30):
        drawn = storm.draw(seed, "x", THREE, 60.0, unlimited=False)
        assert 1 <= len(drawn.plan) <= 2
        assert {fault.kind for fault in drawn.plan} <= {"Pause", "ClockJump"}
        assert drawn.knobs == ()


def test_beyond_the_budget_more_masters_are_lost() -> None:
    """Sometimes all of them."""
    lost = []
    for seed in range(40):
        drawn = Storm(("lose-disk",)).draw(seed, "x", THREE, 60.0, unlimited=True)
        lost.append(len({fault.hosts()[0] for fault in drawn.plan if fault.hosts()[0] < "n"}))
    assert max(lost) == 3


def test_knobs_are_turned_in_half_of_the_runs_and_fit_together() -> None:
    """A cluster can be made with them; those that a scenario sets stay as they are."""
    fixed = Topology.of(1, 1, dns_replicas=0, knobs={"etcd.tick_seconds": 0.07})
    turned: Counter[str] = Counter()
    runs = 40
    for seed in range(runs):
        drawn = Storm().draw(seed, "x", fixed, 60.0, unlimited=False)
        knobs = dict(drawn.knobs)
        assert knobs["etcd.tick_seconds"] == 0.07
        turned.update(knobs.keys() - {"etcd.tick_seconds"})
        turned["runs"] += len(knobs) > 1
        if seed < 6:
            topology = Topology.of(1, 1, dns_replicas=0, knobs=knobs)
            with SimulatedCluster(topology, seed) as cluster:
                assert cluster.topology.knobs == drawn.knobs
    assert runs * 0.25 < turned["runs"] < runs * 0.75
    assert len(turned) > 20


@pytest.mark.parametrize(
    ("gusts", "most", "problem"),
    [(("bounse",), 3, "did you mean 'bounce'"), ((), 3, "of nothing"), (("cut",), 0, "at least 1")],
)
def test_what_no_storm_can_be_is_refused(gusts: tuple[str, ...], most: int, problem: str) -> None:
    """With the nearest name."""
    with pytest.raises(InvalidScenario, match=problem):
        Storm(gusts, most=most)


def test_a_claim_holds_for_a_while_after_a_masters_return() -> None:
    """Others rely on it only then; nodes need no permission."""
    atlas = Atlas(("m1", "m2", "m3"))
    assert atlas.permits("m1", 10, 20)
    assert atlas.permits("m1", 15, 16), "it is down anyway"
    assert not atlas.permits("m2", 30, 31)
    assert not atlas.permits("m2", 1, 11)
    assert atlas.permits("m2", 40, 41)
    assert atlas.permits("n1", 15, 16)
    assert not Atlas(("m1",)).permits("m1", 0, 1)
    assert Atlas(("m1",), unlimited=True).permits("m1", 0, 1)


@pytest.mark.parametrize("unlimited", [False, True])
def test_a_master_whose_disk_lies_is_left_alone_until_it_has_another(unlimited: bool) -> None:
    """Whatever the budget is: with what such a disk has kept no consensus can be right."""
    atlas = Atlas(("m1", "m2", "m3"), unlimited=unlimited)
    assert atlas.permits("m1", 10, 20)
    assert not atlas.permits("m1", 15, 30, alone=True), "it may come back in between"
    assert atlas.permits("m1", 40, 50, alone=True)
    assert not atlas.permits("m1", 45, 46)
    assert atlas.permits("m1", 70, 71)


def test_no_more_than_a_minority_of_masters_forgets() -> None:
    """They have no vote any more, so two of three would be the end, however far apart."""
    atlas = Atlas(("m1", "m2", "m3"))
    assert atlas.permits("m1", 10, 20, forgets=True)
    assert not atlas.permits("m2", 500, 501, forgets=True)
    assert atlas.permits("m2", 500, 501)
    assert atlas.permits("m1", 600, 601, forgets=True), "it has nothing to forget"


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1 << 40), unlimited=st.booleans())
def test_who_wrote_to_a_lying_disk_comes_back_with_an_empty_one(seed: int, unlimited: bool) -> None:
    """Nothing takes such a master down before."""
    storm = Storm(("lost-write", "misdirected-write", "bounce", "lose-disk", "torn-write"))
    plan = storm.draw(seed, "x", THREE, 120.0, unlimited=unlimited).plan
    for lying in plan:
        if not isinstance(lying, (LostWrite, MisdirectedWrite)):
            continue
        assert isinstance(lying.start, At)
        assert isinstance(lying.end, Until)
        downs = [
            (fault.kind, fault.start.seconds)
            for fault in plan
            if isinstance(fault, (Bounce, LoseDisk))
            and fault.host == lying.host
            and isinstance(fault.start, At)
            and lying.start.seconds <= fault.start.seconds <= lying.end.seconds
        ]
        assert downs == [("LoseDisk", lying.end.seconds)]


def random_core(seed: int, *faults: Fault) -> tuple[str, ...]:
    """Return the core of a run on three masters and four nodes."""
    scenario: Scenario = tiny(topology=THREE, faults=FaultPlan(faults), core="random", workload=())
    return core_of(scenario, seed)


def test_a_core_can_come_round() -> None:
    """It has a quorum of masters and half of the nodes, and it is not always the same."""
    cores = [random_core(seed) for seed in range(60)]
    for core in cores:
        assert sum(name[0] == "m" for name in core) >= 2
        assert sum(name[0] == "n" for name in core) >= 2
        assert list(core) == [name for name in tiny(topology=THREE).hosts if name in core]
    assert len(set(cores)) > 20
    assert core_of(tiny(topology=THREE), 0) == tiny(topology=THREE).hosts


def test_a_core_does_not_need_those_who_lost_their_disks() -> None:
    """They have no vote until they have learnt everything anew."""
    lost = LoseDisk("m2", start=At(1), end=Until(2))
    for seed in range(30):
        core = random_core(seed, lost)
        assert {"m1", "m3"} <= set(core)
    unknown = LoseDisk("@leader", start=At(1), end=Until(2))
    assert len(random_core(0, unknown)) == 7
