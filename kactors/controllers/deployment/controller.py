"""Carries out rollouts: one ReplicaSet per template, one step per look."""

from typing import ClassVar

from kactors.api.errors import AlreadyExists, NotFound
from kactors.api.labels import LabelSelector
from kactors.api.meta import (
    is_being_deleted,
    is_controlled_by,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    owner_of_controller,
    uid_of,
)
from kactors.api.objects import Object, field, replaced
from kactors.client.events import NORMAL, WARNING
from kactors.client.indexer import BY_CONTROLLER, index_by_controller
from kactors.controllers.deployment.plan import Plan, plan
from kactors.controllers.deployment.revisions import equal_ignoring_hash
from kactors.controllers.deployment.rollback import rollback
from kactors.controllers.object_controller import ObjectController, OwnWrites
from kactors.controllers.pods import is_terminal
from kactors.runtime.probes import declare, sometimes

__all__ = ["DeploymentController"]

BEHIND_SECONDS = 1.0
"""When to look again if the cache does not show our own writes yet: it will tell before that."""

_COLLISION = "deployment: another template has the same hash"
declare(_COLLISION, rare=True)


class DeploymentController(ObjectController):
    """Makes, scales and forgets ReplicaSets as `plan` says.

    Source: kubernetes pkg/controller/deployment/deployment_controller.go, syncDeployment.
    """

    component: ClassVar[str] = "deployment-controller"

    def setup(self) -> None:
        """Look at Deployments, their ReplicaSets, and pods for which a new one has to wait."""
        self.deployments = self.reconciles("deployments").lister
        sets = self.owns("replicasets", "Deployment")
        self.observes("replicasets", self._adopters)
        self.sets = sets.lister
        self.own_writes = OwnWrites(sets)
        self.pods = self.observes(
            "pods", self._waiting_for, indexes={BY_CONTROLLER: index_by_controller}
        ).lister

    def _adopters(self, replica_set: Object) -> list[str]:
        """Return the Deployments that may adopt a ReplicaSet."""
        if owner_of_controller(replica_set) is not None:
            return []
        labels = labels_of(replica_set)
        return [key_of(each) for each in self.deployments.list(namespace_of(replica_set))
                if LabelSelector.from_object(each["spec"]["selector"]).matches(labels)]  # fmt: skip

    def _waiting_for(self, pod: Object) -> list[str]:
        """Return the Deployment that waits for a pod to go before it makes others."""
        if not is_being_deleted(pod) and not is_terminal(pod):
            return []
        owner = owner_of_controller(pod)
        namespace = namespace_of(pod)
        if owner is None or owner["kind"] != "ReplicaSet":
            return []
        replica_set = self.sets.get(owner["name"], namespace)
        above = owner_of_controller(replica_set) if replica_set is not None else None
        if above is None:
            return []
        deployment = self.deployments.get(above["name"], namespace)
        recreates = field(deployment or {}, "spec", "strategy", "type") == "Recreate"
        return [f"{namespace}/{above['name']}"] if recreates else []

    async def reconcile(self, key: str) -> float | None:
        """Take the next step of a rollout."""
        deployment = self.deployments.get_by_key(key)
        if deployment is None:
            return None
        if self.own_writes.behind(key):
            return BEHIND_SECONDS
        selector = LabelSelector.from_object(deployment["spec"]["selector"])
        if selector.everything:
            message = "This deployment is selecting all pods. A non-empty selector is required."
            self.recorder.event(deployment, WARNING, "SelectingAll", message)
            return None
        sets = await self._sets_of(deployment, selector)
        if not is_being_deleted(deployment):
            wish = rollback(deployment, sets)
            if wish is not None:
                await self.client.resource("deployments").update(wish.deployment)
                kind = NORMAL if wish.done else WARNING
                self.recorder.event(deployment, kind, wish.reason, wish.message)
                return None
        pods = {uid_of(each): self.pods.controlled_by(uid_of(each)) for each in sets}
        step = plan(deployment, sets, pods, self.now_ns())
        await self._carry_out(key, deployment, step)
        return step.check_in

    async def _sets_of(self, deployment: Object, selector: LabelSelector) -> list[Object]:
        namespace = namespace_of(deployment)
        orphans = (each for each in self.sets.controlled_by("") if namespace_of(each) == namespace)
        mine = self.sets.controlled_by(uid_of(deployment))
        return await self.claim(
            "deployments", "replicasets", deployment, selector, [*mine, *orphans]
        )

    async def _carry_out(self, key: str, deployment: Object, step: Plan) -> None:
        sets = self.client.resource("replicasets")
        if step.create is not None:
            await self._create(key, deployment, step.create)
        for each in step.update:
            self.own_writes.note(key, await sets.update(each))
            self._tell_scaling(deployment, each)
        for each in step.delete:
            options = {"preconditions": {"uid": uid_of(each)}}
            try:
                await sets.delete(name_of(each), namespace_of(each), options=options)
            except NotFound:
                continue
        if step.deployment is not None and step.deployment != deployment:
            await self.client.resource("deployments").update_status(step.deployment)

    def _tell_scaling(self, deployment: Object, changed: Object) -> None:
        before = self.sets.get(name_of(changed), namespace_of(changed)) or {}
        old = field(before, "spec", "replicas", default=1)
        new = changed["spec"]["replicas"]
        if old != new:
            direction = "up" if new > old else "down"
            message = f"Scaled {direction} replica set {name_of(changed)} from {old} to {new}"
            self.recorder.event(deployment, NORMAL, "ScalingReplicaSet", message)

    async def _create(self, key: str, deployment: Object, wanted: Object) -> None:
        """Make a ReplicaSet; if its name is another template's, change what names are made of.

        Source: ``getNewReplicaSet``.
        """
        sets = self.client.resource("replicasets")
        try:
            created = await sets.create(wanted)
        except AlreadyExists:
            found = await sets.get(name_of(wanted), namespace_of(wanted))
            if is_controlled_by(found, deployment) and equal_ignoring_hash(
                found["spec"]["template"], wanted["spec"]["template"]
            ):
                self.own_writes.note(key, found)
                return
            sometimes(_COLLISION)
            count: int = field(deployment, "status", "collisionCount", default=0)
            counted = replaced(deployment, count + 1, "status", "collisionCount")
            await self.client.resource("deployments").update_status(counted)
            raise
        self.own_writes.note(key, created)
        message = f"Scaled up replica set {name_of(created)} from 0 to {wanted['spec']['replicas']}"
        self.recorder.event(deployment, NORMAL, "ScalingReplicaSet", message)
