"""The arithmetic of rolling updates: how many replicas which ReplicaSet should have.

All of it works on counts. A ReplicaSet's available replicas are never taken for more than it is
asked to have: what it is about to delete does not count, and what is available too many of an old
one must not let another shrink. Upstream comes to the same by refusing to go on.

Source: kubernetes pkg/controller/deployment/rolling.go, sync.go,
util/deployment_util.go (ResolveFenceposts, NewRSNewReplicas, GetReplicaSetProportion).
"""

from collections.abc import Iterable, Sequence

import attrs

from kactors.api.objects import Object, field
from kactors.controllers.int_or_percent import scaled_value

__all__ = ["Limits", "SetCount", "limits_of", "new_set_replicas", "old_sets_replicas",
           "proportional_replicas", "total"]  # fmt: skip


@attrs.frozen
class SetCount:
    """What matters of one ReplicaSet.

    Attributes:
        name: of the ReplicaSet.
        created_ns: when it was made.
        replicas: how many it is asked to have.
        available: how many it says are available.
        max_replicas: how many the whole Deployment might have had when this one was last scaled;
            0 if that is not known.
    """

    name: str
    created_ns: int
    replicas: int
    available: int
    max_replicas: int = 0

    @property
    def surely_available(self) -> int:
        """How many stay available, whatever it does to get from what it has to what is asked."""
        return min(self.available, self.replicas)

    def with_replicas(self, replicas: int) -> "SetCount":
        """Return the same with another number of replicas."""
        return attrs.evolve(self, replicas=replicas)


@attrs.frozen
class Limits:
    """How many pods a Deployment wants, and how far it may be from that during an update."""

    desired: int
    max_surge: int
    max_unavailable: int

    @property
    def most(self) -> int:
        """How many pods there may be."""
        return self.desired + self.max_surge

    @property
    def least_available(self) -> int:
        """How many pods must be available."""
        return self.desired - self.max_unavailable


def limits_of(deployment: Object) -> Limits:
    """Return the limits of a Deployment; both are 0 unless its updates are rolling.

    Raises:
        MalformedPercentage: they cannot be understood.
    """
    desired: int = field(deployment, "spec", "replicas", default=1)
    strategy = field(deployment, "spec", "strategy", default={})
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return Limits(desired, 0, 0)
    rolling = strategy.get("rollingUpdate") or {}
    surge = scaled_value(rolling.get("maxSurge", "25%"), desired, round_up=True)
    unavailable = scaled_value(rolling.get("maxUnavailable", "25%"), desired, round_up=False)
    if surge == 0 and unavailable == 0:
        # Validation forbids zeros, but percentages may come to none; nothing could move then.
        unavailable = 1
    return Limits(desired, surge, min(unavailable, desired))


def total(sets: Iterable[SetCount]) -> int:
    """Return how many replicas are asked for altogether."""
    return sum(each.replicas for each in sets)


def new_set_replicas(limits: Limits, new: SetCount, olds: Sequence[SetCount]) -> int:
    """Return how many replicas the new ReplicaSet should have now."""
    if new.replicas >= limits.desired:
        return limits.desired
    room = limits.most - total(olds) - new.replicas
    return new.replicas + max(0, min(room, limits.desired - new.replicas))


def old_sets_replicas(limits: Limits, new: SetCount, olds: Sequence[SetCount]) -> dict[str, int]:
    """Return which old ReplicaSets should shrink, and to how many replicas, by name.

    What is not available goes first, because that hurts nobody; then, oldest first, as many as are
    available beyond the least that must be.
    """
    # What the new one lacks counts as if it were needed: old pods must not go for pods that may
    # never come up.
    lacking = new.replicas - new.surely_available
    spare = total(olds) + new.replicas - limits.least_available - lacking
    if spare <= 0:
        return {}
    sets = {each.name: each for each in sorted(olds, key=lambda each: each.created_ns)}
    for name, each in sets.items():
        count = min(spare, each.replicas - each.surely_available)
        sets[name] = each.with_replicas(each.replicas - count)
        spare -= count
    available = sum(each.surely_available for each in (*olds, new))
    spare = available - limits.least_available
    for name, each in sets.items():
        count = max(0, min(spare, each.replicas))
        sets[name] = each.with_replicas(each.replicas - count)
        spare -= count
    return {old.name: sets[old.name].replicas for old in olds
            if sets[old.name].replicas != old.replicas}  # fmt: skip


def proportional_replicas(
    limits: Limits, sets: Sequence[SetCount], status_replicas: int
) -> dict[str, int]:
    """Return how many replicas each active ReplicaSet should have after the Deployment was scaled.

    In the middle of an update everybody gets a share in proportion to its size, so that the risk is
    spread as before; what rounding leaves goes to the largest.

    Args:
        limits: the new ones.
        sets: those with replicas.
        status_replicas: the Deployment's, for those that do not know what they were a part of.
    """
    allowed = limits.most if limits.desired > 0 else 0
    to_add = allowed - total(sets)
    newest_first = to_add > 0
    ordered = sorted(
        sets,
        key=lambda each: (-each.replicas, -each.created_ns if newest_first else each.created_ns),
    )
    sizes: dict[str, int] = {}
    added = 0
    for each in ordered:
        share = _share(limits, each, status_replicas, to_add - added) if to_add else 0
        sizes[each.name] = each.replicas + share
        added += share
    for each in ordered:
        rest = max(to_add - added, -sizes[each.name])
        sizes[each.name] += rest
        added += rest
    return sizes


def _share(limits: Limits, each: SetCount, status_replicas: int, left: int) -> int:
    """Return how many replicas one gains, or loses if negative, of the ``left`` to give."""
    if each.replicas == 0 or left == 0:
        return 0
    if limits.desired == 0:
        return max(-each.replicas, left) if left < 0 else 0
    before = each.max_replicas or status_replicas
    if before == 0:
        return 0
    size = (2 * each.replicas * limits.most + before) // (2 * before)  # rounded to the nearest
    change = size - each.replicas
    return min(change, left) if left > 0 else max(change, left)
