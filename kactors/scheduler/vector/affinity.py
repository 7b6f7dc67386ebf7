"""InterPodAffinity for all rows at once, with counts that are kept from pod to pod.

Pods are counted in two ways: those that a term of the incoming pod means, and, since existing pods
have terms as well, those that have certain terms. The latter are counted by what they ask for: all
pods of one `Requirements` have the same terms.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from kactors.scheduler.affinity_term import AffinityTerm
from kactors.scheduler.cache import Cache
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.inter_pod_affinity import InterPodAffinity
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.requirements import Requirements
from kactors.scheduler.vector.columns import Rows
from kactors.scheduler.vector.profile import VectorProfile
from kactors.scheduler.vector.rearrangement import Rearrangement
from kactors.scheduler.vector.spread import Topology
from kactors.scheduler.vector.topology import DomainCounts, RowCounts

__all__ = ["AffinityCounts", "AffinityPlan"]

Mask = NDArray[np.bool_]


class AffinityCounts:
    """Counts that several kinds of pods share; they live as long as the topology's columns.

    Attributes:
        topology: domains.
        namespace_version: of the namespaces whose labels went into the counts.
        holders: for each kind of pod with terms, how many of them each row has.
        plans: what has been prepared for incoming pods.
    """

    def __init__(self, topology: Topology, namespace_version: int) -> None:
        self.topology = topology
        self.namespace_version = namespace_version
        self.holders: dict[Requirements, RowCounts] = {}
        self.plans: dict[tuple[Any, ...], AffinityPlan] = {}
        self._meant: dict[tuple[AffinityTerm, ...], _Meant] = {}
        self._domains: dict[tuple[RowCounts, str], DomainCounts] = {}
        self._everywhere = np.ones(len(topology.nodes), bool)

    @classmethod
    def of(cls, topology: Topology, cache: Cache, namespace_version: int) -> "AffinityCounts":
        """Count the pods that have terms."""
        counts = cls(topology, namespace_version)
        counts._hold(cache.affinity_nodes.values())
        return counts

    def rebuilt(self, topology: Topology, change: Rearrangement | None) -> "AffinityCounts":
        """Return the same counts, perhaps for other rows, with other domains."""
        other = AffinityCounts(topology, self.namespace_version)
        other.holders, other._meant = self.holders, self._meant
        if change is not None:
            for held in self.holders.values():
                held.rearrange(change, lambda _: 0)
            for meant in self._meant.values():
                meant.counts.rearrange(change, meant.count)
            other._hold(change.nodes[row] for row in change.fresh)
        return other

    def change(self, pod: PodInfo, row: int, sign: int) -> None:
        """Note that a pod came to a row, or left it."""
        if pod.needs.has_affinity:
            self._holder(pod.needs).add(row, sign)
        for meant in self._meant.values():
            if meant.means(pod):
                meant.counts.add(row, sign)

    def domains(self, counts: RowCounts, key: str) -> DomainCounts:
        """Return counts by domain, up to date."""
        found = self._domains.get((counts, key))
        if found is None:
            column = self.topology.column(key)
            found = self._domains[counts, key] = DomainCounts(column, counts, self._everywhere)
        return found

    def meant(self, terms: Sequence[AffinityTerm], plugin: InterPodAffinity) -> RowCounts:
        """Return the counts of the pods that all of these terms mean."""
        key = tuple(terms)
        found = self._meant.get(key)
        if found is None:

            def means(pod: PodInfo) -> bool:
                return all(plugin.means(term, pod) for term in key)

            found = _Meant(means, RowCounts(()))
            found.counts = RowCounts([found.count(node) for node in self.topology.nodes])
            self._meant[key] = found
        return found.counts

    def _hold(self, nodes: Iterable[NodeInfo]) -> None:
        for node in nodes:
            for pod in node.pods_with_affinity.values():
                self._holder(pod.needs).add(node.row, 1)

    def _holder(self, needs: Requirements) -> RowCounts:
        found = self.holders.get(needs)
        if found is None:
            found = self.holders[needs] = RowCounts([0] * len(self.topology.nodes))
        return found


@attrs.define(eq=False)
class _Meant:
    """Pods that certain terms mean."""

    means: Callable[[PodInfo], bool]
    counts: RowCounts

    def count(self, node: NodeInfo) -> int:
        """Count those of a node."""
        return sum(1 for pod in node.pods.values() if self.means(pod))


class AffinityPlan:
    """What matters for the pods of one kind, with the same labels.

    Attributes:
        holders: how many kinds of pods with terms there were when this was made.
    """

    def __init__(
        self,
        pod: PodInfo,
        profile: VectorProfile,
        plugin: InterPodAffinity,
        counts: AffinityCounts,
    ) -> None:
        self.holders = len(counts.holders)
        needs = pod.needs
        self._away = [
            counts.domains(counts.meant([term], plugin), term.topology_key)
            for term in needs.anti_affinity
        ]
        self._near: list[DomainCounts] = []
        if needs.affinity:
            meant = counts.meant(needs.affinity, plugin)
            self._near = [counts.domains(meant, term.topology_key) for term in needs.affinity]
        self._is_first_of_its_kind = all(plugin.means(term, pod) for term in needs.affinity)
        self._weights: list[tuple[DomainCounts, int]] = []
        prefers = bool(needs.preferred_affinity or needs.preferred_anti_affinity)
        for terms, sign in ((needs.preferred_affinity, 1), (needs.preferred_anti_affinity, -1)):
            for each in terms:
                meant = counts.meant([each.term], plugin)
                domains = counts.domains(meant, each.term.topology_key)
                self._weights.append((domains, sign * each.weight))
        scored = profile.pods_score is not None and (prefers or not plugin.ignore_existing)
        for theirs, held in counts.holders.items():
            for term in theirs.anti_affinity:
                if plugin.means(term, pod):
                    self._away.append(counts.domains(held, term.topology_key))
            for term, weight in _preferences(theirs, plugin.hard_weight) if scored else ():
                if weight and plugin.means(term, pod):
                    self._weights.append((counts.domains(held, term.topology_key), weight))

    def feasible(self, feasible: Mask) -> Mask:
        """Return which of the feasible rows remain."""
        result = feasible
        for domains in self._away:
            domains.refresh()
            taken = domains.counts > 0
            taken[0] = False
            if taken.any():
                result = result & ~taken[domains.column.domain]
        if not self._near:
            return result
        anybody = False
        with_keys = result
        for domains in self._near:
            domains.refresh()
            there = domains.counts > 0
            there[0] = False
            anybody = anybody or bool(there.any())
            result = result & there[domains.column.domain]
            if not domains.column.complete:
                with_keys = with_keys & (domains.column.domain > 0)
        # The first pod of those that want to be together has nobody to be near to yet.
        return with_keys if not anybody and self._is_first_of_its_kind else result

    def scores(self, rows: Rows | slice) -> NDArray[np.int64] | int:
        """Return the normalised scores of the feasible rows; 0 stands for so many zeros."""
        raw: NDArray[np.int64] | None = None
        for domains, weight in self._weights:
            domains.refresh()
            domain = domains.column.domain[rows]
            part = weight * domains.counts[domain]
            if not domains.column.complete:
                part[domain == 0] = 0
            raw = part if raw is None else raw + part
        if raw is None:
            return 0
        smallest = int(raw.min())
        width = int(raw.max()) - smallest
        if not width:
            return 0
        return np.trunc(100.0 * ((raw - smallest) / width)).astype(np.int64)


def _preferences(theirs: Requirements, hard_weight: int) -> list[tuple[AffinityTerm, int]]:
    """Return what an existing pod's terms count for in the scores of a pod that they mean."""
    return [
        *((term, hard_weight) for term in theirs.affinity),
        *((each.term, each.weight) for each in theirs.preferred_affinity),
        *((each.term, -each.weight) for each in theirs.preferred_anti_affinity),
    ]
