"""Tests of StatefulSets before an apiserver."""

from kactors.api.objects import replaced
from kactors.controllers.statefulset.controller import StatefulSetController
from tests.controllers.cluster import ControlPlane
from tests.controllers.objects import template
from tests.controllers.statefulset.test_decisions import stateful_set


def images(plane: ControlPlane) -> list[str]:
    """Return the images of the pods by name."""
    return [each["spec"]["containers"][0]["image"] for each in plane.objects("pods").values()]


def test_pods_in_order_with_volumes_and_history() -> None:
    """Pods come one by one with claims of their own; updates leave a history; claims stay."""
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    with ControlPlane() as plane:
        plane.run(StatefulSetController)
        wanted = stateful_set(volumeClaimTemplates=[claim], revisionHistoryLimit=1)
        plane.create("statefulsets", wanted)
        plane.settle()
        assert plane.names("pods") == ["db-0"]
        for _ in range(3):
            plane.kubelet()
            plane.settle()
        assert plane.names("pods") == ["db-0", "db-1", "db-2"]
        assert plane.names("persistentvolumeclaims") == ["data-db-0", "data-db-1", "data-db-2"]
        for number in (2, 3, 4):
            plane.set("statefulsets", "default/db", template(f"web:{number}"), "spec", "template")
            for _ in range(10):
                plane.settle(2.0)
                plane.kubelet()
            plane.settle()
            assert images(plane) == [f"web:{number}"] * 3
        assert len(plane.names("controllerrevisions")) == 2
        status = plane.objects("statefulsets")["default/db"]["status"]
        assert status["currentRevision"] == status["updateRevision"]
        plane.update("statefulsets", "default/db", lambda it: replaced(it, 1, "spec", "replicas"))
        for _ in range(4):
            plane.settle(2.0)
            plane.kubelet()
        plane.settle()
        assert plane.names("pods") == ["db-0"]
        assert len(plane.names("persistentvolumeclaims")) == 3


def test_a_pod_that_is_leaving_keeps_its_name() -> None:
    """As long as a pod on a silent node has not gone, there is no other of its name."""
    with ControlPlane() as plane:
        plane.run(StatefulSetController)
        plane.create("statefulsets", stateful_set(replicas=1))
        plane.settle()
        plane.kubelet()
        plane.delete("pods", "default/db-0")
        plane.settle(400.0)
        (uid,) = [each["metadata"]["uid"] for each in plane.objects("pods").values()]
        plane.kubelet()
        plane.settle()
        (another,) = [each["metadata"]["uid"] for each in plane.objects("pods").values()]
        assert uid != another
