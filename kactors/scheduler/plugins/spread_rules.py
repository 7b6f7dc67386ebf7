"""Topology spread constraints with the selectors that they have for one pod.

Source: kubernetes pkg/scheduler/framework/plugins/podtopologyspread/common.go.
"""

from collections.abc import Sequence

import attrs

from kactors.api.labels import NOTHING, LabelSelector
from kactors.api.taints import find_untolerated
from kactors.scheduler.cluster_view import ClusterView
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.spread_constraint import SpreadConstraint

__all__ = ["Rule", "rules_of"]


@attrs.frozen(eq=False)
class Rule:
    """A constraint as it applies to one pod.

    Attributes:
        constraint: what it says.
        selector: which pods count.
    """

    constraint: SpreadConstraint
    selector: LabelSelector

    def includes(self, pod: PodInfo, node: NodeInfo) -> bool:
        """Whether the pods of a node count: whether ``pod`` could run there, if that matters."""
        constraint, facts = self.constraint, node.known
        if constraint.honour_affinity and not pod.needs.required_nodes.matches(
            facts.labels, facts.name
        ):
            return False
        return not (
            constraint.honour_taints
            and find_untolerated(facts.taints, pod.needs.tolerations) is not None
        )

    def counts(self, pod: PodInfo) -> bool:
        """Whether a pod on some node of the right namespace is one of those that count."""
        selector = self.selector
        return not (pod.terminating or selector.everything) and selector.matches(pod.labels)

    def count(self, node: NodeInfo, namespace: str) -> int:
        """Count the pods of a node; a selector of everything counts nothing."""
        if not node.pods or self.selector.everything:
            return 0
        return sum(
            1 for pod in node.pods.values() if pod.namespace == namespace and self.counts(pod)
        )


def rules_of(
    pod: PodInfo, defaults: Sequence[SpreadConstraint], view: ClusterView, *, hard: bool
) -> tuple[Rule, ...]:
    """Return a pod's own constraints of one kind, or the defaults if it has none at all."""
    own = pod.needs.spread
    if own:
        return tuple(Rule(each, each.selector_for(pod.labels)) for each in own if each.hard is hard)
    wanted = [each for each in defaults if each.hard is hard]
    if not wanted:
        return ()
    selector = view.default_selector(pod)
    return () if selector is NOTHING else tuple(Rule(each, selector) for each in wanted)
