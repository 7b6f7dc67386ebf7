"""Topology spread constraints: how unevenly pods may lie over zones, hosts and the like.

Source: kubernetes pkg/scheduler/framework/plugins/podtopologyspread/common.go.
"""

from collections.abc import Iterable, Mapping

import attrs

from kactors.api.labels import LabelSelector
from kactors.api.objects import Object

__all__ = ["SYSTEM_DEFAULTS", "SpreadConstraint", "constraints_of"]

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"


@attrs.frozen(eq=False, kw_only=True)
class SpreadConstraint:
    """One constraint, as it stands in a pod's spec or among the defaults.

    Attributes:
        topology_key: nodes with equal values of this label are one domain.
        max_skew: by how many pods a domain may exceed the emptiest one.
        hard: ``DoNotSchedule`` rather than ``ScheduleAnyway``.
        min_domains: with fewer domains, the emptiest one counts as empty.
        selector: which pods are counted, as an object; None for none.
        match_label_keys: labels whose values must be those of the pod itself.
        honour_affinity: count only nodes that the pod's node affinity allows.
        honour_taints: count only nodes whose taints the pod tolerates.
    """

    topology_key: str
    max_skew: int
    hard: bool
    min_domains: int = 1
    selector: Object | None = None
    match_label_keys: tuple[str, ...] = ()
    honour_affinity: bool = True
    honour_taints: bool = False

    def selector_for(self, labels: Mapping[str, str]) -> LabelSelector:
        """Return which pods are counted for a pod with these labels."""
        if self.selector is None or not self.match_label_keys:
            return LabelSelector.from_object(self.selector)
        merged = dict(self.selector)
        own = [
            {"key": key, "operator": "In", "values": [labels[key]]}
            for key in self.match_label_keys
            if key in labels
        ]
        if own:
            merged["matchExpressions"] = [*(merged.get("matchExpressions") or ()), *own]
        return LabelSelector.from_object(merged)


#: What upstream applies to pods of Services and workloads that say nothing themselves.
SYSTEM_DEFAULTS = (
    SpreadConstraint(topology_key=HOSTNAME, max_skew=3, hard=False),
    SpreadConstraint(topology_key=ZONE, max_skew=5, hard=False),
)


def constraints_of(spec: Object) -> tuple[SpreadConstraint, ...]:
    """Read ``spec.topologySpreadConstraints`` of a pod."""
    return tuple(_read(spec.get("topologySpreadConstraints") or ()))


def _read(constraints: Iterable[Object]) -> Iterable[SpreadConstraint]:
    for each in constraints:
        yield SpreadConstraint(
            topology_key=each["topologyKey"],
            max_skew=each["maxSkew"],
            hard=each["whenUnsatisfiable"] == "DoNotSchedule",
            min_domains=each.get("minDomains") or 1,
            selector=each.get("labelSelector"),
            match_label_keys=tuple(each.get("matchLabelKeys") or ()),
            honour_affinity=each.get("nodeAffinityPolicy", "Honor") == "Honor",
            honour_taints=each.get("nodeTaintsPolicy", "Ignore") == "Honor",
        )
