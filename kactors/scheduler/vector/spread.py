"""PodTopologySpread for all rows at once, with counts that are kept from pod to pod."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.pod_topology_spread import topology_weight
from kactors.scheduler.plugins.spread_rules import Rule
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.spread_constraint import HOSTNAME
from kactors.scheduler.vector.columns import Rows
from kactors.scheduler.vector.node_masks import selected_mask, taint_mask
from kactors.scheduler.vector.rearrangement import Rearrangement
from kactors.scheduler.vector.topology import DomainCounts, MatchCounts, TopologyColumn

__all__ = ["SpreadCounts", "Topology"]

Mask = NDArray[np.bool_]


class Topology:
    """The columns and counts that several signatures share.

    Columns live until nodes come or go, or change their labels or taints; counts live on.
    """

    def __init__(self, nodes: Sequence[NodeInfo]) -> None:
        self.nodes = nodes
        self._columns: dict[str, TopologyColumn] = {}
        self._matches: dict[tuple[str, object], MatchCounts] = {}
        self._by_namespace: dict[str, list[MatchCounts]] = {}

    def column(self, key: str) -> TopologyColumn:
        """Return the domains of a topology key."""
        found = self._columns.get(key)
        if found is None:
            found = self._columns[key] = TopologyColumn(key, self.nodes)
        return found

    def matches(self, namespace: str, rule: Rule) -> MatchCounts:
        """Return the counts of the pods that a rule means."""
        key = (namespace, rule.selector)
        found = self._matches.get(key)
        if found is None:
            found = self._matches[key] = MatchCounts(namespace, rule.selector, self.nodes)
            self._by_namespace.setdefault(namespace, []).append(found)
        return found

    def rebuilt(self, change: Rearrangement | None) -> "Topology":
        """Return one with the same counts; without a change of rows, domains are read anew."""
        other = Topology(self.nodes if change is None else change.nodes)
        other._matches = self._matches
        other._by_namespace = self._by_namespace
        if change is not None:
            other._columns = {
                key: column.rearranged(change) for key, column in self._columns.items()
            }
            for matches in self._matches.values():
                matches.rearrange(change, matches.count)
        return other

    def change(self, pod: PodInfo, row: int, sign: int) -> None:
        """Note that a pod came to a row, or left it."""
        for matches in self._by_namespace.get(pod.namespace, ()):
            matches.change(pod, row, sign)

    def __len__(self) -> int:
        """Count the selectors that are followed."""
        return len(self._matches)


class SpreadCounts:
    """The constraints of one kind, hard or soft, of pods that ask for the same.

    Attributes:
        rules: the constraints.
    """

    def __init__(
        self, pod: PodInfo, rules: Sequence[Rule], topology: Topology, *, require_all: bool
    ) -> None:
        """Begin to count.

        Args:
            pod: one of the pods.
            rules: its constraints.
            topology: where columns and counts are shared.
            require_all: whether nodes count only if they have all the keys.
        """
        self.rules = tuple(rules)
        self._matches = [topology.matches(pod.namespace, rule) for rule in rules]
        columns = [topology.column(rule.constraint.topology_key) for rule in rules]
        self._all_keys: Mask | None = None
        if require_all and not all(column.complete for column in columns):
            self._all_keys = np.logical_and.reduce([column.domain > 0 for column in columns])
        self._domains = [
            DomainCounts(column, matches, self._included(pod, rule, topology))
            for rule, column, matches in zip(rules, columns, self._matches, strict=True)
        ]
        self._own: dict[tuple[tuple[str, str], ...], tuple[int, ...]] = {}

    def _included(self, pod: PodInfo, rule: Rule, topology: Topology) -> Mask:
        """Return the rows whose pods count."""
        mask = np.ones(len(topology.nodes), bool) if self._all_keys is None else self._all_keys
        if rule.constraint.honour_affinity:
            mask = mask & selected_mask(pod, topology.nodes)
        if rule.constraint.honour_taints:
            mask = mask & taint_mask(pod, topology.nodes)
        return mask

    # -- hard constraints ------------------------------------------------------------------

    def feasible(self, pod: PodInfo, feasible: Mask) -> Mask:
        """Return which of the feasible rows remain."""
        own = self._own_matches(pod)
        result = feasible
        for rule, domains, mine in zip(self.rules, self._domains, own, strict=True):
            domains.refresh()
            constraint = rule.constraint
            least = domains.least(constraint.min_domains)
            open_domains = domains.counts <= constraint.max_skew - mine + least
            open_domains[0] = False
            if not open_domains[1:].all() or not domains.column.complete:
                result = result & open_domains[domains.column.domain]
        return result

    def _own_matches(self, pod: PodInfo) -> tuple[int, ...]:
        key = tuple(pod.labels.items())
        found = self._own.get(key)
        if found is None:
            if len(self._own) >= 1000:
                self._own.clear()
            found = self._own[key] = tuple(
                int(rule.selector.matches(pod.labels)) for rule in self.rules
            )
        return found

    # -- soft constraints ------------------------------------------------------------------

    def scores(self, rows: Rows | slice) -> NDArray[np.int64]:
        """Return the normalised scores of the feasible rows."""
        scored: Mask | None = None
        if self._all_keys is not None:
            scored = self._all_keys[rows]
            if scored.all():
                scored = None
        raw = self._raw(rows, scored)
        if scored is None:
            return _normalised(raw)
        result = np.zeros(len(raw), np.int64)
        if scored.any():
            result[scored] = _normalised(raw[scored])
        return result

    def _raw(self, rows: Rows | slice, scored: Mask | None) -> NDArray[np.int64]:
        total: NDArray[np.float64] | None = None
        for rule, matches, domains in zip(self.rules, self._matches, self._domains, strict=True):
            constraint = rule.constraint
            domain = domains.column.domain[rows]
            seen = domain if scored is None else domain[scored]
            if constraint.topology_key == HOSTNAME:
                size = len(seen)
                counts = matches.per_row[rows]
            else:
                domains.refresh()
                flags = np.zeros(domains.column.size, bool)
                flags[seen] = True
                size = int(np.count_nonzero(flags))
                counts = domains.counts[domain]
            score = np.multiply(counts, topology_weight(size), dtype=np.float64)
            score += constraint.max_skew - 1
            if not domains.column.complete:
                score[domain == 0] = 0.0
            if total is None:
                total = score
            else:
                total += score
        assert total is not None, "constraints without a constraint"
        whole = np.floor(total)
        whole += total - whole >= 0.5
        return whole.astype(np.int64)


def _normalised(raw: NDArray[np.int64]) -> NDArray[np.int64]:
    largest = int(raw.max())
    if largest == 0:
        return np.full(len(raw), 100, np.int64)
    return 100 * (largest + int(raw.min()) - raw) // largest
