"""The rules of the numbers in the statuses of workloads.

Source: kubernetes pkg/apis/apps/validation/validation.go, ``ValidateReplicaSetStatus``,
``ValidateDeploymentStatus``, ``ValidateStatefulSetStatus``, ``validateDaemonSetStatus``.
"""

from kactors.api.field_errors import FieldError, invalid
from kactors.api.objects import Object
from kactors.api.validation.common import non_negative

__all__ = ["validate_counters"]

_REPLICAS = ("updatedReplicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas",
             "currentReplicas")  # fmt: skip


def validate_counters(new: Object, old: Object) -> list[FieldError]:
    """Return what is wrong with the counts of a status: none negative, no part above the whole."""
    status: Object = new.get("status") or {}
    before: Object = old.get("status") or {}
    counted = [name for name, value in status.items()
               if isinstance(value, int) and not isinstance(value, bool)]  # fmt: skip
    errors = non_negative(status, "status", *counted)
    whole = status.get("replicas") or 0
    if "replicas" in status or any(name in status for name in _REPLICAS):
        detail = "cannot be greater than status.replicas"
        errors += [invalid(f"status.{name}", status.get(name), detail)
                   for name in _REPLICAS if (status.get(name) or 0) > max(whole, 0)]  # fmt: skip
        available, ready = status.get("availableReplicas") or 0, status.get("readyReplicas") or 0
        if available > ready:
            detail = "cannot be greater than readyReplicas"
            errors.append(invalid("status.availableReplicas", available, detail))
    collisions = status.get("collisionCount") or 0
    if collisions < (before.get("collisionCount") or 0):
        errors.append(invalid("status.collisionCount", collisions, "cannot be decremented"))
    return errors
