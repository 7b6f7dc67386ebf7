"""How long a pod stays on a node that it should leave.

Source: kubernetes pkg/controller/tainteviction/taint_eviction.go.
"""

from collections.abc import Sequence
from math import inf

import attrs

from kactors.api.objects import Object, field
from kactors.api.taints import NO_EXECUTE, tolerates

__all__ = ["Eviction", "no_execute_taints", "reschedule", "tolerated_for"]


def no_execute_taints(node: Object) -> list[Object]:
    """Return the taints of a node that send pods away."""
    return [each for each in field(node, "spec", "taints", default=())
            if each.get("effect") == NO_EXECUTE]  # fmt: skip


def tolerated_for(pod: Object, taints: Sequence[Object]) -> float:
    """Return how many seconds a pod may stay under these taints: 0, a number, or infinity.

    It is the shortest time of all tolerations that are needed; a taint that none covers is 0.
    """
    tolerations: Sequence[Object] = field(pod, "spec", "tolerations", default=())
    shortest = inf
    for taint in taints:
        covering = [each for each in tolerations if tolerates(each, taint)]
        if not covering:
            return 0.0
        for each in covering:
            seconds = each.get("tolerationSeconds")
            if seconds is not None:
                shortest = min(shortest, max(0.0, float(seconds)))
    return shortest


@attrs.frozen
class Eviction:
    """A pod that has to go.

    Attributes:
        since: when that was noticed, seconds.
        due: when it is deleted.
    """

    since: float
    due: float


def reschedule(known: Eviction | None, seconds: float, now: float) -> Eviction | None:
    """Return when a pod has to go that may stay for so many seconds; ``None`` if it may for ever.

    Args:
        known: what was decided before, under other taints perhaps. If the pod may now stay longer,
            the time counts from then; if it may stay less, that counts from now, but what was due
            earlier stays due.
        seconds: see `tolerated_for`.
        now: seconds.
    """
    if seconds == inf:
        return None
    if known is None:
        return Eviction(now, now + seconds)
    due = known.since + seconds
    return Eviction(known.since, due if due >= known.due else min(known.due, now + seconds))
