"""Tests of DaemonSets before an apiserver."""

from kactors.api.codec import decode_request
from kactors.api.meta import is_being_deleted
from kactors.controllers.daemonset.controller import DaemonSetController
from kactors.controllers.daemonset.placement import target_node
from tests.controllers.cluster import ControlPlane
from tests.controllers.daemonset.test_decisions import daemon_set
from tests.controllers.objects import node, template


def bind(plane: ControlPlane) -> None:
    """Let every pod run on the node that it is meant for."""
    for key, (body, _) in list(plane.store.objects.items()):
        if key[1] == "pods":
            pod = decode_request(body)
            if not pod["spec"].get("nodeName"):
                pod["spec"]["nodeName"] = target_node(pod)
                plane.store.write(key, pod)
    plane.kubelet()


def places(plane: ControlPlane) -> list[str]:
    """Return the nodes of pods that are not leaving."""
    return sorted(target_node(each) for each in plane.objects("pods").values()
                  if not is_being_deleted(each))  # fmt: skip


def test_daemons_follow_nodes_and_templates() -> None:
    """Each node has one pod; nodes come and go; an update replaces one after the other."""
    with ControlPlane() as plane:
        plane.run(DaemonSetController)
        for name in ("a", "b", "c"):
            plane.create("nodes", node(name))
        plane.create("daemonsets", daemon_set())
        plane.settle()
        assert places(plane) == ["a", "b", "c"]
        bind(plane)
        plane.create("nodes", node("d"))
        plane.settle()
        bind(plane)
        assert places(plane) == ["a", "b", "c", "d"]
        plane.delete("nodes", "b")
        plane.settle()
        assert places(plane) == ["a", "c", "d"]
        plane.set("nodes", "c", [{"key": "own", "effect": "NoExecute"}], "spec", "taints")
        plane.settle()
        assert places(plane) == ["a", "d"]
        bind(plane)
        plane.set("daemonsets", "default/agent", template("web:2"), "spec", "template")
        for _ in range(8):
            plane.settle(2.0)
            assert len(places(plane)) >= 1
            bind(plane)
        plane.settle()
        images = {each["spec"]["containers"][0]["image"] for each in plane.objects("pods").values()}
        assert images == {"web:2"}
        status = plane.objects("daemonsets")["default/agent"]["status"]
        assert status["updatedNumberScheduled"] == status["numberAvailable"] == 2
        assert len(plane.names("controllerrevisions")) == 2
