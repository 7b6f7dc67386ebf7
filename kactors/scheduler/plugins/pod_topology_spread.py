"""PodTopologySpread: keeps the pods that belong together evenly over zones, hosts and the like.

Sources: kubernetes pkg/scheduler/framework/plugins/podtopologyspread (``common.go``,
``filtering.go``, ``scoring.go``, ``plugin.go``).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from kactors.api.objects import Object
from kactors.scheduler.cluster_view import ClusterView
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
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.spread_rules import Rule, rules_of
from kactors.scheduler.plugins.spread_state import Counts, FilterState, ScoreState
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.spread_constraint import HOSTNAME, SYSTEM_DEFAULTS, constraints_of

__all__ = ["PodTopologySpread", "nearest", "topology_weight"]

_SKIP = Status(Code.SKIP)
_PRE_FILTER: Final = "PreFilterPodTopologySpread"
_PRE_SCORE: Final = "PreScorePodTopologySpread"


class PodTopologySpread(PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin):
    """Refuses nodes in crowded domains, prefers others.

    Attributes:
        defaults: the constraints of pods that have none of their own.
        system_defaults: whether these are upstream's.
    """

    name = "PodTopologySpread"

    CROWDED: Final = Status(
        Code.UNSCHEDULABLE, ("node(s) didn't match pod topology spread constraints",), name
    )
    NO_DOMAIN: Final = Status(
        Code.UNSCHEDULABLE_AND_UNRESOLVABLE,
        ("node(s) didn't match pod topology spread constraints (missing required label)",),
        name,
    )

    def __init__(self, args: Object | None, handle: Handle) -> None:
        args = args or {}
        self.system_defaults = (args.get("defaultingType") or "System") == "System"
        self.defaults = (
            SYSTEM_DEFAULTS
            if self.system_defaults
            else constraints_of({"topologySpreadConstraints": args.get("defaultConstraints")})
        )
        self._has_hard_defaults = any(each.hard for each in self.defaults)
        self._has_soft_defaults = any(not each.hard for each in self.defaults)
        self._handle = handle

    @property
    def view(self) -> ClusterView:
        """Where the selectors of default constraints come from."""
        return self._handle.view

    def has_defaults(self, *, hard: bool) -> bool:
        """Whether there are default constraints of one kind."""
        return self._has_hard_defaults if hard else self._has_soft_defaults

    def rules(self, pod: PodInfo, *, hard: bool) -> tuple[Rule, ...]:
        """Return the constraints of one kind that apply to a pod."""
        return rules_of(pod, self.defaults, self.view, hard=hard)

    def requires_all_keys(self, pod: PodInfo) -> bool:
        """Whether nodes without one of the keys are left out of scoring.

        They are not if only the system's defaults apply: without zones, hosts still count.
        """
        return bool(pod.needs.spread) or not self.system_defaults

    # -- filtering -------------------------------------------------------------------------

    def pre_filter(
        self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo], /
    ) -> Status | None:
        """Count the matching pods of each domain; Skip without hard constraints."""
        rules = self.rules(pod, hard=True)
        if not rules:
            return _SKIP
        counts = [Counts() for _ in rules]
        for node in nodes:
            labels = node.known.labels
            if not _has_all_keys(labels, rules):
                continue
            for rule, counted in zip(rules, counts, strict=True):
                if rule.includes(pod, node):
                    domain = labels[rule.constraint.topology_key]
                    counted.add(domain, rule.count(node, pod.namespace))
        state.write(_PRE_FILTER, FilterState(rules, counts))
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
        filtering = state.read(_PRE_FILTER, FilterState)
        labels = node.known.labels
        if other.namespace != pod.namespace or not _has_all_keys(labels, filtering.rules):
            return
        for rule, counted in zip(filtering.rules, filtering.counts, strict=True):
            if rule.selector.matches(other.labels) and rule.includes(pod, node):
                counted.add(labels[rule.constraint.topology_key], sign)

    def filter(self, state: CycleState, pod: PodInfo, node: NodeInfo, /) -> Status | None:
        """Refuse nodes in domains that would have too many more than the emptiest."""
        filtering = state.read(_PRE_FILTER, FilterState)
        labels = node.known.labels
        for rule, counted in zip(filtering.rules, filtering.counts, strict=True):
            constraint = rule.constraint
            domain = labels.get(constraint.topology_key)
            if domain is None:
                return self.NO_DOMAIN
            own = 1 if rule.selector.matches(pod.labels) else 0
            least = counted.least(constraint.min_domains)
            if counted.get(domain) + own - least > constraint.max_skew:
                return self.CROWDED
        return None

    # -- scoring ---------------------------------------------------------------------------

    def pre_score(
        self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo], /
    ) -> Status | None:
        """Count the matching pods of the feasible nodes' domains; Skip without soft constraints."""
        rules = self.rules(pod, hard=False)
        if not rules:
            return _SKIP
        require_all = self.requires_all_keys(pod)
        scoring = ScoreState(rules)
        for node in nodes:
            labels = node.known.labels
            if require_all and not _has_all_keys(labels, rules):
                scoring.ignored.add(node.name)
            else:
                scoring.see(labels)
        hosts = len(nodes) - len(scoring.ignored)
        scoring.weights = [
            topology_weight(hosts if rule.constraint.topology_key == HOSTNAME else len(domains))
            for rule, domains in zip(rules, scoring.counts, strict=True)
        ]
        for node in self._handle.snapshot.nodes:
            labels = node.known.labels
            if require_all and not _has_all_keys(labels, rules):
                continue
            for rule, domains in zip(rules, scoring.counts, strict=True):
                domain = labels.get(rule.constraint.topology_key, "")
                if domain in domains and rule.includes(pod, node):
                    domains[domain] += rule.count(node, pod.namespace)
        state.write(_PRE_SCORE, scoring)
        return None

    def score(self, state: CycleState, pod: PodInfo, node: NodeInfo, /) -> int:
        """Return how crowded the node's domains are: the more, the worse."""
        scoring = state.read(_PRE_SCORE, ScoreState)
        if node.name in scoring.ignored:
            return 0
        labels = node.known.labels
        score = 0.0
        for rule, domains, weight in zip(
            scoring.rules, scoring.counts, scoring.weights, strict=True
        ):
            constraint = rule.constraint
            domain = labels.get(constraint.topology_key)
            if domain is None:
                continue
            if constraint.topology_key == HOSTNAME:
                count = rule.count(node, pod.namespace)
            else:
                count = domains[domain]
            score += count * weight + (constraint.max_skew - 1)
        return nearest(score)

    def normalize_scores(
        self, state: CycleState, _pod: PodInfo, nodes: Sequence[NodeInfo], scores: list[int], /
    ) -> list[int]:
        """The least crowded is best; nodes left out get nothing."""
        ignored = state.read(_PRE_SCORE, ScoreState).ignored
        seen = [
            score for node, score in zip(nodes, scores, strict=True) if node.name not in ignored
        ]
        largest, smallest = max(seen, default=0), min(seen, default=0)
        return [
            0
            if node.name in ignored
            else MAX_NODE_SCORE
            if largest == 0
            else MAX_NODE_SCORE * (largest + smallest - score) // largest
            for node, score in zip(nodes, scores, strict=True)
        ]

    # -- hints -----------------------------------------------------------------------------

    def events_to_register(self) -> Sequence[PluginEvent]:
        """Ask about pods, which change counts, and nodes, which change domains."""
        pods = Action.ADD | Action.UPDATE_POD_LABEL | Action.DELETE
        nodes = Action.ADD | Action.DELETE | Action.UPDATE_NODE_LABEL | Action.UPDATE_NODE_TAINT
        return (
            PluginEvent(ClusterEvent(EventResource.POD, pods), self._after_pod),
            PluginEvent(ClusterEvent(EventResource.NODE, nodes), self._after_node),
        )

    def _after_pod(self, pod: PodInfo, old: object, new: object) -> Hint:
        """Queue if one of the pods is, or was, among those that are counted."""
        pods = [each for each in (old, new) if isinstance(each, PodInfo)]
        if any(each.uid == pod.uid for each in pods):
            return Hint.QUEUE
        rules = self.rules(pod, hard=True)
        counted = any(
            each.namespace == pod.namespace and rule.selector.matches(each.labels)
            for each in pods
            for rule in rules
        )
        return Hint.QUEUE if counted else Hint.SKIP

    def _after_node(self, pod: PodInfo, old: object, new: object) -> Hint:
        """Queue if a node with all the keys came, went, or is in other domains now."""
        rules = self.rules(pod, hard=True)
        was = isinstance(old, NodeFacts) and _has_all_keys(old.labels, rules)
        is_now = isinstance(new, NodeFacts) and _has_all_keys(new.labels, rules)
        return Hint.QUEUE if was or is_now else Hint.SKIP


def _has_all_keys(labels: Mapping[str, str], rules: Iterable[Rule]) -> bool:
    return all(rule.constraint.topology_key in labels for rule in rules)


def topology_weight(domains: int) -> float:
    """Return how much one pod counts, so that few large domains are not drowned by many small."""
    return math.log(domains + 2)


def nearest(score: float) -> int:
    """Round half away from zero; ``score`` is not negative."""
    whole = int(score)
    return whole + 1 if score - whole >= 0.5 else whole
