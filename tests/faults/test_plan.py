"""Plans: canonical, editable, checked against a world."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors import faults
from kactors.faults import (
    ActorDied,
    At,
    Crash,
    Cut,
    Delivered,
    Drop,
    FaultPlan,
    For,
    InvalidFaultError,
    Messages,
    Pause,
    UnknownHostError,
    When,
)
from tests.faults import strategies


def crash(host: str, at: float = 1) -> Crash:
    """Return a crash."""
    return Crash(host, start=At(at))


@given(strategies.plans)
def test_a_plan_prints_as_source_code(plan: FaultPlan) -> None:
    """On one line, or with a line for each fault."""
    assert eval(repr(plan), vars(faults)) == plan
    assert eval(plan.to_python(), vars(faults)) == plan


@given(st.data(), strategies.plans)
def test_the_order_in_which_faults_are_given_does_not_matter(
    data: st.DataObject, plan: FaultPlan
) -> None:
    """Plans with the same faults are equal."""
    shuffled = data.draw(st.permutations(plan.faults))

    assert FaultPlan(tuple(shuffled)) == plan


def test_faults_are_sorted_by_their_start() -> None:
    """What waits for a trigger comes last."""
    waiting = Crash("c", start=When(ActorDied("a/x")))
    plan = FaultPlan((waiting, crash("b", 2), crash("a", 10)))

    assert plan.faults == (crash("b", 2), crash("a", 10), waiting)
    assert list(plan) == list(plan.faults)
    assert len(plan) == 3


def test_a_plan_is_made_of_faults() -> None:
    """Anything else is refused."""
    with pytest.raises(InvalidFaultError, match="'crash' is no fault"):
        FaultPlan(("crash",))


def test_plans_add_up() -> None:
    """The sum has the faults of both."""
    assert FaultPlan((crash("b", 2),)) + FaultPlan((crash("a"),)) == FaultPlan(
        (crash("a"), crash("b", 2))
    )


def test_a_plan_less_some_faults() -> None:
    """Places count from either end; a place that is not there is refused."""
    plan = FaultPlan((crash("a", 1), crash("b", 2), crash("c", 3)))

    assert plan.without(1).hosts() == ("a", "c")
    assert plan.without(0, -1).hosts() == ("b",)
    with pytest.raises(IndexError):
        plan.without(3)


def test_a_fault_can_be_replaced() -> None:
    """The rest stays."""
    plan = FaultPlan((crash("a", 1), crash("b", 2)))

    assert plan.replaced(0, crash("c", 5)).faults == (crash("b", 2), crash("c", 5))


@given(strategies.plans, st.integers(1, 8))
def test_parts_and_complements_make_up_the_whole(plan: FaultPlan, count: int) -> None:
    """What delta debugging tries: no part is empty, none is lost."""
    parts = plan.parts(count)

    assert sum(parts, FaultPlan()) == plan
    assert all(parts)
    assert len(parts) == min(count, len(plan))
    for part in parts:
        assert part + plan.complement(part) == plan


def test_equal_faults_are_taken_away_one_by_one() -> None:
    """A plan may do the same thing twice."""
    plan = FaultPlan((crash("a"), crash("a"), crash("b")))

    assert plan.complement(FaultPlan((crash("a"),))) == FaultPlan((crash("a"), crash("b")))


def test_milder_plans_last_shorter() -> None:
    """One fault at a time, down to a second."""
    plan = FaultPlan(
        (Pause("a", start=At(1), end=For(10)), Pause("b", start=At(2), end=For(1.5)), crash("c", 3))
    )

    shorter = [milder.to_python() for milder in plan.milder()]

    assert len(shorter) == 2
    assert "Pause('a', start=At(1), end=For(5.0))" in shorter[0]
    assert "Pause('b', start=At(2), end=For(1.0))" in shorter[1]
    assert not list(FaultPlan((Pause("a", start=At(1), end=For(1)),)).milder())


def test_a_plan_fits_a_world_that_has_its_hosts() -> None:
    """Names, patterns, and symbols that the world resolves."""
    plan = FaultPlan(
        (
            crash("etcd-1"),
            crash("@leader"),
            Drop(Messages(target="etcd-*/member"), start=At(1), end=For(1)),
            Crash("etcd-2", start=When(Delivered(source="node-?"))),
        )
    )

    plan.check(["etcd-1", "etcd-2", "node-1"])


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (
            FaultPlan((crash("etcd1"),)),
            "names 'etcd1', and there is no such host: did you mean 'etcd-",
        ),
        (
            FaultPlan((Cut("node-1", "zzz", start=At(1), end=For(1)),)),
            "fault 0, Cut('node-1', 'zzz', start=At(1), end=For(1)), names 'zzz'",
        ),
        (FaultPlan((Crash("node-1", start=When(ActorDied("nod-1/x"))),)), "names 'nod-1/x'"),
        (FaultPlan((Drop(Messages(source="x*"), start=At(1), end=For(1)),)), "names 'x*'"),
    ],
)
def test_a_host_that_is_not_there_is_named(plan: FaultPlan, says: str) -> None:
    """With the fault, and with names that are near."""
    with pytest.raises(UnknownHostError, match=re.escape(says)):
        plan.check(["etcd-1", "etcd-2", "node-1"])


def test_a_world_without_hosts_is_spoken_of_too() -> None:
    """There is nothing near then."""
    with pytest.raises(UnknownHostError, match="did you mean to add hosts first"):
        FaultPlan((crash("a"),)).check([])
