"""The search for an order that explains one part of a history.

Theory of operation
===================

An order is built from the front. The next operation must be *minimal*: called before any operation
that is still unplaced returned. The candidates are therefore the calls that stand before the
first return in the list of events of unplaced operations; placing an operation takes its two
events out of that list, going back puts them in again (Wing and Gong, 1993). A configuration,
which is the set of placed operations and the state they led to, is never entered twice (Lowe,
2017). If no candidate fits, the operation of that first return is *blocked* here; the latest
return at which any configuration was blocked ends the shortest prefix that no order explains, for
the search would have found the way past it.

These shortcuts leave the answer as it is:

* an operation that can change no state, and fits, is placed at once and never reconsidered: what
  is possible without it is possible with it;
* of candidates that are interchangeable (`Model.effect`) only the one that returned first is
  tried: in any order that places the other here the two can be swapped;
* operations of unknown outcome have no return; they come last among the candidates, and only if
  they change the state; a configuration that was entered before having spent fewer of them is not
  entered again, for the others could still be spent there;
* a set of placed operations is held as the first unplaced call and a bit mask of what was placed
  after it, so that long histories do not make long masks.

Nothing here recurses, and steps are counted, not timed, so that a budget means the same everywhere.
"""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, TypeAlias

import attrs

from kactors.checking.distinct import Decision
from kactors.checking.model import REFUSED, Model
from kactors.checking.operation import Operation
from kactors.checking.timeline import timeline

_STOP_EVERY = 1024

#: The operations placed so far, the last one first: (index, those before it).
Chain: TypeAlias = "tuple[int, Chain] | None"


class OutOfBudget(Exception):
    """The budget ended before the search did."""


@attrs.define
class Budget:
    """How much work is left, counted in calls of `Model.step`.

    Attributes:
        left: how many more steps may be taken.
        stop: asked now and then; True ends the search as if the budget had.
    """

    left: int
    stop: Callable[[], bool] = lambda: False

    def spend(self) -> None:
        """Take one step.

        Raises:
            OutOfBudget: there are no more.
        """
        if self.left <= 0 or (self.left % _STOP_EVERY == 0 and self.stop()):
            raise OutOfBudget
        self.left -= 1


@attrs.frozen
class _Frame:
    """A configuration on the way: its state, the way there, and the choices left to try."""

    state: Hashable
    chain: Chain
    choices: Iterator[tuple[int, Hashable]]


def search(model: Model[Any], operations: Sequence[Operation], budget: Budget) -> Decision:
    """Find an order of ``operations`` that ``model`` allows, or the shortest prefix without one.

    Raises:
        OutOfBudget: neither was found in time.
    """
    return _Search(model, operations, budget).run()


class _Search:
    """One search. Events are nodes 1.. of a doubly linked list; node 0 closes the ring."""

    def __init__(self, model: Model[Any], operations: Sequence[Operation], budget: Budget) -> None:
        self.model = model
        self.operations = operations
        self.budget = budget
        self.readonly = [not op.unknown and model.readonly(op) for op in operations]
        self.effect = _effects(model, operations)
        events = timeline(operations).events
        known = [event for event in events if not operations[max(event, ~event)].unknown]
        #: node -> index of the operation called, or the complement for a return.
        self.event = [0, *known]
        self.call_node = [0] * len(operations)
        self.return_node = [0] * len(operations)
        for node, event in enumerate(known, start=1):
            (self.return_node if event < 0 else self.call_node)[max(event, ~event)] = node
        self.next = [*range(1, len(known) + 1), 0]
        self.previous = [len(known), *range(len(known))]
        #: indices of operations of unknown outcome, and the known return that each may not pass.
        self.unknown = [event for event in events if event >= 0 and operations[event].unknown]
        self.before = _known_events_before(events, operations)
        #: operation -> its bit: known ones by call, unknown ones likewise in a mask of their own.
        calls = [event for event in known if event >= 0]
        self.rank = [0] * len(operations)
        for ranked in (calls, self.unknown):
            for rank, index in enumerate(ranked):
                self.rank[index] = rank
        self.mask = self.maybe = 0
        #: the unknown operations that were spent on each configuration when it was entered.
        self.seen: dict[tuple[int, int, Hashable], list[int]] = {}
        self.furthest = 0
        self.depth = 0
        self.best: Chain = None

    def run(self) -> Decision:
        first = self.model.initial()
        stack = [_Frame(first, None, self._choices(first))]
        while self.next[0]:
            frame = stack[-1]
            for index, state in frame.choices:
                if self._enter(index, state):
                    stack.append(_Frame(state, (index, frame.chain), self._choices(state)))
                    break
            else:
                self._note_blocked(len(stack), frame.chain)
                stack.pop()
                if frame.chain is None:
                    return Decision(_listed(self.best), ~self.event[self.furthest])
                self._lower(frame.chain[0])
        return Decision(_listed(stack[-1].chain), None)

    def _choices(self, state: Hashable) -> Iterator[tuple[int, Hashable]]:
        """Yield each operation worth placing next, with the state after it.

        The events may change between two draws as long as they are put back.
        """
        candidates = []
        node = self.next[0]
        while (index := self.event[node]) >= 0:
            if not self.readonly[index]:
                candidates.append((self.return_node[index], index))
            elif self._step(state, index) is not REFUSED:
                yield index, state
                return
            node = self.next[node]
        tried = set()
        for _, index in sorted(candidates):
            if self.effect[index] not in tried:
                tried.add(self.effect[index])
                after = self._step(state, index)
                if after is not REFUSED:
                    yield index, after
        for index in self._unknown_before(node):
            if self.effect[index] not in tried:
                tried.add(self.effect[index])
                after = self._step(state, index)
                if after is not REFUSED and after != state:
                    yield index, after

    def _unknown_before(self, node: int) -> list[int]:
        """Unplaced operations of unknown outcome that were called before a return."""
        last = bisect_left(self.before, node)
        return [self.unknown[rank] for rank in range(last) if not self.maybe >> rank & 1]

    def _step(self, state: Hashable, index: int) -> Hashable:
        self.budget.spend()
        after: Hashable = self.model.step(state, self.operations[index])
        return after

    # Placing and taking back ------------------------------------------------------------------

    def _enter(self, index: int, after: Hashable) -> bool:
        """Place an operation, unless that leads to nothing new: see `Theory of operation`."""
        self._lift(index)
        head = self.rank[self.event[self.next[0]]] if self.next[0] else len(self.operations)
        spent = self.seen.setdefault((head, self.mask >> head, after), [])
        if any(less & ~self.maybe == 0 for less in spent):
            self._lower(index)
            return False
        spent.append(self.maybe)
        return True

    def _lift(self, index: int) -> None:
        if self.operations[index].unknown:
            self.maybe ^= 1 << self.rank[index]
            return
        self.mask ^= 1 << self.rank[index]
        for node in (self.call_node[index], self.return_node[index]):
            self.next[self.previous[node]] = self.next[node]
            self.previous[self.next[node]] = self.previous[node]

    def _lower(self, index: int) -> None:
        if self.operations[index].unknown:
            self.maybe ^= 1 << self.rank[index]
            return
        self.mask ^= 1 << self.rank[index]
        for node in (self.return_node[index], self.call_node[index]):
            self.next[self.previous[node]] = node
            self.previous[self.next[node]] = node

    def _note_blocked(self, depth: int, chain: Chain) -> None:
        node = self.next[0]
        while self.event[node] >= 0:
            node = self.next[node]
        if (node, depth) > (self.furthest, self.depth) or not self.furthest:
            self.furthest, self.depth, self.best = node, depth, chain


def _effects(model: Model[Any], operations: Sequence[Operation]) -> list[int]:
    """Number the operations so that interchangeable ones share a number."""
    first: dict[Hashable, int] = {}
    numbers = []
    for index, operation in enumerate(operations):
        effect = model.effect(operation)
        numbers.append(index if effect is None else first.setdefault(effect, index))
    return numbers


def _known_events_before(events: Sequence[int], operations: Sequence[Operation]) -> list[int]:
    """For each unknown call in order, how many events of known operations precede it."""
    counts = []
    known = 0
    for event in events:
        if operations[max(event, ~event)].unknown:
            counts.append(known)
        else:
            known += 1
    return counts


def _listed(chain: Chain) -> tuple[int, ...]:
    order = []
    while chain is not None:
        index, chain = chain
        order.append(index)
    return tuple(reversed(order))
