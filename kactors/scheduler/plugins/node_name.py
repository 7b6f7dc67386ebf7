"""NodeName: a pod that names its node runs there or nowhere.

Source: kubernetes pkg/scheduler/framework/plugins/nodename/node_name.go.
"""

from collections.abc import Sequence
from typing import Final

from kactors.scheduler.framework.cluster_event import (
    Action,
    ClusterEvent,
    EventResource,
    PluginEvent,
)
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.plugin import FilterPlugin
from kactors.scheduler.framework.status import Code, Status
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.pod_info import PodInfo

__all__ = ["NodeName"]


class NodeName(FilterPlugin):
    """Refuses every node but the one that the pod names."""

    name = "NodeName"

    REFUSED: Final = Status(
        Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("node(s) didn't match the requested node name",), name
    )

    def filter(self, _state: CycleState, pod: PodInfo, node: NodeInfo, /) -> Status | None:
        """Refuse another node than the named one."""
        if not pod.node_name or pod.node_name == node.name:
            return None
        return self.REFUSED

    def events_to_register(self) -> Sequence[PluginEvent]:
        """Ask about nodes that come."""
        return (PluginEvent(ClusterEvent(EventResource.NODE, Action.ADD)),)
