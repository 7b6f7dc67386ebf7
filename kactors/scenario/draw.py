"""Where gusts draw from: places, times and measures, all of one stream."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import attrs

from kactors.cluster.topology import Topology
from kactors.faults.fault import Fault
from kactors.faults.when import At, Until
from kactors.runtime.random import Random
from kactors.scenario.atlas import Atlas

__all__ = ["Draw", "Gust"]

T = TypeVar("T")


@attrs.frozen
class Draw:
    """Where a gust draws from, and what it may touch.

    Attributes:
        chance: the storm's stream.
        topology: of the cluster.
        atlas: permits the loss of masters.
        chaos_s: when chaos ends; faults may outlast it, and are then healed, or not.
    """

    chance: Random
    topology: Topology
    atlas: Atlas
    chaos_s: float

    def pick(self, items: Sequence[T]) -> T:
        """Draw one of several."""
        return items[self.chance.below(len(items))]

    def start(self) -> float:
        """Draw when something begins."""
        return milliseconds(self.chance.random() * self.chaos_s)

    def length(self) -> float:
        """Draw how long something lasts: mostly short, sometimes very long.

        Source: FoundationDB's clogs have a tail of 10 exp(-10 u) seconds.
        """
        match self.chance.below(4):
            case 0:
                return milliseconds(0.05 + 10.0 * 10.0 ** (-4.0 * self.chance.random()))
            case 1 | 2:
                return milliseconds(1.0 + 9.0 * self.chance.random())
            case _:
                return milliseconds(10.0 + 40.0 * self.chance.random())

    def span(self) -> tuple[At, Until]:
        """Draw when something begins and ends."""
        begin = self.start()
        return At(begin), Until(milliseconds(begin + self.length()))

    def span_of_chaos(self) -> tuple[At, Until]:
        """Draw the same, over when chaos is.

        For what nobody can see from outside: were it never healed, those who rely on the host
        would rely on it for ever.
        """
        begin, end = self.span()
        return begin, Until(min(end.seconds, self.chaos_s))

    def master(self) -> str:
        """Draw a master, often by a part that it plays."""
        return self.pick((*self.topology.master_names, "@leader"))

    def host(self) -> str:
        """Draw a master, or as often a node."""
        nodes = self.topology.node_names
        return self.pick(nodes) if nodes and self.chance.below(2) else self.named_master()

    def named_master(self) -> str:
        """Draw a master by its name."""
        return self.pick(self.topology.master_names)

    def probability(self) -> float:
        """Draw a share: mostly small."""
        return self.pick((0.01, 0.05, 0.1, 0.3, 0.5))


Gust = Callable[[Draw], tuple[Fault, ...]]
"""Draws faults; none if the cluster has no place for them."""


def milliseconds(seconds: float) -> float:
    """Return seconds, rounded to what a person would write."""
    return round(seconds, 3)
