"""Answers against the state at their revision, where the order of writes is known.

In the simulated world the log that every member applies is at hand, so nothing has to be searched:
one walk over the log rebuilds the state at each revision, and every answer is compared with the
state at the revision that it names. That takes linear time (plus sorting) where the search of
`linearizability` may take exponential time, and it sees more: a write applied twice, or by nobody.

Source: etcd validates watches and serializable reads by replaying persisted requests
(``tests/robustness/validate`` in that repository).
"""

import enum
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import attrs

from kactors.checking.actions import (
    Action,
    Get,
    Key,
    Result,
    Value,
    agrees,
    keys_of,
    only_reads,
    perform,
)
from kactors.checking.errors import MalformedLog
from kactors.checking.model import action_of
from kactors.checking.operation import Operation


@attrs.frozen(kw_only=True)
class Applied:
    """One entry of the log that is the truth.

    Attributes:
        revision: its place; grows from entry to entry, with gaps or without.
        action: what was done.
        at_ns: when it was first applied anywhere, on the history's clock; None if not recorded.
    """

    revision: int
    action: Action
    at_ns: int | None = None


class Breach(enum.StrEnum):
    """How an operation can contradict the log."""

    NO_REVISION = "an answer without a revision"
    UNKNOWN_REVISION = "an answer from a revision that does not exist"
    LOST = "an acknowledged write that is not in the log"
    SHARED = "two acknowledged writes at one revision"
    WRONG_ANSWER = "an answer that differs from the state"
    STALE = "an answer older than what had been answered before the call"
    EARLY = "a write applied before it was called"
    LATE = "an answer given before it was true"
    UNASKED = "a write that nobody asked for"


@attrs.frozen(kw_only=True)
class Violation:
    """One contradiction between a history and the log.

    Attributes:
        breach: of which kind.
        text: what was found, with the operations and revisions concerned.
        operation: whose answer it is; None for an entry of the log that nobody asked for.
        revision: where in the log; None if the answer names none.
    """

    breach: Breach
    text: str
    operation: Operation | None = None
    revision: int | None = None

    def __str__(self) -> str:
        return f"{self.breach}: {self.text}"


def check_ground_truth(
    log: Sequence[Applied],
    operations: Sequence[Operation],
    *,
    initial_revision: int = 1,
    complete: bool = True,
) -> list[Violation]:
    """Return everything in which ``operations`` contradict ``log``; nothing if all is well.

    Each answered operation must carry the revision it speaks of. A write that changed something
    must be the entry at that revision; anything else is compared with the state after it. An
    answer must not be older than what had been answered before its call, nor, where the log has
    times, newer than its return. A serializable read may be stale, but of a real revision.

    Args:
        log: every write in order, beginning with an empty store.
        operations: what the clients saw, in any order.
        initial_revision: of the empty store.
        complete: the history holds all that any client asked, so that an entry without an
            operation is a violation.

    Raises:
        MalformedLog: revisions do not grow, or times are missing here and there, or go back.
        TypeError: an action is not one of `kactors.checking.actions`.
    """
    _validate(log)
    truth = _Truth(log, operations, initial_revision)
    violations = truth.replay()
    violations += _real_time_order(truth.positions, operations)
    if complete:
        violations += _unasked(truth, operations)
    return violations


def _validate(log: Sequence[Applied]) -> None:
    timed = [entry.at_ns for entry in log if entry.at_ns is not None]
    if len(timed) not in (0, len(log)):
        raise MalformedLog(
            f"{len(timed)} of {len(log)} entries have a time: record it for all or for none"
        )
    for earlier, later in pairwise(log):
        if later.revision <= earlier.revision:
            raise MalformedLog(
                f"revision {later.revision} follows {earlier.revision}: "
                f"give each entry once, in order"
            )
        if timed and _at(later) < _at(earlier):
            raise MalformedLog(
                f"revision {later.revision} was applied at {later.at_ns} ns, before revision "
                f"{earlier.revision} at {earlier.at_ns} ns: record when each was first applied"
            )


def _at(entry: Applied) -> int:
    assert entry.at_ns is not None
    return entry.at_ns


class _Truth:
    """The walk over the log. Positions are ``2 * revision``, plus 1 for what only looks."""

    def __init__(
        self, log: Sequence[Applied], operations: Sequence[Operation], initial_revision: int
    ) -> None:
        self.log = log
        self.last = max(initial_revision, log[-1].revision if log else 0)
        self.operations = operations
        self.store: dict[Key, Value] = {}
        #: operation -> its place in the one order of everything, if it has one.
        self.positions: dict[int, int] = {}
        #: entry -> the operation that was acknowledged with it.
        self.claimed: dict[int, int] = {}
        self.answered = sorted(
            (
                index
                for index, operation in enumerate(operations)
                if operation.return_ns is not None and operation.error is None
            ),
            key=lambda index: operations[index].revision or 0,
        )

    def replay(self) -> list[Violation]:
        """Judge each answer at its revision."""
        found: list[Violation] = []
        waiting = iter([*self.answered, None])
        index = next(waiting)
        while index is not None and self.operations[index].revision is None:
            found.append(_violation(Breach.NO_REVISION, self.operations[index], "record it"))
            index = next(waiting)
        for number in range(-1, len(self.log)):
            answer: Result = None
            if number >= 0:
                answer = perform(self.store, self.log[number].action)
            is_last = number + 1 == len(self.log)
            after = self.last + 1 if is_last else self.log[number + 1].revision
            while index is not None and self._revision(index) < after:
                found += self._judge(index, number, answer)
                index = next(waiting)
        while index is not None:
            text = f"the last revision is {self.last}"
            found.append(_violation(Breach.UNKNOWN_REVISION, self.operations[index], text))
            index = next(waiting)
        return found

    def _revision(self, index: int) -> int:
        revision = self.operations[index].revision
        assert revision is not None
        return revision

    def _judge(self, index: int, number: int, entry_answer: Result) -> Iterator[Violation]:
        """Judge one operation, with the store as it is after entry ``number`` (-1: none)."""
        operation = self.operations[index]
        action, claim = action_of(operation), operation.result
        assert operation.revision is not None
        is_there = number >= 0 and self.log[number].revision == operation.revision
        is_entry = (
            is_there and self.log[number].action == action and agrees(action, claim, entry_answer)
        )
        if is_entry and not only_reads(action, claim):
            yield from self._claim_entry(index, number)
            return
        answer = self._ask(action)
        if agrees(action, claim, answer) and only_reads(action, answer):
            self.positions[index] = 2 * operation.revision + 1
            yield from self._timely_look(operation, number)
        elif only_reads(action, claim):
            text = f"at revision {operation.revision} the answer is {answer!r}"
            yield _violation(Breach.WRONG_ANSWER, operation, text)
        else:
            held = self.log[number].action if is_there else "no write"
            text = f"revision {operation.revision} holds {held}"
            yield _violation(Breach.LOST, operation, text)

    def _claim_entry(self, index: int, number: int) -> Iterator[Violation]:
        operation, entry = self.operations[index], self.log[number]
        if number in self.claimed:
            other = self.operations[self.claimed[number]]
            yield _violation(Breach.SHARED, operation, f"the other is {other}")
            return
        self.claimed[number] = index
        self.positions[index] = 2 * entry.revision
        if entry.at_ns is not None:
            if entry.at_ns < operation.call_ns:
                yield _violation(Breach.EARLY, operation, f"applied at {entry.at_ns} ns")
            if operation.return_ns is not None and entry.at_ns > operation.return_ns:
                yield _violation(Breach.LATE, operation, f"applied at {entry.at_ns} ns")

    def _ask(self, action: Action) -> Result:
        """The answer that the store would give now; the store stays as it is."""
        return perform({k: self.store[k] for k in keys_of(action) if k in self.store}, action)

    def _timely_look(self, operation: Operation, number: int) -> Iterator[Violation]:
        """The state that was seen must have been there between the call and the return."""
        assert operation.return_ns is not None
        if number >= 0:
            at = self.log[number].at_ns
            if at is not None and at > operation.return_ns:
                yield _violation(Breach.LATE, operation, f"applied at {at} ns")
        if number + 1 < len(self.log) and not operation.serializable:
            replaced = self.log[number + 1]
            if replaced.at_ns is not None and replaced.at_ns < operation.call_ns:
                text = f"revision {replaced.revision} replaced it at {replaced.at_ns} ns"
                yield _violation(Breach.STALE, operation, text)


def _violation(breach: Breach, operation: Operation, text: str) -> Violation:
    return Violation(
        breach=breach,
        text=f"{operation}; {text}",
        operation=operation,
        revision=operation.revision,
    )


def _real_time_order(
    positions: dict[int, int], operations: Sequence[Operation]
) -> Iterator[Violation]:
    """What was called after an answer must not be placed before it.

    One sweep over time suffices: the highest position answered so far is a floor for all calls.
    """
    moments = [(operations[index].call_ns, 0, index) for index in positions]
    moments += [(operations[index].return_ns or 0, 1, index) for index in positions]
    floor, floor_index = -1, -1
    for _, is_return, index in sorted(moments):
        if is_return:
            floor, floor_index = max((floor, floor_index), (positions[index], index))
        elif positions[index] < floor and not operations[index].serializable:
            text = f"before it was called there was this answer: {operations[floor_index]}"
            yield _violation(Breach.STALE, operations[index], text)


def _unasked(truth: _Truth, operations: Sequence[Operation]) -> Iterator[Violation]:
    """Every entry that no answer claims must come from an operation of unknown outcome."""
    open_calls: dict[Action, list[Operation]] = {}
    for operation in sorted(operations, key=lambda operation: -operation.call_ns):
        if operation.unknown:
            open_calls.setdefault(action_of(operation), []).append(operation)
    asked = Counter(action_of(op) for op in operations if op.error is None)
    for number, entry in enumerate(truth.log):
        if number in truth.claimed or isinstance(entry.action, Get):
            continue
        candidates = open_calls.get(entry.action, [])
        if candidates and (entry.at_ns is None or candidates[-1].call_ns <= entry.at_ns):
            candidates.pop()
            continue
        times = "once" if asked[entry.action] == 1 else f"{asked[entry.action]} times"
        yield Violation(
            breach=Breach.UNASKED,
            text=f"revision {entry.revision} holds {entry.action}, which was asked for {times}",
            revision=entry.revision,
        )
