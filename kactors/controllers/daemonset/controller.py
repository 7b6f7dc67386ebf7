"""Keeps one pod of each daemon on each node that is fit for it."""

from typing import ClassVar

from kactors.api.errors import AlreadyExists, ApiError
from kactors.api.labels import LabelSelector
from kactors.api.meta import (
    is_being_deleted,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    owner_of_controller,
    uid_of,
)
from kactors.api.objects import Object, field, replaced
from kactors.client.control import PodControl, slow_start_batch
from kactors.client.errors import ClientError, OutcomeUnknown
from kactors.client.events import WARNING
from kactors.client.expectations import EXPECTATIONS_TIMEOUT, UIDTrackingControllerExpectations
from kactors.client.indexer import BY_CONTROLLER, index_by_controller
from kactors.client.informer import ResourceEventHandlerFuncs
from kactors.client.rate_limiter import ItemExponentialFailureRateLimiter
from kactors.controllers.daemonset.decisions import Plan, calculate_status, plan
from kactors.controllers.daemonset.placement import fitness, pod_template_for, target_node
from kactors.controllers.history import (
    HASH_LABEL,
    REVISIONS,
    forget,
    revision_hash,
    superfluous,
    sync_history,
)
from kactors.controllers.object_controller import ObjectController
from kactors.controllers.pod_expectations import PodExpectations
from kactors.controllers.replicaset.decisions import next_check
from kactors.runtime import current_time

__all__ = ["DaemonSetController"]


class DaemonSetController(ObjectController):
    """Carries out what `plan` says.

    Source: kubernetes pkg/controller/daemon/daemon_controller.go, syncDaemonSet.
    """

    component: ClassVar[str] = "daemonset-controller"

    def setup(self) -> None:
        """Look at DaemonSets, their pods and revisions, and all nodes."""
        self.pod_control = PodControl(self.client, self.recorder, self.random("pod names"))
        self.sets = self.reconciles("daemonsets").lister
        pods = self.owns("pods", "DaemonSet")
        self.observes("pods", self._adopters)
        self.pods = pods.lister
        self.revisions = self.observes(
            REVISIONS, lambda _: (), indexes={BY_CONTROLLER: index_by_controller}
        ).lister
        nodes = self.observes("nodes", lambda _: ())
        self.nodes = nodes.lister
        self.listen(
            nodes,
            ResourceEventHandlerFuncs(add=self._all, delete=self._all, update=self._if_moved),
        )
        self.on_leading()
        self.listen(pods, PodExpectations(lambda: self.expectations, "DaemonSet"))

    def on_leading(self) -> None:
        """Expect nothing, and bear no grudge against failed pods."""
        self.expectations = UIDTrackingControllerExpectations()
        # One second after the first failure on a node, then longer, to a quarter of an hour.
        self._backoff: ItemExponentialFailureRateLimiter[str] = ItemExponentialFailureRateLimiter(
            1.0, 900.0
        )
        self._not_before: dict[str, float] = {}

    def _all(self, _: Object) -> None:
        for each in self.sets.list():
            self.queue.add(key_of(each))

    def _if_moved(self, old: Object, new: Object) -> None:
        """Look at all daemons if labels or taints of a node have changed: they decide."""
        if labels_of(old) != labels_of(new) or field(old, "spec") != field(new, "spec"):
            self._all(new)

    def _adopters(self, pod: Object) -> list[str]:
        if owner_of_controller(pod) is not None:
            return []
        labels = labels_of(pod)
        return [key_of(each) for each in self.sets.list(namespace_of(pod))
                if LabelSelector.from_object(each["spec"]["selector"]).matches(labels)]  # fmt: skip

    async def reconcile(self, key: str) -> float | None:
        """Create and delete the pods of a daemon."""
        daemon_set = self.sets.get_by_key(key)
        if daemon_set is None:
            self.expectations.delete_expectations(key)
            return None
        selector = LabelSelector.from_object(daemon_set["spec"]["selector"])
        if selector.everything:
            message = "This daemon set is selecting all pods. A non-empty selector is required."
            self.recorder.event(daemon_set, WARNING, "SelectingAll", message)
            return None
        if is_being_deleted(daemon_set):
            return None
        namespace = namespace_of(daemon_set)
        orphans = (pod for pod in self.pods.controlled_by("") if namespace_of(pod) == namespace)
        candidates = [*self.pods.controlled_by(uid_of(daemon_set)), *orphans]
        pods = await self.claim("daemonsets", "pods", daemon_set, selector, candidates)
        digest = await self._digest(daemon_set, pods)
        nodes = {name_of(node): fitness(daemon_set, node) for node in self.nodes.list()}
        satisfied = self.expectations.satisfied_expectations(key)
        problem, wait = None, None
        if satisfied:
            step = plan(daemon_set, digest, nodes, pods, self.now_ns())
            problem, wait = await self._carry_out(key, daemon_set, digest, step)
        now_ns = self.now_ns()
        status = calculate_status(daemon_set, digest, nodes, pods, now_ns)
        await self.write_status("daemonsets", daemon_set, status)
        if problem is not None:
            raise problem
        min_ready: int = field(daemon_set, "spec", "minReadySeconds", default=0)
        waits = [wait, next_check(pods, min_ready, now_ns),
                 None if satisfied else EXPECTATIONS_TIMEOUT]  # fmt: skip
        return min((each for each in waits if each is not None), default=None)

    async def _digest(self, daemon_set: Object, pods: list[Object]) -> str:
        """Return the hash of the template, after making it the newest revision."""
        client = self.client.resource(REVISIONS)
        existing = self.revisions.controlled_by(uid_of(daemon_set))
        try:
            history = await sync_history(client, daemon_set, existing)
        except AlreadyExists:
            count: int = field(daemon_set, "status", "collisionCount", default=0)
            counted = replaced(daemon_set, count + 1, "status", "collisionCount")
            await self.client.resource("daemonsets").update_status(counted)
            raise
        live = {f"{name_of(daemon_set)}-{labels_of(pod).get(HASH_LABEL)}" for pod in pods}
        live.add(name_of(history.update))
        limit = field(daemon_set, "spec", "revisionHistoryLimit")
        await forget(client, superfluous(history.all, live, limit))
        return revision_hash(history.update)

    async def _carry_out(
        self, key: str, daemon_set: Object, digest: str, step: Plan
    ) -> tuple[ApiError | ClientError | None, float | None]:
        """Do what the plan says; return what went wrong, and when failed pods can be replaced."""
        wait: float | None = None
        try:
            if step.create:
                # Then the pods that come will have this daemon looked at again.
                await self._create(key, daemon_set, digest, step.create)
                return None, wait
            failed, wait = self._failed_in_turn(daemon_set, step)
            if victims := [*step.delete, *failed]:
                control, expectations = self.pod_control, self.expectations
                await control.delete_pods(key, expectations, daemon_set, victims)
        except (ApiError, ClientError) as problem:
            return problem, wait
        return None, wait

    def _failed_in_turn(self, daemon_set: Object, step: Plan) -> tuple[list[Object], float | None]:
        now = current_time()
        found: list[Object] = []
        waits: list[float] = []
        for pod in step.failed:
            place = f"{uid_of(daemon_set)}/{target_node(pod)}"
            left = self._not_before.get(place, now) - now
            if left > 0:
                waits.append(left)
                continue
            self._not_before[place] = now + self._backoff.when(place)
            found.append(pod)
        return found, min(waits, default=None)

    async def _create(
        self, key: str, daemon_set: Object, digest: str, nodes: tuple[str, ...]
    ) -> None:
        expectations = self.expectations
        expectations.expect_creations(key, len(nodes))
        accounted = 0

        async def one(number: int) -> None:
            nonlocal accounted
            labels = {HASH_LABEL: digest}
            template = pod_template_for(daemon_set, nodes[number], labels)
            try:
                await self.pod_control.create_pod(template, daemon_set)
            except OutcomeUnknown:
                accounted += 1  # it may come yet
                raise
            accounted += 1

        _, problem = await slow_start_batch(len(nodes), one)
        expectations.lower_expectations(key, len(nodes) - accounted, 0)
        if problem is not None:
            raise problem
