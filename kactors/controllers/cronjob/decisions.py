"""Whether it is time for another Job, and which old ones are forgotten.

Source: kubernetes pkg/controller/cronjob/cronjob_controllerv2.go (syncCronJob,
cleanupFinishedJobs), utils.go.
"""

from collections.abc import Sequence
from typing import Final

import attrs

from kactors.api.meta import (
    api_version_of,
    controller_ref,
    creation_time_of,
    format_time,
    get_condition,
    is_being_deleted,
    kind_of,
    name_of,
    namespace_of,
    parse_time,
    resource_version_of,
    uid_of,
)
from kactors.api.objects import Object, deep_copy, field
from kactors.controllers.cronjob.schedule import MINUTE, Schedule
from kactors.controllers.job.decisions import is_finished
from kactors.controllers.pods import SECOND

__all__ = ["SCHEDULED_AT", "Plan", "job_of", "plan"]

SCHEDULED_AT: Final = "batch.kubernetes.io/cronjob-scheduled-timestamp"


@attrs.frozen
class Plan:
    """What to do.

    Attributes:
        status: as it should be when all is done.
        create: the Job whose time has come.
        delete: Jobs that make room for it, or that nobody wants to see any more.
        check_in: seconds until the next run.
        reason, message: of an event that tells why nothing runs; empty if there is none.
    """

    status: Object
    create: Object | None = None
    delete: tuple[Object, ...] = ()
    check_in: float | None = None
    reason: str = ""
    message: str = ""


def job_of(cron_job: Object, scheduled_ns: int) -> Object:
    """Return the Job of one run; its name is the time's, so that each run happens once."""
    template: Object = field(cron_job, "spec", "jobTemplate", default={})
    metadata = deep_copy(template.get("metadata") or {})
    annotations = {**(metadata.get("annotations") or {}), SCHEDULED_AT: format_time(scheduled_ns)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{name_of(cron_job)}-{scheduled_ns // MINUTE}",
            "namespace": namespace_of(cron_job),
            "labels": metadata.get("labels") or {},
            "annotations": annotations,
            "ownerReferences": [controller_ref(cron_job)],
        },
        "spec": deep_copy(template.get("spec") or {}),
    }


def plan(cron_job: Object, schedule: Schedule, jobs: Sequence[Object], now_ns: int) -> Plan:
    """Return what to do now.

    Args:
        cron_job: whose time it may be.
        schedule: its schedule.
        jobs: those that it controls.
        now_ns: nanoseconds since 1970.
    """
    active = [job for job in jobs if not is_finished(job)]
    status = _status(cron_job, jobs, active)
    delete = _forgotten(cron_job, jobs)
    if is_being_deleted(cron_job) or field(cron_job, "spec", "suspend"):
        return Plan(status, delete=delete)
    following = schedule.next_after(now_ns)
    check_in = None if following is None else (following - now_ns) / SECOND + 0.1
    quiet = Plan(status, delete=delete, check_in=check_in)
    due = _due(cron_job, schedule, now_ns)
    if due is None:
        return quiet
    deadline = field(cron_job, "spec", "startingDeadlineSeconds")
    if deadline is not None and due + deadline * SECOND < now_ns:
        message = f"Missed scheduled time to start a job: {format_time(due)}"
        return attrs.evolve(quiet, reason="MissSchedule", message=message)
    job = job_of(cron_job, due)
    if any(name_of(each) == name_of(job) for each in jobs):
        return attrs.evolve(quiet, status={**status, "lastScheduleTime": format_time(due)})
    policy = field(cron_job, "spec", "concurrencyPolicy", default="Allow")
    if policy == "Forbid" and active:
        message = (
            "Not starting job because prior execution is running and concurrency policy is Forbid"
        )
        return attrs.evolve(quiet, reason="JobAlreadyActive", message=message)
    replaced = tuple(active) if policy == "Replace" else ()
    return Plan(
        {**status, "lastScheduleTime": format_time(due)}, job, (*delete, *replaced), check_in
    )


def _due(cron_job: Object, schedule: Schedule, now_ns: int) -> int | None:
    """Return the latest run that is due and was not started; earlier ones are not caught up with.

    Source: ``mostRecentScheduleTime``.
    """
    last = field(cron_job, "status", "lastScheduleTime")
    earliest = parse_time(last) if last else creation_time_of(cron_job)
    deadline = field(cron_job, "spec", "startingDeadlineSeconds")
    if deadline is not None:
        earliest = max(earliest, now_ns - deadline * SECOND)
    return schedule.last_until(earliest, now_ns)


def _status(cron_job: Object, jobs: Sequence[Object], active: Sequence[Object]) -> Object:
    status: Object = {**(cron_job.get("status") or {})}
    status["active"] = [
        {"apiVersion": api_version_of(job) or "batch/v1", "kind": kind_of(job) or "Job",
         "name": name_of(job), "namespace": namespace_of(job), "uid": uid_of(job),
         "resourceVersion": resource_version_of(job)}
        for job in sorted(active, key=name_of)
    ]  # fmt: skip
    if not status["active"]:
        del status["active"]
    ends = [status.get("lastSuccessfulTime"), *(_completed_at(job) for job in jobs)]
    times = [each for each in ends if each]
    if times:
        status["lastSuccessfulTime"] = max(times)
    return status


def _completed_at(job: Object) -> str | None:
    condition = get_condition(job, "Complete")
    done = condition is not None and condition.get("status") == "True"
    return field(job, "status", "completionTime") if done else None


def _forgotten(cron_job: Object, jobs: Sequence[Object]) -> tuple[Object, ...]:
    found: list[Object] = []
    for kind, key, default in (("Complete", "successfulJobsHistoryLimit", 3),
                               ("Failed", "failedJobsHistoryLimit", 1)):  # fmt: skip
        limit: int = field(cron_job, "spec", key, default=default)
        ended = [job for job in jobs if is_finished(job)
                 and (get_condition(job, kind) or {}).get("status") == "True"]  # fmt: skip
        ended.sort(key=lambda job: (field(job, "status", "startTime", default=""), name_of(job)))
        found.extend(ended[: max(0, len(ended) - limit)])
    return tuple(found)
