"""Cluster events: what a change of an object means to plugins.

Sources: kubernetes pkg/scheduler/framework/events.go (``PodSchedulingPropertiesChange``,
``NodeSchedulingPropertiesChange``), pkg/scheduler/backend/queue.
"""

from kactors.scheduler.framework.cluster_event import Action, ClusterEvent, EventResource
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.pod_info import PodInfo

__all__ = [
    "ASSIGNED_POD_ADD",
    "ASSIGNED_POD_DELETE",
    "EVERYTHING",
    "NODE_ADD",
    "NODE_DELETE",
    "changes_of_node",
    "changes_of_pod",
]

ASSIGNED_POD_ADD = ClusterEvent(EventResource.ASSIGNED_POD, Action.ADD, "AssignedPodAdd")
ASSIGNED_POD_DELETE = ClusterEvent(EventResource.ASSIGNED_POD, Action.DELETE, "AssignedPodDelete")
NODE_ADD = ClusterEvent(EventResource.NODE, Action.ADD, "NodeAdd")
NODE_DELETE = ClusterEvent(EventResource.NODE, Action.DELETE, "NodeDelete")
#: May help any pod whatsoever.
EVERYTHING = ClusterEvent(EventResource.WILDCARD, Action.UPDATE, "Everything")


def changes_of_pod(
    old: PodInfo, new: PodInfo, resource: EventResource = EventResource.TARGET_POD
) -> list[ClusterEvent]:
    """Return what changed in a pod, as far as plugins care.

    Args:
        old: the pod before.
        new: the pod after.
        resource: how the pod is to be called: the pod itself that waits, or one on a node.
    """
    actions = []
    if old.labels != new.labels:
        actions.append(Action.UPDATE_POD_LABEL)
    if old.needs is not new.needs:
        before, after = old.needs.requests, new.needs.requests
        if (
            after.cpu_milli < before.cpu_milli
            or after.memory_bytes < before.memory_bytes
            or after.ephemeral_bytes < before.ephemeral_bytes
            or any(after.get(name) < before.scalars[name] for name in before.scalars)
        ):
            actions.append(Action.UPDATE_POD_SCALE_DOWN)
        if old.needs.tolerations != new.needs.tolerations:
            actions.append(Action.UPDATE_POD_TOLERATION)
        if old.needs.gates and not new.needs.gates:
            actions.append(Action.UPDATE_POD_SCHEDULING_GATES_ELIMINATED)
    if not actions:
        actions.append(Action.UPDATE)
    return [ClusterEvent(resource, action, f"{resource}{action.name}") for action in actions]


def changes_of_node(old: NodeFacts, new: NodeFacts) -> list[ClusterEvent]:
    """Return what changed in a node; nothing if no plugin cares."""
    actions = []
    if old.unschedulable != new.unschedulable or old.taints != new.taints:
        actions.append(Action.UPDATE_NODE_TAINT)
    if old.allocatable != new.allocatable:
        actions.append(Action.UPDATE_NODE_ALLOCATABLE)
    if old.labels != new.labels:
        actions.append(Action.UPDATE_NODE_LABEL)
    if old.images != new.images or _conditions(old) != _conditions(new):
        actions.append(Action.UPDATE_NODE_CONDITION)
    return [ClusterEvent(EventResource.NODE, action, f"Node{action.name}") for action in actions]


def _conditions(facts: NodeFacts) -> dict[str, str]:
    """Return the conditions without their times, which say that nothing changed."""
    status = facts.node.get("status") or {}
    return {each["type"]: each["status"] for each in status.get("conditions") or ()}
