"""A controller to test with: as many pods as a ReplicaSet wants."""

from kactors.api.meta import (
    is_being_deleted,
    key_of,
    name_of,
    owner_of_controller,
    uid_of,
)
from kactors.api.objects import Object, field
from kactors.client.control import PodControl
from kactors.client.controller import Controller
from kactors.client.expectations import UIDTrackingControllerExpectations
from kactors.client.informer import ResourceEventHandlerFuncs


def replica_set(name: str, replicas: int) -> Object:
    """A ReplicaSet."""
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "main", "image": "main:1"}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": template,
        },
    }


class ReplicaSets(Controller):
    """Creates pods that are missing, deletes those that are too many."""

    def setup(self) -> None:
        """Look at ReplicaSets and their pods."""
        self.expectations = UIDTrackingControllerExpectations()
        self.control = PodControl(self.client, self.recorder, self.random("names"))
        self.sets = self.reconciles("replicasets").lister
        pods = self.owns("pods", "ReplicaSet")
        self.listen(pods, ResourceEventHandlerFuncs(add=self.created, delete=self.deleted))
        self.pods = pods.lister
        self.reconciled = 0

    def on_leading(self) -> None:
        """Expect nothing that an earlier term has asked for."""
        self.expectations = UIDTrackingControllerExpectations()

    def owner_key(self, pod: Object) -> str:
        """Return the key of a pod's ReplicaSet."""
        owner = owner_of_controller(pod)
        return "" if owner is None else f"{pod['metadata']['namespace']}/{owner['name']}"

    def created(self, pod: Object) -> None:
        """See a pod come."""
        self.expectations.creation_observed(self.owner_key(pod))

    def deleted(self, pod: Object) -> None:
        """See a pod go."""
        self.expectations.deletion_observed_of(self.owner_key(pod), uid_of(pod))

    async def reconcile(self, key: str) -> float | None:
        """Create or delete what the difference is."""
        self.reconciled += 1
        found = self.sets.get_by_key(key)
        if found is None:
            self.expectations.delete_expectations(key)
            return None
        if not self.expectations.satisfied_expectations(key):
            return None
        pods = [pod for pod in self.pods.controlled_by(uid_of(found)) if not is_being_deleted(pod)]
        missing = field(found, "spec", "replicas", default=1) - len(pods)
        if missing > 0:
            template = found["spec"]["template"]
            await self.control.create_pods(key, self.expectations, template, found, missing)
        elif missing < 0:
            surplus = sorted(pods, key=name_of)[missing:]
            await self.control.delete_pods(key, self.expectations, found, surplus)
        assert key_of(found) == key
        return None
