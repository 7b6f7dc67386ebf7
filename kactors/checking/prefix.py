"""The shortest prefix of a history that no order explains.

The search knows every answer, also those that came after it got stuck. A prefix does not: what was
still pending when it ends may have done anything. So the point at which a search gets stuck is only
where the shortest prefix may end at the earliest; from there it is found by trying later ends. That
works because prefixes of linearizable histories are linearizable.
"""

from collections.abc import Sequence
from typing import Any

import attrs

from kactors.checking.distinct import Decision
from kactors.checking.model import Model
from kactors.checking.operation import Operation
from kactors.checking.search import Budget, OutOfBudget, search
from kactors.checking.timeline import NEVER, Timeline, timeline


@attrs.frozen
class Prefix:
    """A prefix that is not linearizable.

    Attributes:
        operations: what had been called, as it was known then: without the answers that came later.
        last: which of them returned last, and so ends the prefix.
        decision: what a search says about ``operations``.
    """

    operations: tuple[Operation, ...]
    last: int
    decision: Decision


def shortest_prefix(
    model: Model[Any], operations: Sequence[Operation], decision: Decision, budget: Budget
) -> Prefix:
    """Shorten a history that was found not to be linearizable.

    If the budget ends first, the prefix is the shortest that was tried.
    """
    time = timeline(operations)
    ends = sorted(position for position in time.returned if position < NEVER)
    assert decision.blocked is not None
    earliest = ends.index(time.returned[decision.blocked])
    bad = len(ends) - 1
    found = Prefix(tuple(operations), ~time.events[ends[bad] - 1], decision)
    stride = 0
    try:
        while earliest <= bad:
            middle = min(earliest + stride, (earliest + bad) // 2)
            prefix = _decide(model, operations, time, ends[middle], budget)
            if prefix is None:
                earliest, stride = middle + 1, 2 * stride + 1
            else:
                found, bad = prefix, middle - 1
    except OutOfBudget:
        pass
    return found


def _decide(
    model: Model[Any], operations: Sequence[Operation], time: Timeline, end: int, budget: Budget
) -> Prefix | None:
    """Decide the prefix that ends at position ``end``; None if it is linearizable."""
    called = [index for index in range(len(operations)) if time.call[index] < end]
    known = [as_known(operations[index], known=time.returned[index] <= end) for index in called]
    decision = model.shortcut(known) or search(model, known, budget)
    if decision.blocked is None:
        return None
    return Prefix(tuple(known), called.index(~time.events[end - 1]), decision)


def as_known(operation: Operation, *, known: bool) -> Operation:
    """Return the operation, without its answer unless that is ``known``."""
    return operation if known else attrs.evolve(operation, return_ns=None, result=None)
