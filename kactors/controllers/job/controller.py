"""Runs Jobs: starts pods, counts how they end, and says when it is over."""

from typing import ClassVar

from kactors.api.errors import ApiError, NotFound
from kactors.api.meta import (
    finalizers_of,
    is_being_deleted,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    owner_of_controller,
    resource_version_of,
    uid_of,
)
from kactors.api.objects import Object, deep_copy, field, put
from kactors.client.control import PodControl, slow_start_batch
from kactors.client.errors import ClientError, OutcomeUnknown
from kactors.client.events import NORMAL, WARNING
from kactors.client.expectations import EXPECTATIONS_TIMEOUT, UIDTrackingControllerExpectations
from kactors.client.resource_client import MERGE_PATCH
from kactors.controllers.job.decisions import Plan, is_finished, plan
from kactors.controllers.job.indexes import COMPLETION_INDEX
from kactors.controllers.job.tracking import TRACKING_FINALIZER, is_tracked
from kactors.controllers.object_controller import ObjectController, OwnWrites
from kactors.controllers.pod_expectations import PodExpectations
from kactors.runtime.probes import declare, sometimes

__all__ = ["JobController"]

BEHIND_SECONDS = 1.0
CONTROLLER_UID = "batch.kubernetes.io/controller-uid"

_ORPHAN = "job: a pod waits to be counted for a job that is gone"
_STALE = "job: at the beginning of a term the cache was behind"
declare(_ORPHAN, _STALE)


class JobController(ObjectController):
    """Carries out what `plan` says: the status first, then finalizers, then pods.

    Counting must not be done from an old state of the Job. Within a term nobody else writes its
    status, so it is enough to wait for our own writes; the first time in a term that a Job is
    looked at, the apiserver is asked.

    Source: kubernetes pkg/controller/job/job_controller.go, syncJob.
    """

    component: ClassVar[str] = "job-controller"

    def setup(self) -> None:
        """Look at Jobs and their pods."""
        self.pod_control = PodControl(self.client, self.recorder, self.random("pod names"))
        self.jobs_informer = self.reconciles("jobs")
        self.jobs = self.jobs_informer.lister
        self.pods_informer = self.owns("pods", "Job")
        self.pods = self.pods_informer.lister
        self.on_leading()
        self.listen(self.pods_informer, PodExpectations(lambda: self.expectations, "Job"))

    def on_leading(self) -> None:
        """Expect nothing, and be sure of nothing."""
        self.expectations = UIDTrackingControllerExpectations()
        self.own_writes = OwnWrites(self.jobs_informer)
        self._sure: dict[str, str] = {}  # uid of each Job that was looked at in this term, by key

    async def reconcile(self, key: str) -> float | None:
        """Take the next step of a Job."""
        job = self.jobs.get_by_key(key)
        if job is None or is_being_deleted(job):
            self.expectations.delete_expectations(key)
            self._sure.pop(key, None)
            await self._free_orphans(key, job)
            return None
        if self.own_writes.behind(key):
            return BEHIND_SECONDS
        if self._sure.get(key) != uid_of(job) and not await self._make_sure(key, job):
            return BEHIND_SECONDS
        pods = self.pods.controlled_by(uid_of(job))
        complete = self.pods_informer.revision >= int(resource_version_of(job))
        step = plan(job, pods, self.now_ns(), complete=complete)
        satisfied = self.expectations.satisfied_expectations(key)
        problem = await self._manage(key, job, step) if satisfied else None
        await self._account(key, job, step)
        if problem is not None:
            raise problem
        if not satisfied:
            return EXPECTATIONS_TIMEOUT
        unsettled = bool(step.status.get("uncountedTerminatedPods")) and not complete
        return BEHIND_SECONDS if unsettled else step.check_in

    async def _make_sure(self, key: str, job: Object) -> bool:
        """Tell whether the caches show this Job and its pods as they are."""
        try:
            latest = await self.client.resource("jobs").get(name_of(job), namespace_of(job))
        except NotFound:
            return False
        found = await self.client.resource("pods").list(
            namespace_of(job), label_selector=f"{CONTROLLER_UID}={uid_of(job)}"
        )
        seen = self.pods.indexer
        same = resource_version_of(latest) == resource_version_of(job) and all(
            key_of(pod) in seen for pod in found.items
        )
        if same:
            self._sure[key] = uid_of(job)
        else:
            sometimes(_STALE)
        return same

    # -- the status and the finalizers -----------------------------------------------------------

    async def _account(self, key: str, job: Object, step: Plan) -> None:
        written = await self.write_status("jobs", job, step.status)
        self.own_writes.note(key, written)
        if is_finished(written) and not is_finished(job):
            kind = next(each for each in step.status["conditions"]
                        if each["type"] in {"Complete", "Failed"})  # fmt: skip
            good = kind["type"] == "Complete"
            reason = "Completed" if good else kind["reason"]
            message = "Job completed" if good else kind["message"]
            self.recorder.event(job, NORMAL if good else WARNING, reason, message)
        for pod in step.release:
            await self._release(pod)

    async def _release(self, pod: Object) -> None:
        kept = [each for each in finalizers_of(pod) if each != TRACKING_FINALIZER]
        metadata = {
            "uid": uid_of(pod),
            "resourceVersion": resource_version_of(pod),
            "finalizers": kept or None,
        }
        try:
            await self.client.resource("pods").patch(
                name_of(pod), {"metadata": metadata}, namespace_of(pod), content_type=MERGE_PATCH
            )
        except NotFound:
            return

    async def _free_orphans(self, key: str, job: Object | None) -> None:
        """Let go of pods that nobody will count.

        Source: ``syncOrphanPod``.
        """
        namespace, _, name = key.rpartition("/")
        for pod in self.pods.list(namespace):
            owner = owner_of_controller(pod)
            if owner is None or owner["kind"] != "Job" or owner["name"] != name:
                continue
            if is_tracked(pod) and (job is None or owner["uid"] == uid_of(job)):
                sometimes(_ORPHAN)
                await self._release(pod)

    # -- pods --------------------------------------------------------------------------------------

    async def _manage(self, key: str, job: Object, step: Plan) -> ApiError | ClientError | None:
        """Start and stop pods; return what went wrong."""
        control, expectations = self.pod_control, self.expectations
        try:
            if step.delete:
                await control.delete_pods(key, expectations, job, step.delete)
            elif step.indexes:
                await self._create_indexed(key, job, step.indexes)
            elif step.create:
                template = pod_template(job)
                await control.create_pods(key, expectations, template, job, step.create)
        except (ApiError, ClientError) as problem:
            return problem
        return None

    async def _create_indexed(self, key: str, job: Object, indexes: tuple[int, ...]) -> None:
        self.expectations.expect_creations(key, len(indexes))
        seen = 0

        async def one(number: int) -> None:
            nonlocal seen
            try:
                await self.pod_control.create_pod(pod_template(job, indexes[number]), job)
            except OutcomeUnknown:
                seen += 1  # it may come yet
                raise
            seen += 1

        _, problem = await slow_start_batch(len(indexes), one)
        self.expectations.lower_expectations(key, len(indexes) - seen, 0)
        if problem is not None:
            raise problem


def pod_template(job: Object, index: int | None = None) -> Object:
    """Return the template of the Job's pods: with the finalizer, labels, and maybe an index."""
    template: Object = deep_copy(job["spec"]["template"])
    labels = {
        "job-name": name_of(job),
        "batch.kubernetes.io/job-name": name_of(job),
        "controller-uid": uid_of(job),
        CONTROLLER_UID: uid_of(job),
    }
    put(template, {**labels_of(template), **labels}, "metadata", "labels")
    finalizers = field(template, "metadata", "finalizers", default=[])
    put(template, [*finalizers, TRACKING_FINALIZER], "metadata", "finalizers")
    if index is None:
        return template
    annotations = field(template, "metadata", "annotations", default={})
    put(template, {**annotations, COMPLETION_INDEX: str(index)}, "metadata", "annotations")
    put(template, str(index), "metadata", "labels", COMPLETION_INDEX)
    spec: Object = template["spec"]
    spec.setdefault("hostname", f"{name_of(job)}-{index}")
    variable = {"name": "JOB_COMPLETION_INDEX", "value": str(index)}
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        container["env"] = [*container.get("env", ()), variable]
    return template
