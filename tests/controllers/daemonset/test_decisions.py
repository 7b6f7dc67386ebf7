"""Tests of daemons: where they belong, and how they are updated."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kactors.api.meta import labels_of, name_of
from kactors.api.objects import Object
from kactors.controllers.daemonset.decisions import calculate_status, plan
from kactors.controllers.daemonset.placement import (
    Fitness,
    fitness,
    pod_template_for,
    target_node,
)
from kactors.controllers.history import HASH_LABEL
from tests.controllers.objects import T0, make, node, pod, template

FIT = Fitness(should_run=True, may_stay=True)


def daemon_set(*, surge: int | str = 0, unavailable: int | str = 1, **pod_spec: Any) -> Object:
    """Return a DaemonSet with defaults filled in."""
    body = template()
    body["spec"] |= pod_spec
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    spec = {
        "selector": {"matchLabels": {"app": "web"}},
        "template": body,
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": rolling},
    }
    return make("apps/v1", "DaemonSet", "agent", spec=spec, status={})


def daemon(on: str, digest: str, *, ready: bool = True, **more: Any) -> Object:
    """Return a pod of a daemon."""
    labels = {"app": "web", HASH_LABEL: digest}
    return pod(f"{on}-{digest}", node=on, ready=ready, labels=labels, **more)


def test_where_a_daemon_belongs() -> None:
    """Labels and taints decide; an unwell node keeps its daemons."""
    labelled = node("a", labels={"disk": "ssd"})
    assert fitness(daemon_set(), labelled) == FIT
    picky = daemon_set(nodeSelector={"disk": "ssd"})
    assert fitness(picky, labelled).should_run
    assert fitness(picky, node("b")) == Fitness(should_run=False, may_stay=False)
    assert not fitness(daemon_set(nodeName="a"), node("b")).may_stay

    def tainted(key: str, effect: str) -> Fitness:
        taints = [{"key": key, "effect": effect}]
        return fitness(daemon_set(), node("n", spec={"taints": taints}))

    assert tainted("node.kubernetes.io/unreachable", "NoExecute") == FIT
    assert tainted("node.kubernetes.io/unschedulable", "NoSchedule") == FIT
    assert tainted("own", "NoSchedule") == Fitness(should_run=False, may_stay=True)
    assert tainted("own", "NoExecute") == Fitness(should_run=False, may_stay=False)
    assert tainted("own", "PreferNoSchedule") == FIT


def test_pods_are_tied_to_their_nodes() -> None:
    """A pod that is not bound yet says which node it is for; other requirements stay."""
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}]}}  # fmt: skip
    made = pod_template_for(daemon_set(affinity={"nodeAffinity": required}), "n7", {"x": "y"})
    assert target_node({"spec": made["spec"]}) == "n7"
    assert labels_of(made) == {"app": "web", "x": "y"}
    (term,) = made["spec"]["affinity"]["nodeAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]  # fmt: skip
    assert term["matchExpressions"] == [{"key": "disk", "operator": "Exists"}]
    assert target_node(pod()) == ""


def test_one_pod_on_each_node() -> None:
    """Missing ones come; those too many, on nodes that are gone or unfit, go; failed ones go."""
    away = Fitness(should_run=False, may_stay=False)
    nodes = {"a": FIT, "b": FIT, "c": away, "d": FIT}
    first = daemon("b", "new", created=1)
    twin = pod("b-twin", node="b", labels={HASH_LABEL: "new"}, created=2)
    unfit, lost = daemon("c", "new"), daemon("gone", "new")
    failed = daemon("d", "new", phase="Failed")
    step = plan(daemon_set(), "new", nodes, [twin, first, unfit, lost, failed], T0)
    assert step.create == ("a",)
    assert sorted(map(name_of, step.delete)) == ["b-twin", "c-new", "gone-new"]
    assert step.failed == (failed,)


@given(
    states=st.lists(st.sampled_from(["old ready", "old", "new ready", "new"]), max_size=8),
    most=st.integers(1, 4),
)
def test_updates_in_place_keep_enough_available(states: list[str], most: int) -> None:
    """What works is deleted only as long as no more than so many do not work."""
    nodes = {f"n{number}": FIT for number, _ in enumerate(states)}
    pods = [
        daemon(f"n{number}", state.split()[0], ready="ready" in state)
        for number, state in enumerate(states)
    ]
    step = plan(daemon_set(unavailable=most), "new", nodes, pods, T0)
    broken = sum("ready" not in state for state in states)
    working = [each for each in step.delete if each["status"]["conditions"][0]["status"] == "True"]
    assert len(working) <= max(0, most - broken)
    assert all(labels_of(each)[HASH_LABEL] == "old" for each in step.delete)
    useless = [each for each, state in zip(pods, states, strict=True) if state == "old"]
    assert all(each in step.delete for each in useless)
    if "old ready" in states and broken < most:
        assert working


def test_updates_with_surge_bring_the_new_before_the_old_goes() -> None:
    """The old pod goes when the new one is available; so many are under way at a time."""
    surging = daemon_set(surge=1, unavailable=0)
    nodes = {"a": FIT, "b": FIT}
    old = [daemon("a", "old"), daemon("b", "old")]
    step = plan(surging, "new", nodes, old, T0)
    assert (step.create, step.delete) == (("a",), ())
    coming = daemon("a", "new", ready=False)
    step = plan(surging, "new", nodes, [*old, coming], T0)
    assert (step.create, step.delete) == ((), ())
    step = plan(surging, "new", nodes, [*old, daemon("a", "new")], T0)
    assert step.delete == (old[0],)
    broken = daemon("b", "old", ready=False)
    step = plan(surging, "new", nodes, [daemon("a", "new"), broken], T0)
    assert (step.create, step.delete) == (("b",), (broken,))


def test_the_status() -> None:
    """What is desired, there, ready, updated, and where it should not be."""
    nodes = {"a": FIT, "b": FIT, "c": Fitness(should_run=False, may_stay=True)}
    pods = [daemon("a", "new"), daemon("c", "old")]
    assert calculate_status(daemon_set(), "new", nodes, pods, T0) == {
        "observedGeneration": 1,
        "desiredNumberScheduled": 2,
        "currentNumberScheduled": 1,
        "numberMisscheduled": 1,
        "numberReady": 1,
        "numberAvailable": 1,
        "numberUnavailable": 1,
        "updatedNumberScheduled": 1,
    }
