"""The ground-truth check: silent on honest histories, and loud about each kind of breach."""

from collections.abc import Sequence
from typing import Any

import attrs
import pytest

from kactors.checking.actions import (
    Action,
    Cas,
    Compare,
    Delete,
    Get,
    Key,
    Put,
    Txn,
    TxnResult,
    Value,
    only_reads,
    perform,
)
from kactors.checking.errors import MalformedLog
from kactors.checking.ground_truth import Applied, Breach, check_ground_truth
from kactors.checking.linearizability import Verdict, check
from kactors.checking.model import action_of
from kactors.checking.operation import Operation
from kactors.runtime.random import stream
from tests.checking.histories import load, op

LOG = [
    Applied(revision=2, action=Put("x", 1), at_ns=10),
    Applied(revision=3, action=Put("x", 2), at_ns=20),
    Applied(revision=4, action=Delete("x"), at_ns=30),
]
HONEST = [
    attrs.evolve(op(Put("x", 1), 5, 15), revision=2),
    attrs.evolve(op(Put("x", 2), 16, 25), revision=3),
    attrs.evolve(op(Get("x"), 21, 28, 2, client="b"), revision=3),
    attrs.evolve(op(Delete("x"), 26, 35, 1), revision=4),
    attrs.evolve(op(Get("x"), 40, 45, None, client="b"), revision=4),
]


def breaches(
    log: Sequence[Applied], history: Sequence[Operation], *, complete: bool = True
) -> list[Breach]:
    """The kinds of breach that are found; every text names what it is about."""
    violations = check_ground_truth(log, history, complete=complete)
    for violation in violations:
        assert str(violation).startswith(violation.breach)
        assert violation.operation is None or str(violation.operation) in violation.text
    return [violation.breach for violation in violations]


def changed(place: int, **changes: Any) -> list[Operation]:
    """The honest history with one operation changed."""
    history = list(HONEST)
    history[place] = attrs.evolve(history[place], **changes)
    return history


def recorded(seed: int, size: int = 300) -> tuple[list[Applied], list[Operation]]:
    """A log and the operations on it, as a correct store with a few timeouts leaves them."""
    rng = stream(seed, "recorded")
    store: dict[Key, Value] = {}
    log: list[Applied] = []
    history = []
    revision = 1
    for number in range(size):
        now = 10 * number + 10
        value = rng.below(4)
        actions: list[Action] = [
            Put("x", value),
            Get("x"),
            Delete("y"),
            Cas("y", None, value),
            Txn((Compare("x", value),), (Put("y", value), Get("x")), (Get("y"), Delete("y"))),
        ]
        action = actions[rng.below(5)]
        answer = perform(store, action)
        if not only_reads(action, answer):
            revision += 1
            log.append(Applied(revision=revision, action=action, at_ns=now))
        is_lost = rng.chance(0.1)
        history.append(
            Operation(
                client=f"c{rng.below(4)}",
                action=action,
                result=None if is_lost else answer,
                call_ns=now - 1 - rng.below(8),
                return_ns=None if is_lost else now + 1 + rng.below(8),
                revision=None if is_lost else revision,
            )
        )
    return log, history


def test_an_honest_history_breaks_nothing() -> None:
    """Writes at their revision, reads of their state, in real-time order: no violation."""
    assert breaches(LOG, HONEST) == []


@pytest.mark.parametrize("seed", range(30))
def test_recorded_runs_break_nothing(seed: int) -> None:
    """Neither does a long run, with every kind of operation and with timeouts."""
    log, history = recorded(seed)

    assert breaches(log, history) == []
    untimed = [attrs.evolve(entry, at_ns=None) for entry in log]
    assert breaches(untimed, history) == []


@pytest.mark.parametrize("seed", range(60))
def test_whatever_it_lets_pass_is_linearizable(seed: int) -> None:
    """A damaged history that the ground truth accepts, the search accepts too."""
    log, history = recorded(seed, size=40)
    rng = stream(seed, "damage")
    place = rng.below(len(history))
    damaged = history[place]
    if damaged.return_ns is not None and damaged.revision is not None:
        other = history[rng.below(len(history))]
        same_kind = type(other.action) is type(damaged.action) and other.return_ns is not None
        damaged = attrs.evolve(
            damaged,
            revision=max(1, damaged.revision + rng.below(3) - 1),
            result=other.result if same_kind else damaged.result,
        )
    history[place] = damaged

    if not check_ground_truth(log, history):
        assert check(history).verdict is Verdict.LINEARIZABLE


def test_an_answer_without_a_revision_cannot_be_judged() -> None:
    """It is reported rather than passed over."""
    assert breaches(LOG, changed(2, revision=None)) == [Breach.NO_REVISION]


@pytest.mark.parametrize("revision", [5, 99])
def test_a_revision_that_does_not_exist(revision: int) -> None:
    """Nobody can have answered from a revision beyond the last."""
    assert breaches(LOG, changed(4, revision=revision)) == [Breach.UNKNOWN_REVISION]
    assert breaches([], [attrs.evolve(HONEST[4], revision=2)]) == [Breach.UNKNOWN_REVISION]
    assert breaches([], [attrs.evolve(HONEST[4], revision=1)]) == []


def test_an_acknowledged_write_that_was_lost() -> None:
    """The log holds something else at its revision, or nothing at all."""
    without = [entry for entry in LOG if entry.revision != 3]
    overwritten = [LOG[0], attrs.evolve(LOG[1], action=Put("x", 9)), LOG[2]]

    assert Breach.LOST in breaches(without, HONEST)
    assert Breach.LOST in breaches(overwritten, HONEST)


@pytest.mark.parametrize(
    ("action", "result"),
    [
        (Delete("x"), 1),
        (Delete("x"), None),
        (Cas("x", 1, 5), True),
        (Txn(success=(Put("x", 2),)), TxnResult(succeeded=True)),
    ],
)
def test_a_write_that_would_have_changed_nothing_is_lost_too(
    action: Put | Delete | Cas | Txn, result: object
) -> None:
    """A write is acknowledged by being in the log, not by the state looking as if it were."""
    log = LOG[:2]
    history = [*HONEST[:2], attrs.evolve(op(action, 26, 27, result), revision=3)]

    assert breaches(log, history) == [Breach.LOST]


def test_two_acknowledgements_of_one_entry() -> None:
    """Two clients wrote the same, one entry was applied: one of the writes is lost."""
    twin = attrs.evolve(HONEST[0], client="b")

    assert breaches(LOG, [*HONEST, twin]) == [Breach.SHARED]


@pytest.mark.parametrize(
    ("place", "result"),
    [(2, 1), (2, None), (4, 2)],
)
def test_an_answer_that_differs_from_the_state(place: int, result: object) -> None:
    """A read of a revision returns what that revision holds."""
    assert breaches(LOG, changed(place, result=result)) == [Breach.WRONG_ANSWER]


@pytest.mark.parametrize(
    ("action", "result"),
    [
        (Delete("x"), 0),
        (Cas("x", 2, 5), False),
        (Txn(success=(Get("x"),)), TxnResult(succeeded=True, results=(1,))),
    ],
)
def test_a_write_that_says_it_did_nothing_is_judged_as_a_read(
    action: Delete | Cas | Txn, result: object
) -> None:
    """At revision 3 the key is there and holds 2, so these answers are wrong."""
    history = [*HONEST[:3], attrs.evolve(op(action, 22, 28, result), revision=3)]

    assert breaches(LOG[:2], history) == [Breach.WRONG_ANSWER]


def test_a_stale_answer() -> None:
    """A read that began after a newer answer may not speak of an older state."""
    stale = changed(4, revision=3, result=2)
    untimed = [attrs.evolve(entry, at_ns=None) for entry in LOG]

    assert breaches(untimed, stale) == [Breach.STALE]
    assert set(breaches(LOG, stale)) == {Breach.STALE}


def test_a_stale_answer_is_seen_by_the_times_of_the_log_alone() -> None:
    """Even if nobody was told of the newer state, it had replaced the old one before the call."""
    history = [*HONEST[:3], op(Delete("x"), 26, None)]
    late_read = attrs.evolve(op(Get("x"), 40, 45, 2, client="b"), revision=3)

    assert breaches(LOG, [*history, late_read]) == [Breach.STALE]


def test_the_newest_answer_counts_not_the_last() -> None:
    """An answer that came later, of an older state, does not excuse anybody."""
    log = [attrs.evolve(entry, at_ns=None) for entry in LOG]
    newest = attrs.evolve(op(Get("x"), 36, 40, None, client="b"), revision=4)
    older = attrs.evolve(op(Get("x"), 37, 50, 2, client="c"), revision=3, serializable=True)
    stale = attrs.evolve(op(Get("x"), 60, 70, 2, client="d"), revision=3)

    assert breaches(log, [*HONEST[:4], newest, older]) == []
    assert breaches(log, [*HONEST[:4], newest, older, stale]) == [Breach.STALE]


def test_a_serializable_read_may_be_stale_but_not_wrong() -> None:
    """It is held to a real revision and to nothing else."""
    stale = attrs.evolve(HONEST[4], revision=2, result=1, serializable=True)

    assert breaches(LOG, [*HONEST[:4], stale]) == []
    wrong = attrs.evolve(stale, result=2)
    assert breaches(LOG, [*HONEST[:4], wrong]) == [Breach.WRONG_ANSWER]


def test_what_a_serializable_read_saw_is_there_for_everyone() -> None:
    """A linearizable read after it must not go back behind what it saw."""
    log = [attrs.evolve(entry, at_ns=None) for entry in LOG[:2]]
    lost = op(Put("x", 2), 16, None)
    ahead = attrs.evolve(op(Get("x"), 20, 25, 2), revision=3, serializable=True)
    behind = attrs.evolve(op(Get("x"), 30, 35, 1), revision=2)

    assert breaches(log, [HONEST[0], lost, ahead, behind]) == [Breach.STALE]


def test_a_write_applied_before_it_was_called() -> None:
    """An effect cannot precede its cause."""
    assert breaches(LOG, changed(0, call_ns=11)) == [Breach.EARLY]


@pytest.mark.parametrize("place", [0, 2])
def test_an_answer_before_it_was_true(place: int) -> None:
    """Neither a write nor a read may be answered before the state was there."""
    call, returned = HONEST[place].call_ns, {0: 9, 2: 19}[place]

    found = breaches(LOG, changed(place, call_ns=min(call, returned), return_ns=returned))

    assert found == [Breach.LATE]


def test_a_write_that_nobody_asked_for() -> None:
    """Each entry needs an operation: acknowledged, or of unknown outcome and called before."""
    invented = [*LOG, Applied(revision=5, action=Put("y", 1), at_ns=50)]

    assert breaches(invented, HONEST) == [Breach.UNASKED]
    assert breaches(invented, [*HONEST, op(Put("y", 1), 45, None)]) == []
    assert breaches(invented, [*HONEST, op(Put("y", 1), 55, None)]) == [Breach.UNASKED]
    assert breaches(invented, HONEST, complete=False) == []


def test_a_write_applied_twice() -> None:
    """One lost answer excuses one entry, not two."""
    lost = op(Put("y", 1), 45, None)
    twice = [
        *LOG,
        Applied(revision=5, action=Put("y", 1), at_ns=50),
        Applied(revision=6, action=Put("y", 1), at_ns=60),
    ]

    (violation,) = check_ground_truth(twice, [*HONEST, lost])

    assert violation.breach is Breach.UNASKED
    assert violation.revision == 6
    assert "asked for once" in violation.text


def test_a_refused_write_that_was_applied() -> None:
    """What a client was told did not happen may not be in the log."""
    refused = attrs.evolve(op(Put("y", 1), 45, 46), error="too many requests")
    log = [*LOG, Applied(revision=5, action=Put("y", 1), at_ns=46)]

    assert breaches(log, [*HONEST, refused]) == [Breach.UNASKED]


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ([LOG[0], LOG[0]], "revision 2 follows 2"),
        ([LOG[1], LOG[0]], "revision 2 follows 3"),
        ([LOG[0], attrs.evolve(LOG[1], at_ns=None)], "1 of 2 entries have a time"),
        ([LOG[0], attrs.evolve(LOG[1], at_ns=9)], "revision 3 was applied at 9 ns, before"),
    ],
)
def test_a_log_that_contradicts_itself_is_refused(log: list[Applied], found: str) -> None:
    """Nothing can be judged by such a log, and the error says why."""
    with pytest.raises(MalformedLog, match=found):
        check_ground_truth(log, [])


def test_ten_thousand_operations_pass_in_linear_time() -> None:
    """A long run is judged without a search."""
    history = load(stream(1), operations=10_000, clients=20, keys=10, values=5, unknown=0)
    ordered = sorted(history, key=lambda operation: operation.call_ns)
    store: dict[Key, Value] = {}
    log: list[Applied] = []
    answered = []
    for number, operation in enumerate(ordered):
        action = action_of(operation)
        answer = perform(store, action)
        if not only_reads(action, answer):
            log.append(Applied(revision=len(log) + 2, action=action, at_ns=number * 10))
        revision = len(log) + 1
        answered.append(
            attrs.evolve(
                operation,
                result=answer,
                revision=revision,
                call_ns=number * 10,
                return_ns=number * 10 + 5,
            )
        )

    assert check_ground_truth(log, answered) == []
