"""InterPodAffinity: near some pods, away from others.

Sources: kubernetes pkg/scheduler/framework/plugins/interpodaffinity (``filtering.go``,
``scoring.go``, ``plugin.go``).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from kactors.api.objects import Object
from kactors.scheduler.affinity_term import AffinityTerm, WeightedTerm
from kactors.scheduler.framework.cluster_event import (
    Action,
    ClusterEvent,
    EventResource,
    Hint,
    PluginEvent,
)
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.handle import Handle
from kactors.scheduler.framework.plugin import (
    MAX_NODE_SCORE,
    FilterPlugin,
    PreFilterPlugin,
    PreScorePlugin,
    ScorePlugin,
)
from kactors.scheduler.framework.status import Code, Status
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.affinity_state import AffinityFilterState, AffinityScoreState
from kactors.scheduler.pod_info import PodInfo

__all__ = ["InterPodAffinity"]

_SKIP = Status(Code.SKIP)
_PRE_FILTER: Final = "PreFilterInterPodAffinity"
_PRE_SCORE: Final = "PreScoreInterPodAffinity"


class InterPodAffinity(PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin):
    """Refuses and prefers nodes by the pods around them.

    Attributes:
        hard_weight: what an existing pod's required affinity counts for in scores.
        ignore_existing: whether existing pods' preferences do not count for pods that have none.
    """

    name = "InterPodAffinity"

    AFFINITY: Final = Status(
        Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("node(s) didn't match pod affinity rules",), name
    )
    ANTI_AFFINITY: Final = Status(
        Code.UNSCHEDULABLE, ("node(s) didn't match pod anti-affinity rules",), name
    )
    EXISTING: Final = Status(
        Code.UNSCHEDULABLE,
        ("node(s) didn't satisfy existing pods anti-affinity rules",),
        name,
    )

    def __init__(self, args: Object | None, handle: Handle) -> None:
        args = args or {}
        weight = args.get("hardPodAffinityWeight")
        self.hard_weight: int = 1 if weight is None else weight
        self.ignore_existing = bool(args.get("ignorePreferredTermsOfExistingPods"))
        self._handle = handle

    # -- filtering -------------------------------------------------------------------------

    def pre_filter(
        self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo], /
    ) -> Status | None:
        """Count the pods that matter, by topology pair; Skip if none does and none could."""
        needs = pod.needs
        filtering = AffinityFilterState()
        for node in self._handle.cache.anti_affinity_nodes.values():
            for existing in node.pods_with_required_anti_affinity.values():
                self._count_existing(filtering, pod, existing, node, 1)
        for node in nodes if needs.affinity or needs.anti_affinity else ():
            for existing in node.pods.values():
                self._count_incoming(filtering, pod, existing, node, 1)
        if not (needs.affinity or needs.anti_affinity or filtering.existing):
            return _SKIP
        state.write(_PRE_FILTER, filtering)
        return None

    def add_pod(self, state: CycleState, pod: PodInfo, added: PodInfo, node: NodeInfo, /) -> None:
        """Count one more."""
        self._update(state, pod, added, node, 1)

    def remove_pod(
        self, state: CycleState, pod: PodInfo, removed: PodInfo, node: NodeInfo, /
    ) -> None:
        """Count one less."""
        self._update(state, pod, removed, node, -1)

    def _update(
        self, state: CycleState, pod: PodInfo, other: PodInfo, node: NodeInfo, sign: int
    ) -> None:
        filtering = state.read(_PRE_FILTER, AffinityFilterState)
        self._count_existing(filtering, pod, other, node, sign)
        self._count_incoming(filtering, pod, other, node, sign)

    def _count_existing(
        self,
        filtering: AffinityFilterState,
        pod: PodInfo,
        existing: PodInfo,
        node: NodeInfo,
        sign: int,
    ) -> None:
        """Count the terms by which an existing pod keeps the incoming one away."""
        for term in existing.needs.anti_affinity:
            if self.means(term, pod):
                filtering.count(filtering.existing, term, node, sign)

    def _count_incoming(
        self,
        filtering: AffinityFilterState,
        pod: PodInfo,
        existing: PodInfo,
        node: NodeInfo,
        sign: int,
    ) -> None:
        """Count an existing pod that the incoming one wants near, or away.

        For affinity it counts only if it is what *all* terms mean.
        """
        needs = pod.needs
        if needs.affinity and all(self.means(term, existing) for term in needs.affinity):
            for term in needs.affinity:
                filtering.count(filtering.affinity, term, node, sign)
        for term in needs.anti_affinity:
            if self.means(term, existing):
                filtering.count(filtering.anti_affinity, term, node, sign)

    def filter(self, state: CycleState, pod: PodInfo, node: NodeInfo, /) -> Status | None:
        """Refuse nodes too far from the pods wanted near, or too near to others."""
        filtering = state.read(_PRE_FILTER, AffinityFilterState)
        labels = node.known.labels
        if not self._satisfies_affinity(filtering, pod, labels):
            return self.AFFINITY
        for term in pod.needs.anti_affinity:
            value = labels.get(term.topology_key)
            if value is not None and filtering.anti_affinity.get((term.topology_key, value)):
                return self.ANTI_AFFINITY
        if any((key, labels.get(key)) in filtering.existing for key in filtering.existing_keys()):
            return self.EXISTING
        return None

    def _satisfies_affinity(
        self, filtering: AffinityFilterState, pod: PodInfo, labels: Mapping[str, str]
    ) -> bool:
        terms = pod.needs.affinity
        near = True
        for term in terms:
            value = labels.get(term.topology_key)
            if value is None:
                return False
            if not filtering.affinity.get((term.topology_key, value)):
                near = False
        if near:
            return True
        # The first pod of those that want to be together has nobody to be near to yet.
        return not filtering.affinity and all(self.means(term, pod) for term in terms)

    # -- scoring ---------------------------------------------------------------------------

    def pre_score(
        self, state: CycleState, pod: PodInfo, _nodes: Sequence[NodeInfo], /
    ) -> Status | None:
        """Weigh the topology pairs; Skip if nobody has any preference."""
        needs = pod.needs
        prefers = bool(needs.preferred_affinity or needs.preferred_anti_affinity)
        if self.ignore_existing and not prefers:
            return _SKIP
        scoring = AffinityScoreState()
        nodes = self._handle.snapshot.nodes
        for node in nodes if prefers else self._handle.cache.affinity_nodes.values():
            pods = node.pods if prefers else node.pods_with_affinity
            for existing in pods.values():
                self._weigh(scoring, pod, existing, node.known.labels)
        if not scoring.weights:
            return _SKIP
        state.write(_PRE_SCORE, scoring)
        return None

    def _weigh(
        self,
        scoring: AffinityScoreState,
        pod: PodInfo,
        existing: PodInfo,
        labels: Mapping[str, str],
    ) -> None:
        """Add what one existing pod means for the nodes around it."""
        mine, theirs = pod.needs, existing.needs
        required = (WeightedTerm(self.hard_weight, term) for term in theirs.affinity)
        self._add(scoring, mine.preferred_affinity, existing, labels, 1)
        self._add(scoring, mine.preferred_anti_affinity, existing, labels, -1)
        if self.hard_weight:
            self._add(scoring, required, pod, labels, 1)
        self._add(scoring, theirs.preferred_affinity, pod, labels, 1)
        self._add(scoring, theirs.preferred_anti_affinity, pod, labels, -1)

    def _add(
        self,
        scoring: AffinityScoreState,
        terms: Iterable[WeightedTerm],
        meant: PodInfo,
        labels: Mapping[str, str],
        sign: int,
    ) -> None:
        for each in terms:
            value = labels.get(each.term.topology_key)
            if value is not None and self.means(each.term, meant):
                scoring.add(each.term.topology_key, value, sign * each.weight)

    def score(self, state: CycleState, _pod: PodInfo, node: NodeInfo, /) -> int:
        """Return the sum of the weights of the node's topology pairs."""
        labels = node.known.labels
        weights = state.read(_PRE_SCORE, AffinityScoreState).weights
        return sum(
            by_value.get(labels[key], 0) for key, by_value in weights.items() if key in labels
        )

    def normalize_scores(
        self, _state: CycleState, _pod: PodInfo, _nodes: Sequence[NodeInfo], scores: list[int], /
    ) -> list[int]:
        """The largest sum becomes 100, the smallest 0; all are 0 if they are equal."""
        largest, smallest = max(scores), min(scores)
        width = largest - smallest
        if not width:
            return [0] * len(scores)
        return [int(MAX_NODE_SCORE * ((score - smallest) / width)) for score in scores]

    # -- hints -----------------------------------------------------------------------------

    def events_to_register(self) -> Sequence[PluginEvent]:
        """Ask about pods, which are what this is about, and nodes, which give them a place."""
        pods = Action.ADD | Action.UPDATE_POD_LABEL | Action.DELETE
        nodes = Action.ADD | Action.UPDATE_NODE_LABEL
        return (
            PluginEvent(ClusterEvent(EventResource.POD, pods), self._after_pod),
            PluginEvent(ClusterEvent(EventResource.NODE, nodes)),
        )

    def _after_pod(self, pod: PodInfo, old: object, new: object) -> Hint:
        """Queue if a pod that is wanted near came, or one that is in the way went."""
        was = old if isinstance(old, PodInfo) else None
        is_now = new if isinstance(new, PodInfo) else None
        if is_now is not None and is_now.uid == pod.uid:
            return Hint.QUEUE
        wanted = pod.needs.affinity
        if is_now is not None and any(self.means(term, is_now) for term in wanted):
            return Hint.QUEUE
        if was is not None and (
            any(self.means(term, was) for term in pod.needs.anti_affinity)
            or any(self.means(term, pod) for term in was.needs.anti_affinity)
        ):
            return Hint.QUEUE
        return Hint.SKIP

    @property
    def namespace_version(self) -> int:
        """Changes whenever the labels of a namespace may have, and with them what terms mean."""
        return self._handle.view.namespace_version

    def means(self, term: AffinityTerm, pod: PodInfo) -> bool:
        """Whether a pod is one of those that a term is about."""
        return term.matches(pod.namespace, pod.labels, self._handle.view.namespace_labels)
