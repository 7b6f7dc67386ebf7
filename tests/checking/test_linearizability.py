"""The linearizability checker against brute force, against history, and against the clock."""

import resource
from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.checking.actions import Cas, Compare, Delete, Get, Put, Txn, TxnResult
from kactors.checking.linearizability import Verdict, check
from kactors.checking.model import Register
from kactors.checking.operation import Operation
from kactors.checking.search import Budget, search
from kactors.runtime.random import Random, stream
from tests.checking.histories import (
    brute_force,
    explains,
    hopeless,
    just_before,
    load,
    op,
    respects_real_time,
    small_history,
)


def cpu_s() -> float:
    """CPU seconds of this process: other processes on the machine do not count."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def agree(history: Sequence[Operation]) -> Verdict:
    """Check ``history`` both ways; hold the explanation to its promises."""
    outcome = check(history)
    expected = Verdict.LINEARIZABLE if brute_force(history) else Verdict.NOT_LINEARIZABLE
    assert outcome.verdict is expected, list(map(str, history))
    if outcome.failure is not None:
        failure = outcome.failure
        assert not brute_force(failure.prefix), "the prefix is linearizable"
        assert brute_force(just_before(failure.prefix, failure.last)), "there is a shorter prefix"
        assert explains(failure.linearization)
        assert respects_real_time(failure.linearization)
        assert failure.blocked not in failure.linearization
        assert len(failure.states) == len(failure.linearization) + 1
    return outcome.verdict


def test_agreement_with_brute_force() -> None:
    """On three thousand small histories the checker says what all permutations say."""
    verdicts = [agree(small_history(stream(seed, "history"))) for seed in range(3000)]

    assert 500 < verdicts.count(Verdict.LINEARIZABLE) < 2500


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_agreement_with_brute_force_as_hypothesis_draws(chance: Random) -> None:
    """Hypothesis, which shrinks, finds no history on which the two disagree."""
    agree(small_history(Random(chance.getrandbits(64))))


@pytest.mark.parametrize("seed", range(20))
def test_a_store_that_is_correct_passes(seed: int) -> None:
    """A history made by letting each operation act at one instant is linearizable."""
    history = load(stream(seed), operations=400, clients=8, keys=5, values=4, cas=0.2)

    assert check(history).verdict is Verdict.LINEARIZABLE


def test_reads_of_one_instant_may_not_disagree() -> None:
    """Once a read returned the new value no later read may return the old one."""
    history = [
        op(Put("x", 1), 0, 1),
        op(Put("x", 2), 10, 100, client="writer"),
        op(Get("x"), 20, 30, 2, client="b"),
        op(Get("x"), 40, 50, 1, client="c"),
    ]

    outcome = check(history)

    assert outcome.verdict is Verdict.NOT_LINEARIZABLE
    assert outcome.failure is not None
    assert outcome.failure.blocked == history[3]
    assert outcome.failure.until_ns == 50
    assert "'x' is 2" in str(outcome.failure)
    assert "get 'x' -> 1" in str(outcome.failure)


def test_an_unknown_write_may_happen_late_or_never() -> None:
    """The same lost put explains an old value now, and a new value much later."""
    lost = op(Put("x", 2), 5, None)
    before = [op(Put("x", 1), 0, 1), lost, op(Get("x"), 100, 110, 1, client="b")]

    never = check(before)
    late = check([*before, op(Get("x"), 200, 210, 2, client="b")])
    both_ways = check([*before, op(Get("x"), 200, 210, 2), op(Get("x"), 300, 310, 1)])

    assert never.verdict is Verdict.LINEARIZABLE
    assert late.verdict is Verdict.LINEARIZABLE
    assert both_ways.verdict is Verdict.NOT_LINEARIZABLE


def test_operations_that_touch_are_concurrent() -> None:
    """A call at the nanosecond of a return is not ordered after it."""
    history = [op(Put("x", 1), 0, 10), op(Get("x"), 10, 20, None, client="b")]

    assert check(history).verdict is Verdict.LINEARIZABLE
    history[1] = attrs.evolve(history[1], call_ns=11)
    assert check(history).verdict is Verdict.NOT_LINEARIZABLE


def test_a_refused_operation_did_not_happen() -> None:
    """What was refused for certain may not be seen by anyone."""
    refused = Operation(
        client="a", action=Put("x", 1), call_ns=0, return_ns=5, error="etcdserver: no leader"
    )

    seen = check([refused, op(Get("x"), 10, 20, 1)])
    unseen = check([refused, op(Get("x"), 10, 20, None)])

    assert seen.verdict is Verdict.NOT_LINEARIZABLE
    assert unseen.verdict is Verdict.LINEARIZABLE


def test_a_transaction_ties_its_keys_together() -> None:
    """Two keys that are fine one by one can contradict each other through a transaction."""
    move = Txn(
        compare=(Compare("x", 1),),
        success=(Delete("x"), Put("y", 1)),
        failure=(Get("y"),),
    )
    history = [
        op(Put("x", 1), 0, 1),
        op(move, 10, 100, TxnResult(succeeded=True, results=(1, None)), client="mover"),
        op(Get("y"), 20, 30, 1, client="b"),
        op(Get("x"), 40, 50, 1, client="b"),
    ]

    outcome = check(history)

    assert outcome.verdict is Verdict.NOT_LINEARIZABLE
    assert outcome.parts == 1
    assert outcome.failure is not None
    assert outcome.failure.state == "'x' is absent, 'y' is 1"
    assert check(history[:3]).verdict is Verdict.LINEARIZABLE


def test_a_prefix_does_not_know_the_answers_that_came_after_it() -> None:
    """What was pending may have done anything: the prefix ends where that was ruled out."""
    lost, read = op(Put("x", 1), 1, 2), op(Get("x"), 3, 9, None, client="b")
    delete = op(Delete("x"), 7, 13, 0, client="c")

    outcome = check([lost, read, delete])

    assert outcome.failure is not None
    assert outcome.failure.blocked == read
    assert outcome.failure.last == delete
    assert outcome.failure.until_ns == 13
    assert check(outcome.failure.prefix).verdict is Verdict.NOT_LINEARIZABLE
    assert check([lost, read, attrs.evolve(delete, return_ns=None, result=None)]).failure is None


def test_a_prefix_is_shortened_only_as_far_as_the_budget_lasts() -> None:
    """The verdict does not wait for the shortest prefix, it makes do with the best so far."""
    twice = [op(Put("x", 1), 1, 2), op(Put("x", 1), 3, 4)]
    history = [*twice, op(Get("x"), 5, 9, None), op(Delete("x"), 20, 21, 1)]
    spent = Budget(100)
    search(Register("x"), history, spent)

    shortest, rushed = check(history), check(history, budget=100 - spent.left)

    assert shortest.failure is not None
    assert shortest.failure.prefix == tuple(history[:3])
    assert rushed.verdict is Verdict.NOT_LINEARIZABLE
    assert rushed.failure is not None
    assert rushed.failure.prefix == tuple(history)


def test_keys_are_checked_apart() -> None:
    """Of two broken keys the one that broke first is shown, without the others' operations."""
    history = [
        op(Get("late"), 100, 110, 1),
        op(Put("fine", 1), 0, 90),
        op(Get("early"), 50, 60, 1),
    ]

    outcome = check(history)

    assert outcome.parts == 3
    assert outcome.failure is not None
    assert outcome.failure.blocked == history[2]
    assert outcome.failure.prefix == (history[2],)


def test_a_budget_ends_in_unknown_and_is_counted() -> None:
    """When the steps run out the answer is unknown, at the same step each time."""
    history = hopeless()

    first, second = check(history, budget=500), check(history, budget=500)

    assert first == second
    assert first.verdict is Verdict.UNKNOWN
    assert (first.steps, first.undecided, first.parts) == (500, 1, 1)


def test_whoever_holds_a_clock_can_stop_the_search() -> None:
    """The search asks now and then whether it should go on."""
    history = hopeless()
    asked = []

    def stop() -> bool:
        asked.append(True)
        return len(asked) == 3

    outcome = check(history, stop=stop)

    assert outcome.verdict is Verdict.UNKNOWN
    assert len(asked) == 3
    assert outcome.steps < 5000


def test_a_violation_outweighs_an_undecided_part() -> None:
    """One key that is surely broken decides, though the budget ends on another."""
    outcome = check([*hopeless(), op(Get("other"), 1, 2, 7)], budget=500)

    assert outcome.verdict is Verdict.NOT_LINEARIZABLE
    assert outcome.undecided == 1


def test_trailing_timeouts_do_not_explode() -> None:
    """Thirty writes that timed out, of values never seen, cost next to nothing."""
    history = load(stream(3), operations=200, clients=5, keys=1, unknown=0)
    end = max(operation.return_ns or 0 for operation in history)
    history += [op(Put("k0", 10_000 + n), end // 2 + n, None) for n in range(30)]

    assert check(history).steps < 5000


def test_trailing_timeouts_among_swaps_do_not_explode() -> None:
    """Ten lost swaps of the same two values take a search that ends well within the budget."""
    history = load(stream(3), operations=200, clients=5, keys=1, values=3, cas=0.3, unknown=0)
    end = max(operation.return_ns or 0 for operation in history)
    history += [op(Cas("k0", n % 3, (n + 1) % 3), end // 2 + n, None) for n in range(10)]

    outcome = check(history)

    assert outcome.verdict is Verdict.LINEARIZABLE
    assert outcome.steps < 200_000


@pytest.mark.parametrize(("values", "cas"), [(0, 0.0), (5, 0.2)])
def test_ten_thousand_operations_on_many_keys_take_seconds(values: int, cas: float) -> None:
    """Ten thousand operations of twenty clients on a hundred keys are decided, right or wrong."""
    history = load(stream(9), operations=10_000, clients=20, keys=100, values=values, cas=cas)
    reads = [n for n, operation in enumerate(history) if isinstance(operation.action, Get)]
    late = next(n for n in reads[len(reads) // 2 :] if history[n].return_ns is not None)
    broken = list(history)
    broken[late] = attrs.evolve(history[late], result="nobody wrote this")
    began = cpu_s()

    right, wrong = check(history), check(broken)

    assert right.verdict is Verdict.LINEARIZABLE
    assert wrong.verdict is Verdict.NOT_LINEARIZABLE
    assert wrong.failure is not None
    assert wrong.failure.blocked == broken[late]
    assert cpu_s() - began < 10


def test_a_long_history_of_one_key_does_not_recurse() -> None:
    """Twenty thousand operations on one key, each found by the search, stay off the call stack."""
    history = load(stream(4), operations=20_000, clients=6, keys=1, values=50, cas=0.2, unknown=0)

    outcome = check(history)

    assert outcome.verdict is Verdict.LINEARIZABLE
    assert outcome.steps > 20_000


def test_an_empty_history_is_linearizable() -> None:
    """Nothing contradicts nothing."""
    assert check([]).verdict is Verdict.LINEARIZABLE


def test_a_foreign_action_is_refused() -> None:
    """The key-value model names what it does not know."""
    foreign = Operation(client="a", action="increment", call_ns=0, return_ns=1)

    with pytest.raises(TypeError, match="increment"):
        check([foreign])


@pytest.mark.parametrize("result", [True, TxnResult(succeeded=True, results=(1, 2))])
def test_an_answer_that_cannot_be_a_transactions_is_refused(result: object) -> None:
    """A transaction's answer names the branch, and has one answer for each of its parts."""
    txn = op(Txn(success=(Put("x", 1),)), 0, 1, result)

    with pytest.raises(TypeError, match="txn"):
        check([txn])


def test_a_transaction_without_keys_is_checked_too() -> None:
    """Without conditions the success branch is taken, whatever the store holds."""
    taken = op(Txn(), 0, 1, TxnResult(succeeded=True))
    refused = op(Txn(), 0, 1, TxnResult(succeeded=False))

    assert check([taken]).verdict is Verdict.LINEARIZABLE
    assert check([refused]).verdict is Verdict.NOT_LINEARIZABLE
