"""What a ReplicaSet lacks, what it has too much of, and what its status should say.

Source: kubernetes pkg/controller/replicaset/replica_set.go, replica_set_utils.go.
"""

from collections.abc import Sequence
from typing import Final

import attrs

from kactors.api.meta import format_time, generation_of, labels_of
from kactors.api.objects import Object, field
from kactors.controllers.conditions import set_condition, without_condition
from kactors.controllers.deletion_order import pods_to_delete
from kactors.controllers.pod_facts import PodFacts
from kactors.controllers.pods import SECOND, available_at

__all__ = ["BURST_REPLICAS", "Failure", "Plan", "calculate_status", "next_check", "plan",
           "replicas_of"]  # fmt: skip

BURST_REPLICAS: Final = 500
"""No more pods than this are created, or deleted, at one go."""


@attrs.frozen
class Plan:
    """So many pods to create, or these to delete; never both."""

    create: int = 0
    delete: tuple[Object, ...] = ()


@attrs.frozen
class Failure:
    """Why pods could not be created or deleted."""

    reason: str
    message: str


def replicas_of(obj: Object) -> int:
    """Return how many replicas the object's spec asks for."""
    count: int = field(obj, "spec", "replicas", default=1)
    return count


def plan(
    replica_set: Object, active: Sequence[Object], related: Sequence[Object], now_ns: int
) -> Plan:
    """Return what brings the number of pods to what was asked for.

    Args:
        replica_set: is not being deleted.
        active: its active pods.
        related: active pods of all ReplicaSets of the same controller, its own among them.
        now_ns: nanoseconds since 1970.
    """
    missing = replicas_of(replica_set) - len(active)
    if missing > 0:
        return Plan(create=min(missing, BURST_REPLICAS))
    if missing < 0:
        count = min(-missing, BURST_REPLICAS)
        return Plan(delete=tuple(pods_to_delete(active, related, count, now_ns)))
    return Plan()


def calculate_status(
    replica_set: Object,
    active: Sequence[PodFacts],
    terminating: int,
    failure: Failure | None,
    now_ns: int,
) -> Object:
    """Return the status that the ReplicaSet should have.

    Args:
        replica_set: as it is.
        active: its active pods.
        terminating: how many of its pods are being deleted.
        failure: what has just gone wrong, if anything.
        now_ns: nanoseconds since 1970.
    """
    min_ready: int = field(replica_set, "spec", "minReadySeconds", default=0)
    full = labels_of(field(replica_set, "spec", "template", default={})).items()
    ready = [facts.ready_ns for facts in active if facts.ready_ns is not None]
    available_from = now_ns - min_ready * SECOND
    status: Object = {
        "replicas": len(active),
        "fullyLabeledReplicas": sum([full <= facts.labels.items() for facts in active]),
        "readyReplicas": len(ready),
        "availableReplicas": (
            sum([ready_ns <= available_from for ready_ns in ready]) if min_ready else len(ready)
        ),
        "terminatingReplicas": terminating,
        "observedGeneration": generation_of(replica_set),
    }
    conditions: list[Object] = list(field(replica_set, "status", "conditions", default=()))
    if failure is None:
        conditions = without_condition(conditions, "ReplicaFailure")
    else:
        condition = {
            "type": "ReplicaFailure",
            "status": "True",
            "reason": failure.reason,
            "message": failure.message,
            "lastTransitionTime": format_time(now_ns),
        }
        conditions = set_condition(conditions, condition)
    if conditions:
        status["conditions"] = conditions
    return status


def next_check(pods: Sequence[Object], min_ready_seconds: int, now_ns: int) -> float | None:
    """Return in how many seconds the next pod becomes available by staying ready.

    ``None`` if none will.
    """
    if not min_ready_seconds:
        return None
    times = (available_at(pod, min_ready_seconds) for pod in pods)
    waits = [at - now_ns for at in times if at is not None and at > now_ns]
    return min(waits) / 1e9 if waits else None
