"""SchedulingGates: a pod waits outside of the queue until its last gate is removed.

Source: kubernetes pkg/scheduler/framework/plugins/schedulinggates/scheduling_gates.go.
"""

from collections.abc import Sequence

from kactors.scheduler.framework.cluster_event import (
    Action,
    ClusterEvent,
    EventResource,
    Hint,
    PluginEvent,
)
from kactors.scheduler.framework.plugin import PreEnqueuePlugin
from kactors.scheduler.framework.status import Code, Status
from kactors.scheduler.pod_info import PodInfo

__all__ = ["SchedulingGates"]


class SchedulingGates(PreEnqueuePlugin):
    """Keeps gated pods out."""

    name = "SchedulingGates"

    def pre_enqueue(self, pod: PodInfo, /) -> Status | None:
        """Refuse pods that have gates."""
        gates = pod.needs.gates
        if not gates:
            return None
        reason = f"waiting for scheduling gates: [{' '.join(gates)}]"
        return Status(Code.UNSCHEDULABLE_AND_UNRESOLVABLE, (reason,), self.name)

    def events_to_register(self) -> Sequence[PluginEvent]:
        """Ask about updates that remove the last gate."""
        event = ClusterEvent(EventResource.POD, Action.UPDATE_POD_SCHEDULING_GATES_ELIMINATED)
        return (PluginEvent(event, _freed),)


def _freed(pod: PodInfo, _old: object, new: object) -> Hint:
    if not isinstance(new, PodInfo) or new.uid != pod.uid:
        return Hint.SKIP
    return Hint.SKIP if new.needs.gates else Hint.QUEUE
