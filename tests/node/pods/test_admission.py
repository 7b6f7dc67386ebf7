"""Admission: the node has the last word."""

from typing import Any

import pytest

from kactors.api.objects import Object
from kactors.node.pods.admission import admit
from tests.node.objects import container, pod

ALLOCATABLE = {"cpu": "2", "memory": "4Gi", "pods": "3"}
NODE: Object = {
    "metadata": {"name": "n1", "labels": {"zone": "a"}},
    "spec": {"taints": [{"key": "k", "effect": "NoExecute"}, {"key": "s", "effect": "NoSchedule"}]},
}
TOLERATES = [{"operator": "Exists"}]


def asking(cpu: str, **spec: Any) -> Object:
    """Return a pod that tolerates everything and asks for cpu."""
    asked = container(resources={"requests": {"cpu": cpu}})
    return pod(containers=[asked], tolerations=TOLERATES, **spec)


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (asking("1"), None),
        (asking("1500m"), "OutOfcpu"),
        (asking("1", nodeSelector={"zone": "b"}), "NodeAffinity"),
        (asking("1", nodeSelector={"zone": "a"}), None),
        (pod(), "TaintToleration"),
        (pod(tolerations=[{"key": "k", "operator": "Exists"}]), None),
        (pod(tolerations=TOLERATES, containers=[container(ports=[{"hostPort": 80}])]), "NodePorts"),
        (pod(tolerations=TOLERATES, containers=[container(ports=[{"hostPort": 81}])]), None),
        (pod(tolerations=TOLERATES, containers=[
            container(resources={"requests": {"example.com/gpu": "1"}})]), "OutOfexample.com/gpu"),
    ],
)  # fmt: skip
def test_a_pod_is_taken_or_refused_with_a_reason(one: Object, reason: str | None) -> None:
    """NoSchedule taints are the scheduler's affair: a pod that is bound is bound."""
    taken = [asking("1"), pod(containers=[container(ports=[{"hostPort": 80}])])]
    found = admit(one, NODE, taken, ALLOCATABLE)
    assert (found.reason if found else None) == reason


def test_the_number_of_pods_is_a_resource() -> None:
    """The message says what was asked, used and there."""
    found = admit(asking("1m"), NODE, [asking("1m")] * 3, ALLOCATABLE)
    assert found is not None
    assert found.reason == "OutOfpods"
    assert found.message.endswith("pods, requested: 1, used: 3, capacity: 3")
