"""What makes pods.

Source: kubernetes pkg/printers/internalversion/printers.go.
"""

from kactors.api.labels import LabelSelector
from kactors.api.meta import is_being_deleted, is_true
from kactors.api.objects import Object, field
from kactors.api.printers.columns import (
    AGE,
    NAME,
    NONE,
    Cell,
    Column,
    Table,
    at,
    containers,
    images,
    joined,
    labels_text,
    wide,
)
from kactors.api.printers.duration import human_duration, since
from kactors.api.times import parse_time

__all__ = ["CRON_JOB", "DAEMON_SET", "DEPLOYMENT", "JOB", "REPLICA_SET", "STATEFUL_SET"]

_TEMPLATE = ("spec", "template")
_JOB_TEMPLATE = ("spec", "jobTemplate", "spec", "template")
#: Conditions of a Job that say what has become of it, the strongest first.
_JOB_CONDITIONS = ("Suspended", "FailureTarget", "SuccessCriteriaMet")


def _selector(*path: str) -> Cell:
    def cell(obj: Object, now_ns: int) -> str:
        del now_ns
        found = field(obj, *path)
        if found is None:
            return NONE
        labels: Object = found.get("matchLabels") or {}
        more = {"matchExpressions": found.get("matchExpressions") or []}
        parts = [f"{key}={value}" for key, value in sorted(labels.items())]
        return joined([*parts, *filter(None, [str(LabelSelector.from_object(more))])])

    return cell


def _ratio(part: tuple[str, ...], whole: tuple[str, ...]) -> Cell:
    def cell(obj: Object, now_ns: int) -> str:
        del now_ns
        return f"{field(obj, *part, default=0)}/{field(obj, *whole, default=0)}"

    return cell


def _job_state(job: Object, now_ns: int) -> str:
    del now_ns
    for condition in ("Complete", "Failed"):
        if is_true(job, condition):
            return condition
    if is_being_deleted(job):
        return "Terminating"
    return next((each for each in _JOB_CONDITIONS if is_true(job, each)), "Running")


def _completions(job: Object, now_ns: int) -> str:
    del now_ns
    succeeded = field(job, "status", "succeeded", default=0)
    wanted = field(job, "spec", "completions")
    if wanted is not None:
        return f"{succeeded}/{wanted}"
    parallel = field(job, "spec", "parallelism", default=0)
    return f"{succeeded}/1 of {parallel}" if parallel > 1 else f"{succeeded}/1"


def _duration(job: Object, now_ns: int) -> str:
    started = field(job, "status", "startTime")
    if started is None:
        return ""
    completed = field(job, "status", "completionTime")
    end = now_ns if completed is None else parse_time(completed)
    return human_duration(end - parse_time(started))


def _last_schedule(job: Object, now_ns: int) -> str:
    last = field(job, "status", "lastScheduleTime")
    return "<none>" if last is None else since(last, now_ns)


DEPLOYMENT: Table = (
    NAME,
    Column("READY", _ratio(("status", "readyReplicas"), ("spec", "replicas"))),
    Column("UP-TO-DATE", at("status", "updatedReplicas", default=0)),
    Column("AVAILABLE", at("status", "availableReplicas", default=0)),
    AGE,
    wide("CONTAINERS", containers(*_TEMPLATE)),
    wide("IMAGES", images(*_TEMPLATE)),
    wide("SELECTOR", _selector("spec", "selector")),
)

REPLICA_SET: Table = (
    NAME,
    Column("DESIRED", at("spec", "replicas", default=0)),
    Column("CURRENT", at("status", "replicas", default=0)),
    Column("READY", at("status", "readyReplicas", default=0)),
    AGE,
    wide("CONTAINERS", containers(*_TEMPLATE)),
    wide("IMAGES", images(*_TEMPLATE)),
    wide("SELECTOR", _selector("spec", "selector")),
)

STATEFUL_SET: Table = (
    NAME,
    Column("READY", _ratio(("status", "readyReplicas"), ("spec", "replicas"))),
    AGE,
    wide("CONTAINERS", containers(*_TEMPLATE)),
    wide("IMAGES", images(*_TEMPLATE)),
)

DAEMON_SET: Table = (
    NAME,
    Column("DESIRED", at("status", "desiredNumberScheduled", default=0)),
    Column("CURRENT", at("status", "currentNumberScheduled", default=0)),
    Column("READY", at("status", "numberReady", default=0)),
    Column("UP-TO-DATE", at("status", "updatedNumberScheduled", default=0)),
    Column("AVAILABLE", at("status", "numberAvailable", default=0)),
    Column(
        "NODE SELECTOR",
        lambda obj, _: labels_text(field(obj, "spec", "template", "spec", "nodeSelector")),
    ),
    AGE,
    wide("CONTAINERS", containers(*_TEMPLATE)),
    wide("IMAGES", images(*_TEMPLATE)),
    wide("SELECTOR", _selector("spec", "selector")),
)

JOB: Table = (
    NAME,
    Column("STATUS", _job_state),
    Column("COMPLETIONS", _completions),
    Column("DURATION", _duration),
    AGE,
    wide("CONTAINERS", containers(*_TEMPLATE)),
    wide("IMAGES", images(*_TEMPLATE)),
    wide("SELECTOR", _selector("spec", "selector")),
)

CRON_JOB: Table = (
    NAME,
    Column("SCHEDULE", at("spec", "schedule")),
    Column("TIMEZONE", at("spec", "timeZone")),
    Column("SUSPEND", at("spec", "suspend", default=False)),
    Column("ACTIVE", lambda obj, _: str(len(field(obj, "status", "active", default=())))),
    Column("LAST SCHEDULE", _last_schedule),
    AGE,
    wide("CONTAINERS", containers(*_JOB_TEMPLATE)),
    wide("IMAGES", images(*_JOB_TEMPLATE)),
    wide("SELECTOR", _selector("spec", "jobTemplate", "spec", "selector")),
)
