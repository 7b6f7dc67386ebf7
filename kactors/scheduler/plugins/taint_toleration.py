"""TaintToleration: taints keep pods away; those that only prefer to, by the score.

Source: kubernetes pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go.
"""

from collections.abc import Iterable, Sequence

import attrs

from kactors.api.objects import Object
from kactors.api.taints import PREFER_NO_SCHEDULE, find_untolerated, tolerates
from kactors.scheduler.framework.cluster_event import (
    Action,
    ClusterEvent,
    EventResource,
    Hint,
    PluginEvent,
)
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.plugin import FilterPlugin, PreScorePlugin, ScorePlugin
from kactors.scheduler.framework.status import Code, Status
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.normalising import normalised
from kactors.scheduler.pod_info import PodInfo

__all__ = ["TaintToleration", "intolerable_count", "soft_tolerations"]


@attrs.frozen
class _PreScore:
    tolerations: tuple[Object, ...]


class TaintToleration(FilterPlugin, PreScorePlugin, ScorePlugin):
    """Refuses nodes with taints that the pod does not tolerate, avoids others."""

    name = "TaintToleration"

    def filter(self, _state: CycleState, pod: PodInfo, node: NodeInfo, /) -> Status | None:
        """Refuse the node for its first taint of NoSchedule or NoExecute that is not tolerated."""
        taint = find_untolerated(node.known.taints, pod.needs.tolerations)
        if taint is None:
            return None
        reason = f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value') or ''}}}"
        return Status(Code.UNSCHEDULABLE_AND_UNRESOLVABLE, (reason,), self.name)

    def pre_score(
        self, state: CycleState, pod: PodInfo, _nodes: Sequence[NodeInfo], /
    ) -> Status | None:
        """Keep the tolerations that count for preferences."""
        state.write(self.name, _PreScore(soft_tolerations(pod)))
        return None

    def score(self, state: CycleState, _pod: PodInfo, node: NodeInfo, /) -> int:
        """Count the taints of PreferNoSchedule that are not tolerated."""
        return intolerable_count(node.known.taints, state.read(self.name, _PreScore).tolerations)

    def normalize_scores(
        self, _state: CycleState, _pod: PodInfo, _nodes: Sequence[NodeInfo], scores: list[int], /
    ) -> list[int]:
        """Fewest taints is best."""
        return normalised(scores, reverse=True)

    def events_to_register(self) -> Sequence[PluginEvent]:
        """Ask about nodes that come or lose taints, and tolerations that are added."""
        node = ClusterEvent(EventResource.NODE, Action.ADD | Action.UPDATE_NODE_TAINT)
        pod = ClusterEvent(EventResource.POD, Action.UPDATE_POD_TOLERATION)
        return (PluginEvent(node, _after_node), PluginEvent(pod, _after_pod))


def soft_tolerations(pod: PodInfo) -> tuple[Object, ...]:
    """Return the tolerations that can cover a taint of PreferNoSchedule."""
    return tuple(
        each
        for each in pod.needs.tolerations
        if not each.get("effect") or each["effect"] == PREFER_NO_SCHEDULE
    )


def intolerable_count(taints: Iterable[Object], tolerations: Sequence[Object]) -> int:
    """Count the taints of PreferNoSchedule that no toleration covers."""
    return sum(
        1
        for taint in taints
        if taint.get("effect") == PREFER_NO_SCHEDULE
        and not any(tolerates(each, taint) for each in tolerations)
    )


def _after_node(pod: PodInfo, old: object, new: object) -> Hint:
    """Queue if the node's taints keep the pod away no longer."""
    if not isinstance(new, NodeFacts):
        return Hint.SKIP
    tolerations = pod.needs.tolerations
    was_tainted = not isinstance(old, NodeFacts) or (
        find_untolerated(old.taints, tolerations) is not None
    )
    is_tainted = find_untolerated(new.taints, tolerations) is not None
    return Hint.QUEUE if was_tainted and not is_tainted else Hint.SKIP


def _after_pod(pod: PodInfo, _old: object, new: object) -> Hint:
    return Hint.QUEUE if isinstance(new, PodInfo) and new.uid == pod.uid else Hint.SKIP
