"""What to do about a Job: pods to start and to stop, what to say, when to look again.

Source: kubernetes pkg/controller/job/job_controller.go (syncJob, manageJob), backoff_utils.go.
"""

from collections.abc import Sequence
from typing import Final

import attrs

from kactors.api.meta import format_time, get_condition, is_being_deleted, parse_time
from kactors.api.objects import Object, field
from kactors.controllers.deletion_order import pods_to_delete
from kactors.controllers.job.indexes import completion_index, first_pending, format_indexes
from kactors.controllers.job.tracking import Account, account, is_failed, is_tracked
from kactors.controllers.pods import SECOND, is_active, is_ready, is_terminal, phase_of

__all__ = ["Plan", "backoff_seconds", "is_finished", "plan"]

BACKOFF_FIRST: Final = 10.0
BACKOFF_LONGEST: Final = 600.0
PODS_MAX: Final = 500
"""No more pods than this are created, or deleted, at one go."""

_TERMINAL: Final = {"SuccessCriteriaMet": "Complete", "FailureTarget": "Failed"}


@attrs.frozen
class Plan:
    """What to do; first of all the status must be written.

    Attributes:
        status: as it should be.
        release: pods whose finalizer may be taken away when the status is written.
        create: how many pods to start.
        indexes: which parts of the work they do, if that matters.
        delete: pods to stop.
        check_in: seconds after which to look again, even if nothing happens.
    """

    status: Object
    release: tuple[Object, ...] = ()
    create: int = 0
    indexes: tuple[int, ...] = ()
    delete: tuple[Object, ...] = ()
    check_in: float | None = None


def is_finished(job: Object) -> bool:
    """Tell whether the Job is over: complete or failed."""
    return any(
        condition.get("type") in {"Complete", "Failed"} and condition.get("status") == "True"
        for condition in field(job, "status", "conditions", default=())
    )


def plan(job: Object, pods: Sequence[Object], now_ns: int, *, complete: bool = True) -> Plan:
    """Return what to do now.

    Args:
        job: with defaults filled in; not being deleted.
        pods: those that it controls.
        now_ns: nanoseconds since 1970.
        complete: see `account`.
    """
    return _Step(job, pods, now_ns, account(job, pods, complete=complete)).plan()


def backoff_seconds(pods: Sequence[Object], now_ns: int) -> float:
    """Return how long to wait before the next pod, after failures since the last success.

    Ten seconds after one failure, and twice as long after each further one.
    """
    ended = sorted((_finished_at(pod), phase_of(pod) == "Succeeded")
                   for pod in pods if is_terminal(pod) or is_failed(pod))  # fmt: skip
    failures, last = 0, 0
    for at, success in ended:
        failures = 0 if success else failures + 1
        last = at
    if not failures:
        return 0.0
    pause: float = min(BACKOFF_FIRST * 2.0 ** min(failures - 1, 16), BACKOFF_LONGEST)
    return max(0.0, pause - (now_ns - last) / SECOND)


def _finished_at(pod: Object) -> int:
    """Return when the pod ended: its last container, or else the pod itself."""
    times = [
        field(each, "state", "terminated", "finishedAt")
        for each in field(pod, "status", "containerStatuses", default=())
    ]
    known = [parse_time(each) for each in times if each]
    if known:
        return max(known)
    metadata: Object = pod["metadata"]
    text = metadata.get("deletionTimestamp") or metadata.get("creationTimestamp")
    return parse_time(text) if text else 0


class _Step:
    def __init__(self, job: Object, pods: Sequence[Object], now_ns: int, found: Account) -> None:
        self.job = job
        self.spec: Object = job["spec"]
        self.pods = pods
        self.now_ns = now_ns
        self.account = found
        self.active = [pod for pod in pods if is_active(pod)]
        self.terminating = [pod for pod in pods if is_being_deleted(pod) and not is_terminal(pod)]
        self.start: str | None = field(job, "status", "startTime")
        self.conditions: list[Object] = list(field(job, "status", "conditions", default=()))

    @property
    def completions(self) -> int | None:
        """How many pods must succeed; ``None`` if one is enough."""
        return self.spec.get("completions")

    @property
    def suspended(self) -> bool:
        """Whether the Job shall rest."""
        return bool(self.spec.get("suspend"))

    def plan(self) -> Plan:
        if is_finished(self.job):
            # What is left of it are pods that would wait for ever.
            release = tuple(pod for pod in self.pods if is_tracked(pod))
            return Plan(self._status(), release)
        if not self.suspended and self.start is None:
            self.start = format_time(self.now_ns)
        target = self._target()
        if target is not None:
            return self._wind_up(target)
        self._tell_suspension()
        if self.suspended:
            return Plan(self._status(), self.account.release, delete=self._victims(0))
        return self._manage()

    # -- the end -------------------------------------------------------------------------------

    def _target(self) -> str | None:
        """Return ``SuccessCriteriaMet`` or ``FailureTarget`` if the outcome is certain."""
        for kind in _TERMINAL:
            condition = get_condition(self.job, kind)
            if condition is not None and condition.get("status") == "True":
                return kind
        found = self._outcome()
        if found is None:
            return None
        kind, reason, message = found
        self._add_condition(kind, reason, message)
        return kind

    def _outcome(self) -> tuple[str, str, str] | None:
        limit: int = self.spec.get("backoffLimit", 6)
        if self.account.total_failed > limit or self._restarts() > limit:
            message = "Job has reached the specified backoff limit"
            return "FailureTarget", "BackoffLimitExceeded", message
        if self._deadline_in() == 0.0:
            message = "Job was active longer than specified deadline"
            return "FailureTarget", "DeadlineExceeded", message
        succeeded = self.account.total_succeeded
        if self.completions is None:
            done = succeeded > 0 and not self.active
        else:
            done = succeeded >= self.completions
        if done:
            message = "Reached expected number of succeeded pods"
            return "SuccessCriteriaMet", "CompletionsReached", message
        return None

    def _wind_up(self, target: str) -> Plan:
        """Stop what still runs; when all is counted, say that it is over."""
        delete = self._victims(0)
        release = list(self.account.release)
        if target == "SuccessCriteriaMet":
            # What is not needed any more is no failure.
            spared = {each["metadata"]["uid"] for each in self.terminating}
            kept = tuple(uid for uid in self.account.uncounted_failed if uid not in spared
                         or uid in self._noted_failed())  # fmt: skip
            self.account = attrs.evolve(self.account, uncounted_failed=kept)
        over = not self.active and not self.terminating and self.account.settled
        if over:
            cause = next(each for each in self.conditions if each["type"] == target)
            self._add_condition(_TERMINAL[target], cause["reason"], cause["message"])
        status = self._status()
        if over and target == "SuccessCriteriaMet":
            status["completionTime"] = format_time(self.now_ns)
        return Plan(status, tuple(release), delete=delete)

    def _noted_failed(self) -> Sequence[str]:
        noted: Sequence[str] = field(
            self.job, "status", "uncountedTerminatedPods", "failed", default=()
        )
        return noted

    def _restarts(self) -> int:
        """Return how often containers were restarted, if that is what failures look like."""
        if field(self.spec, "template", "spec", "restartPolicy") != "OnFailure":
            return 0
        return sum(
            each.get("restartCount", 0)
            for pod in self.active
            for key in ("containerStatuses", "initContainerStatuses")
            for each in field(pod, "status", key, default=())
        )

    def _deadline_in(self) -> float | None:
        """Return the seconds until the Job has taken too long; ``None`` if there is no limit."""
        limit = self.spec.get("activeDeadlineSeconds")
        if limit is None or self.start is None or self.suspended:
            return None
        left: float = limit - (self.now_ns - parse_time(self.start)) / SECOND
        return max(0.0, left)

    # -- on the way ----------------------------------------------------------------------------

    def _manage(self) -> Plan:
        waits = [wait for wait in (self._deadline_in(),) if wait is not None]
        surplus = self._victims(self._wanted())
        missing = min(self._wanted() - len(self.active), PODS_MAX)
        create = 0
        indexes: tuple[int, ...] = ()
        if missing > 0 and not surplus:
            pause = backoff_seconds(self.pods, self.now_ns)
            if pause > 0:
                waits.append(pause)
            else:
                create, indexes = self._parts(missing)
        return Plan(self._status(), self.account.release, create, indexes, surplus,
                    min(waits, default=None))  # fmt: skip

    def _wanted(self) -> int:
        parallelism: int = self.spec.get("parallelism", 1)
        succeeded = self.account.total_succeeded
        if self.completions is None:
            return len(self.active) if succeeded else parallelism
        wanted = min(self.completions - succeeded, parallelism)
        if self.spec.get("podReplacementPolicy") == "Failed":
            wanted -= len(self.terminating)
        return max(0, wanted)

    def _victims(self, wanted: int) -> tuple[Object, ...]:
        """Return which active pods are too many, those that do nobody's work before others."""
        useless = self._useless()
        uids = {pod["metadata"]["uid"] for pod in useless}
        useful = [pod for pod in self.active if pod["metadata"]["uid"] not in uids]
        surplus = pods_to_delete(useful, (), max(0, len(useful) - wanted), self.now_ns)
        return tuple((useless + surplus)[:PODS_MAX])

    def _useless(self) -> list[Object]:
        """Return active pods whose index is done, out of range, or another's as well."""
        if self.spec.get("completionMode") != "Indexed":
            return []
        taken = set(self.account.completed)
        found = []
        for pod in self.active:
            index = completion_index(pod)
            if index is None or index >= (self.completions or 0) or index in taken:
                found.append(pod)
            else:
                taken.add(index)
        return found

    def _parts(self, count: int) -> tuple[int, tuple[int, ...]]:
        if self.spec.get("completionMode") != "Indexed":
            return count, ()
        busy = {completion_index(pod) for pod in self.active}
        if self.spec.get("podReplacementPolicy") == "Failed":
            busy |= {completion_index(pod) for pod in self.terminating}
        taken = {index for index in busy if index is not None} | self.account.completed
        indexes = first_pending(count, self.completions or 0, taken)
        return len(indexes), indexes

    # -- the status ----------------------------------------------------------------------------

    def _tell_suspension(self) -> None:
        current = get_condition(self.job, "Suspended")
        told = current is not None and current.get("status") == "True"
        if self.suspended and not told:
            self._add_condition("Suspended", "JobSuspended", "Job suspended")
        elif told and not self.suspended:
            self._add_condition("Suspended", "JobResumed", "Job resumed", "False")
            self.start = format_time(self.now_ns)
        if self.suspended:
            self.start = None

    def _add_condition(self, kind: str, reason: str, message: str, status: str = "True") -> None:
        now = format_time(self.now_ns)
        self.conditions = [each for each in self.conditions if each.get("type") != kind]
        self.conditions.append(
            {"type": kind, "status": status, "reason": reason, "message": message,
             "lastProbeTime": now, "lastTransitionTime": now}
        )  # fmt: skip

    def _status(self) -> Object:
        found = self.account
        status: Object = {
            **(self.job.get("status") or {}),
            "active": len(self.active),
            "ready": sum(is_ready(pod) for pod in self.active),
            "terminating": len(self.terminating),
            "succeeded": found.succeeded,
            "failed": found.failed,
            "uncountedTerminatedPods": {
                key: list(uids)
                for key, uids in (("succeeded", found.uncounted_succeeded),
                                  ("failed", found.uncounted_failed)) if uids
            },
        }  # fmt: skip
        if self.spec.get("completionMode") == "Indexed":
            status["completedIndexes"] = format_indexes(found.completed)
        status.pop("startTime", None)
        if self.start is not None:
            status["startTime"] = self.start
        if self.conditions:
            status["conditions"] = self.conditions
        return status
