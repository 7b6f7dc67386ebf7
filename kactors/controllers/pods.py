"""Facts about a pod that controllers ask for.

Source: kubernetes pkg/api/v1/pod/util.go, pkg/controller/controller_utils.go.
"""

from typing import Final

from kactors.api.meta import get_condition, is_being_deleted, parse_time
from kactors.api.objects import Object, field

__all__ = [
    "DISRUPTION_TARGET", "SECOND", "available_at", "disruption_condition", "is_active",
    "is_available", "is_ready", "is_terminal", "node_of", "phase_of", "ready_since",
]  # fmt: skip

SECOND: Final = 10**9
"""Nanoseconds."""

DISRUPTION_TARGET: Final = "DisruptionTarget"
"""The condition of a pod that the control plane is about to delete, for no fault of its own."""


def phase_of(pod: Object) -> str:
    """Return Pending, Running, Succeeded, Failed or Unknown."""
    phase: str = field(pod, "status", "phase", default="Pending")
    return phase


def node_of(pod: Object) -> str:
    """Return the name of the node to which the pod is bound; empty if it is to none."""
    name: str = field(pod, "spec", "nodeName", default="")
    return name


def is_terminal(pod: Object) -> bool:
    """Tell whether its containers have ended and will not be started again."""
    return phase_of(pod) in {"Succeeded", "Failed"}


def is_active(pod: Object) -> bool:
    """Tell whether the pod counts as a replica: it has not ended, and nobody has deleted it."""
    return not is_terminal(pod) and not is_being_deleted(pod)


def is_ready(pod: Object) -> bool:
    """Tell whether the kubelet says that the pod is ready."""
    condition = get_condition(pod, "Ready")
    return condition is not None and condition.get("status") == "True"


def ready_since(pod: Object) -> int:
    """Return since when the pod is ready, in nanoseconds since 1970; 0 if it does not say."""
    condition = get_condition(pod, "Ready") or {}
    text = condition.get("lastTransitionTime") if condition.get("status") == "True" else None
    return parse_time(text) if text else 0


def available_at(pod: Object, min_ready_seconds: int) -> int | None:
    """Return when the pod counts, or began to count, as available; ``None`` if it is not ready."""
    if not is_ready(pod):
        return None
    return ready_since(pod) + min_ready_seconds * SECOND if min_ready_seconds else 0


def is_available(pod: Object, min_ready_seconds: int, now_ns: int) -> bool:
    """Tell whether the pod has been ready for so long."""
    at = available_at(pod, min_ready_seconds)
    return at is not None and at <= now_ns


def disruption_condition(reason: str, message: str, now: str) -> Object:
    """Return the condition that tells a pod's owner why the pod is deleted.

    Args:
        reason: for instance ``DeletionByTaintManager``.
        message: a sentence.
        now: as times in objects are written.
    """
    return {
        "type": DISRUPTION_TARGET,
        "status": "True",
        "reason": reason,
        "message": message,
        "lastTransitionTime": now,
    }
