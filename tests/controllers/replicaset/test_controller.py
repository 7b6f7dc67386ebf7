"""Tests of ReplicaSets before an apiserver."""

from kactors.api.errors import Forbidden
from kactors.api.meta import is_being_deleted, owner_of_controller
from kactors.api.objects import replaced, without
from kactors.api.requests import ApiRequest
from kactors.controllers.replicaset.controller import ReplicaSetController
from tests.controllers.cluster import ControlPlane
from tests.controllers.objects import pod, replica_set


def test_pods_come_and_go() -> None:
    """There are as many pods as asked for, after they were asked for, and after one is lost."""
    with ControlPlane() as plane:
        plane.run(ReplicaSetController)
        plane.create("replicasets", replica_set("web", replicas=5))
        plane.settle()
        assert len(plane.names("pods")) == 5
        plane.kubelet()
        plane.settle()
        status = plane.objects("replicasets")["default/web"]["status"]
        assert (status["replicas"], status["readyReplicas"], status["availableReplicas"]) == (
            5, 5, 5,
        )  # fmt: skip
        victim = plane.names("pods")[0]
        plane.delete("pods", f"default/{victim}", gracePeriodSeconds=0)
        plane.settle()
        assert len(plane.names("pods")) == 5
        assert victim not in plane.names("pods")
        plane.kubelet()
        plane.update("replicasets", "default/web", lambda it: replaced(it, 2, "spec", "replicas"))
        plane.settle()
        leaving = [key for key, each in plane.objects("pods").items() if is_being_deleted(each)]
        assert len(leaving) == 3
        plane.kubelet()
        plane.settle()
        assert len(plane.names("pods")) == 2


def test_orphans_are_adopted_and_strangers_released() -> None:
    """A pod that matches is taken; one that matches no more is let go and replaced."""
    with ControlPlane() as plane:
        plane.create("pods", pod("orphan", labels={"app": "web"}))
        plane.run(ReplicaSetController)
        plane.create("replicasets", replica_set("web", replicas=2))
        plane.settle()
        assert len(plane.names("pods")) == 2
        owner = owner_of_controller(plane.objects("pods")["default/orphan"])
        assert owner is not None
        assert owner["name"] == "web"
        plane.update("pods", "default/orphan", lambda it: without(it, "metadata", "labels"))
        plane.settle()
        assert owner_of_controller(plane.objects("pods")["default/orphan"]) is None
        assert len(plane.names("pods")) == 3


def test_a_refusal_is_told_and_overcome() -> None:
    """While pods are refused the status says so; afterwards they are there, and no more of them."""
    refused = [0]

    def quota(request: ApiRequest) -> Forbidden | None:
        if request.verb == "create" and request.resource == "pods":
            refused[0] += 1
            return Forbidden("pods", "", "exceeded quota")
        return None

    with ControlPlane() as plane:
        plane.all[0].before = quota
        plane.run(ReplicaSetController)
        plane.create("replicasets", replica_set("web", replicas=50))
        plane.settle(1.0)
        (condition,) = plane.objects("replicasets")["default/web"]["status"]["conditions"]
        assert condition["reason"] == "FailedCreate"
        assert refused[0] < 50
        plane.all[0].before = lambda _: None
        plane.settle(30.0)
        assert len(plane.names("pods")) == 50
        assert "conditions" not in plane.objects("replicasets")["default/web"]["status"]
