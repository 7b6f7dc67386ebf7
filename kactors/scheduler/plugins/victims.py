"""Which pods of a node must go so that a more important one fits, and which node is best.

Sources: kubernetes pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go
(``SelectVictimsOnNode``, ``filterPodsWithPDBViolation``),
pkg/scheduler/framework/preemption/preemption.go (``pickOneNodeForPreemption``),
pkg/scheduler/util/utils.go (``MoreImportantPod``, ``GetEarliestPodStartTime``).
"""

import math
from collections.abc import Iterable, Sequence

from kactors.api.labels import LabelSelector
from kactors.api.objects import Object
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.framework.status import Code, Status
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.record import record

__all__ = [
    "NO_VICTIMS",
    "Candidate",
    "Victims",
    "best_candidate",
    "by_importance",
    "select_victims",
    "split_by_budgets",
]


@record
class Victims:
    """Pods that must go from one node.

    Attributes:
        pods: the most important first.
        violations: how many of them a disruption budget would rather keep.
    """

    pods: tuple[PodInfo, ...]
    violations: int


@record
class Candidate:
    """A node where preemption helps, and its victims."""

    node: str
    victims: Victims


def select_victims(
    framework: Framework,
    state: CycleState,
    pod: PodInfo,
    node: NodeInfo,
    budgets: Sequence[Object],
) -> Victims | Status:
    """Return as few and as unimportant pods as will do; or why it does not help.

    Args:
        framework: whose filters decide.
        state: of the pod's cycle; a copy that may change.
        pod: needs the room.
        node: a copy that may change.
        budgets: all ``PodDisruptionBudget`` objects.
    """
    lower = [other for other in node.pods.values() if other.priority < pod.priority]
    if not lower:
        return NO_VICTIMS
    for other in lower:
        _remove(framework, state, pod, other, node)
    status = framework.run_filters_with_nominated_pods(state, pod, node)
    if status is not None:
        return status
    violating, others = split_by_budgets(by_importance(lower), budgets)
    victims: list[PodInfo] = []
    violations = 0
    for number, other in enumerate((*violating, *others)):
        node.add(other)
        framework.run_add_pod(state, pod, other, node)
        if framework.run_filters_with_nominated_pods(state, pod, node) is None:
            continue
        _remove(framework, state, pod, other, node)
        victims.append(other)
        violations += number < len(violating)
    return Victims(tuple(by_importance(victims)), violations)


NO_VICTIMS = Status(
    Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("No preemption victims found for incoming pod",)
)


def _remove(
    framework: Framework, state: CycleState, pod: PodInfo, other: PodInfo, node: NodeInfo
) -> None:
    node.remove(other.uid)
    framework.run_remove_pod(state, pod, other, node)


def by_importance(pods: Iterable[PodInfo]) -> list[PodInfo]:
    """Return the more important pods first, of equals those that have run longer."""
    return sorted(pods, key=_importance)


def _importance(pod: PodInfo) -> tuple[float, float]:
    return (-pod.priority, math.inf if pod.started_ns is None else pod.started_ns)


def split_by_budgets(
    pods: Iterable[PodInfo], budgets: Sequence[Object]
) -> tuple[list[PodInfo], list[PodInfo]]:
    """Return the pods whose eviction breaks a budget, and the others, in their order."""
    if not budgets:
        return [], list(pods)
    allowed = [(each.get("status") or {}).get("disruptionsAllowed", 0) for each in budgets]
    violating: list[PodInfo] = []
    others: list[PodInfo] = []
    for pod in pods:
        violates = False
        for index, budget in enumerate(budgets):
            if _protects(budget, pod):
                allowed[index] -= 1
                violates = violates or allowed[index] < 0
        (violating if violates else others).append(pod)
    return violating, others


def _protects(budget: Object, pod: PodInfo) -> bool:
    """Whether a budget counts a pod; an empty selector counts none here."""
    if not pod.labels or budget["metadata"].get("namespace", "") != pod.namespace:
        return False
    selector = LabelSelector.from_object((budget.get("spec") or {}).get("selector"))
    if selector.everything or not selector.matches(pod.labels):
        return False
    return pod.name not in ((budget.get("status") or {}).get("disruptedPods") or {})


def best_candidate(candidates: Sequence[Candidate]) -> Candidate:
    """Return the least harmful of the candidates; of equals, the first."""
    return min(candidates, key=_harm)


def _harm(candidate: Candidate) -> tuple[float, ...]:
    """Sort by this: fewest budgets broken, then the least important victims, and so on."""
    pods = candidate.victims.pods
    highest = pods[0].priority
    started = min(
        math.inf if pod.started_ns is None else pod.started_ns
        for pod in pods
        if pod.priority == highest
    )
    return (
        candidate.victims.violations,
        highest,
        sum(pod.priority + 2**31 for pod in pods),
        len(pods),
        -started,
    )
