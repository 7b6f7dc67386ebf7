"""What clients asked and were told, and whether it was true.

Three looks at the same history: every answer against the `Model` at the revision that it names,
single keys against `kactors.checking`'s ground truth, and those once more without any knowledge
of the log, as a linearizability checker must see them.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, TypeVar

import attrs

from kactors.checking import Delete, Get, Operation, Verdict, check
from kactors.checking import Put as PutAction
from kactors.checking import Txn as SeveralActions
from kactors.checking.ground_truth import Applied, check_ground_truth
from kactors.etcd.client_errors import ClusterUnavailable
from kactors.etcd.errors import EtcdError
from kactors.etcd.messages.kv import (
    DeleteRange,
    DeleteRangeResponse,
    Put,
    PutResponse,
    Range,
    RangeResponse,
    Txn,
    TxnResponse,
)
from kactors.testing.etcd.model import Facts, Happened, Model
from kactors.testing.etcd.violation import Promise, Violation

__all__ = ["Answers", "Asked"]

AnswerT = TypeVar("AnswerT")

#: Steps of the search for an order; a history that needs more is left to the other checks.
_BUDGET = 20_000


@attrs.define(eq=False)
class Asked:
    """One request of one client.

    Attributes:
        return_ns: when it was answered; None if it was not, or was refused.
        refused: it certainly has not happened.
    """

    client: str
    request: Any
    call_ns: int
    return_ns: int | None = None
    answer: Any = None
    refused: bool = False

    def __str__(self) -> str:
        return f"{self.client} asked {self.request!r} at {self.call_ns} ns, {self.answer!r}"


class Answers:
    """Collects what clients see.

    Args:
        now_ns: tells true time.
    """

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self.all: list[Asked] = []

    async def note(self, client: str, request: object, work: Awaitable[AnswerT]) -> AnswerT:
        """Wait for the answer to a request, and keep both."""
        asked = Asked(client, request, self._now_ns())
        self.all.append(asked)
        try:
            answer = await work
        except (EtcdError, ClusterUnavailable):
            asked.refused = True
            raise
        asked.answer = answer
        asked.return_ns = self._now_ns()
        return answer

    @property
    def answered(self) -> list[Asked]:
        """What was answered."""
        return [asked for asked in self.all if asked.return_ns is not None]

    def violations(self, model: Model) -> Iterator[Violation]:
        """Judge every answer."""
        yield from self._true(model)
        yield from self._real_time(model)
        yield from _single_keys(self._operations(), model)

    def _true(self, model: Model) -> Iterator[Violation]:
        claimed: dict[int, Asked] = {}
        for asked in self.answered:
            revision = asked.answer.header.revision
            facts = _facts(asked.answer)
            made = model.at(revision)
            if revision > model.revision:
                yield Violation(Promise.ANSWER, f"{asked}: there is no such revision", "future")
            elif _changes(asked.request, facts):
                if made is None or made.command != asked.request:
                    yield Violation(Promise.ACKNOWLEDGED, f"{asked}: it is not there", "lost")
                elif made.facts != facts:
                    text = f"{asked}: the true answer is {made.facts!r}"
                    yield Violation(Promise.ANSWER, text, "write")
                elif revision in claimed:
                    text = f"{asked} and {claimed[revision]} share a revision"
                    yield Violation(Promise.ACKNOWLEDGED, text, "shared")
                claimed[revision] = asked
            elif isinstance(asked.request, Range):
                true = model.look(asked.request, revision)
                if true != facts:
                    text = f"{asked}: the true answer is {true!r}"
                    yield Violation(Promise.ANSWER, text, "read")

    def _real_time(self, model: Model) -> Iterator[Violation]:
        """No answer comes from before an earlier answer, or from the future."""
        moments = [(asked.call_ns, 0, place) for place, asked in enumerate(self.answered)]
        moments += [(asked.return_ns or 0, 1, place) for place, asked in enumerate(self.answered)]
        floor, answered = 0, self.answered
        for now_ns, is_return, place in sorted(moments):
            asked = answered[place]
            revision = asked.answer.header.revision
            if is_return:
                floor = max(floor, revision)
                made = model.at(revision)
                if made is not None and made.at_ns > now_ns:
                    text = f"{asked}: the revision was made at {made.at_ns} ns"
                    yield Violation(Promise.REAL_TIME, text, "early")
            elif revision < floor and not getattr(asked.request, "serializable", False):
                text = f"{asked}: revision {floor} had been answered before"
                yield Violation(Promise.REAL_TIME, text, "stale")

    def _operations(self) -> list[Operation]:
        return [found for asked in self.all if (found := _operation(asked)) is not None]


def _facts(answer: object) -> Facts:
    match answer:
        case PutResponse():
            return ("put", answer.prev_kv)
        case DeleteRangeResponse():
            return ("delete", answer.deleted, answer.prev_kvs)
        case RangeResponse():
            return ("range", answer.kvs, answer.more, answer.count)
        case TxnResponse():
            return ("txn", answer.succeeded, tuple(map(_facts, answer.responses)))
        case _:
            return ()


def _changes(request: object, facts: Facts) -> bool:
    """Tell whether something must have changed if these are the facts."""
    match request:
        case Put():
            return True
        case DeleteRange():
            return bool(facts[1])
        case Txn():
            branch = request.success if facts[1] else request.failure
            return any(map(_changes, branch, facts[2]))
        case _:
            return False


def _operation(asked: Asked) -> Operation | None:
    """Return what the checkers know: puts, gets and deletions of single keys without a lease."""
    request, answer = asked.request, asked.answer
    result: bytes | int | None = None
    match request:
        case Put(lease=0):
            action: object = PutAction(request.key, request.value)
        case Range(range_end=b"", revision=0):
            action = Get(request.key)
            result = answer.kvs[0].value if answer is not None and answer.kvs else None
        case DeleteRange(range_end=b""):
            action = Delete(request.key)
            result = None if answer is None else answer.deleted
        case _:
            return None
    return Operation(
        client=asked.client,
        action=action,
        result=result,
        call_ns=asked.call_ns,
        return_ns=asked.call_ns if asked.refused else asked.return_ns,
        error="refused" if asked.refused else None,
        revision=None if answer is None else answer.header.revision,
        serializable=isinstance(request, Range) and request.serializable,
    )


def _single_keys(operations: Sequence[Operation], model: Model) -> Iterator[Violation]:
    log = [_entry(happened) for happened in model.history]
    for breach in check_ground_truth(log, operations, complete=False):
        yield Violation(Promise.ACKNOWLEDGED, str(breach), breach.breach.name)
    strangers = _strange_keys(model)
    alone = [
        each
        for each in operations
        if not each.serializable and getattr(each.action, "key", b"") not in strangers
    ]
    outcome = check(alone, budget=_BUDGET)
    if outcome.verdict is Verdict.NOT_LINEARIZABLE:
        yield Violation(Promise.LINEARIZABLE, str(outcome.failure))


def _strange_keys(model: Model) -> frozenset[bytes]:
    """Keys that something else than single operations has changed."""
    return frozenset(
        kv.key
        for happened in model.history
        if isinstance(_entry(happened).action, SeveralActions)
        for kv, _ in happened.changes
    )


def _entry(happened: Happened) -> Applied:
    """Return a revision as the ground truth knows it."""
    actions = tuple(
        PutAction(kv.key, kv.value) if kv.version else Delete(kv.key) for kv, _ in happened.changes
    )
    alone = isinstance(happened.command, Put) or (
        isinstance(happened.command, DeleteRange) and not happened.command.range_end
    )
    action = actions[0] if alone else SeveralActions(success=actions)
    return Applied(revision=happened.revision, action=action, at_ns=happened.at_ns)
