"""What the nodes have and what is used of it, one row for each node.

Amounts are float64: exact for integers below 2**53, and much faster to divide than int64.
``floor(100 * a / b)`` is exact as long as ``100 * a < 2**53`` and ``b < 2**46``: were the true
quotient just below an integer, it would be so by at least ``1 / b``, more than the rounding of a
double of that size. `exact` tells whether all amounts keep to that (memory below 64 TiB).
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from kactors.scheduler.node_info import NodeInfo

if TYPE_CHECKING:
    from kactors.scheduler.vector.rearrangement import Rearrangement

__all__ = ["Columns", "Floats", "Rows", "percent"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

#: Of larger amounts, quotients may be wrong.
AMOUNT_MAX: Final = 2**46


class Columns:
    """Allocatable and used amounts of all nodes.

    Attributes:
        exact: whether every amount is small enough for exact arithmetic.
        cpu, memory, ephemeral: allocatable.
        pods: how many pods a node takes.
        used_cpu, used_memory, used_ephemeral: what the pods ask for.
        used_pods: how many there are.
        scored_cpu, scored_memory: what they count for in scores.
    """

    def __init__(self, nodes: Sequence[NodeInfo]) -> None:
        count = len(nodes)
        self.exact = True
        self._nodes = nodes
        self._dirty: dict[int, None] = {}
        self._scalars: dict[str, tuple[Floats, Floats]] = {}
        self._keep(np.zeros((4, count)), np.zeros((6, count)))
        self._write(range(count))

    def _keep(self, there: Floats, used: Floats) -> None:
        self._there, self._used = there, used
        self.cpu, self.memory, self.ephemeral, self.pods = there
        (
            self.used_cpu,
            self.used_memory,
            self.used_ephemeral,
            self.used_pods,
            self.scored_cpu,
            self.scored_memory,
        ) = used

    def rearranged(self, change: "Rearrangement") -> "Columns":
        """Return the same amounts in another order of the nodes."""
        self.refresh()
        other = Columns(())
        other._nodes = change.nodes
        other.exact = self.exact
        other._scalars = {
            name: (there[change.take], used[change.take])
            for name, (there, used) in self._scalars.items()
        }
        other._keep(self._there[:, change.take], self._used[:, change.take])
        other._write(change.fresh)
        return other

    def touch(self, row: int) -> None:
        """Note that a node has changed."""
        self._dirty[row] = None

    def refresh(self) -> None:
        """Read the changed nodes again."""
        if self._dirty:
            self._write(row for row in self._dirty if self._nodes[row].facts is not None)
            self._dirty = {}

    def scalar(self, name: str) -> tuple[Floats, Floats]:
        """Return what is allocatable and used of an extended resource."""
        found = self._scalars.get(name)
        if found is None:
            count = len(self._nodes)
            found = self._scalars[name] = (np.zeros(count), np.zeros(count))
            for row, node in enumerate(self._nodes):
                found[0][row] = node.known.allocatable.scalars.get(name, 0)
                found[1][row] = node.scalars.get(name, 0)
        return found

    def _write(self, rows: Iterable[int]) -> None:
        there, used = self._there, self._used
        for row in rows:
            node = self._nodes[row]
            has = node.known.allocatable
            there[:, row] = (has.cpu_milli, has.memory_bytes, has.ephemeral_bytes, has.pods)
            used[:, row] = (
                node.cpu_milli,
                node.memory_bytes,
                node.ephemeral_bytes,
                len(node.pods),
                node.scored_cpu_milli,
                node.scored_memory_bytes,
            )
            for name, (allocatable, requested) in self._scalars.items():
                allocatable[row] = has.scalars.get(name, 0)
                requested[row] = node.scalars.get(name, 0)
            amounts = (has.cpu_milli, has.memory_bytes, has.ephemeral_bytes, node.cpu_milli,
                       node.memory_bytes, node.scored_memory_bytes)  # fmt: skip
            if max(amounts) >= AMOUNT_MAX or any(
                amount >= AMOUNT_MAX for amount in has.scalars.values()
            ):
                self.exact = False


def percent(part: Floats, whole: Floats) -> Floats:
    """Return ``100 * part // whole`` for amounts that are small enough; see the module."""
    found: Floats = np.floor(part * 100.0 / whole)
    return found
