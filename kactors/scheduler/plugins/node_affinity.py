"""NodeAffinity: node selectors, required and preferred node affinity.

Source: kubernetes pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go.
"""

from collections.abc import Sequence
from typing import Final

from kactors.api.node_affinity import PreferredSchedulingTerms, RequiredNodeAffinity
from kactors.api.objects import Object
from kactors.scheduler.framework.cluster_event import (
    Action,
    ClusterEvent,
    EventResource,
    Hint,
    PluginEvent,
)
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.plugin import (
    FilterPlugin,
    NodeRestriction,
    PreFilterPlugin,
    PreScorePlugin,
    ScorePlugin,
)
from kactors.scheduler.framework.status import Code, Status
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.normalising import normalised
from kactors.scheduler.pod_info import PodInfo

__all__ = ["NodeAffinity", "pinned_nodes"]

_SKIP = Status(Code.SKIP)


class NodeAffinity(PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin):
    """Refuses nodes that the pod does not select, and prefers those that it prefers.

    Attributes:
        added: ``addedAffinity``, which every pod of the profile has besides its own.
    """

    name = "NodeAffinity"

    REFUSED: Final = Status(
        Code.UNSCHEDULABLE_AND_UNRESOLVABLE,
        ("node(s) didn't match Pod's node affinity/selector",),
        name,
    )
    NOT_ADDED: Final = Status(
        Code.UNSCHEDULABLE_AND_UNRESOLVABLE,
        ("node(s) didn't match scheduler-enforced node affinity",),
        name,
    )
    CONFLICT: Final = Status(
        Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("pod affinity terms conflict",), name
    )

    def __init__(self, args: Object | None = None) -> None:
        as_pod = {"spec": {"affinity": {"nodeAffinity": (args or {}).get("addedAffinity")}}}
        self.added = RequiredNodeAffinity.of_pod(as_pod)
        self.added_preferences = PreferredSchedulingTerms.of_pod(as_pod)

    def pre_filter(
        self, _state: CycleState, pod: PodInfo, _nodes: Sequence[NodeInfo], /
    ) -> NodeRestriction | Status | None:
        """Skip without any demand; find the nodes that every term names."""
        required = pod.needs.required_nodes
        if required.selector is None and required.labels.everything and not self.has_added:
            return _SKIP
        names = pinned_nodes(required)
        if names is None:
            return None
        return NodeRestriction(names) if names else self.CONFLICT

    def filter(self, _state: CycleState, pod: PodInfo, node: NodeInfo, /) -> Status | None:
        """Refuse nodes that the profile or the pod does not select."""
        facts = node.known
        if self.has_added and not self.added.matches(facts.labels, facts.name):
            return self.NOT_ADDED
        if not pod.needs.required_nodes.matches(facts.labels, facts.name):
            return self.REFUSED
        return None

    @property
    def has_added(self) -> bool:
        """Whether the profile demands something of the nodes of all its pods."""
        return self.added.selector is not None

    def pre_score(
        self, _state: CycleState, pod: PodInfo, _nodes: Sequence[NodeInfo], /
    ) -> Status | None:
        """Skip without any preference."""
        if pod.needs.preferred_nodes.terms or self.added_preferences.terms:
            return None
        return _SKIP

    def score(self, _state: CycleState, pod: PodInfo, node: NodeInfo, /) -> int:
        """Sum the weights of the preferences that the node meets."""
        facts = node.known
        return self.added_preferences.score(
            facts.labels, facts.name
        ) + pod.needs.preferred_nodes.score(facts.labels, facts.name)

    def normalize_scores(
        self, _state: CycleState, _pod: PodInfo, _nodes: Sequence[NodeInfo], scores: list[int], /
    ) -> list[int]:
        """The largest sum is best."""
        return normalised(scores)

    def events_to_register(self) -> Sequence[PluginEvent]:
        """Ask about nodes that come or change their labels."""
        node = ClusterEvent(EventResource.NODE, Action.ADD | Action.UPDATE_NODE_LABEL)
        return (PluginEvent(node, self._after_node),)

    def _after_node(self, pod: PodInfo, old: object, new: object) -> Hint:
        """Queue if the node is selected now and was not before."""
        if not isinstance(new, NodeFacts) or not self._selects(pod, new):
            return Hint.SKIP
        was = isinstance(old, NodeFacts) and self._selects(pod, old)
        return Hint.SKIP if was else Hint.QUEUE

    def _selects(self, pod: PodInfo, facts: NodeFacts) -> bool:
        if self.has_added and not self.added.matches(facts.labels, facts.name):
            return False
        return pod.needs.required_nodes.matches(facts.labels, facts.name)


def pinned_nodes(required: RequiredNodeAffinity) -> frozenset[str] | None:
    """Return the nodes that a pod names, if each of its terms names some; None if not.

    This is how the pods of a DaemonSet come: for each of them one node needs to be looked at.
    """
    if required.selector is None or not required.selector.terms:
        return None
    names: frozenset[str] = frozenset()
    for term in required.selector.terms:
        of_term: frozenset[str] | None = None
        for requirement in term.names:
            if requirement.operator == "in":
                found = frozenset(requirement.values)
                of_term = found if of_term is None else of_term & found
        if of_term is None:
            return None
        names |= of_term
    return names
