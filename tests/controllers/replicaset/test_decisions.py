"""Tests of what a ReplicaSet lacks and what its status says."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.api.objects import replaced
from kactors.controllers.pod_facts import PodFacts
from kactors.controllers.replicaset.decisions import (
    BURST_REPLICAS,
    Failure,
    calculate_status,
    next_check,
    plan,
)
from tests.controllers.objects import T0, at, pod, replica_set


@given(wanted=st.integers(0, 1200), there=st.integers(0, 12))
def test_a_plan_goes_towards_the_goal_and_not_beyond(wanted: int, there: int) -> None:
    """A plan brings the count nearer to what is asked for, by at most a burst, on one side only."""
    pods = [pod() for _ in range(there)]
    step = plan(replica_set(replicas=wanted), pods, pods, T0)
    assert not (step.create and step.delete)
    after = there + step.create - len(step.delete)
    assert abs(wanted - after) == max(0, abs(wanted - there) - BURST_REPLICAS)


def test_the_least_useful_go_first() -> None:
    """Pods without a node go before unready ones, and these before ready ones."""
    unbound = pod("unbound", phase="Pending")
    unready = pod("unready", node="a")
    ready = pod("ready", node="a", ready=True)
    pods = [ready, unready, unbound]
    step = plan(replica_set(replicas=1), pods, pods, T0)
    assert [each["metadata"]["name"] for each in step.delete] == ["unbound", "unready"]


def test_a_node_with_many_related_pods_loses_one_first() -> None:
    """Among equals, the node that has more pods of the same Deployment gives one up."""
    crowded, lonely = pod("x", node="crowded", ready=True), pod("y", node="lonely", ready=True)
    others = [pod(node="crowded", ready=True) for _ in range(3)]
    step = plan(replica_set(replicas=1), [lonely, crowded], [lonely, crowded, *others], T0)
    assert step.delete == (crowded,)


def test_the_cost_of_deletion_counts() -> None:
    """A pod whose annotation names a higher cost stays."""
    cost = {"controller.kubernetes.io/pod-deletion-cost": "10"}
    dear, cheap = pod(node="a", ready=True, annotations=cost), pod(node="a", ready=True)
    assert plan(replica_set(replicas=1), [dear, cheap], [], T0).delete == (cheap,)


def test_the_status_counts_what_is_ready_and_what_has_been_for_long() -> None:
    """Available is what has been ready for minReadySeconds."""
    owner = replaced(replica_set(replicas=3), 10, "spec", "minReadySeconds")
    labels = {"app": "web"}
    pods = [
        pod(ready=True, ready_at=0, labels=labels),
        pod(ready=True, ready_at=5, labels=labels),
        pod(labels={"app": "web", "more": "so"}),
    ]
    facts = [PodFacts.of(each) for each in pods]
    status = calculate_status(owner, facts, 2, None, at(12))
    assert status == {
        "replicas": 3,
        "fullyLabeledReplicas": 3,
        "readyReplicas": 2,
        "availableReplicas": 1,
        "terminatingReplicas": 2,
        "observedGeneration": 1,
    }
    assert next_check(pods, 10, at(12)) == 3.0
    assert next_check(pods, 10, at(15)) is None


def test_a_failure_is_told_until_it_is_over() -> None:
    """A failure becomes a condition, keeps its time while it lasts, and disappears."""
    owner = replica_set()
    quota = Failure("FailedCreate", "quota exceeded")
    first = calculate_status(owner, [], 0, quota, at(0))
    assert first["conditions"][0]["reason"] == "FailedCreate"
    again = calculate_status({**owner, "status": first}, [], 0, quota, at(9))
    assert again["conditions"] == first["conditions"]
    assert "conditions" not in calculate_status({**owner, "status": first}, [], 0, None, at(9))
