"""What InterPodAffinity remembers during one scheduling cycle."""

from kactors.scheduler.affinity_term import AffinityTerm
from kactors.scheduler.node_info import NodeInfo

__all__ = ["AffinityFilterState", "AffinityScoreState", "PairCounts"]

PairCounts = dict[tuple[str, str], int]
"""From a topology pair, key and value of a node label, to a number of pods; no zeros."""


class AffinityFilterState:
    """What PreFilter counted.

    Attributes:
        existing: pods that keep the incoming one away from a topology pair.
        affinity: pods that the incoming one wants near.
        anti_affinity: pods that it wants away.
    """

    __slots__ = ("affinity", "anti_affinity", "existing")

    def __init__(self) -> None:
        self.existing: PairCounts = {}
        self.affinity: PairCounts = {}
        self.anti_affinity: PairCounts = {}

    def clone(self) -> "AffinityFilterState":
        """Return a copy whose counts may change."""
        other = AffinityFilterState()
        other.existing = dict(self.existing)
        other.affinity = dict(self.affinity)
        other.anti_affinity = dict(self.anti_affinity)
        return other

    @staticmethod
    def count(counts: PairCounts, term: AffinityTerm, node: NodeInfo, sign: int) -> None:
        """Count a pod of a node for one term."""
        value = node.known.labels.get(term.topology_key)
        if value is None:
            return
        pair = (term.topology_key, value)
        number = counts.get(pair, 0) + sign
        if number:
            counts[pair] = number
        else:
            del counts[pair]

    def existing_keys(self) -> dict[str, None]:
        """Return the topology keys in `existing`."""
        return dict.fromkeys(key for key, _ in self.existing)


class AffinityScoreState:
    """What PreScore weighed.

    Attributes:
        weights: by topology key, then by value.
    """

    __slots__ = ("weights",)

    def __init__(self) -> None:
        self.weights: dict[str, dict[str, int]] = {}

    def add(self, key: str, value: str, weight: int) -> None:
        """Add to the weight of a topology pair."""
        by_value = self.weights.setdefault(key, {})
        by_value[value] = by_value.get(value, 0) + weight
