"""Starts Jobs when it is time."""

from typing import ClassVar

from kactors.api.errors import AlreadyExists, NotFound
from kactors.api.meta import is_controlled_by, name_of, namespace_of, uid_of
from kactors.api.objects import Object, field
from kactors.client.errors import TerminalError
from kactors.client.events import NORMAL, WARNING
from kactors.controllers.cronjob.decisions import Plan, plan
from kactors.controllers.cronjob.schedule import parse_schedule
from kactors.controllers.errors import MalformedSchedule
from kactors.controllers.object_controller import ObjectController, OwnWrites

__all__ = ["CronJobController"]

BEHIND_SECONDS = 1.0


class CronJobController(ObjectController):
    """Carries out what `plan` says.

    Source: kubernetes pkg/controller/cronjob/cronjob_controllerv2.go.
    """

    component: ClassVar[str] = "cronjob-controller"

    def setup(self) -> None:
        """Look at CronJobs and their Jobs."""
        cron_jobs = self.reconciles("cronjobs")
        self.cron_jobs = cron_jobs.lister
        jobs = self.owns("jobs", "CronJob")
        self.jobs = jobs.lister
        self.status_writes = OwnWrites(cron_jobs)
        self.job_writes = OwnWrites(jobs)

    async def reconcile(self, key: str) -> float | None:
        """Start a Job if its time has come; return when to look again."""
        cron_job = self.cron_jobs.get_by_key(key)
        if cron_job is None:
            return None
        if self.status_writes.behind(key) or self.job_writes.behind(key):
            return BEHIND_SECONDS
        text = cron_job["spec"]["schedule"]
        try:
            schedule = parse_schedule(text, field(cron_job, "spec", "timeZone", default=""))
        except MalformedSchedule as problem:
            self.recorder.event(cron_job, WARNING, "UnparseableSchedule", str(problem))
            raise TerminalError(str(problem)) from problem
        step = plan(cron_job, schedule, self.jobs.controlled_by(uid_of(cron_job)), self.now_ns())
        await self._carry_out(key, cron_job, step)
        return step.check_in

    async def _carry_out(self, key: str, cron_job: Object, step: Plan) -> None:
        if step.reason:
            kind = WARNING if step.reason == "MissSchedule" else NORMAL
            self.recorder.event(cron_job, kind, step.reason, step.message)
        jobs = self.client.resource("jobs")
        for each in step.delete:
            options = {"preconditions": {"uid": uid_of(each)}, "propagationPolicy": "Background"}
            try:
                await jobs.delete(name_of(each), namespace_of(each), options=options)
            except NotFound:
                continue
            self.recorder.event(
                cron_job, NORMAL, "SuccessfulDelete", f"Deleted job {name_of(each)}"
            )
        if step.create is not None:
            await self._create(key, cron_job, step.create)
        self.status_writes.note(key, await self.write_status("cronjobs", cron_job, step.status))

    async def _create(self, key: str, cron_job: Object, job: Object) -> None:
        jobs = self.client.resource("jobs")
        try:
            created = await jobs.create(job)
        except AlreadyExists:
            found = await jobs.get(name_of(job), namespace_of(job))
            if not is_controlled_by(found, cron_job):
                message = f"Job {name_of(job)} is somebody else's"
                self.recorder.event(cron_job, WARNING, "FailedCreate", message)
            self.job_writes.note(key, found)
            return
        self.job_writes.note(key, created)
        self.recorder.event(cron_job, NORMAL, "SuccessfulCreate", f"Created job {name_of(job)}")
