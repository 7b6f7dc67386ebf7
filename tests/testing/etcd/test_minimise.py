"""A failing schedule becomes small, and goes on breaking the same promise."""

import attrs
import pytest

from kactors.faults import At, Bounce, FaultPlan, For, Isolate
from kactors.testing.etcd import (
    Knobs,
    Outcome,
    Promise,
    Schedule,
    Violation,
    Work,
    Worker,
    minimise,
)

BIG = Schedule(
    knobs=Knobs(members=5, keys=6, latency_ms=50, sync_ms=60),
    workers=(Worker(Work.WRITE, pick=9), Worker(Work.READ, home=5), Worker(Work.TXN, pick=200)),
    plan=FaultPlan(
        (
            *(Bounce("@leader", start=At(float(n)), end=For(1.0)) for n in range(10)),
            Isolate("@old", start=At(3.0), end=For(2.0)),
        )
    ),
    chaos_ms=12_000,
    seed=1,
)


def outcome(schedule: Schedule, violation: Violation | None) -> Outcome:
    """What a run would have said."""
    return Outcome(
        schedule=schedule,
        violation=violation,
        virtual_s=1.0,
        answered=0,
        revisions=1,
        responses=0,
        leases=0,
        deaths=0,
        counts={},
        digest="",
    )


@attrs.define
class Runner:
    """Runs nothing: a schedule fails if it isolates somebody while somebody transacts."""

    runs: int = 0

    def __call__(self, schedule: Schedule) -> Outcome:
        """Pretend to run."""
        self.runs += 1
        isolates = any(isinstance(fault, Isolate) for fault in schedule.plan)
        transacts = any(worker.work is Work.TXN for worker in schedule.workers)
        if isolates and transacts:
            return outcome(schedule, Violation(Promise.ONE_STATE, f"run {self.runs}", "keys"))
        if isolates:
            return outcome(schedule, Violation(Promise.ONE_LOG, "something else"))
        return outcome(schedule, None)


def test_only_what_is_needed_is_left() -> None:
    """One fault of eleven, one client of three, plain settings, and little time."""
    runner = Runner()

    smallest = minimise(runner(BIG), run_one=runner).schedule

    assert [type(fault) for fault in smallest.plan] == [Isolate]
    assert [worker.work for worker in smallest.workers] == [Work.TXN]
    assert smallest.workers[0].pick == 0
    assert smallest.knobs == Knobs()
    assert smallest.chaos_ms <= 1000
    assert smallest.seed == BIG.seed
    assert runner.runs < 200


def test_the_budget_is_kept() -> None:
    """So many runs and no more; what was reached is returned."""
    runner = Runner()

    smallest = minimise(runner(BIG), runs_max=7, run_one=runner)

    assert runner.runs == 8
    assert smallest.violation is not None
    assert smallest.violation.signature == ("ONE_STATE", "keys")
    assert len(smallest.schedule.plan.faults) < len(BIG.plan.faults)


def test_another_violation_is_not_the_same() -> None:
    """What breaks another promise is not smaller, it is different."""
    runner = Runner()

    smallest = minimise(runner(BIG), run_one=runner)

    assert any(worker.work is Work.TXN for worker in smallest.schedule.workers)


def test_what_breaks_nothing_cannot_be_made_smaller() -> None:
    """Who asks for it is told so."""
    with pytest.raises(AssertionError, match="broke nothing"):
        minimise(outcome(BIG, None))
