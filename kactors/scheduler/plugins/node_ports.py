"""NodePorts: two pods on one node cannot have the same host port.

Source: kubernetes pkg/scheduler/framework/plugins/nodeports/node_ports.go.
"""

from collections.abc import Sequence
from typing import Final

from kactors.scheduler.framework.cluster_event import (
    Action,
    ClusterEvent,
    EventResource,
    Hint,
    PluginEvent,
)
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.plugin import FilterPlugin, PreFilterPlugin
from kactors.scheduler.framework.status import Code, Status
from kactors.scheduler.node_info import NodeInfo, ports_conflict
from kactors.scheduler.pod_info import PodInfo

__all__ = ["NodePorts"]

_SKIP = Status(Code.SKIP)


class NodePorts(PreFilterPlugin, FilterPlugin):
    """Refuses nodes where a wanted port is taken."""

    name = "NodePorts"

    REFUSED: Final = Status(
        Code.UNSCHEDULABLE,
        ("node(s) didn't have free ports for the requested pod ports",),
        name,
    )

    def pre_filter(
        self, _state: CycleState, pod: PodInfo, _nodes: Sequence[NodeInfo], /
    ) -> Status | None:
        """Skip pods without host ports."""
        return None if pod.needs.host_ports else _SKIP

    def filter(self, _state: CycleState, pod: PodInfo, node: NodeInfo, /) -> Status | None:
        """Refuse the node if one of the ports is taken."""
        return self.REFUSED if node.conflicts(pod.needs.host_ports) else None

    def events_to_register(self) -> Sequence[PluginEvent]:
        """Ask about pods that go, and nodes that come."""
        return (
            PluginEvent(ClusterEvent(EventResource.ASSIGNED_POD, Action.DELETE), _after_delete),
            PluginEvent(ClusterEvent(EventResource.NODE, Action.ADD)),
        )


def _after_delete(pod: PodInfo, old: object, _new: object) -> Hint:
    """Queue if the pod that went had a port that this one wants."""
    if not isinstance(old, PodInfo) or not old.node_name:
        return Hint.SKIP
    frees = any(
        ports_conflict(wanted, had)
        for wanted in pod.needs.host_ports
        for had in old.needs.host_ports
    )
    return Hint.QUEUE if frees else Hint.SKIP
