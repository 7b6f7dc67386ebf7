"""From a pod to its node: the plain form, node by node.

This is the specification. `kactors.scheduler.vector` gives the same answers for all nodes at once.

Source: kubernetes pkg/scheduler/schedule_one.go (``schedulePod``, ``findNodesThatFitPod``,
``numFeasibleNodesToFind``, ``prioritizeNodes``, ``selectHost``).
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import attrs

from kactors.runtime.random import Random
from kactors.scheduler.errors import SchedulerError
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.framework.plugin import NodeRestriction
from kactors.scheduler.framework.status import Code, NodeStatuses, Status
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.record import record
from kactors.scheduler.snapshot import Snapshot

__all__ = [
    "Algorithm",
    "FitError",
    "Ranking",
    "ScalarAlgorithm",
    "Suggestion",
    "feasible_wanted",
    "pick",
]

#: With fewer nodes than these, every node is looked at.
MIN_FEASIBLE_NODES: Final = 100


@record
class Suggestion:
    """Where a pod should run.

    Attributes:
        node: its name.
        evaluated: how many nodes were looked at.
        feasible: how many of them would do.
    """

    node: str
    evaluated: int
    feasible: int


@attrs.frozen
class Ranking:
    """The feasible nodes that were found, and how good they are.

    Attributes:
        totals: by the node's name, in the order of the scan; 0 for a node that is the only one,
            since nothing is scored then.
        evaluated: how many nodes were looked at.
    """

    totals: Mapping[str, int]
    evaluated: int


class FitError(SchedulerError):
    """No node will do, for now.

    Attributes:
        pod: which pod.
        node_count: how many nodes there are.
        statuses: why each of them will not do.
        rejected_by: plugins that refused.
        pending_by: plugins that wait for something.
        pre_filter_message: why, if a PreFilter refused the pod for all nodes.
    """

    def __init__(
        self,
        pod: PodInfo,
        node_count: int,
        statuses: NodeStatuses,
        *,
        rejected_by: frozenset[str],
        pending_by: frozenset[str] = frozenset(),
        pre_filter_message: str = "",
    ) -> None:
        self.pod = pod
        self.node_count = node_count
        self.statuses = statuses
        self.rejected_by = rejected_by
        self.pending_by = pending_by
        self.pre_filter_message = pre_filter_message
        super().__init__(self.text())

    def text(self) -> str:
        """Say what upstream says: counts by reason, sorted."""
        if not self.node_count:
            return "no nodes available to schedule pods"
        start = f"0/{self.node_count} nodes are available"
        if self.pre_filter_message:
            return f"{start}: {self.pre_filter_message}."
        counts: dict[str, int] = {}
        for _, status in self.statuses:
            for reason in status.reasons:
                counts[reason] = counts.get(reason, 0) + 1
        absent = self.node_count - len(self.statuses)
        for reason in self.statuses.absent.reasons if absent else ():
            counts[reason] = counts.get(reason, 0) + absent
        listed = sorted(f"{count} {reason}" for reason, count in counts.items())
        return f"{start}: {', '.join(listed)}." if listed else f"{start}."


class Algorithm(Protocol):
    """What chooses a node."""

    def schedule(
        self, framework: Framework, state: CycleState, pod: PodInfo, snapshot: Snapshot
    ) -> Suggestion:
        """Return a node for the pod.

        Raises:
            FitError: none will do.
            CycleError: a plugin answered with an error.
        """


def feasible_wanted(nodes: int, percentage: int) -> int:
    """Return how many feasible nodes are enough.

    Args:
        nodes: how many there are.
        percentage: of them; 0 lets it fall from 50 by one for every 125 nodes, to 5.
    """
    if nodes < MIN_FEASIBLE_NODES:
        return nodes
    if percentage == 0:
        percentage = max(50 - nodes // 125, 5)
    return max(nodes * min(percentage, 100) // 100, MIN_FEASIBLE_NODES)


def pick(totals: Sequence[int], chance: Random | None) -> int:
    """Return the index of the largest total: the first of them, or one by chance."""
    largest = max(totals)
    if chance is None:
        return totals.index(largest)
    best = [index for index, total in enumerate(totals) if total == largest]
    return best[chance.below(len(best))] if len(best) > 1 else best[0]


class ScalarAlgorithm:
    """Asks every plugin about every node, until there are enough.

    Attributes:
        next_start: the row at which the next scan begins.
    """

    def __init__(self, percentage_of_nodes_to_score: int = 0, chance: Random | None = None) -> None:
        """Make an algorithm.

        Args:
            percentage_of_nodes_to_score: unless the profile says otherwise.
            chance: decides between equally good nodes; without, the first one is taken.
        """
        self.next_start = 0
        self.percentage = percentage_of_nodes_to_score
        self._chance = chance

    def schedule(
        self, framework: Framework, state: CycleState, pod: PodInfo, snapshot: Snapshot
    ) -> Suggestion:
        """Return a node for the pod.

        Raises:
            FitError: none will do.
            CycleError: a plugin answered with an error.
        """
        ranking = self.rank(framework, state, pod, snapshot)
        names = list(ranking.totals)
        best = pick(list(ranking.totals.values()), self._chance)
        return Suggestion(names[best], ranking.evaluated, len(names))

    def rank(
        self, framework: Framework, state: CycleState, pod: PodInfo, snapshot: Snapshot
    ) -> Ranking:
        """Return feasible nodes with their scores; the scan goes on after them.

        Raises:
            FitError: there are none.
            CycleError: a plugin answered with an error.
        """
        statuses = NodeStatuses()
        feasible = self.find_feasible(framework, state, pod, snapshot, statuses)
        if not feasible:
            plugins = (statuses.absent.plugin, *(status.plugin for _, status in statuses))
            raise FitError(pod, len(snapshot), statuses, rejected_by=frozenset(plugins) - {""})
        scored = len(feasible) > 1
        totals = framework.run_scores(state, pod, feasible) if scored else [0]
        return Ranking(
            {node.name: total for node, total in zip(feasible, totals, strict=True)},
            len(feasible) + len(statuses),
        )

    def find_feasible(
        self,
        framework: Framework,
        state: CycleState,
        pod: PodInfo,
        snapshot: Snapshot,
        statuses: NodeStatuses,
    ) -> list[NodeInfo]:
        """Return nodes that will do, and write down why others will not.

        Raises:
            FitError: a PreFilter refused the pod.
        """
        nodes = snapshot.nodes
        answer = framework.run_pre_filter(state, pod, nodes)
        if isinstance(answer, Status):
            statuses.absent = answer
            pending = answer.code is Code.PENDING
            plugins = frozenset((answer.plugin,))
            raise FitError(
                pod,
                len(nodes),
                statuses,
                rejected_by=frozenset() if pending else plugins,
                pending_by=plugins if pending else frozenset(),
                pre_filter_message=answer.message,
            )
        nominated = framework.handle.nominator.node_of(pod.uid) or pod.nominated_node_name
        if nominated:
            node = snapshot.get(nominated)
            if node is not None and (answer is None or nominated in answer.names):
                status = framework.run_filters_with_nominated_pods(state, pod, node)
                if status is None:
                    return [node]
                statuses.set(nominated, status)
        return self._scan(framework, state, pod, snapshot, answer, statuses)

    def _scan(
        self,
        framework: Framework,
        state: CycleState,
        pod: PodInfo,
        snapshot: Snapshot,
        restriction: NodeRestriction | None,
        statuses: NodeStatuses,
    ) -> list[NodeInfo]:
        """Look at one node after the other, from where the last scan ended."""
        nodes = snapshot.nodes
        if restriction is not None:
            found = (snapshot.get(name) for name in sorted(restriction.names))
            nodes = [node for node in found if node is not None]
            reason = f"node(s) didn't satisfy plugin(s) [{' '.join(restriction.plugins)}]"
            statuses.absent = Status(
                Code.UNSCHEDULABLE_AND_UNRESOLVABLE, (reason,), restriction.plugins[0]
            )
        count = len(nodes)
        if not count:
            return []
        wanted = self.wanted(framework, count)
        feasible: list[NodeInfo] = []
        looked_at = 0
        for offset in range(count):
            node = nodes[(self.next_start + offset) % count]
            looked_at += 1
            status = framework.run_filters_with_nominated_pods(state, pod, node)
            if status is not None:
                statuses.set(node.name, status)
                continue
            feasible.append(node)
            if len(feasible) == wanted:
                break
        self.next_start = (self.next_start + looked_at) % len(snapshot)
        return feasible

    def wanted(self, framework: Framework, nodes: int) -> int:
        """Return how many feasible nodes are enough; without scores, one is."""
        if not framework.plugins.score:
            return 1
        own = framework.percentage_of_nodes_to_score
        return feasible_wanted(nodes, self.percentage if own is None else own)
