"""What PodTopologySpread remembers during one scheduling cycle."""

from collections.abc import Mapping

from kactors.scheduler.plugins.spread_rules import Rule
from kactors.scheduler.spread_constraint import HOSTNAME

__all__ = ["Counts", "FilterState", "ScoreState"]


class Counts:
    """How many matching pods each domain has; knows the smallest count."""

    __slots__ = ("_by_domain", "_least")

    def __init__(self, by_domain: Mapping[str, int] | None = None) -> None:
        self._by_domain = dict(by_domain or {})
        self._least: int | None = None

    def add(self, domain: str, count: int) -> None:
        """Count pods of a domain; it is a domain from then on, even with no pods."""
        self._by_domain[domain] = self._by_domain.get(domain, 0) + count
        self._least = None

    def get(self, domain: str) -> int:
        """Return the count of a domain."""
        return self._by_domain.get(domain, 0)

    def least(self, min_domains: int) -> int:
        """Return the smallest count; 0 if there are fewer domains than there must be."""
        if len(self._by_domain) < min_domains:
            return 0
        if self._least is None:
            self._least = min(self._by_domain.values())
        return self._least

    def copy(self) -> "Counts":
        """Return a copy."""
        return Counts(self._by_domain)


class FilterState:
    """What PreFilter found.

    Attributes:
        rules: the hard constraints.
        counts: for each of them, by domain.
    """

    def __init__(self, rules: tuple[Rule, ...], counts: list[Counts]) -> None:
        self.rules = rules
        self.counts = counts

    def clone(self) -> "FilterState":
        """Return a copy whose counts may change."""
        return FilterState(self.rules, [each.copy() for each in self.counts])


class ScoreState:
    """What PreScore found.

    Attributes:
        rules: the soft constraints.
        counts: for each of them, the domains of feasible nodes; none for hosts, which are counted
            when they are scored.
        ignored: names of nodes that are not scored.
        weights: of each constraint.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self.counts: list[dict[str, int]] = [{} for _ in rules]
        self.ignored: set[str] = set()
        self.weights: list[float] = []

    def see(self, labels: Mapping[str, str]) -> None:
        """Note the domains of a feasible node; without a label, that is the domain ''."""
        for rule, domains in zip(self.rules, self.counts, strict=True):
            key = rule.constraint.topology_key
            if key != HOSTNAME:
                domains.setdefault(labels.get(key, ""), 0)
