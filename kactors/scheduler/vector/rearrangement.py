"""Which rows are where, after nodes have come and gone."""

from collections.abc import Sequence
from typing import Self

import attrs
import numpy as np

from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.vector.columns import Rows

__all__ = ["Rearrangement"]


@attrs.frozen(eq=False)
class Rearrangement:
    """From one order of the nodes to the next.

    Attributes:
        nodes: in the new order.
        take: for each new row, the old one; any for rows that are fresh.
        fresh: new rows of nodes that had none, or of which nothing old is to be kept.
    """

    nodes: Sequence[NodeInfo]
    take: Rows
    fresh: dict[int, None]

    @classmethod
    def of(
        cls, old: Sequence[NodeInfo], facts: Sequence[NodeFacts], nodes: Sequence[NodeInfo]
    ) -> Self:
        """Compare two orders.

        Args:
            old: the nodes in the old order.
            facts: what is remembered of them.
            nodes: in the new order.
        """
        rows = {node: row for row, node in enumerate(old)}
        take = [rows.get(node, -1) for node in nodes]
        # A node that has come anew, or looks different, is looked at anew.
        fresh = {
            row: None
            for row, before in enumerate(take)
            if before < 0 or facts[before] is not nodes[row].facts
        }
        return cls(nodes, np.array(take, np.intp), fresh)
