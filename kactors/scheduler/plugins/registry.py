"""The default plugins by name."""

from kactors.api.objects import Object
from kactors.scheduler.framework.handle import Handle
from kactors.scheduler.framework.plugin import Plugin
from kactors.scheduler.framework.registry import PluginFactory
from kactors.scheduler.plugins.default_binder import DefaultBinder
from kactors.scheduler.plugins.default_preemption import DefaultPreemption
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
from kactors.scheduler.plugins.priority_sort import PrioritySort
from kactors.scheduler.plugins.scheduling_gates import SchedulingGates
from kactors.scheduler.plugins.taint_toleration import TaintToleration

__all__ = ["default_registry"]


def default_registry() -> dict[str, PluginFactory]:
    """Return the plugins that there are; a new one is one more entry."""
    return {
        "DefaultBinder": _plain(DefaultBinder),
        "DefaultPreemption": DefaultPreemption,
        "ImageLocality": lambda _args, handle: ImageLocality(handle),
        "InterPodAffinity": InterPodAffinity,
        "NodeAffinity": lambda args, _handle: NodeAffinity(args),
        "NodeName": _plain(NodeName),
        "NodePorts": _plain(NodePorts),
        "NodeResourcesBalancedAllocation": lambda args, _: NodeResourcesBalancedAllocation(args),
        "NodeResourcesFit": lambda args, _handle: NodeResourcesFit(args),
        "NodeUnschedulable": _plain(NodeUnschedulable),
        "PodTopologySpread": PodTopologySpread,
        "PrioritySort": _plain(PrioritySort),
        "SchedulingGates": _plain(SchedulingGates),
        "TaintToleration": _plain(TaintToleration),
    }


def _plain(plugin: type[Plugin]) -> PluginFactory:
    """Return a factory for a plugin that neither takes arguments nor asks anything."""

    def factory(_args: Object, _handle: Handle) -> Plugin:
        return plugin()

    return factory
