"""Tests of CronJobs: each run once, and those that were missed."""

from typing import Any

from kactors.api.meta import annotations_of, name_of
from kactors.api.objects import Object, replaced
from kactors.controllers.cronjob.controller import CronJobController
from kactors.controllers.cronjob.decisions import SCHEDULED_AT, Plan, plan
from kactors.controllers.cronjob.schedule import parse_schedule
from tests.controllers.cluster import ControlPlane
from tests.controllers.objects import at, make


def cron_job(schedule: str = "*/5 * * * *", last: str = "", **spec: Any) -> Object:
    """Return a CronJob that was made at 22:13:20."""
    wanted = {
        "schedule": schedule,
        "concurrencyPolicy": "Allow",
        "jobTemplate": {"spec": {"template": {"spec": {}}}},
        **spec,
    }
    status = {"lastScheduleTime": last} if last else {}
    return make("batch/v1", "CronJob", "tick", spec=wanted, status=status)


def running(name: str = "tick-1") -> Object:
    """Return a Job that is not over."""
    return make("batch/v1", "Job", name, spec={}, status={})


def ended(number: int, kind: str = "Complete") -> Object:
    """Return a Job that is over."""
    start = f"2023-11-14T21:{number:02}:00Z"
    status = {"conditions": [{"type": kind, "status": "True"}], "startTime": start,
              "completionTime": start}  # fmt: skip
    return make("batch/v1", "Job", f"tick-{number}", spec={}, status=status)


def step(job: Object, seconds: float, *jobs: Object) -> Plan:
    """Return what is done so many seconds after the CronJob was made."""
    return plan(job, parse_schedule(job["spec"]["schedule"]), jobs, at(seconds))


def test_before_and_at_the_time() -> None:
    """Nothing happens before; at 22:15 there is a Job, and it is noted."""
    early = step(cron_job(), 60)
    assert early.create is None
    assert early.check_in == 40.1
    due = step(cron_job(), 101)
    assert due.create is not None
    assert annotations_of(due.create)[SCHEDULED_AT] == "2023-11-14T22:15:00Z"
    assert due.status == {"lastScheduleTime": "2023-11-14T22:15:00Z"}
    again = step(cron_job(last="2023-11-14T22:15:00Z"), 102)
    assert again.create is None
    known = step(cron_job(), 102, make("batch/v1", "Job", name_of(due.create), status={}))
    assert known.create is None
    assert known.status["lastScheduleTime"] == "2023-11-14T22:15:00Z"


def test_missed_runs() -> None:
    """Of several missed runs only the last is made up for, and only within the deadline."""
    late = step(cron_job(), 3600)
    assert late.create is not None
    assert late.status["lastScheduleTime"] == "2023-11-14T23:10:00Z"
    assert step(cron_job(startingDeadlineSeconds=600), 3600).create is not None
    assert step(cron_job(startingDeadlineSeconds=60), 3600).create is None


def test_concurrency() -> None:
    """Allow starts another, Forbid waits, Replace deletes what runs."""
    assert step(cron_job(), 101, running()).create is not None
    forbid = step(cron_job(concurrencyPolicy="Forbid"), 101, running())
    assert (forbid.create, forbid.reason) == (None, "JobAlreadyActive")
    replace = step(cron_job(concurrencyPolicy="Replace"), 101, running())
    assert replace.create is not None
    assert [name_of(each) for each in replace.delete] == ["tick-1"]
    assert [each["name"] for each in forbid.status["active"]] == ["tick-1"]


def test_suspended() -> None:
    """A suspended CronJob starts nothing."""
    assert step(cron_job(suspend=True), 101).create is None


def test_history() -> None:
    """Of Jobs that are over the latest few stay."""
    jobs = [*(ended(number) for number in range(5)), ended(8, "Failed"), ended(9, "Failed")]
    found = step(cron_job(), 1, *jobs)
    assert [name_of(each) for each in found.delete] == ["tick-0", "tick-1", "tick-8"]
    assert found.status["lastSuccessfulTime"] == "2023-11-14T21:04:00Z"


def test_before_an_apiserver() -> None:
    """Over an hour there is a Job every five minutes, each once, also after a restart."""
    with ControlPlane() as plane:
        plane.run(CronJobController)
        plane.create("cronjobs", cron_job())
        plane.create("cronjobs", replaced(cron_job("never"), "wrong", "metadata", "name"))
        for _ in range(12):
            plane.settle(300.0)
            plane.world.hosts["kcm"].machine.crash()
            plane.world.hosts["kcm"].machine.restart()
        plane.settle(5.0)
        times = [annotations_of(each)[SCHEDULED_AT] for each in plane.objects("jobs").values()]
        assert len(times) == len(set(times)) == 12
        reasons = {each["reason"] for each in plane.objects("events").values()}
        assert "UnparseableSchedule" in reasons
