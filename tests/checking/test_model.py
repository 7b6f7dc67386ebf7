"""Models: the store's own, and one that a user brings."""

from collections.abc import Hashable

import attrs
import pytest

from kactors.checking.actions import Get, Key, Put, Value, perform
from kactors.checking.linearizability import Verdict, check
from kactors.checking.model import REFUSED, Impossible, KeyValue, Model, Register, action_of
from kactors.checking.operation import Operation
from kactors.runtime.random import stream
from tests.checking.histories import op, small_history


class Queue(Model[tuple[int, ...]]):
    """A first-in first-out queue: ``("push", n)`` and ``("pop",)``."""

    def initial(self) -> tuple[int, ...]:
        """The queue is empty."""
        return ()

    def step(self, state: tuple[int, ...], operation: Operation) -> tuple[int, ...] | Impossible:
        """Push, or pop the oldest; popping an empty queue answers None."""
        match operation.action:
            case ("push", int(item)):
                return (*state, item)
            case _:
                head = state[0] if state else None
                known = operation.return_ns is not None
                return REFUSED if known and operation.result != head else state[1:]


def call(action: Hashable, begin: int, end: int, result: object = None) -> Operation:
    """One operation on a queue."""
    return Operation(client="q", action=action, result=result, call_ns=begin, return_ns=end)


def test_a_model_of_ones_own() -> None:
    """Initial and step are enough for the checker to judge a queue."""
    pushes = [call(("push", 1), 0, 10), call(("push", 2), 5, 15)]

    either_order = check([*pushes, call(("pop",), 20, 30, 2)], Queue())
    twice = check([*pushes, call(("pop",), 20, 30, 2), call(("pop",), 40, 50, 2)], Queue())

    assert either_order.verdict is Verdict.LINEARIZABLE
    assert twice.verdict is Verdict.NOT_LINEARIZABLE
    assert twice.failure is not None
    assert twice.failure.state == "(1,)"
    assert twice.failure.linearization[-1].result == 2


def test_models_do_not_judge_what_was_refused() -> None:
    """A model of one's own never sees an operation that certainly did not happen."""
    refused = attrs.evolve(call(("push", 1), 0, 10), error="full")

    assert check([refused, call(("pop",), 20, 30)], Queue()).verdict is Verdict.LINEARIZABLE


@pytest.mark.parametrize("seed", range(300))
def test_a_register_is_a_store_of_one_key(seed: int) -> None:
    """The quick model of one key takes every step that the general one takes."""
    register, store = Register("x"), KeyValue(("x",))
    held: Value | None = None
    for operation in small_history(stream(seed)):
        if {"x"} != _keys(operation):
            continue

        quick, general = register.step(held, operation), store.step((held,), operation)

        assert quick == (general if general is REFUSED else general[0])
        assert register.readonly(operation) is store.readonly(operation)
        held = quick if quick is not REFUSED else held


def _keys(operation: Operation) -> set[str]:
    touched: dict[Key, Value] = {}
    for key in ("x", "y", "z"):
        if f"'{key}'" in str(operation.action):
            touched[key] = 0
    perform(dict(touched), action_of(operation))
    return set(map(str, touched))


def test_what_only_reads_changes_no_state() -> None:
    """The search relies on it: a step of a read-only operation gives the state back."""
    model = KeyValue(("x", "y", "z"))
    states = [(None, 1, 2), (0, None, 1), (2, 2, 2), (None, None, None)]
    seen = 0
    for seed in range(300):
        for operation in small_history(stream(seed)):
            for state in states if model.readonly(operation) else []:
                after = model.step(state, operation)
                assert after in (REFUSED, state)
                seen += 1

    assert seen > 500


def test_equal_effects_are_interchangeable() -> None:
    """The search relies on it: operations of one effect take every state to the same one."""
    model = KeyValue(("x", "y", "z"))
    by_effect: dict[Hashable, Operation] = {}
    pairs = 0
    for seed in range(300):
        for operation in small_history(stream(seed)):
            other = by_effect.setdefault(model.effect(operation), operation)
            for state in [(None, 1, 2), (0, None, 1), (2, 2, 2)]:
                assert model.step(state, operation) == model.step(state, other)
                pairs += other is not operation

    assert pairs > 500


def test_lost_writes_that_nobody_saw_are_left_out() -> None:
    """A put of unknown outcome is kept if its value was read, and dropped if it was not."""
    seen, unseen = op(Put("x", 1), 0, None), op(Put("x", 2), 0, None)

    (part,) = KeyValue().split([seen, unseen, op(Get("x"), 5, 6, 1)])

    assert seen in part.operations
    assert unseen not in part.operations
