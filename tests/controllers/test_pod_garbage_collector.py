"""Tests of pods that nobody else would remove."""

from kactors.api.meta import name_of
from kactors.api.objects import Object
from kactors.controllers.pod_garbage_collector import PodGarbageCollector, find_waste
from tests.controllers.cluster import ControlPlane
from tests.controllers.objects import node, pod


def waste(pods: list[Object], nodes: list[Object], *gone: str, threshold: int = 0) -> list[str]:
    """Return the names of pods to be removed."""
    return sorted(name_of(each.pod) for each in find_waste(pods, nodes, gone, threshold))


def test_the_oldest_that_have_ended_go() -> None:
    """Beyond the threshold, pods that have ended go, oldest first; others never."""
    pods = [pod(f"p{age}", phase="Succeeded", created=age) for age in range(5)]
    pods.append(pod("running", created=-1))
    assert waste(pods, [], threshold=3) == ["p0", "p1"]
    assert waste(pods, [], threshold=0) == []


def test_pods_without_a_node() -> None:
    """Pods on nodes that are gone go, and pods that leave without ever having been on one."""
    lost, safe = pod("lost", node="gone"), pod("safe", node="there")
    leaving = pod("leaving", deleted=True)
    waiting = pod("waiting")
    assert waste([lost, safe, leaving, waiting], [node("there")], "gone") == ["leaving", "lost"]


def test_nodes_out_of_service() -> None:
    """Pods that leave a node which is off need not wait for its kubelet."""
    taint = {"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}
    off = node("off", spec={"taints": [taint]}, status={})
    claimed = node("claimed", spec={"taints": [taint]})
    pods = [pod("a", node="off", deleted=True), pod("b", node="claimed", deleted=True),
            pod("c", node="off")]  # fmt: skip
    assert waste(pods, [off, claimed]) == ["a"]


def test_a_node_is_missed_for_a_while() -> None:
    """Pods of a deleted node stay for forty seconds at least, then fail and go."""
    with ControlPlane() as plane:
        plane.run(PodGarbageCollector)
        plane.create("nodes", node("n1"))
        plane.create("pods", pod("p", node="n1"))
        plane.create("pods", pod("q", node="never"))
        plane.settle(10.0)
        plane.delete("nodes", "n1")
        plane.settle(40.0)
        assert plane.names("pods") == ["p", "q"]
        plane.settle(45.0)
        assert plane.names("pods") == []
