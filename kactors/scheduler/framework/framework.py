"""Runs the plugins of one profile at each extension point.

Source: kubernetes pkg/scheduler/framework/runtime/framework.go.
"""

from collections.abc import Sequence

import attrs

from kactors.scheduler.effects import Effect
from kactors.scheduler.errors import CycleError
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.handle import Handle
from kactors.scheduler.framework.plugin import (
    MAX_NODE_SCORE,
    NodeRestriction,
    PostFilterResult,
    Wait,
)
from kactors.scheduler.framework.plugin_table import PluginTable
from kactors.scheduler.framework.status import Code, NodeStatuses, Status
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.pod_info import PodInfo

__all__ = ["Framework", "PermitDecision"]


@attrs.frozen
class PermitDecision:
    """What the Permit plugins said.

    Attributes:
        rejected: by one of them.
        waits: for each plugin that wants to wait, how long at most.
    """

    rejected: Status | None = None
    waits: tuple[tuple[str, int], ...] = ()


_PERMITTED = PermitDecision()


class Framework:
    """One profile: its plugins, ready to be asked.

    Attributes:
        name: ``schedulerName`` of the pods that it serves.
        plugins: by extension point.
        handle: what the plugins may ask.
        percentage_of_nodes_to_score: None leaves it to the scheduler.
    """

    def __init__(
        self,
        name: str,
        plugins: PluginTable,
        handle: Handle,
        *,
        percentage_of_nodes_to_score: int | None = None,
    ) -> None:
        self.name = name
        self.percentage_of_nodes_to_score = percentage_of_nodes_to_score
        self.plugins = plugins
        self.handle = handle
        handle.framework = self

    # -- finding nodes ---------------------------------------------------------------------

    def run_pre_filter(
        self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo]
    ) -> NodeRestriction | Status | None:
        """Run every PreFilter; what they allow is what all of them allow."""
        names: frozenset[str] | None = None
        limiting: list[str] = []
        skipped: list[str] = []
        for plugin in self.plugins.pre_filter:
            answer = plugin.pre_filter(state, pod, nodes)
            if answer is None:
                continue
            if isinstance(answer, NodeRestriction):
                names = answer.names if names is None else names & answer.names
                limiting.append(plugin.name)
                if not names:
                    return _nowhere(limiting)
            elif answer.code is Code.SKIP:
                skipped.append(plugin.name)
            elif answer.rejected:
                return answer.named(plugin.name)
            else:
                raise CycleError(f"PreFilter {plugin.name} of {pod.key}: {answer.message}")
        state.skip_filter = frozenset(skipped)
        return None if names is None else NodeRestriction(names, tuple(sorted(limiting)))

    def run_filters(self, state: CycleState, pod: PodInfo, node: NodeInfo) -> Status | None:
        """Return the first objection to a node."""
        skipped = state.skip_filter
        for plugin in self.plugins.filter:
            if plugin.name in skipped:
                continue
            status = plugin.filter(state, pod, node)
            if status is not None:
                if not status.rejected:
                    raise CycleError(f"Filter {plugin.name} of {pod.key}: {status.message}")
                return status.named(plugin.name)
        return None

    def run_filters_with_nominated_pods(
        self, state: CycleState, pod: PodInfo, node: NodeInfo
    ) -> Status | None:
        """Return the first objection, with and without the pods nominated to the node.

        The pod must fit beside them (they will come, and are as important), and without them (they
        may not come, and then nothing they satisfy is satisfied).
        """
        nominated = [
            other
            for other in self.handle.nominator.pods_of(node.name)
            if other.priority >= pod.priority and other.uid != pod.uid
        ]
        if nominated:
            with_them, on_node = state.clone(), node.clone()
            for other in nominated:
                on_node.add(other)
                self.run_add_pod(with_them, pod, other, on_node)
            status = self.run_filters(with_them, pod, on_node)
            if status is not None:
                return status
        return self.run_filters(state, pod, node)

    def run_add_pod(self, state: CycleState, pod: PodInfo, added: PodInfo, node: NodeInfo) -> None:
        """Let every PreFilter know that a pod is to count as being on the node."""
        for plugin in self.plugins.pre_filter:
            if plugin.name not in state.skip_filter:
                plugin.add_pod(state, pod, added, node)

    def run_remove_pod(
        self, state: CycleState, pod: PodInfo, removed: PodInfo, node: NodeInfo
    ) -> None:
        """Let every PreFilter know that a pod is not to count any more."""
        for plugin in self.plugins.pre_filter:
            if plugin.name not in state.skip_filter:
                plugin.remove_pod(state, pod, removed, node)

    def run_post_filters(
        self, state: CycleState, pod: PodInfo, statuses: NodeStatuses
    ) -> PostFilterResult:
        """Let plugins make room; return the first success, or what everyone said."""
        nominated: str | None = None
        said: list[str] = []
        for plugin in self.plugins.post_filter:
            answer = plugin.post_filter(state, pod, statuses)
            if isinstance(answer, PostFilterResult):
                if answer.nominated_node:
                    return answer
                nominated = answer.nominated_node if nominated is None else nominated
            elif not answer.rejected:
                raise CycleError(f"PostFilter {plugin.name} of {pod.key}: {answer.message}")
            if answer.message:
                said.append(answer.message)
        return PostFilterResult(nominated, message=" ".join(said))

    # -- choosing one ----------------------------------------------------------------------

    def run_scores(self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo]) -> list[int]:
        """Return the weighted sum of all scores, for each node."""
        self._run_pre_score(state, pod, nodes)
        totals = [0] * len(nodes)
        for plugin, weight in self.plugins.score:
            if plugin.name in state.skip_score:
                continue
            scores = [plugin.score(state, pod, node) for node in nodes]
            scores = plugin.normalize_scores(state, pod, nodes, scores)
            for index, score in enumerate(scores):
                if not 0 <= score <= MAX_NODE_SCORE:
                    raise CycleError(
                        f"Score {plugin.name} of {pod.key}: {score} for node "
                        f"{nodes[index].name}, allowed are 0 to {MAX_NODE_SCORE}"
                    )
                totals[index] += weight * score
        return totals

    def _run_pre_score(self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo]) -> None:
        skipped: list[str] = []
        for plugin in self.plugins.pre_score:
            status = plugin.pre_score(state, pod, nodes)
            if status is None:
                continue
            if status.code is not Code.SKIP:
                raise CycleError(f"PreScore {plugin.name} of {pod.key}: {status.message}")
            skipped.append(plugin.name)
        state.skip_score = frozenset(skipped)

    # -- keeping it ------------------------------------------------------------------------

    def run_reserve(self, state: CycleState, pod: PodInfo, node: str) -> Status | None:
        """Let every plugin note what the pod will use; return the first objection."""
        for plugin in self.plugins.reserve:
            status = plugin.reserve(state, pod, node)
            if status is not None:
                return status.named(plugin.name)
        return None

    def run_unreserve(self, state: CycleState, pod: PodInfo, node: str) -> None:
        """Undo `run_reserve`, in the reverse order."""
        for plugin in reversed(self.plugins.reserve):
            plugin.unreserve(state, pod, node)

    def run_permit(self, state: CycleState, pod: PodInfo, node: str) -> PermitDecision:
        """Ask every plugin for its approval."""
        if not self.plugins.permit:
            return _PERMITTED
        waits: list[tuple[str, int]] = []
        for plugin in self.plugins.permit:
            answer = plugin.permit(state, pod, node)
            if isinstance(answer, Wait):
                waits.append((plugin.name, answer.timeout_ns))
            elif answer is not None:
                return PermitDecision(rejected=answer.named(plugin.name))
        return PermitDecision(waits=tuple(waits))

    # -- binding ---------------------------------------------------------------------------

    def run_pre_bind(
        self, state: CycleState, pod: PodInfo, node: str
    ) -> tuple[Effect, ...] | Status:
        """Return what must be done before binding, or the first objection."""
        effects: list[Effect] = []
        for plugin in self.plugins.pre_bind:
            answer = plugin.pre_bind(state, pod, node)
            if isinstance(answer, Status):
                return answer.named(plugin.name)
            effects += answer
        return tuple(effects)

    def run_bind(self, state: CycleState, pod: PodInfo, node: str) -> tuple[Effect, ...] | Status:
        """Return what binds the pod: of the first plugin that does not Skip."""
        for plugin in self.plugins.bind:
            answer = plugin.bind(state, pod, node)
            if not isinstance(answer, Status):
                return tuple(answer)
            if answer.code is not Code.SKIP:
                return answer.named(plugin.name)
        return Status(Code.ERROR, (f"no plugin of profile {self.name} binds {pod.key}",))

    def run_post_bind(self, state: CycleState, pod: PodInfo, node: str) -> None:
        """Tell every plugin that the pod is bound."""
        for plugin in self.plugins.post_bind:
            plugin.post_bind(state, pod, node)


def _nowhere(limiting: Sequence[str]) -> Status:
    """Say that the plugins' restrictions leave no node.

    Source: ``RunPreFilterPlugins``.
    """
    if len(limiting) == 1:
        reason = f"node(s) didn't satisfy plugin {limiting[0]}"
    else:
        reason = f"node(s) didn't satisfy plugin(s) {sorted(limiting)} simultaneously"
    return Status(Code.UNSCHEDULABLE_AND_UNRESOLVABLE, (reason,), limiting[-1])
