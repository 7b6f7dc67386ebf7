"""DefaultPreemption: makes room for a pod by evicting less important ones from one node.

Sources: kubernetes pkg/scheduler/framework/preemption/preemption.go,
pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go.
"""

from collections.abc import Sequence
from typing import Final

from kactors.api.meta import get_condition
from kactors.api.objects import Object
from kactors.scheduler.effects import Effect, EvictPod, PatchPodStatus, PodName, RecordEvent
from kactors.scheduler.framework.cluster_event import (
    Action,
    ClusterEvent,
    EventResource,
    PluginEvent,
)
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.handle import Handle
from kactors.scheduler.framework.plugin import (
    PostFilterPlugin,
    PostFilterResult,
    PreEnqueuePlugin,
)
from kactors.scheduler.framework.status import Code, NodeStatuses, Status
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.preemptions import Preemptions
from kactors.scheduler.plugins.room import Room
from kactors.scheduler.plugins.victims import (
    NO_VICTIMS,
    Candidate,
    Victims,
    best_candidate,
    select_victims,
)
from kactors.scheduler.pod_info import PodInfo

__all__ = ["DefaultPreemption"]


class DefaultPreemption(PreEnqueuePlugin, PostFilterPlugin):
    """Looks for the node where the least harm makes room.

    Until its victims are gone or going, a pod is not tried again.

    Attributes:
        preemptions: whose victims are still to go.
        min_percentage, min_absolute: how many candidates are enough: the larger of a percentage
            of the nodes and a number.
    """

    name = "DefaultPreemption"

    WAITING: Final = Status(
        Code.UNSCHEDULABLE_AND_UNRESOLVABLE,
        ("waiting for the preemption for this pod to be finished",),
        name,
    )

    def __init__(self, args: Object | None, handle: Handle) -> None:
        args = args or {}
        percentage = args.get("minCandidateNodesPercentage")
        absolute = args.get("minCandidateNodesAbsolute")
        self.min_percentage: int = 10 if percentage is None else percentage
        self.min_absolute: int = 100 if absolute is None else absolute
        self.preemptions = Preemptions(handle.cache)
        self._handle = handle

    def pre_enqueue(self, pod: PodInfo, /) -> Status | None:
        """Refuse a pod while its victims are being asked to go."""
        return self.WAITING if self.preemptions.goes_on(pod.uid) else None

    def post_filter(
        self, state: CycleState, pod: PodInfo, statuses: NodeStatuses, /
    ) -> PostFilterResult | Status:
        """Choose victims, and nominate the pod to their node."""
        objection = self._objection(pod, statuses)
        if objection:
            return Status(Code.UNSCHEDULABLE, (f"preemption: {objection}",), self.name)
        nodes = self._handle.snapshot.nodes
        possible = [node for node in nodes if statuses.get(node.name).code is Code.UNSCHEDULABLE]
        hopeless = len(nodes) - len(possible)
        failures = {"Preemption is not helpful for scheduling": hopeless} if hopeless else {}
        candidates = self._find_candidates(state, pod, possible, statuses, failures)
        if not candidates:
            listed = sorted(f"{count} {reason}" for reason, count in failures.items())
            message = f"preemption: 0/{len(nodes)} nodes are available: {', '.join(listed)}."
            return PostFilterResult("", message=message)
        best = best_candidate(candidates)
        self.preemptions.begin(pod.uid, (victim.uid for victim in best.victims.pods))
        return PostFilterResult(best.node, tuple(self._effects(pod, best)))

    def post_filter_failed(self, uid: str, /) -> None:
        """Let a pod be tried again whose victims could not be asked to go."""
        self.preemptions.end(uid)

    def events_to_register(self) -> Sequence[PluginEvent]:
        """Ask about pods that go: victims make room by going."""
        return (PluginEvent(ClusterEvent(EventResource.ASSIGNED_POD, Action.DELETE)),)

    def _objection(self, pod: PodInfo, statuses: NodeStatuses) -> str:
        """Say why a pod must not preempt now; empty if it may."""
        if not pod.needs.preempts:
            return "not eligible due to preemptionPolicy=Never."
        nominated = self._handle.nominator.node_of(pod.uid) or pod.nominated_node_name
        if not nominated:
            return ""
        if statuses.get(nominated).code is Code.UNSCHEDULABLE_AND_UNRESOLVABLE:
            return ""
        node = self._handle.snapshot.get(nominated)
        if node is not None and any(
            other.priority < pod.priority and _goes_by_preemption(other)
            for other in node.pods.values()
        ):
            return "not eligible due to a terminating pod on the nominated node."
        return ""

    def _find_candidates(
        self,
        state: CycleState,
        pod: PodInfo,
        possible: Sequence[NodeInfo],
        statuses: NodeStatuses,
        failures: dict[str, int],
    ) -> list[Candidate]:
        """Try nodes, beginning anywhere, until there are enough; note why others will not do."""
        count = len(possible)
        if not count:
            return []
        if all(priority >= pod.priority for priority in self._handle.cache.priorities):
            failures[NO_VICTIMS.message] = count  # There is nobody to be found anywhere.
            return []
        budgets = self._handle.view.all_of("PodDisruptionBudget")
        wanted = min(max(count * self.min_percentage // 100, self.min_absolute), count)
        start = self._handle.chance.below(count)
        profile = self._handle.profile
        room = Room.of(profile, state, pod)
        harmless: list[Candidate] = []
        violating: list[Candidate] = []
        for offset in range(count):
            node = possible[(start + offset) % count]
            found: Victims | Status = NO_VICTIMS
            if room is not None and room.matters_alone(statuses.get(node.name)):
                found = room.select_victims(node, budgets)
            elif any(other.priority < pod.priority for other in node.pods.values()):
                found = select_victims(profile, state.clone(), pod, node.clone(), budgets)
            if isinstance(found, Victims):
                chosen = violating if found.violations else harmless
                chosen.append(Candidate(node.name, found))
                if harmless and len(harmless) + len(violating) >= wanted:
                    break
            else:
                for reason in found.reasons:
                    failures[reason] = failures.get(reason, 0) + 1
        return harmless + violating

    def _effects(self, pod: PodInfo, best: Candidate) -> list[Effect]:
        """Evict the victims; take back the nominations of less important pods to the node."""
        effects: list[Effect] = []
        message = f"Preempted by pod {pod.uid} on node {best.node}"
        for victim in best.victims.pods:
            name = PodName(victim.namespace, victim.name, victim.uid)
            condition = (
                f"{pod.needs.scheduler_name}: preempting to accommodate a higher priority pod"
            )
            effects.append(EvictPod(name, condition, pod.uid))
            effects.append(RecordEvent(name, "Normal", "Preempted", "Preempting", message))
        effects += [
            PatchPodStatus(
                PodName(other.namespace, other.name, other.uid), "", "", nominated_node=""
            )
            for other in self._handle.nominator.pods_of(best.node)
            if other.priority < pod.priority
        ]
        return effects


def _goes_by_preemption(pod: PodInfo) -> bool:
    condition = get_condition(pod.pod, "DisruptionTarget")
    return (
        pod.terminating
        and condition is not None
        and condition.get("status") == "True"
        and condition.get("reason") == "PreemptionByScheduler"
    )
