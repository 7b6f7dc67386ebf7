"""How requested and allocatable amounts become scores.

Sources: kubernetes pkg/scheduler/framework/plugins/noderesources (``least_allocated.go``,
``most_allocated.go``, ``requested_to_capacity_ratio.go``, ``balanced_allocation.go``,
``resource_allocation.go``).
"""

import math
from collections.abc import Callable, Sequence

import attrs

from kactors.api.objects import Object
from kactors.scheduler.errors import ConfigurationError
from kactors.scheduler.framework.plugin import MAX_NODE_SCORE
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.pod_info import PodInfo

__all__ = [
    "ScoredResource",
    "Strategy",
    "balance",
    "least_allocated",
    "most_allocated",
    "scored_resources",
    "strategy_of",
    "weighted",
]

Strategy = Callable[[int, int], int]
"""From what is requested of a resource and how much of it there is to 0..100."""


@attrs.frozen
class ScoredResource:
    """A resource that a score looks at, and how much it counts."""

    name: str
    weight: int


def scored_resources(resources: Sequence[Object] | None) -> tuple[ScoredResource, ...]:
    """Read ``resources`` of a plugin's arguments; cpu and memory alike without."""
    if not resources:
        return (ScoredResource("cpu", 1), ScoredResource("memory", 1))
    return tuple(ScoredResource(each["name"], each.get("weight") or 1) for each in resources)


def least_allocated(requested: int, capacity: int) -> int:
    """Prefer nodes with much left."""
    if capacity == 0 or requested > capacity:
        return 0
    return (capacity - requested) * MAX_NODE_SCORE // capacity


def most_allocated(requested: int, capacity: int) -> int:
    """Prefer nodes with little left; requests above the capacity count as all of it."""
    if capacity == 0:
        return 0
    return min(requested, capacity) * MAX_NODE_SCORE // capacity


def strategy_of(scoring: Object) -> Strategy:
    """Return what ``scoringStrategy`` of NodeResourcesFit asks for.

    Raises:
        ConfigurationError: there is no such type, or its shape is missing.
    """
    match scoring.get("type") or "LeastAllocated":
        case "LeastAllocated":
            return least_allocated
        case "MostAllocated":
            return most_allocated
        case "RequestedToCapacityRatio":
            return _by_shape((scoring.get("requestedToCapacityRatio") or {}).get("shape") or ())
        case other:
            raise ConfigurationError(
                f"scoringStrategy.type was {other!r}: use LeastAllocated, MostAllocated or "
                f"RequestedToCapacityRatio"
            )


def _by_shape(shape: Sequence[Object]) -> Strategy:
    """Return a broken line through points of utilisation (percent) and score (0 to 10)."""
    points = [(each["utilization"], each["score"] * 10) for each in shape]
    if not points:
        raise ConfigurationError("requestedToCapacityRatio has no shape: give it points")

    def strategy(requested: int, capacity: int) -> int:
        full = capacity == 0 or requested > capacity
        return _on_line(points, 100 if full else requested * 100 // capacity)

    return strategy


def _on_line(points: Sequence[tuple[int, int]], at: int) -> int:
    before, score_before = points[0]
    if at <= before:
        return score_before
    for utilisation, score in points[1:]:
        if at <= utilisation:
            rise = (score - score_before) * (at - before)
            # Towards zero, as in the language of the original.
            return score_before + math.trunc(rise / (utilisation - before))
        before, score_before = utilisation, score
    return score_before


def weighted(
    pod: PodInfo, node: NodeInfo, resources: Sequence[ScoredResource], strategy: Strategy
) -> int:
    """Return the mean of the resources' scores, as heavy as they are.

    Cpu and memory count with the defaults of containers that ask for none. A resource that the
    node does not have, or a scalar that the pod does not want, is left out.
    """
    total = weights = 0
    needs, allocatable = pod.needs, node.known.allocatable
    for resource in resources:
        name = resource.name
        if name == "cpu":
            capacity = allocatable.cpu_milli
            requested = node.scored_cpu_milli + needs.scored_cpu_milli
        elif name == "memory":
            capacity = allocatable.memory_bytes
            requested = node.scored_memory_bytes + needs.scored_memory_bytes
        else:
            capacity, requested = _other(pod, node, name)
        if capacity:
            total += strategy(requested, capacity) * resource.weight
            weights += resource.weight
    return total // weights if weights else 0


def _other(pod: PodInfo, node: NodeInfo, name: str) -> tuple[int, int]:
    needs, allocatable = pod.needs.requests, node.known.allocatable
    if name == "ephemeral-storage":
        return allocatable.ephemeral_bytes, node.ephemeral_bytes + needs.ephemeral_bytes
    wanted = needs.scalars.get(name, 0)
    if not wanted:
        return 0, 0
    return allocatable.scalars.get(name, 0), node.scalars.get(name, 0) + wanted


def balance(fractions: Sequence[float]) -> int:
    """Return 100 if the fractions are equal, less the more they differ."""
    count = len(fractions)
    if count == 2:
        deviation = abs((fractions[0] - fractions[1]) / 2)
    elif count > 2:
        total = 0.0
        for fraction in fractions:
            total += fraction
        mean = total / count
        squares = 0.0
        for fraction in fractions:
            squares += (fraction - mean) * (fraction - mean)
        deviation = math.sqrt(squares / count)
    else:
        deviation = 0.0
    return int((1 - deviation) * MAX_NODE_SCORE)
