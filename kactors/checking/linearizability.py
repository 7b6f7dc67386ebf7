"""Linearizability: is there one order of operations, true to real time, that explains every answer?

`check` splits a history by its model, decides each part by a shortcut or a search, and says
*linearizable*, *not linearizable* (and why), or *unknown* if the budget ended first.

Sources: Herlihy and Wing, Linearizability, TOPLAS 12(3), 1990; Wing and Gong, Testing and Verifying
Concurrent Objects, JPDC 17, 1993; Lowe, Testing for Linearizability, CCPE 29(4), 2017.
"""

import enum
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from kactors.checking.model import KeyValue, Model, Part
from kactors.checking.operation import Operation
from kactors.checking.prefix import shortest_prefix
from kactors.checking.search import Budget, OutOfBudget, search

#: Steps of a model that `check` takes before it gives up: some ten seconds, some 300 MB at worst.
DEFAULT_BUDGET = 2_000_000


class Verdict(enum.StrEnum):
    """What a check can say; the words are those of the JSON output."""

    LINEARIZABLE = "linearizable"
    NOT_LINEARIZABLE = "not linearizable"
    UNKNOWN = "unknown"


@attrs.frozen(kw_only=True)
class Failure:
    """Why a history is not linearizable.

    Attributes:
        prefix: the shortest prefix that no order explains, reduced to the part that matters (for
            a key-value store: the keys that hang together). It holds the operations as they were
            known then: what returned later is of unknown outcome. It is a history, not
            linearizable itself.
        last: the operation of ``prefix`` that returned last.
        linearization: a longest order found for the operations of ``prefix``.
        states: the model's states, as text: the first one, then that after each operation of
            ``linearization``.
        blocked: the operation that has no place after ``linearization``, nor in any other order.
    """

    prefix: tuple[Operation, ...]
    last: Operation
    linearization: tuple[Operation, ...]
    states: tuple[str, ...]
    blocked: Operation

    @property
    def state(self) -> str:
        """The state after the whole linearization."""
        return self.states[-1]

    @property
    def until_ns(self) -> int:
        """When the shortest prefix ends."""
        assert self.last.return_ns is not None
        return self.last.return_ns

    def __str__(self) -> str:
        return (
            f"no order explains what had been answered by {self.until_ns} ns: "
            f"after {len(self.linearization)} operations in order, {self.state}, "
            f"which leaves no place for {self.blocked}"
        )


@attrs.frozen(kw_only=True)
class Check:
    """The answer of `check`.

    Attributes:
        verdict: what is known.
        operations: how many operations the history has.
        steps: how many steps of the model the search took.
        parts: how many parts were decided separately.
        undecided: how many of them were not decided within the budget.
        failure: what is wrong, if the verdict is *not linearizable*; of several failures the one
            that shows first.
    """

    verdict: Verdict
    operations: int
    steps: int
    parts: int
    undecided: int
    failure: Failure | None = None


def check(
    operations: Sequence[Operation],
    model: Model[Any] | None = None,
    *,
    budget: int = DEFAULT_BUDGET,
    stop: Callable[[], bool] | None = None,
) -> Check:
    """Tell whether a history is linearizable.

    Operations that were refused (``error``) count as never sent.

    Args:
        operations: the history, in any order.
        model: what the system is; a `KeyValue` store if None.
        budget: how many steps of the model may be taken in all; counted, so that the same history
            gets the same answer everywhere.
        stop: asked every thousand steps or so; True ends the search, for those who hold a clock.

    Raises:
        TypeError: the model does not know an operation's action.
    """
    happened = [operation for operation in operations if operation.error is None]
    parts = (KeyValue() if model is None else model).split(happened)
    allowance = Budget(budget) if stop is None else Budget(budget, stop)
    failures: list[Failure] = []
    undecided = 0
    for part in sorted(parts, key=lambda part: len(part.operations)):
        try:
            failure = _decide(part, allowance)
        except OutOfBudget:
            undecided += 1
        else:
            failures += [] if failure is None else [failure]
    verdict = Verdict.UNKNOWN if undecided else Verdict.LINEARIZABLE
    return Check(
        verdict=Verdict.NOT_LINEARIZABLE if failures else verdict,
        operations=len(operations),
        steps=budget - allowance.left,
        parts=len(parts),
        undecided=undecided,
        failure=min(failures, key=lambda failure: failure.until_ns, default=None),
    )


def _decide(part: Part, budget: Budget) -> Failure | None:
    model, operations = part.model, part.operations
    decision = model.shortcut(operations)
    if decision is None:
        decision = search(model, operations, budget)
    if decision.blocked is None:
        return None
    prefix = shortest_prefix(model, operations, decision, budget)
    assert prefix.decision.blocked is not None
    linearization = tuple([prefix.operations[index] for index in prefix.decision.order])
    states = [model.initial()]
    for operation in linearization:
        states.append(model.step(states[-1], operation))
    return Failure(
        prefix=prefix.operations,
        last=prefix.operations[prefix.last],
        linearization=linearization,
        states=tuple(map(model.describe, states)),
        blocked=prefix.operations[prefix.decision.blocked],
    )
