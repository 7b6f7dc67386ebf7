"""Linearizability of one register without a search, where every put writes another value.

Theory of operation
===================

If no two puts write the same value, each get says which put it saw. A put and the gets that saw
it are a *cluster*; in any linearization they stand together. Let ``f`` be the first return in a
cluster and ``s`` its last call. If ``f < s`` the register must hold the value from ``f`` to
``s``: a *forward zone*. Otherwise there is an instant at which the whole cluster is under way, and
anything in the *backward zone* ``s .. f`` will do. The history is linearizable exactly if

1. no get returns before the put that it saw was called,
2. no two forward zones overlap,
3. no backward zone lies inside a forward zone.

That takes O(n log n); the failing case finds its shortest prefix by bisection, because prefixes of
linearizable histories are linearizable.

Source: Gibbons and Korach, Testing Shared Memories, SIAM J. Comput. 26(4), 1997, section 4.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

import attrs

from kactors.checking.actions import Get, Put, Value
from kactors.checking.operation import Operation
from kactors.checking.timeline import NEVER, timeline

#: The value that the register holds before anything happens is "written" before time begins.
_ABSENT = -1


@attrs.frozen
class Decision:
    """What was decided about one part of a history.

    Attributes:
        order: indices of operations in an order that explains them; of all that returned if the
            part is linearizable, else of those before the one that is blocked.
        blocked: the index of the first operation, by return, up to whose return no order explains
            the history; None if the part is linearizable.
    """

    order: tuple[int, ...]
    blocked: int | None


@attrs.define
class _Cluster:
    """A put with the gets that saw it; indices into the history, positions in time."""

    put: int
    put_call: int = NEVER
    first_return: int = NEVER
    last_call: int = 0
    gets: list[int] = attrs.field(factory=list)


def decide(operations: Sequence[Operation]) -> Decision | None:
    """Decide a history of one key; None if its puts are not distinct or it has other actions."""
    values = [op.action.value for op in operations if isinstance(op.action, Put)]
    if len(set(values)) < len(values):
        return None
    if not all(isinstance(op.action, Put | Get) for op in operations):
        return None
    history = _History(operations)
    order = history.order(NEVER)
    if order is not None:
        return Decision(order, None)
    ends = [position for position in sorted(history.time.returned) if position < NEVER]
    first_bad = bisect_left(ends, True, key=lambda end: history.order(end) is None)
    blocked = ~history.time.events[ends[first_bad] - 1]
    before = history.order(ends[first_bad] - 1)
    assert before is not None, "the prefix before the shortest bad one is good"
    return Decision(before, blocked)


class _History:
    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        self.time = timeline(operations)

    def order(self, end: int) -> tuple[int, ...] | None:
        """Explain the events up to position ``end``; None if no order does."""
        clusters = self._clusters(end)
        if clusters is None:
            return None
        forward = sorted(
            (c for c in clusters if c.first_return < c.last_call), key=lambda c: c.first_return
        )
        for earlier, later in pairwise(forward):
            if later.first_return < earlier.last_call:
                return None
        placed: list[tuple[int, int, int, int, int]] = []
        for number, cluster in enumerate(clusters):
            point = _point(cluster, forward)
            if point is None:
                return None
            is_backward = int(cluster.first_return >= cluster.last_call)
            if cluster.put != _ABSENT:
                placed.append((point, is_backward, number, 0, cluster.put))
            placed += [
                (max(point, self.time.call[get]), is_backward, number, self.time.call[get], get)
                for get in cluster.gets
            ]
        return tuple([index for *_, index in sorted(placed)])

    def _clusters(self, end: int) -> list[_Cluster] | None:
        """Gather what was called, and the gets that returned, up to ``end``.

        None if a get saw a value whose put had not been called when it returned.
        """
        call, returned = self.time.call, self.time.returned
        clusters: dict[Value | None, _Cluster] = {
            None: _Cluster(put=_ABSENT, put_call=0, first_return=0)
        }
        for index, operation in enumerate(self.operations):
            if isinstance(operation.action, Put) and call[index] <= end:
                back = returned[index] if returned[index] <= end else NEVER
                clusters[operation.action.value] = _Cluster(index, call[index], back, call[index])
        for index, operation in enumerate(self.operations):
            if isinstance(operation.action, Get) and returned[index] <= min(end, NEVER - 1):
                cluster = clusters.get(operation.result)  # type: ignore[call-overload]  # any object may be looked up
                if cluster is None or returned[index] < cluster.put_call:
                    return None
                cluster.gets.append(index)
                cluster.first_return = min(cluster.first_return, returned[index])
                cluster.last_call = max(cluster.last_call, call[index])
        return [c for c in clusters.values() if c.gets or (c.put >= 0 and c.first_return < NEVER)]


def _point(cluster: _Cluster, forward: Sequence[_Cluster]) -> int | None:
    """Choose where the put of a cluster takes effect; None if a forward zone leaves no room."""
    if cluster.first_return < cluster.last_call:
        return cluster.first_return
    nearest = bisect_left(forward, cluster.last_call, key=lambda zone: zone.first_return) - 1
    if nearest < 0 or forward[nearest].last_call < cluster.last_call:
        return cluster.last_call
    zone_end = forward[nearest].last_call
    return zone_end if zone_end < cluster.first_return else None
