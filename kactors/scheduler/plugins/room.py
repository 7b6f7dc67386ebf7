"""What other pods mean for a node where nothing but the room matters: sums instead of plugins.

Most pods are refused by `NodeResourcesFit` alone. Then whether one fits beside those that are
nominated, or without those that are less important, is found by adding and subtracting.

`Framework.run_filters_with_nominated_pods` and `kactors.scheduler.plugins.victims.select_victims`
are the specification.
"""

import math
from collections.abc import Sequence
from typing import Self

import attrs

from kactors.api.objects import Object
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.framework.status import Status
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.node_affinity import NodeAffinity
from kactors.scheduler.plugins.node_name import NodeName
from kactors.scheduler.plugins.node_ports import NodePorts
from kactors.scheduler.plugins.node_resources_fit import NodeResourcesFit
from kactors.scheduler.plugins.node_unschedulable import NodeUnschedulable
from kactors.scheduler.plugins.taint_toleration import TaintToleration
from kactors.scheduler.plugins.victims import NO_VICTIMS, Victims, by_importance, split_by_budgets
from kactors.scheduler.pod_info import PodInfo

__all__ = ["Room"]

#: Look at the node object only, and whom they refuse they refuse for good.
_STATIC = (NodeAffinity, NodeName, NodeUnschedulable, TaintToleration)


@attrs.frozen
class Room:
    """The nodes as one pod sees them that only needs room; for one attempt.

    Attributes:
        framework: whose pods may be nominated.
        state: of the pod's cycle.
        pod: needs the room.
        fit: the only plugin that can refuse.
        said: of nodes with certain amounts, with nominated pods.
    """

    framework: Framework
    state: CycleState
    pod: PodInfo
    fit: NodeResourcesFit
    said: dict[tuple[int, ...], Status | None] = attrs.field(factory=dict)

    @classmethod
    def of(cls, framework: Framework, state: CycleState, pod: PodInfo) -> Self | None:
        """Return what a pod sees whose PreFilters have run; None if it takes more than sums."""
        fit: NodeResourcesFit | None = None
        for plugin in framework.plugins.filter:
            if type(plugin) is NodeResourcesFit:
                fit = plugin
            elif plugin.name in state.skip_filter or (
                type(plugin) is NodePorts and not pod.needs.host_ports
            ):
                continue
            elif fit is not None or type(plugin) not in _STATIC:
                return None  # a node that is refused for its room may be refused for this as well
        if fit is None or pod.needs.requests.scalars:
            return None
        return cls(framework, state, pod, fit)

    def matters_alone(self, refusal: Status) -> bool:
        """Whether a node was refused for its room: then all plugins asked before have agreed."""
        return refusal.plugin == self.fit.name

    def nominated(self, node: NodeInfo) -> list[PodInfo]:
        """Return the pods that wait for a node, and beside which this one has to fit."""
        pod = self.pod
        return [
            other
            for other in self.framework.handle.nominator.pods_of(node.name)
            if other.priority >= pod.priority and other.uid != pod.uid
        ]

    def beside_nominated(self, node: NodeInfo) -> Status | None:
        """Return the objection to a node when the pods that are nominated to it have come.

        Who fits beside them fits without them, so there is no second question.
        """
        nominated = self.nominated(node)
        there = node.known.allocatable
        cpu, memory, ephemeral = node.cpu_milli, node.memory_bytes, node.ephemeral_bytes
        for other in nominated:
            has = other.needs.requests
            cpu += has.cpu_milli
            memory += has.memory_bytes
            ephemeral += has.ephemeral_bytes
        key = (
            cpu,
            memory,
            ephemeral,
            len(node.pods) + len(nominated),
            there.cpu_milli,
            there.memory_bytes,
            there.ephemeral_bytes,
            there.pods,
        )
        if key not in self.said:
            self.said[key] = self._ask(node, nominated, ())
        return self.said[key]

    def select_victims(self, node: NodeInfo, budgets: Sequence[Object]) -> Victims | Status:
        """Return whom `victims.select_victims` would choose on a node without enough room.

        Args:
            node: which.
            budgets: all ``PodDisruptionBudget`` objects.
        """
        priority = self.pod.needs.priority
        lower = [other for other in node.pods.values() if other.needs.priority < priority]
        if not lower:
            return NO_VICTIMS
        wanted, there = self.pod.needs.requests, node.known.allocatable
        # What is left beside the pod; of what it does not want, nobody asks.
        cpu: float = math.inf
        memory: float = math.inf
        ephemeral: float = math.inf
        if wanted.cpu_milli:
            cpu = there.cpu_milli - node.cpu_milli - wanted.cpu_milli
        if wanted.memory_bytes:
            memory = there.memory_bytes - node.memory_bytes - wanted.memory_bytes
        if wanted.ephemeral_bytes:
            ephemeral = there.ephemeral_bytes - node.ephemeral_bytes - wanted.ephemeral_bytes
        nominated = self.nominated(node)
        places = there.pods - len(node.pods) - 1 + len(lower) - len(nominated)
        for pods, sign in ((lower, 1), (nominated, -1)):
            for other in pods:
                has = other.needs.requests
                cpu += sign * has.cpu_milli
                memory += sign * has.memory_bytes
                ephemeral += sign * has.ephemeral_bytes
        if cpu < 0 or memory < 0 or ephemeral < 0 or places < 0:
            status = self._ask(node, nominated, lower)
            assert status is not None, f"sums say that {self.pod.key} does not fit on {node.name}"
            return status
        violating, others = split_by_budgets(by_importance(lower), budgets)
        victims: list[PodInfo] = []
        violations = 0
        for number, other in enumerate((*violating, *others)):
            has = other.needs.requests
            if (
                has.cpu_milli <= cpu
                and has.memory_bytes <= memory
                and has.ephemeral_bytes <= ephemeral
                and places
            ):
                cpu -= has.cpu_milli
                memory -= has.memory_bytes
                ephemeral -= has.ephemeral_bytes
                places -= 1
            else:
                victims.append(other)
                violations += number < len(violating)
        return Victims(tuple(by_importance(victims)), violations)

    def _ask(
        self, node: NodeInfo, more: Sequence[PodInfo], less: Sequence[PodInfo]
    ) -> Status | None:
        """Ask the plugin itself about a node with some pods more, and some less."""
        tried = node.clone()
        for other in less:
            tried.remove(other.uid)
        for other in more:
            tried.add(other)
        return self.fit.filter(self.state, self.pod, tried)
