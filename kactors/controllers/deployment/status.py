"""What a Deployment's status says: counts, availability, progress.

Source: kubernetes pkg/controller/deployment/progress.go, sync.go (calculateStatus),
util/deployment_util.go (DeploymentComplete, DeploymentProgressing, DeploymentTimedOut).
"""

from collections.abc import Sequence
from typing import Final

from kactors.api.meta import format_time, generation_of, get_condition, name_of, parse_time
from kactors.api.objects import Object, field
from kactors.controllers.conditions import set_condition, without_condition
from kactors.controllers.deployment.rolling import Limits
from kactors.controllers.pods import SECOND

__all__ = [
    "NEW_SET_AVAILABLE", "TIMED_OUT", "calculate_status", "is_complete", "paused_conditions",
    "progress_check_in", "rollout_status",
]  # fmt: skip

NEW_SET_AVAILABLE: Final = "NewReplicaSetAvailable"
NEW_SET_CREATED: Final = "NewReplicaSetCreated"
NEW_SET_FOUND: Final = "FoundNewReplicaSet"
SET_UPDATED: Final = "ReplicaSetUpdated"
TIMED_OUT: Final = "ProgressDeadlineExceeded"
PAUSED: Final = "DeploymentPaused"
RESUMED: Final = "DeploymentResumed"

_NO_DEADLINE: Final = 2**31 - 1


def _sum(sets: Sequence[Object], key: str) -> int:
    return sum(field(each, "status", key, default=0) for each in sets)


def calculate_status(
    deployment: Object, sets: Sequence[Object], new: Object | None, limits: Limits, now_ns: int
) -> Object:
    """Return the status without what concerns progress, which is kept as it was.

    Args:
        deployment: as it is.
        sets: all its ReplicaSets.
        new: that of its template.
        limits: see `limits_of`.
        now_ns: nanoseconds since 1970.
    """
    available = _sum(sets, "availableReplicas")
    asked = sum(field(each, "spec", "replicas", default=1) for each in sets)
    status: Object = {
        "observedGeneration": generation_of(deployment),
        "replicas": _sum(sets, "replicas"),
        "updatedReplicas": _sum([new] if new else [], "replicas"),
        "readyReplicas": _sum(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, asked - available),
        "terminatingReplicas": _sum(sets, "terminatingReplicas"),
    }
    collisions = field(deployment, "status", "collisionCount")
    if collisions is not None:
        status["collisionCount"] = collisions
    enough = available >= limits.least_available
    word = "has" if enough else "does not have"
    reason = "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable"
    condition = _condition("Available", "True" if enough else "False", reason,
                           f"Deployment {word} minimum availability.", now_ns)  # fmt: skip
    conditions = field(deployment, "status", "conditions", default=())
    status["conditions"] = set_condition(conditions, condition)
    return status


def _condition(kind: str, status: str, reason: str, message: str, now_ns: int) -> Object:
    now = format_time(now_ns)
    return {"type": kind, "status": status, "reason": reason, "message": message,
            "lastUpdateTime": now, "lastTransitionTime": now}  # fmt: skip


def has_deadline(deployment: Object) -> bool:
    """Tell whether the Deployment wants to know that it makes no progress."""
    deadline = field(deployment, "spec", "progressDeadlineSeconds")
    return deadline is not None and deadline != _NO_DEADLINE


def is_complete(deployment: Object, status: Object) -> bool:
    """Tell whether all pods, and no others, are of the newest template, and available."""
    desired: int = field(deployment, "spec", "replicas", default=1)
    return bool(
        status.get("updatedReplicas", 0) == desired
        and status.get("replicas", 0) == desired
        and status.get("availableReplicas", 0) == desired
        and status.get("observedGeneration", 0) >= generation_of(deployment)
    )


def is_progressing(deployment: Object, status: Object) -> bool:
    """Tell whether the new status is nearer to the goal than the old one."""
    old: Object = deployment.get("status") or {}

    def count(of: Object, key: str) -> int:
        number: int = of.get(key) or 0
        return number

    def outdated(of: Object) -> int:
        return count(of, "replicas") - count(of, "updatedReplicas")

    return outdated(status) < outdated(old) or any(
        count(status, key) > count(old, key)
        for key in ("updatedReplicas", "readyReplicas", "availableReplicas")
    )


def _deadline_ns(deployment: Object, condition: Object) -> int:
    seconds: int = field(deployment, "spec", "progressDeadlineSeconds", default=0)
    since = condition.get("lastUpdateTime") or condition.get("lastTransitionTime")
    return (parse_time(since) if since else 0) + seconds * SECOND


def has_timed_out(deployment: Object, status: Object, now_ns: int) -> bool:
    """Tell whether nothing has progressed for too long."""
    condition = get_condition({"status": status}, "Progressing")
    if condition is None or condition.get("reason") == NEW_SET_AVAILABLE:
        return False
    if condition.get("reason") == TIMED_OUT:
        return True
    return _deadline_ns(deployment, condition) < now_ns


def rollout_status(
    deployment: Object, sets: Sequence[Object], new: Object | None, status: Object, now_ns: int
) -> Object:
    """Return ``status`` with what can be said about progress and failures."""
    conditions: list[Object] = status["conditions"]
    current = get_condition(deployment, "Progressing")
    if not has_deadline(deployment):
        conditions = without_condition(conditions, "Progressing")
    elif not (
        status["replicas"] == status["updatedReplicas"]
        and current is not None
        and current.get("reason") == NEW_SET_AVAILABLE
    ):
        conditions = _with_progress(deployment, new, status, current, now_ns)
    conditions = without_condition(conditions, "ReplicaFailure")
    newest_first = ([new] if new else []) + list(sets)
    for each in newest_first:
        if failure := get_condition(each, "ReplicaFailure"):
            conditions.append({**failure, "lastUpdateTime": failure["lastTransitionTime"]})
            break
    return {**status, "conditions": conditions}


def _with_progress(
    deployment: Object, new: Object | None, status: Object, current: Object | None, now_ns: int
) -> list[Object]:
    subject = f'ReplicaSet "{name_of(new)}"' if new else f'Deployment "{name_of(deployment)}"'
    conditions: list[Object] = status["conditions"]

    def condition(value: str, reason: str, what: str) -> Object:
        return _condition("Progressing", value, reason, f"{subject} {what}", now_ns)

    if is_complete(deployment, status):
        done = condition("True", NEW_SET_AVAILABLE, "has successfully progressed.")
        return set_condition(conditions, done)
    if is_progressing(deployment, status):
        going = condition("True", SET_UPDATED, "is progressing.")
        # Every step forward is noted, also if it was for the same reason as the one before.
        if current is not None and current.get("status") == "True":
            going["lastTransitionTime"] = current["lastTransitionTime"]
        return [*without_condition(conditions, "Progressing"), going]
    if has_timed_out(deployment, status, now_ns):
        late = condition("False", TIMED_OUT, "has timed out progressing.")
        return set_condition(conditions, late)
    return conditions


def set_created(deployment: Object, conditions: Sequence[Object], new: Object,
                now_ns: int) -> list[Object]:  # fmt: skip
    """Return the conditions of a Deployment whose new ReplicaSet was made just now."""
    if not has_deadline(deployment):
        return list(conditions)
    message = f'Created new replica set "{name_of(new)}"'
    return set_condition(
        conditions, _condition("Progressing", "True", NEW_SET_CREATED, message, now_ns)
    )


def set_found(deployment: Object, conditions: Sequence[Object], new: Object,
              now_ns: int) -> list[Object]:  # fmt: skip
    """Return the conditions of a Deployment that has a ReplicaSet, and maybe knew nothing of it."""
    known = any(each.get("type") == "Progressing" for each in conditions)
    if known or not has_deadline(deployment):
        return list(conditions)
    message = f'Found new replica set "{name_of(new)}"'
    return [*conditions, _condition("Progressing", "True", NEW_SET_FOUND, message, now_ns)]


def paused_conditions(deployment: Object, now_ns: int) -> list[Object] | None:
    """Return conditions that tell of a pause, or of its end; ``None`` if they do already.

    Time that a Deployment spends paused does not count towards its deadline.
    """
    if not has_deadline(deployment):
        return None
    current = get_condition(deployment, "Progressing")
    reason = current.get("reason") if current else None
    paused = bool(field(deployment, "spec", "paused"))
    if reason == TIMED_OUT or paused == (reason == PAUSED):
        return None
    word, reason = ("paused", PAUSED) if paused else ("resumed", RESUMED)
    condition = _condition("Progressing", "Unknown", reason, f"Deployment is {word}", now_ns)
    return set_condition(field(deployment, "status", "conditions", default=()), condition)


def progress_check_in(deployment: Object, status: Object, now_ns: int) -> float | None:
    """Return in how many seconds to look whether there is progress; ``None`` for not at all."""
    condition = get_condition({"status": status}, "Progressing")
    if condition is None or not has_deadline(deployment) or is_complete(deployment, status):
        return None
    if condition.get("reason") in {TIMED_OUT, PAUSED, NEW_SET_AVAILABLE}:
        return None
    # Times are cut to seconds; one more makes sure that it is late enough.
    return max(0, _deadline_ns(deployment, condition) - now_ns) / SECOND + 1.0
