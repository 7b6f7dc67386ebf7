"""What the scheduler wants done outside of itself, as data.

The algorithm, the queue and the plugins do no I/O: they return these. Whoever drives them (the
actor, a benchmark, a test) carries them out and reports how it went.
"""

from kactors.scheduler.record import record

__all__ = ["BindPod", "EvictPod", "PatchPodStatus", "PodName", "RecordEvent"]


@record
class PodName:
    """Which pod; the uid tells it from a later one of the same name."""

    namespace: str
    name: str
    uid: str


@record
class BindPod:
    """POST ``pods/binding``.

    Attributes:
        pod: which pod.
        node: to which node.
    """

    pod: PodName
    node: str


@record
class EvictPod:
    """Delete a victim of preemption, after writing its ``DisruptionTarget`` condition.

    Attributes:
        pod: which pod.
        message: for the condition.
        for_pod: uid of the pod that needs the room.
    """

    pod: PodName
    message: str
    for_pod: str


@record
class PatchPodStatus:
    """PATCH ``pods/status`` of a pod that could not be scheduled.

    Attributes:
        pod: which pod.
        reason: of the condition ``PodScheduled=False``: Unschedulable, SchedulerError; empty
            leaves the condition as it is.
        message: of that condition.
        nominated_node: for ``status.nominatedNodeName``; None leaves it as it is.
    """

    pod: PodName
    reason: str
    message: str
    nominated_node: str | None = None


@record
class RecordEvent:
    """Record an event about a pod.

    Attributes:
        pod: which pod.
        type: Normal or Warning.
        reason: Scheduled, FailedScheduling, Preempted.
        action: Binding, Scheduling, Preempting.
        message: for a person.
    """

    pod: PodName
    type: str
    reason: str
    action: str
    message: str


Effect = BindPod | EvictPod | PatchPodStatus | RecordEvent
