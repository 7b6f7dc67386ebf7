"""Keeps as many pods of each ReplicaSet as it asks for."""

from typing import ClassVar

from kactors.api.errors import ApiError
from kactors.api.labels import LabelSelector
from kactors.api.meta import (
    is_being_deleted,
    key_of,
    labels_of,
    namespace_of,
    owner_of_controller,
    uid_of,
)
from kactors.api.objects import Object, field
from kactors.client.control import PodControl
from kactors.client.errors import ClientError
from kactors.client.expectations import EXPECTATIONS_TIMEOUT, UIDTrackingControllerExpectations
from kactors.client.indexer import BY_CONTROLLER, index_by_controller
from kactors.controllers.object_controller import ObjectController
from kactors.controllers.pod_expectations import PodExpectations
from kactors.controllers.pod_facts import KnownPods, PodFacts
from kactors.controllers.pods import is_active
from kactors.controllers.replicaset.decisions import (
    Failure,
    calculate_status,
    next_check,
    plan,
    replicas_of,
)

__all__ = ["ReplicaSetController"]


class ReplicaSetController(ObjectController):
    """Creates and deletes pods until there are as many as a ReplicaSet asks for.

    Source: kubernetes pkg/controller/replicaset/replica_set.go, syncReplicaSet.
    """

    component: ClassVar[str] = "replicaset-controller"

    def setup(self) -> None:
        """Look at ReplicaSets, their pods, and pods that could be theirs."""
        self.expectations = UIDTrackingControllerExpectations()
        self.known: dict[str, KnownPods] = {}
        self.pod_control = PodControl(self.client, self.recorder, self.random("pod names"))
        sets = self.reconciles("replicasets")
        sets.indexer.add_index(BY_CONTROLLER, index_by_controller)
        self.sets = sets.lister
        pods = self.owns("pods", "ReplicaSet")
        self.observes("pods", self._adopters)
        self.listen(pods, PodExpectations(lambda: self.expectations, "ReplicaSet"))
        self.pods = pods.lister

    def on_leading(self) -> None:
        """Expect nothing: what an earlier term has asked for is seen, or never will be."""
        self.expectations = UIDTrackingControllerExpectations()

    def _adopters(self, pod: Object) -> list[str]:
        """Return the ReplicaSets that may adopt a pod."""
        if owner_of_controller(pod) is not None:
            return []
        labels = labels_of(pod)
        return [key_of(each) for each in self.sets.list(namespace_of(pod))
                if LabelSelector.from_object(each["spec"]["selector"]).matches(labels)]  # fmt: skip

    async def reconcile(self, key: str) -> float | None:
        """Create or delete pods, and say how many there are."""
        replica_set = self.sets.get_by_key(key)
        if replica_set is None:
            self.expectations.delete_expectations(key)
            self.known.pop(key, None)
            return None
        pods = await self._pods_of(key, replica_set)
        active = [facts for facts in pods if facts.active]
        terminating = sum(facts.leaving for facts in pods)
        satisfied = self.expectations.satisfied_expectations(key)
        problem: ApiError | ClientError | None = None
        if satisfied and not is_being_deleted(replica_set):
            problem = await self._manage(key, replica_set, [facts.pod for facts in active])
        failure = None if problem is None else Failure(
            "FailedCreate" if len(active) < replicas_of(replica_set) else "FailedDelete",
            str(problem),
        )  # fmt: skip
        now_ns = self.now_ns()
        status = calculate_status(replica_set, active, terminating, failure, now_ns)
        await self.write_status("replicasets", replica_set, status)
        if problem is not None:
            raise problem
        min_ready: int = field(replica_set, "spec", "minReadySeconds", default=0)
        wait = next_check([facts.pod for facts in active], min_ready, now_ns)
        return wait if satisfied or wait is not None else EXPECTATIONS_TIMEOUT

    async def _pods_of(self, key: str, replica_set: Object) -> list[PodFacts]:
        selector = LabelSelector.from_object(replica_set["spec"]["selector"])
        known = self.known.get(key)
        if known is None or known.selector != selector:
            known = self.known[key] = KnownPods(selector)
        namespace = namespace_of(replica_set)
        mine = self.pods.controlled_by(uid_of(replica_set))
        orphans = [pod for pod in self.pods.controlled_by("")
                   if namespace_of(pod) == namespace and is_active(pod)]  # fmt: skip
        news = [*known.unknown(mine), *orphans]
        owned = await self.claim("replicasets", "pods", replica_set, selector, news) if news else ()
        return known.note(mine, owned)

    async def _manage(
        self, key: str, replica_set: Object, active: list[Object]
    ) -> ApiError | ClientError | None:
        """Bring the number of pods to what it should be; return what went wrong."""
        related = self._related(replica_set) if len(active) > replicas_of(replica_set) else []
        step = plan(replica_set, active, related, self.now_ns())
        control, expectations = self.pod_control, self.expectations
        try:
            if step.create:
                template = replica_set["spec"]["template"]
                await control.create_pods(key, expectations, template, replica_set, step.create)
            elif step.delete:
                await control.delete_pods(key, expectations, replica_set, step.delete)
        except (ApiError, ClientError) as problem:
            return problem
        return None

    def _related(self, replica_set: Object) -> list[Object]:
        """Return the active pods of all ReplicaSets that have the same controller.

        Source: ``getIndirectlyRelatedPods``.
        """
        owner = owner_of_controller(replica_set)
        sets = [replica_set] if owner is None else self.sets.controlled_by(owner["uid"])
        return [pod for each in sets for pod in self.pods.controlled_by(uid_of(each))
                if is_active(pod)]  # fmt: skip
