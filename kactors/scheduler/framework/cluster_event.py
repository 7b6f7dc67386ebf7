"""What happens in the cluster, in the words in which plugins ask to be told of it.

Source: kubernetes staging/src/k8s.io/kube-scheduler/framework/types.go (``ActionType``,
``EventResource``, ``ClusterEvent``, ``ClusterEventWithHint``).
"""

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from kactors.scheduler.pod_info import PodInfo

__all__ = ["Action", "ClusterEvent", "EventResource", "Hint", "HintFunction", "PluginEvent"]


class Action(enum.IntFlag):
    """What was done to an object; a plugin may ask for several at once."""

    ADD = enum.auto()
    DELETE = enum.auto()
    UPDATE_NODE_ALLOCATABLE = enum.auto()
    UPDATE_NODE_LABEL = enum.auto()
    UPDATE_NODE_TAINT = enum.auto()
    UPDATE_NODE_CONDITION = enum.auto()
    UPDATE_NODE_ANNOTATION = enum.auto()
    UPDATE_POD_LABEL = enum.auto()
    UPDATE_POD_SCALE_DOWN = enum.auto()
    UPDATE_POD_TOLERATION = enum.auto()
    UPDATE_POD_SCHEDULING_GATES_ELIMINATED = enum.auto()
    UPDATE = enum.auto()


class EventResource(enum.StrEnum):
    """What it was done to; the three kinds of pods are told apart as upstream does."""

    POD = "Pod"
    ASSIGNED_POD = "AssignedPod"
    UNSCHEDULABLE_POD = "UnschedulablePod"
    TARGET_POD = "TargetPod"
    NODE = "Node"
    SERVICE = "Service"
    NAMESPACE = "Namespace"
    PERSISTENT_VOLUME = "PersistentVolume"
    PERSISTENT_VOLUME_CLAIM = "PersistentVolumeClaim"
    STORAGE_CLASS = "StorageClass"
    POD_DISRUPTION_BUDGET = "PodDisruptionBudget"
    WILDCARD = "*"


@attrs.frozen
class ClusterEvent:
    """Something that may make an unschedulable pod schedulable.

    Attributes:
        resource: what kind of object.
        action: what was done; of an event that happened, every part of it.
        label: how logs and metrics call it.
    """

    resource: EventResource
    action: Action
    label: str = ""

    def matches(self, happened: "ClusterEvent") -> bool:
        """Whether ``happened`` is among what this one asks for."""
        if self.resource is EventResource.WILDCARD or happened.resource is EventResource.WILDCARD:
            return True
        if self.resource is not happened.resource and not self._covers(happened.resource):
            return False
        return bool(self.action & happened.action)

    def _covers(self, resource: EventResource) -> bool:
        return self.resource is EventResource.POD and resource in _PODS


_PODS = (EventResource.ASSIGNED_POD, EventResource.UNSCHEDULABLE_POD, EventResource.TARGET_POD)


class Hint(enum.Enum):
    """What a plugin thinks of an event, for a pod that it rejected."""

    SKIP = "skip"
    QUEUE = "queue"


HintFunction = Callable[["PodInfo", object, object], Hint]
"""From the rejected pod, the old and the new object (either may be None) to a `Hint`.

The objects are the scheduler's own view: `PodInfo` for pods, `NodeFacts` for nodes.
"""


@attrs.frozen
class PluginEvent:
    """An event that a plugin wants to be asked about.

    Attributes:
        event: what to ask about.
        hint: decides; None means that every such event is worth another attempt.
    """

    event: ClusterEvent
    hint: HintFunction | None = None
