"""Which plugins of a profile have a vector form."""

from typing import TypeVar

import attrs

from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.framework.plugin import Plugin
from kactors.scheduler.plugins.image_locality import ImageLocality
from kactors.scheduler.plugins.inter_pod_affinity import InterPodAffinity
from kactors.scheduler.plugins.node_affinity import NodeAffinity
from kactors.scheduler.plugins.node_name import NodeName
from kactors.scheduler.plugins.node_ports import NodePorts
from kactors.scheduler.plugins.node_resources_balanced_allocation import (
    NodeResourcesBalancedAllocation,
)
from kactors.scheduler.plugins.node_resources_fit import NodeResourcesFit
from kactors.scheduler.plugins.node_unschedulable import NodeUnschedulable
from kactors.scheduler.plugins.pod_topology_spread import PodTopologySpread
from kactors.scheduler.plugins.resource_scores import least_allocated, most_allocated
from kactors.scheduler.plugins.taint_toleration import TaintToleration

__all__ = ["VectorProfile"]

P = TypeVar("P", bound=Plugin)

_KNOWN = (
    ImageLocality,
    InterPodAffinity,
    NodeAffinity,
    NodeName,
    NodePorts,
    NodeResourcesBalancedAllocation,
    NodeResourcesFit,
    NodeUnschedulable,
    PodTopologySpread,
    TaintToleration,
)


@attrs.frozen(eq=False, kw_only=True)
class VectorProfile:
    """The plugins of a profile, as the vector form needs them; None for those that are off.

    Attributes:
        fit_filter, ...: filters.
        fit_score, ...: scores with their weights.
    """

    cordon_filter: NodeUnschedulable | None
    taint_filter: TaintToleration | None
    affinity_filter: NodeAffinity | None
    ports_filter: NodePorts | None
    fit_filter: NodeResourcesFit | None
    spread_filter: PodTopologySpread | None
    pods_filter: InterPodAffinity | None
    taint_score: int
    affinity_score: tuple[NodeAffinity, int] | None
    fit_score: tuple[NodeResourcesFit, int] | None
    spread_score: tuple[PodTopologySpread, int] | None
    pods_score: tuple[InterPodAffinity, int] | None
    balance_score: tuple[NodeResourcesBalancedAllocation, int] | None
    image_score: tuple[ImageLocality, int] | None
    any_score: bool

    @property
    def pods_plugin(self) -> InterPodAffinity | None:
        """The plugin that looks at pods around, whichever of its points is on."""
        return self.pods_filter or (self.pods_score[0] if self.pods_score else None)

    @classmethod
    def of(cls, framework: Framework) -> "VectorProfile | None":
        """Return the vector form of a profile; None if a plugin has none."""
        table = framework.plugins
        involved: list[Plugin] = [
            *table.filter,
            *table.pre_filter,
            *table.pre_score,
            *(each for each, _ in table.score),
        ]
        if any(type(each) not in _KNOWN for each in involved):
            return None
        fits = [each for each in involved if isinstance(each, NodeResourcesFit)]
        if any(each.strategy not in {least_allocated, most_allocated} for each in fits):
            return None

        def filtering(kind: type[P]) -> P | None:
            return next((each for each in table.filter if isinstance(each, kind)), None)

        def scoring(kind: type[P]) -> tuple[P, int] | None:
            found = ((each, weight) for each, weight in table.score if isinstance(each, kind))
            return next(found, None)

        taints = scoring(TaintToleration)
        return cls(
            cordon_filter=filtering(NodeUnschedulable),
            taint_filter=filtering(TaintToleration),
            affinity_filter=filtering(NodeAffinity),
            ports_filter=filtering(NodePorts),
            fit_filter=filtering(NodeResourcesFit),
            spread_filter=filtering(PodTopologySpread),
            pods_filter=filtering(InterPodAffinity),
            taint_score=taints[1] if taints else 0,
            affinity_score=scoring(NodeAffinity),
            fit_score=scoring(NodeResourcesFit),
            spread_score=scoring(PodTopologySpread),
            pods_score=scoring(InterPodAffinity),
            balance_score=scoring(NodeResourcesBalancedAllocation),
            image_score=scoring(ImageLocality),
            any_score=bool(table.score),
        )
