"""Tests of disruption budgets: how many pods may be disturbed now."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kactors.api.meta import format_time, get_condition
from kactors.api.objects import Object
from kactors.controllers.disruption import Budget, DisruptionController, budget
from tests.controllers.cluster import ControlPlane
from tests.controllers.objects import T0, at, make, pod, replica_set


def pdb(status: Object | None = None, **spec: Any) -> Object:
    """Return a budget."""
    wanted = {"selector": {"matchLabels": {"app": "web"}}, **spec}
    return make("policy/v1", "PodDisruptionBudget", "web", spec=wanted, status=status or {})


OWNER = replica_set("web", uid="rs")


def found(pdb: Object, healthy: int, broken: int = 0, scale: int | None = 10,
          now: int = T0) -> Budget:  # fmt: skip
    """Return the budget for so many pods of one owner."""
    pods = [pod(f"p{number}", ready=number < healthy, owner=OWNER)
            for number in range(healthy + broken)]  # fmt: skip
    return budget(pdb, pods, lambda _: None if scale is None else ("rs", scale), now)


def test_numbers_and_percentages() -> None:
    """What must be healthy is counted from the pods or from what should be there."""
    assert found(pdb(minAvailable=7), 10).status["disruptionsAllowed"] == 3
    assert found(pdb(minAvailable="50%"), 8, 2).status["disruptionsAllowed"] == 3
    assert found(pdb(maxUnavailable=1), 10).status["disruptionsAllowed"] == 1
    assert found(pdb(maxUnavailable="25%"), 9).status["disruptionsAllowed"] == 2
    assert found(pdb(maxUnavailable=1), 9).status["disruptionsAllowed"] == 0
    empty = found(pdb(maxUnavailable=1), 0, scale=0).status
    assert (empty["expectedPods"], empty["disruptionsAllowed"]) == (0, 0)


def test_what_cannot_be_told_forbids_everything() -> None:
    """Pods whose controller has no scale must not be disturbed under a percentage."""
    unknown = found(pdb(maxUnavailable=1), 10, scale=None)
    assert unknown.problem
    assert unknown.status["disruptionsAllowed"] == 0
    condition = get_condition({"status": unknown.status}, "DisruptionAllowed") or {}
    assert condition["reason"] == "SyncFailed"
    assert found(pdb(minAvailable=1), 10, scale=None).status["disruptionsAllowed"] == 9


def test_granted_evictions_count_until_they_are_seen_or_too_old() -> None:
    """A pod whose eviction was granted is not healthy for two minutes."""
    granted = {"disruptedPods": {"p0": format_time(T0), "gone": format_time(T0)}}
    first = found(pdb(granted, minAvailable=7), 10)
    assert first.status["disruptionsAllowed"] == 2
    assert first.status["disruptedPods"] == {"p0": format_time(T0)}
    assert first.check_in == 120.0
    later = found(pdb(granted, minAvailable=7), 10, now=at(121))
    assert later.status["disruptionsAllowed"] == 3
    assert "disruptedPods" not in later.status


@given(st.integers(0, 10), st.integers(0, 10), st.integers(0, 12))
def test_never_below_the_least(healthy: int, broken: int, least: int) -> None:
    """After all allowed disruptions enough pods are healthy, if enough were before."""
    allowed = found(pdb(minAvailable=least), healthy, broken).status["disruptionsAllowed"]
    assert 0 <= allowed <= healthy
    assert healthy - allowed >= min(least, healthy)


def test_before_an_apiserver() -> None:
    """The status follows the pods."""
    with ControlPlane() as plane:
        plane.run(DisruptionController)
        owner = plane.create("replicasets", replica_set("web", replicas=3))
        plane.create("poddisruptionbudgets", pdb(maxUnavailable=1))
        for number in range(3):
            plane.create("pods", pod(f"p{number}", owner=owner, labels={"app": "web"}))
        plane.settle()
        status = plane.objects("poddisruptionbudgets")["default/web"]["status"]
        assert (status["expectedPods"], status["disruptionsAllowed"]) == (3, 0)
        plane.kubelet()
        plane.settle()
        status = plane.objects("poddisruptionbudgets")["default/web"]["status"]
        assert (status["currentHealthy"], status["disruptionsAllowed"]) == (3, 1)
