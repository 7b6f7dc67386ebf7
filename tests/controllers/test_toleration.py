"""Tests of how long a pod stays where it should not."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.objects import Object
from kactors.controllers.toleration import Eviction, no_execute_taints, reschedule, tolerated_for
from tests.controllers.objects import node, pod


def taint(key: str) -> Object:
    """Return a taint that sends pods away."""
    return {"key": key, "effect": "NoExecute"}


def toleration(key: str, seconds: int | None = None) -> Object:
    """Return a toleration, for some time or for ever."""
    found: Object = {"key": key, "operator": "Exists"}
    return found if seconds is None else {**found, "tolerationSeconds": seconds}


@pytest.mark.parametrize(
    ("tolerations", "expected"),
    [
        ([], 0.0),
        ([toleration("a")], 0.0),
        ([toleration("a"), toleration("b")], inf),
        ([toleration("a", 300), toleration("b", 60)], 60.0),
        ([toleration("a", 300), toleration("b")], 300.0),
        ([toleration("a", -5), toleration("b")], 0.0),
    ],
)
def test_the_shortest_time_counts(tolerations: list[Object], expected: float) -> None:
    """Every taint must be tolerated; of the times, the shortest counts."""
    assert tolerated_for(pod(spec={"tolerations": tolerations}), [taint("a"), taint("b")]) == (
        expected
    )


def test_without_taints_a_pod_stays() -> None:
    """Taints of other effects send nobody away."""
    assert tolerated_for(pod(), no_execute_taints(node("n"))) == inf
    blocked = node("n", spec={"taints": [{"key": "a", "effect": "NoSchedule"}, taint("b")]})
    assert no_execute_taints(blocked) == [taint("b")]


def test_what_is_due_is_kept() -> None:
    """The same taints again change nothing; a milder one counts from the beginning."""
    first = reschedule(None, 300.0, 10.0)
    assert first == Eviction(10.0, 310.0)
    assert reschedule(first, 300.0, 200.0) == first
    assert reschedule(first, 60.0, 200.0) == Eviction(10.0, 260.0)
    assert reschedule(first, 60.0, 300.0) == first
    assert reschedule(first, 600.0, 200.0) == Eviction(10.0, 610.0)
    assert reschedule(first, inf, 200.0) is None


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 500)), min_size=1, max_size=10))
def test_nobody_goes_before_the_time(steps: list[tuple[float, float]]) -> None:
    """However taints change, a pod has the shortest of its times at least, and never goes back."""
    now, eviction = 0.0, None
    for pause, seconds in steps:
        now += pause
        eviction = reschedule(eviction, seconds, now)
        assert eviction is not None
        assert eviction.since == steps[0][0]
        assert eviction.due >= eviction.since + min(each for _, each in steps)
