"""Garbage collection: what the collector takes has no owner that lives."""

import pytest

from kactors.api.objects import Object
from kactors.api.requests import ApiRequest, ApiResponse
from kactors.apiserver.authentication.user import User, service_account_user
from kactors.apiserver.server import ApiServer
from kactors.scenario.oracles.garbage_collection import GarbageCollection
from tests.scenario.oracles.stage import Stage, pod

COLLECTOR = service_account_user("kube-system", "generic-garbage-collector")
POD = pod("a", owner=("ReplicaSet", "web"))


def owner(*, deleted: bool = False) -> Object:
    """Return the pod's ReplicaSet."""
    metadata: Object = {"name": "web", "namespace": "default", "uid": "uid-of-web"}
    if deleted:
        metadata["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata}


class Deleting(Stage):
    """A stage with an apiserver that says who has deleted what."""

    def __init__(self) -> None:
        super().__init__(GarbageCollection)
        self.cluster.world.run_for(0.001)
        ((_, self.server),) = self.cluster.observer.of_kind(ApiServer)

    def deleted_by(self, user: User, code: int = 200) -> None:
        """Let a user have asked for the deletion of the pod."""
        request = ApiRequest("delete", "", "v1", "pods", "default", "a")
        for listener in self.server.audit:
            listener(user, request, ApiResponse(code))


@pytest.fixture
def stage() -> Deleting:
    """Give a stage with a pod and its owner."""
    made = Deleting()
    made.write(owner(), POD)
    return made


def test_what_nobody_owns_may_be_taken(stage: Deleting) -> None:
    """The owner is gone, or going."""
    stage.write(owner(deleted=True))
    stage.deleted_by(COLLECTOR)
    stage.delete(owner())
    stage.delete(POD)
    stage.deleted_by(COLLECTOR)

    assert stage.findings == []


def test_taking_what_is_owned_is_objected_to(stage: Deleting) -> None:
    """Whether the pod is gone already or only marked."""
    stage.deleted_by(COLLECTOR)
    stage.delete(POD)
    stage.deleted_by(COLLECTOR)

    assert stage.signatures == ["the collector deletes what is owned"] * 2
    assert "pods default/a, whose owner ReplicaSet web lives" in stage.findings[0].text


def test_others_may_delete_what_is_owned(stage: Deleting) -> None:
    """And the collector may ask in vain."""
    stage.deleted_by(service_account_user("kube-system", "replicaset-controller"))
    stage.deleted_by(COLLECTOR, code=409)

    assert stage.findings == []


def test_orphans_in_the_end_are_objected_to(stage: Deleting) -> None:
    """An object whose owner is gone must have gone as well; while faults last it may stay."""
    stage.oracle.finish(converged=True)
    stage.delete(owner())
    stage.oracle.finish(converged=False)
    assert stage.findings == []

    stage.oracle.finish(converged=True)

    assert stage.signatures == ["an orphan is left"]
