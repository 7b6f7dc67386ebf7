"""Domains and the pods in them, kept up to date change by change.

A `TopologyColumn` says for one node label in which domain each row is; `RowCounts` counts certain
pods of each row, `MatchCounts` those that one selector means; `DomainCounts` adds these up by
domain, over the rows that one kind of pod counts.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from kactors.api.labels import LabelSelector
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.vector.rearrangement import Rearrangement

__all__ = ["DomainCounts", "MatchCounts", "RowCounts", "TopologyColumn"]


class TopologyColumn:
    """The domains of one topology key.

    Attributes:
        key: the node label.
        domain: of each row; 0 for rows without the label.
        size: how many domains there are, 0 included.
        complete: whether every row has the label.
    """

    def __init__(self, key: str, nodes: Sequence[NodeInfo]) -> None:
        self.key = key
        self._known: dict[str, int] = {}
        self._set(np.array([self._domain_of(node) for node in nodes], np.intp))

    def rearranged(self, change: Rearrangement) -> "TopologyColumn":
        """Return the same domains for other rows; one may be empty then."""
        other = TopologyColumn(self.key, ())
        other._known = self._known
        domain = self.domain[change.take]
        for row in change.fresh:
            domain[row] = other._domain_of(change.nodes[row])
        other._set(domain)
        return other

    def _domain_of(self, node: NodeInfo) -> int:
        value = node.known.labels.get(self.key)
        return 0 if value is None else self._known.setdefault(value, len(self._known) + 1)

    def _set(self, domain: NDArray[np.intp]) -> None:
        self.domain = domain
        self.size = len(self._known) + 1
        self.complete = bool(domain.all())


class RowCounts:
    """How many pods of a certain kind each row has.

    Attributes:
        per_row: the counts.
        log: rows and signs of all changes since the counts were made.
    """

    def __init__(self, counts: Sequence[int]) -> None:
        self.per_row: NDArray[np.int64] = np.array(counts, np.int64)
        self.log: list[tuple[int, int]] = []

    def add(self, row: int, sign: int) -> None:
        """Note that such a pod came to a row, or left it."""
        self.per_row[row] += sign
        self.log.append((row, sign))

    def rearrange(self, change: Rearrangement, count: Callable[[NodeInfo], int]) -> None:
        """Follow the nodes to their new rows; count those that are fresh."""
        self.per_row = self.per_row[change.take]
        for row in change.fresh:
            self.per_row[row] = count(change.nodes[row])
        self.log = []


class MatchCounts(RowCounts):
    """How many pods that a selector means each row has.

    Attributes:
        namespace: only pods in it count.
    """

    def __init__(self, namespace: str, selector: LabelSelector, nodes: Sequence[NodeInfo]) -> None:
        self.namespace = namespace
        self._selector = selector
        self._known: dict[tuple[tuple[str, str], ...], bool] = {}
        super().__init__([self.count(node) for node in nodes])

    def count(self, node: NodeInfo) -> int:
        """Count the pods of a node."""
        return sum(
            1 for pod in node.pods.values() if pod.namespace == self.namespace and self._counts(pod)
        )

    def change(self, pod: PodInfo, row: int, sign: int) -> None:
        """Note that a pod of the namespace came to a row, or left it."""
        if self._counts(pod):
            self.add(row, sign)

    def _counts(self, pod: PodInfo) -> bool:
        """Answer as `kactors.scheduler.plugins.spread_rules.Rule.counts`; remembers by labels."""
        if pod.terminating or self._selector.everything:
            return False
        key = tuple(pod.labels.items())
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= 1000:
                self._known.clear()
            found = self._known[key] = self._selector.matches(pod.labels)
        return found


class DomainCounts:
    """How many matching pods each domain has, of the rows that count.

    Attributes:
        column: the domains.
        counts: of each domain; that of domain 0 means nothing.
        real: whether at least one row of a domain counts.
        real_count: how many such domains there are.
    """

    def __init__(
        self, column: TopologyColumn, matches: RowCounts, included: NDArray[np.bool_]
    ) -> None:
        self.column = column
        self._matches = matches
        self._included = included
        self._position = len(matches.log)
        weights = np.where(included, matches.per_row, 0)
        self.counts: NDArray[np.int64] = np.bincount(
            column.domain, weights, minlength=column.size
        ).astype(np.int64)
        present = np.bincount(column.domain[included], minlength=column.size) > 0
        present[0] = False
        self.real: NDArray[np.bool_] = present
        self.real_count = int(present.sum())
        self._largest = np.iinfo(np.int64).max
        # Counts of real domains; others are so large that they are never the least.
        self._comparable: NDArray[np.int64] = np.where(present, self.counts, self._largest)
        self._least: int | None = None

    def refresh(self) -> None:
        """Count what has changed."""
        log = self._matches.log
        if self._position == len(log):
            return
        for position in range(self._position, len(log)):
            row, sign = log[position]
            if self._included[row]:
                domain = self.column.domain[row]
                self.counts[domain] += sign
                if self.real[domain]:
                    self._comparable[domain] += sign
                    self._least = None
        self._position = len(log)

    def least(self, min_domains: int) -> int:
        """Return the smallest count of a domain; 0 if there are fewer than there must be."""
        if self.real_count < min_domains:
            return 0
        if self._least is None:
            self._least = int(self._comparable.min())
        return self._least
