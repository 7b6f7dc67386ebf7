"""The shortcut for registers of distinct values says what the search says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.checking.actions import Delete, Get, Put
from kactors.checking.distinct import decide
from kactors.checking.model import Register
from kactors.checking.operation import Operation
from kactors.checking.search import Budget, search
from kactors.runtime.random import Random, stream
from tests.checking.histories import explains, op, respects_real_time


def draw(rng: Random) -> list[Operation]:
    """Up to twelve puts of distinct values and gets of any of them, on one key."""
    size = 1 + rng.below(12)
    span = 2 + rng.below(30)
    history = []
    for number in range(size):
        call = rng.below(span)
        returned = None if rng.chance(0.15) else call + rng.below(span)
        if rng.chance(0.45):
            history.append(op(Put("x", number), call, returned))
        else:
            seen = rng.below(size + 1)
            is_put = seen < number and isinstance(history[seen].action, Put)
            result = seen if is_put and returned is not None else None
            history.append(op(Get("x"), call, returned, result))
    return history


def agree(history: list[Operation]) -> bool:
    """Decide both ways and compare; tell whether it is linearizable."""
    quick = decide(history)
    slow = search(Register("x"), history, Budget(10_000_000))

    assert quick is not None
    assert quick.blocked == slow.blocked
    for decision in (quick, slow):
        order = [history[index] for index in decision.order]
        assert explains(order)
        assert respects_real_time(order)
    if quick.blocked is None:
        returned = {n for n, operation in enumerate(history) if operation.return_ns is not None}
        assert returned <= set(quick.order)
    return quick.blocked is None


def test_the_shortcut_agrees_with_the_search() -> None:
    """On four thousand drawn histories the two block at the same operation, or not at all."""
    verdicts = [agree(draw(stream(seed, "distinct"))) for seed in range(4000)]

    assert 1000 < sum(verdicts) < 3000


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_shortcut_agrees_as_hypothesis_draws(chance: Random) -> None:
    """Hypothesis, which shrinks, finds no history on which the two disagree."""
    agree(draw(Random(chance.getrandbits(64))))


@pytest.mark.parametrize(
    "history",
    [
        [op(Put("x", 1), 0, 1), op(Put("x", 1), 2, 3)],
        [op(Put("x", 1), 0, 1), op(Delete("x"), 2, 3, 1)],
    ],
    ids=["a value written twice", "a deletion"],
)
def test_what_the_shortcut_cannot_decide_is_left_to_the_search(history: list[Operation]) -> None:
    """It answers None where its argument does not hold."""
    assert decide(history) is None
