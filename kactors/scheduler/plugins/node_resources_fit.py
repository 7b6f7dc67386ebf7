"""NodeResourcesFit: a pod runs only where there is room for it.

Sources: kubernetes pkg/scheduler/framework/plugins/noderesources/fit.go.
"""

from collections.abc import Sequence

from kactors.api.objects import Object
from kactors.scheduler.framework.cluster_event import (
    Action,
    ClusterEvent,
    EventResource,
    Hint,
    PluginEvent,
)
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.plugin import FilterPlugin, ScorePlugin
from kactors.scheduler.framework.status import Code, Status
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.resource_scores import scored_resources, strategy_of, weighted
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.resources import Resources

__all__ = ["NodeResourcesFit"]


class NodeResourcesFit(FilterPlugin, ScorePlugin):
    """Refuses nodes without room; prefers those with the most left, or as it is told.

    Attributes:
        strategy: from requested and allocatable to a score.
        resources: which resources the score looks at.
        ignored: extended resources that the filter does not look at.
        ignored_groups: the same by the part of the name before the slash.
    """

    name = "NodeResourcesFit"

    def __init__(self, args: Object | None = None) -> None:
        args = args or {}
        scoring = args.get("scoringStrategy") or {}
        self.strategy = strategy_of(scoring)
        self.resources = scored_resources(scoring.get("resources"))
        self.ignored = frozenset(args.get("ignoredResources") or ())
        self.ignored_groups = frozenset(args.get("ignoredResourceGroups") or ())

    def ignores(self, resource: str) -> bool:
        """Whether the filter does not look at an extended resource."""
        group, slash, _ = resource.partition("/")
        return resource in self.ignored or bool(slash and group in self.ignored_groups)

    def filter(self, _state: CycleState, pod: PodInfo, node: NodeInfo, /) -> Status | None:
        """Refuse the node if any resource is short; for good, if it would be on an empty node."""
        allocatable = node.known.allocatable
        wanted = pod.needs.requests
        reasons: list[str] = []
        hopeless = False
        if len(node.pods) + 1 > allocatable.pods:
            reasons.append("Too many pods")
        if wanted.cpu_milli and wanted.cpu_milli > allocatable.cpu_milli - node.cpu_milli:
            reasons.append("Insufficient cpu")
            hopeless = wanted.cpu_milli > allocatable.cpu_milli
        if (
            wanted.memory_bytes
            and wanted.memory_bytes > allocatable.memory_bytes - node.memory_bytes
        ):
            reasons.append("Insufficient memory")
            hopeless = hopeless or wanted.memory_bytes > allocatable.memory_bytes
        if (
            wanted.ephemeral_bytes
            and wanted.ephemeral_bytes > allocatable.ephemeral_bytes - node.ephemeral_bytes
        ):
            reasons.append("Insufficient ephemeral-storage")
            hopeless = hopeless or wanted.ephemeral_bytes > allocatable.ephemeral_bytes
        for name, amount in wanted.scalars.items():
            there = allocatable.scalars.get(name, 0)
            if amount > there - node.scalars.get(name, 0) and not self.ignores(name):
                reasons.append(f"Insufficient {name}")
                hopeless = hopeless or amount > there
        if not reasons:
            return None
        code = Code.UNSCHEDULABLE_AND_UNRESOLVABLE if hopeless else Code.UNSCHEDULABLE
        return Status(code, tuple(reasons), self.name)

    def score(self, _state: CycleState, pod: PodInfo, node: NodeInfo, /) -> int:
        """Return 0 to 100."""
        return weighted(pod, node, self.resources, self.strategy)

    def events_to_register(self) -> Sequence[PluginEvent]:
        """Ask about pods that go or shrink, and nodes that come or grow."""
        node = ClusterEvent(EventResource.NODE, Action.ADD | Action.UPDATE_NODE_ALLOCATABLE)
        pod = ClusterEvent(EventResource.POD, Action.DELETE | Action.UPDATE_POD_SCALE_DOWN)
        return (PluginEvent(pod, self._after_pod), PluginEvent(node, self._after_node))

    def _after_pod(self, pod: PodInfo, old: object, new: object) -> Hint:
        """Queue if a pod on a node freed something that is wanted, or this one wants less."""
        if not isinstance(old, PodInfo):
            return Hint.SKIP
        if isinstance(new, PodInfo):
            if new.uid == pod.uid:
                return Hint.QUEUE
            frees = _difference(old.needs.requests, new.needs.requests)
        elif not old.node_name:
            return Hint.SKIP
        else:
            return Hint.QUEUE  # Its place counts, whatever else it had.
        wanted = pod.needs.requests
        return Hint.QUEUE if any(wanted.get(name) for name in frees) else Hint.SKIP

    def _after_node(self, pod: PodInfo, old: object, new: object) -> Hint:
        """Queue if the pod would fit on the empty node, and something it wants has grown."""
        if not isinstance(new, NodeFacts):
            return Hint.SKIP
        wanted, there = pod.needs.requests, new.allocatable
        names = ["cpu", "memory", "ephemeral-storage"]
        names += [name for name in wanted.scalars if not self.ignores(name)]
        if there.pods < 1 or any(wanted.get(name) > there.get(name) for name in names):
            return Hint.SKIP
        if not isinstance(old, NodeFacts):
            return Hint.QUEUE
        before = old.allocatable
        grown = there.pods > before.pods or any(
            wanted.get(name) and there.get(name) > before.get(name) for name in names
        )
        return Hint.QUEUE if grown else Hint.SKIP


def _difference(old: Resources, new: Resources) -> list[str]:
    """Return the resources of which the new amount is smaller."""
    names = ["cpu", "memory", "ephemeral-storage", *old.scalars]
    return [name for name in names if new.get(name) < old.get(name)]
