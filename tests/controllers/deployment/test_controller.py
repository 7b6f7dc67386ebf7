"""Tests of Deployments before an apiserver, with the controller of ReplicaSets beside."""

from kactors.api.meta import annotations_of, get_condition, is_being_deleted
from kactors.api.objects import Object, replaced
from kactors.controllers.deployment.controller import DeploymentController
from kactors.controllers.deployment.revisions import REVISION, ROLLBACK_TO
from kactors.controllers.replicaset.controller import ReplicaSetController
from tests.controllers.cluster import ControlPlane
from tests.controllers.objects import deployment, template


def images(plane: ControlPlane) -> dict[str, int]:
    """Return how many pods there are of each image."""
    found: dict[str, int] = {}
    for each in plane.objects("pods").values():
        if not is_being_deleted(each):
            image = each["spec"]["containers"][0]["image"]
            found[image] = found.get(image, 0) + 1
    return found


def roll(plane: ControlPlane, *, rounds: int = 12, least: int = 0, most: int = 1000) -> None:
    """Let nodes work, and check how many pods there are on the way."""
    for _ in range(rounds):
        plane.settle(2.0)
        assert least <= sum(images(plane).values()) <= most
        plane.kubelet()
    plane.settle(2.0)


def with_image(image: str):  # type: ignore[no-untyped-def]
    """Return the change to another template."""
    return lambda it: replaced(it, template(image), "spec", "template")


def test_roll_out_and_back() -> None:
    """An update replaces all pods within its limits, and can be undone by annotation."""
    with ControlPlane() as plane:
        plane.run(DeploymentController, ReplicaSetController)
        plane.create("deployments", deployment("web", replicas=8))
        roll(plane, rounds=2)
        assert images(plane) == {"web:1": 8}
        plane.update("deployments", "default/web", with_image("web:2"))
        roll(plane, least=6, most=10)
        assert images(plane) == {"web:2": 8}
        found = plane.objects("deployments")["default/web"]
        assert found["status"]["updatedReplicas"] == found["status"]["availableReplicas"] == 8
        assert (get_condition(found, "Progressing") or {})["reason"] == "NewReplicaSetAvailable"
        assert annotations_of(found)[REVISION] == "2"

        def undo(it: Object) -> Object:
            return replaced(it, "1", "metadata", "annotations", ROLLBACK_TO)

        plane.update("deployments", "default/web", undo)
        roll(plane, least=6, most=10)
        assert images(plane) == {"web:1": 8}
        assert annotations_of(plane.objects("deployments")["default/web"])[REVISION] == "3"
        assert len(plane.names("replicasets")) == 2


def test_recreate() -> None:
    """Old and new pods are never there together, not even those that are leaving."""
    with ControlPlane() as plane:
        plane.run(DeploymentController, ReplicaSetController)
        plane.create("deployments", deployment("web", replicas=3, strategy={"type": "Recreate"}))
        roll(plane, rounds=2)
        plane.update("deployments", "default/web", with_image("web:2"))
        plane.settle(5.0)
        assert {each["spec"]["containers"][0]["image"] for each in plane.objects("pods").values()
                } == {"web:1"}  # fmt: skip
        roll(plane, rounds=3)
        assert images(plane) == {"web:2": 3}


def test_a_rollout_that_gets_nowhere_is_told() -> None:
    """After the deadline the condition says so."""
    with ControlPlane() as plane:
        plane.run(DeploymentController, ReplicaSetController)
        plane.create("deployments", deployment("web", replicas=2, progressDeadlineSeconds=20))
        plane.settle(10.0)
        plane.kubelet(ready=False)
        plane.settle(30.0)
        found = plane.objects("deployments")["default/web"]
        assert (get_condition(found, "Progressing") or {})["reason"] == "ProgressDeadlineExceeded"
