"""Pods as the scheduler sees them."""

import pytest

from kactors.api.objects import Object
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.requirements import requirements_of
from tests.scheduler.making import info, pod


def test_pods_that_ask_for_the_same_share_it() -> None:
    """What a spec asks for is read once, whatever the pods are called and wherever they run."""
    needs = info("a", cpu="1").needs

    assert info("b", cpu="1", labels={"x": "y"}, namespace="other").needs is needs
    assert info("c", cpu="1", node_name="n").needs is needs
    assert info("d", cpu="2").needs is not needs


def test_affinity_is_a_matter_of_namespaces() -> None:
    """A term that names no namespace means the pod's own, so pods of two do not share it."""
    near: Object = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": "zone", "labelSelector": {}}]}}  # fmt: skip

    here, there = (info(namespace=name, affinity=near).needs for name in ("here", "there"))

    assert here.affinity[0].namespaces == ("here",)
    assert there.affinity[0].namespaces == ("there",)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"nodeName": "n"}, True),
        ({}, True),
        ({"priority": 5}, False),
        ({"nodeName": "n", "priority": 5}, False),
        ({"tolerations": [{"operator": "Exists"}]}, False),
    ],
)
def test_a_newer_state_of_a_pod(change: Object, same: bool) -> None:
    """What is known of a pod is kept if nothing but its node has changed, and read if more has."""
    old = info("p")
    newer = {**old.pod, "spec": {**old.pod["spec"], **change}, "status": {"phase": "Running"}}

    found = PodInfo.of(newer, old)

    assert (found.needs is old.needs) is same
    assert found.needs is requirements_of(newer["spec"], "default")
    assert found.node_name == change.get("nodeName", "")


def test_host_ports() -> None:
    """Containers and sidecars have host ports, init containers that end do not count."""
    made = pod("p", ports=[{"hostPort": 80, "containerPort": 1}, {"containerPort": 2}])
    made["spec"]["initContainers"] = [
        {"name": "a", "restartPolicy": "Always", "ports": [{"hostPort": 81, "protocol": "UDP"}]},
        {"name": "b", "ports": [{"hostPort": 82}]},
    ]

    ports = PodInfo.of(made).needs.host_ports

    assert ports == (("UDP", "0.0.0.0", 81), ("TCP", "0.0.0.0", 80))


def test_times_and_ends() -> None:
    """When a pod started and whether it has ended are read from its status."""
    started = info(status={"startTime": "1970-01-01T00:00:02Z", "phase": "Failed"})

    assert (started.started_ns, started.ended) == (2_000_000_000, True)
    assert (info().started_ns, info().ended) == (None, False)
    assert info(namespace="x").key == "x/pod"


def test_the_spec_before_is_no_reason_to_take_one_for_another() -> None:
    """Equal specs share what they ask for, whatever came between; others do not."""
    term = {"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "zone"}
    near = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    plain: Object = {"containers": []}
    choosy: Object = {"containers": [], "affinity": near}

    first = requirements_of(plain, "a")
    again = [requirements_of({**plain}, "a"), requirements_of(plain, "b")]
    mine, others = requirements_of(choosy, "a"), requirements_of({**choosy}, "b")

    assert all(each is first for each in again)
    assert requirements_of({**choosy}, "b") is others
    assert mine is not others
    assert mine.affinity[0].namespaces != others.affinity[0].namespaces
