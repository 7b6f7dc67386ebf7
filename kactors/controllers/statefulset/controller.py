"""Keeps the pods of StatefulSets, one by one."""

from typing import ClassVar

from kactors.api.errors import AlreadyExists, ApiError, NotFound
from kactors.api.labels import LabelSelector
from kactors.api.meta import (
    is_being_deleted,
    is_controlled_by,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    owner_of_controller,
    resource_version_of,
    uid_of,
)
from kactors.api.objects import Object, field, replaced
from kactors.client.control import PodControl
from kactors.client.errors import ClientError
from kactors.client.events import NORMAL, WARNING
from kactors.client.indexer import BY_CONTROLLER, index_by_controller
from kactors.controllers.history import (
    HASH_LABEL,
    REVISIONS,
    History,
    forget,
    superfluous,
    sync_history,
)
from kactors.controllers.object_controller import ObjectController, OwnWrites
from kactors.controllers.statefulset.decisions import Plan, plan
from kactors.controllers.statefulset.identity import claims_of, new_pod, ordinal_of

__all__ = ["StatefulSetController"]

BEHIND_SECONDS = 1.0


class StatefulSetController(ObjectController):
    """Carries out what `plan` says.

    There is never a second pod of one identity: the name is the identity, and the apiserver has
    each name once.

    Source: kubernetes pkg/controller/statefulset/stateful_set.go.
    """

    component: ClassVar[str] = "statefulset-controller"

    def setup(self) -> None:
        """Look at StatefulSets, their pods, and their revisions."""
        self.pod_control = PodControl(self.client, self.recorder, self.random("pod names"))
        self.sets = self.reconciles("statefulsets").lister
        pods = self.owns("pods", "StatefulSet")
        self.observes("pods", self._adopters)
        self.pods = pods.lister
        self.own_writes = OwnWrites(pods)
        self.revisions = self.observes(
            REVISIONS, lambda _: (), indexes={BY_CONTROLLER: index_by_controller}
        ).lister

    def _adopters(self, pod: Object) -> list[str]:
        if owner_of_controller(pod) is not None:
            return []
        found = []
        for each in self.sets.list(namespace_of(pod)):
            selector = LabelSelector.from_object(each["spec"]["selector"])
            if ordinal_of(each, pod) is not None and selector.matches(labels_of(pod)):
                found.append(key_of(each))
        return found

    async def reconcile(self, key: str) -> float | None:
        """Take the next step of a StatefulSet."""
        stateful_set = self.sets.get_by_key(key)
        if stateful_set is None:
            return None
        if self.own_writes.behind(key):
            return BEHIND_SECONDS
        pods = await self._pods_of(stateful_set)
        try:
            history = await sync_history(
                self.client.resource(REVISIONS),
                stateful_set,
                self.revisions.controlled_by(uid_of(stateful_set)),
            )
        except AlreadyExists:
            count: int = field(stateful_set, "status", "collisionCount", default=0)
            counted = replaced(stateful_set, count + 1, "status", "collisionCount")
            await self.client.resource("statefulsets").update_status(counted)
            raise
        current = history.find(field(stateful_set, "status", "currentRevision", default=""))
        step = plan(stateful_set, current or history.update, history.update, pods, self.now_ns())
        problem = await self._carry_out(key, stateful_set, step)
        await self.write_status("statefulsets", stateful_set, step.status)
        await self._forget(stateful_set, history, pods, step)
        if problem is not None:
            raise problem
        return step.check_in

    async def _pods_of(self, stateful_set: Object) -> list[Object]:
        namespace = namespace_of(stateful_set)
        orphans = (pod for pod in self.pods.controlled_by("") if namespace_of(pod) == namespace)
        return await self.claim(
            "statefulsets",
            "pods",
            stateful_set,
            LabelSelector.from_object(stateful_set["spec"]["selector"]),
            [*self.pods.controlled_by(uid_of(stateful_set)), *orphans],
            also=lambda pod: ordinal_of(stateful_set, pod) is not None,
        )

    async def _carry_out(
        self, key: str, stateful_set: Object, step: Plan
    ) -> ApiError | ClientError | None:
        try:
            for ordinal, revision in step.create:
                await self._create_claims(stateful_set, ordinal)
                created = await self._create(stateful_set, new_pod(stateful_set, revision, ordinal))
                self.own_writes.note(key, created)
            for pod in step.delete:
                await self._delete(key, stateful_set, pod)
        except (ApiError, ClientError) as problem:
            return problem
        return None

    async def _create_claims(self, stateful_set: Object, ordinal: int) -> None:
        claims = self.client.resource("persistentvolumeclaims")
        for claim in claims_of(stateful_set, ordinal):
            try:
                await claims.create(claim)
            except AlreadyExists:
                continue

    async def _create(self, stateful_set: Object, wanted: Object) -> Object:
        pods = self.client.resource("pods")
        name = name_of(wanted)
        try:
            created = await pods.create(wanted)
        except AlreadyExists:
            found = await pods.get(name, namespace_of(wanted))
            if not is_controlled_by(found, stateful_set):
                raise
            return found
        except (ApiError, ClientError) as problem:
            message = f"create Pod {name} in StatefulSet {name_of(stateful_set)} failed: {problem}"
            self.recorder.event(stateful_set, WARNING, "FailedCreate", message)
            raise
        message = f"create Pod {name} in StatefulSet {name_of(stateful_set)} successful"
        self.recorder.event(stateful_set, NORMAL, "SuccessfulCreate", message)
        return created

    async def _delete(self, key: str, stateful_set: Object, pod: Object) -> None:
        """Delete a pod; what is returned says when, if it takes its time to go."""
        options = {"preconditions": {"uid": uid_of(pod)}}
        pods = self.client.resource("pods")
        try:
            gone = await pods.delete(name_of(pod), namespace_of(pod), options=options)
        except NotFound:
            return
        if resource_version_of(gone):
            self.own_writes.note(key, gone)
        message = f"delete Pod {name_of(pod)} in StatefulSet {name_of(stateful_set)} successful"
        self.recorder.event(stateful_set, NORMAL, "SuccessfulDelete", message)

    async def _forget(
        self, stateful_set: Object, history: History, pods: list[Object], step: Plan
    ) -> None:
        if is_being_deleted(stateful_set):
            return
        live = {step.status["currentRevision"], step.status["updateRevision"]}
        live |= {f"{name_of(stateful_set)}-{labels_of(pod).get(HASH_LABEL)}" for pod in pods}
        limit = field(stateful_set, "spec", "revisionHistoryLimit")
        unused = superfluous(history.all, live, limit)
        await forget(self.client.resource(REVISIONS), unused)
