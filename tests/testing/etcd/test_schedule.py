"""Schedules of clusters are values: they print as Python, refuse nonsense, and are drawn fairly."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kactors.faults
import kactors.testing.etcd
from kactors.faults import At, Bounce, FaultPlan, For, SlowDisk
from kactors.runtime.random import stream
from kactors.testing.etcd import (
    InvalidSchedule,
    Knobs,
    Schedule,
    Work,
    Worker,
    nth_schedule,
    storm,
)

SCHEDULE = Schedule(
    knobs=Knobs(members=5, sync_ms=5),
    workers=(Worker(Work.WRITE), Worker(Work.WATCH, home=2, pick=7)),
    plan=FaultPlan((Bounce("@leader", start=At(1.0), end=For(0.5)),)),
    seed=9,
)
NAMES = {**vars(kactors.faults), **vars(kactors.testing.etcd)}


def test_a_schedule_prints_as_python() -> None:
    """What is printed evaluates to the same schedule, in one line and in many."""
    assert eval(repr(SCHEDULE), NAMES) == SCHEDULE
    assert eval(str(SCHEDULE), NAMES) == SCHEDULE
    assert eval(str(Schedule()), NAMES) == Schedule()
    assert "        Worker(Work.WATCH, home=2, pick=7),\n" in str(SCHEDULE)


def test_nonsense_is_refused() -> None:
    """The error says what was asked and what there is."""
    with pytest.raises(InvalidSchedule, match="members is 9, it must be in"):
        Knobs(members=9)
    with pytest.raises(InvalidSchedule, match="keys is 0, it must be in"):
        Knobs(keys=0)
    with pytest.raises(InvalidSchedule, match="asks member 4, there are 3"):
        Schedule(workers=(Worker(Work.READ, home=4),))
    with pytest.raises(InvalidSchedule, match="names 'm4', and there is no such host"):
        Schedule(plan=FaultPlan((Bounce("m4", start=At(1.0), end=For(0.5)),)))


def test_a_number_names_a_schedule() -> None:
    """Always the same one; another number or seed is another."""
    assert nth_schedule(1, 5) == nth_schedule(1, 5)
    assert nth_schedule(1, 5) != nth_schedule(1, 6)
    assert nth_schedule(1, 5) != nth_schedule(2, 5)


@given(st.integers(0, 2**32))
def test_any_storm_is_sound(seed: int) -> None:
    """Its Python is itself, somebody writes, and at most one disk is slow at a time."""

    @attrs.frozen
    class Draws:
        def below(self, bound: int) -> int:
            return rng.below(bound)

    rng = stream(seed, "storm")
    drawn = storm(Draws())

    assert eval(str(drawn), NAMES) == drawn
    assert any(worker.work is Work.WRITE for worker in drawn.workers)
    assert sum(isinstance(fault, SlowDisk) for fault in drawn.plan) <= 1


def test_storms_are_of_every_sort() -> None:
    """Two hundred of them have every work, all sizes, short and long plans, and many faults."""
    drawn = [nth_schedule(0, number) for number in range(200)]

    assert {worker.work for each in drawn for worker in each.workers} == set(Work)
    assert {each.knobs.members for each in drawn} == {1, 2, 3, 4, 5}
    assert {not each.plan.faults for each in drawn} == {True, False}
    assert max(len(each.plan.faults) for each in drawn) > 15
    assert len({type(fault) for each in drawn for fault in each.plan}) >= 20
