"""NodeResourcesFit and NodeResourcesBalancedAllocation for many rows at once."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from kactors.scheduler.plugins.node_resources_balanced_allocation import (
    NodeResourcesBalancedAllocation,
)
from kactors.scheduler.plugins.node_resources_fit import NodeResourcesFit
from kactors.scheduler.plugins.resource_scores import ScoredResource, least_allocated
from kactors.scheduler.requirements import Requirements
from kactors.scheduler.vector.columns import Columns, Floats, Rows, percent

__all__ = ["balance_scores", "fit_mask", "fit_scores"]


def fit_mask(
    plugin: NodeResourcesFit, needs: Requirements, columns: Columns, rows: Rows | slice
) -> NDArray[np.bool_]:
    """Return for each row whether NodeResourcesFit lets a pod in."""
    wanted = needs.requests
    mask = columns.used_pods[rows] + 1 <= columns.pods[rows]
    if wanted.cpu_milli:
        mask &= wanted.cpu_milli <= columns.cpu[rows] - columns.used_cpu[rows]
    if wanted.memory_bytes:
        mask &= wanted.memory_bytes <= columns.memory[rows] - columns.used_memory[rows]
    if wanted.ephemeral_bytes:
        mask &= wanted.ephemeral_bytes <= columns.ephemeral[rows] - columns.used_ephemeral[rows]
    for name, amount in wanted.scalars.items():
        if not plugin.ignores(name):
            there, used = columns.scalar(name)
            mask &= amount <= there[rows] - used[rows]
    found: NDArray[np.bool_] = mask
    return found


def fit_scores(
    plugin: NodeResourcesFit, needs: Requirements, columns: Columns, rows: Rows | slice
) -> Floats:
    """Return the scores of NodeResourcesFit; its strategy is the least or the most allocated."""
    least = plugin.strategy is least_allocated
    total: Floats | float = 0.0
    weights: Floats | float = 0.0
    for resource in plugin.resources:
        there, used, wanted = _amounts(resource, needs, columns, rows, scored=True)
        if there is None:
            continue
        requested = used + wanted
        has_any = there > 0
        everywhere = bool(has_any.all())
        whole = there if everywhere else np.where(has_any, there, 1.0)
        if least:
            scores = percent(whole - requested, whole)
            np.maximum(scores, 0.0, out=scores)
        else:
            scores = percent(np.minimum(requested, whole), whole)
        if everywhere:
            total = total + scores * resource.weight
            weights = weights + resource.weight
        else:
            total = total + np.where(has_any, scores * resource.weight, 0.0)
            weights = weights + np.where(has_any, float(resource.weight), 0.0)
    if isinstance(total, float):
        return np.zeros_like(columns.cpu[rows])
    # Sums of a few hundreds: the quotient is exact enough for floor by far.
    return np.floor(total / np.maximum(weights, 1.0))


def balance_scores(
    plugin: NodeResourcesBalancedAllocation,
    needs: Requirements,
    columns: Columns,
    rows: Rows | slice,
) -> Floats:
    """Return the scores of NodeResourcesBalancedAllocation."""
    without: list[tuple[Floats, NDArray[np.bool_]]] = []
    with_pod: list[tuple[Floats, NDArray[np.bool_]]] = []
    for resource in plugin.resources:
        there, used, wanted = _amounts(resource, needs, columns, rows, scored=False)
        if there is None:
            continue
        has_any = there > 0
        whole = np.where(has_any, there, 1.0)
        without.append((np.minimum(used / whole, 1.0), has_any))
        with_pod.append((np.minimum((used + wanted) / whole, 1.0), has_any))
    if not without:
        return np.full_like(columns.cpu[rows], 75.0)
    difference = 50.0 + _balance(with_pod) - _balance(without)
    return 50.0 + np.floor(difference / 2.0)


def _amounts(
    resource: ScoredResource,
    needs: Requirements,
    columns: Columns,
    rows: Rows | slice,
    *,
    scored: bool,
) -> tuple[Floats | None, Floats, float]:
    """Return what there is, what is used and what is wanted; None if it is not looked at."""
    wanted = needs.requests
    match resource.name:
        case "cpu" if scored:
            return columns.cpu[rows], columns.scored_cpu[rows], needs.scored_cpu_milli
        case "memory" if scored:
            return columns.memory[rows], columns.scored_memory[rows], needs.scored_memory_bytes
        case "cpu":
            return columns.cpu[rows], columns.used_cpu[rows], wanted.cpu_milli
        case "memory":
            return columns.memory[rows], columns.used_memory[rows], wanted.memory_bytes
        case "ephemeral-storage":
            used = columns.used_ephemeral[rows]
            return columns.ephemeral[rows], used, wanted.ephemeral_bytes
        case name:
            amount = wanted.scalars.get(name, 0)
            if not amount:
                return None, np.zeros(0), 0.0
            there, used = columns.scalar(name)
            return there[rows], used[rows], amount


def _balance(fractions: Sequence[tuple[Floats, NDArray[np.bool_]]]) -> Floats:
    """Return what `kactors.scheduler.plugins.resource_scores.balance` returns, row by row.

    The operations and their order are the same, so the results are the same to the last bit.
    """
    if len(fractions) == 2 and fractions[0][1].all() and fractions[1][1].all():
        # The usual case: every row has both resources.
        half = np.abs((fractions[0][0] - fractions[1][0]) / 2.0)
        return np.trunc((1.0 - half) * 100.0)
    count = np.zeros_like(fractions[0][0])
    total = np.zeros_like(count)
    for fraction, there in fractions:
        count += there
        total += np.where(there, fraction, 0.0)
    mean = total / np.maximum(count, 1.0)
    squares = np.zeros_like(count)
    for fraction, there in fractions:
        squares += np.where(there, (fraction - mean) * (fraction - mean), 0.0)
    deviation = np.sqrt(squares / np.maximum(count, 1.0))
    if len(fractions) >= 2:
        # Of two, half their difference: the root of the mean square may differ in the last bit.
        deviation = np.where(count == 2, _half_difference(fractions), deviation)
    return cast("Floats", np.trunc((1.0 - deviation) * 100.0))


def _half_difference(fractions: Sequence[tuple[Floats, NDArray[np.bool_]]]) -> Floats:
    """Return half the difference of the two fractions of rows that have just two."""
    signed = np.zeros_like(fractions[0][0])
    seen = np.zeros_like(signed)
    for fraction, there in fractions:
        signed += np.where(there, np.where(seen == 0, fraction, -fraction), 0.0)
        seen += there
    return cast("Floats", np.abs(signed / 2.0))
