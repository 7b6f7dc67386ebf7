"""NodeResourcesBalancedAllocation: prefers nodes whose resources the pod evens out.

Source: kubernetes pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go.
"""

from collections.abc import Sequence

from kactors.api.objects import Object
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.plugin import PreScorePlugin, ScorePlugin
from kactors.scheduler.framework.status import Code, Status
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.resource_scores import balance, scored_resources
from kactors.scheduler.pod_info import PodInfo

__all__ = ["NodeResourcesBalancedAllocation"]

_SKIP = Status(Code.SKIP)


class NodeResourcesBalancedAllocation(PreScorePlugin, ScorePlugin):
    """Prefers a balance between resources.

    Attributes:
        resources: which ones.
    """

    name = "NodeResourcesBalancedAllocation"

    def __init__(self, args: Object | None = None) -> None:
        self.resources = scored_resources((args or {}).get("resources"))

    def pre_score(
        self, _state: CycleState, pod: PodInfo, _nodes: Sequence[NodeInfo], /
    ) -> Status | None:
        """Skip pods that want none of the resources: they change no balance."""
        return None if self.applies_to(pod) else _SKIP

    def applies_to(self, pod: PodInfo) -> bool:
        """Whether the pod wants any of the resources."""
        requests = pod.needs.requests
        return any(requests.get(each.name) for each in self.resources)

    def score(self, _state: CycleState, pod: PodInfo, node: NodeInfo, /) -> int:
        """Return about 75 if the pod changes nothing, up to 100 if it improves the balance."""
        allocatable, requests = node.known.allocatable, pod.needs.requests
        without: list[float] = []
        with_pod: list[float] = []
        for resource in self.resources:
            name = resource.name
            if name == "cpu":
                there, used, wanted = allocatable.cpu_milli, node.cpu_milli, requests.cpu_milli
            elif name == "memory":
                there, used = allocatable.memory_bytes, node.memory_bytes
                wanted = requests.memory_bytes
            elif name == "ephemeral-storage":
                there, used = allocatable.ephemeral_bytes, node.ephemeral_bytes
                wanted = requests.ephemeral_bytes
            else:
                wanted = requests.scalars.get(name, 0)
                there = allocatable.scalars.get(name, 0) if wanted else 0
                used = node.scalars.get(name, 0)
            if there:
                without.append(min(used / there, 1.0))
                with_pod.append(min((used + wanted) / there, 1.0))
        return 50 + (50 + balance(with_pod) - balance(without)) // 2
