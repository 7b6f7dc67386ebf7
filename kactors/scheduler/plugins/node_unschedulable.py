"""NodeUnschedulable: cordoned nodes take only pods that tolerate it.

Source: kubernetes pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go.
"""

from collections.abc import Sequence
from typing import Final

from kactors.api.objects import Object
from kactors.api.taints import tolerates
from kactors.scheduler.framework.cluster_event import (
    Action,
    ClusterEvent,
    EventResource,
    Hint,
    PluginEvent,
)
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.plugin import FilterPlugin
from kactors.scheduler.framework.status import Code, Status
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.pod_info import PodInfo

__all__ = ["NodeUnschedulable"]

TAINT: Final[Object] = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class NodeUnschedulable(FilterPlugin):
    """Refuses cordoned nodes."""

    name = "NodeUnschedulable"

    REFUSED: Final = Status(
        Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("node(s) were unschedulable",), name
    )

    def filter(self, _state: CycleState, pod: PodInfo, node: NodeInfo, /) -> Status | None:
        """Refuse the node if it is cordoned and the pod does not tolerate that."""
        if not node.known.unschedulable or tolerates_cordon(pod):
            return None
        return self.REFUSED

    def events_to_register(self) -> Sequence[PluginEvent]:
        """Ask about nodes that come, or are uncordoned, and tolerations that are added."""
        node = ClusterEvent(EventResource.NODE, Action.ADD | Action.UPDATE_NODE_TAINT)
        pod = ClusterEvent(EventResource.POD, Action.UPDATE_POD_TOLERATION)
        return (PluginEvent(node, _after_node), PluginEvent(pod, _after_pod))


def tolerates_cordon(pod: PodInfo) -> bool:
    """Whether a pod may run on cordoned nodes."""
    return any(tolerates(each, TAINT) for each in pod.needs.tolerations)


def _after_node(_pod: PodInfo, old: object, new: object) -> Hint:
    """Queue if the node is new and open, or was opened."""
    if not isinstance(new, NodeFacts) or new.unschedulable:
        return Hint.SKIP
    was_closed = not isinstance(old, NodeFacts) or old.unschedulable
    return Hint.QUEUE if was_closed else Hint.SKIP


def _after_pod(pod: PodInfo, _old: object, new: object) -> Hint:
    if not isinstance(new, PodInfo) or new.uid != pod.uid:
        return Hint.SKIP
    return Hint.QUEUE if tolerates_cordon(new) else Hint.SKIP
