"""Histories to check: drawn at random, linearizable by construction or broken on purpose."""

import heapq
from collections.abc import Iterator, Sequence
from itertools import permutations

from kactors.checking.actions import (
    Action,
    Cas,
    Compare,
    Delete,
    Get,
    Key,
    Put,
    Simple,
    Txn,
    TxnResult,
    Value,
    agrees,
    perform,
)
from kactors.checking.model import action_of
from kactors.checking.operation import Operation
from kactors.checking.prefix import as_known
from kactors.runtime.random import Random


def op(
    action: Action, call: int, returned: int | None, result: object = None, client: str = "a"
) -> Operation:
    """Write an operation on one line."""
    return Operation(client=client, action=action, result=result, call_ns=call, return_ns=returned)


def load(
    rng: Random,
    *,
    operations: int,
    clients: int,
    keys: int,
    values: int = 0,
    unknown: float = 0.02,
    cas: float = 0.0,
    spread: int = 60,
) -> list[Operation]:
    """Return what ``clients`` see of a correct store: each operation acts between its two times.

    Args:
        rng: where all choices come from.
        operations: how many.
        clients: how many ask at once.
        keys: how many keys there are.
        values: of how many values puts choose; 0 makes every value another.
        unknown: how often the answer is lost.
        cas: how often a client compares and swaps.
        spread: how far the call and the return may be from the instant at which it acts.
    """
    store: dict[Key, Value] = {}
    history: list[Operation] = []
    free_at = [0] * clients
    turns = [(rng.below(100), client) for client in range(clients)]
    heapq.heapify(turns)
    while len(history) < operations:
        now, client = heapq.heappop(turns)
        call = min(now, max(free_at[client] + 1, now - rng.below(spread) - 1))
        returned = now + rng.below(spread) + 1
        key = f"k{rng.below(keys)}"
        value = rng.below(values) if values else len(history)
        chance = rng.random()
        action: Action = Get(key)
        if chance < cas:
            action = Cas(key, store.get(key) if rng.chance(0.7) else value, value)
        elif chance < (1 + cas) / 2:
            action = Put(key, value)
        result = perform(store, action)
        is_lost = rng.chance(unknown)
        history.append(
            Operation(
                client=f"c{client}",
                action=action,
                result=None if is_lost else result,
                call_ns=call,
                return_ns=None if is_lost else returned,
            )
        )
        free_at[client] = returned
        heapq.heappush(turns, (returned + rng.below(100) + 1, client))
    return history


def small_history(rng: Random) -> list[Operation]:
    """Return up to six operations on one to three keys, with answers that may be nonsense."""
    keys = ["x", "y", "z"][: 1 + rng.below(3)]
    size = 1 + rng.below(6)
    span = 2 + rng.below(14)
    plain = rng.chance(0.3)
    store: dict[Key, Value] = {}
    history = []
    for number in range(size):
        action = _action(rng, keys, number, plain=plain)
        honest = perform(store, action)
        result = honest if rng.chance(0.8) else _answer(rng, action, number)
        call = rng.below(span)
        is_lost = rng.chance(0.2)
        history.append(
            Operation(
                client=f"c{number}",
                action=action,
                result=None if is_lost else result,
                call_ns=call,
                return_ns=None if is_lost else call + rng.below(span),
            )
        )
    return history


def _action(rng: Random, keys: Sequence[str], number: int, *, plain: bool) -> Action:
    key = keys[rng.below(len(keys))]
    if plain:
        return Put(key, number) if rng.chance(0.5) else Get(key)
    value = rng.below(3)
    simple: list[Simple] = [Get(key), Put(key, value), Delete(key)]
    other = keys[rng.below(len(keys))]
    actions: list[Action] = [
        *simple,
        Put(key, value),
        Get(key),
        Cas(key, None if rng.chance(0.3) else rng.below(3), value),
        Txn(
            compare=(Compare(key, rng.below(3), equal=rng.chance(0.5)),),
            success=(Put(other, value), Get(key)),
            failure=(simple[rng.below(3)],),
        ),
    ]
    return actions[rng.below(len(actions))]


def _answer(rng: Random, action: Action, number: int) -> object:
    match action:
        case Put():
            return None
        case Get():
            return None if rng.chance(0.3) else rng.below(max(3, number))
        case Delete():
            return None if rng.chance(0.3) else rng.below(2)
        case Cas():
            return rng.chance(0.5)
        case Txn():
            return TxnResult(rng.chance(0.5))


def explains(order: Sequence[Operation]) -> bool:
    """Tell whether a store that does ``order`` gives the answers that were recorded."""
    store: dict[Key, Value] = {}
    for operation in order:
        action = action_of(operation)
        actual = perform(store, action)
        if operation.return_ns is not None and not agrees(action, operation.result, actual):
            return False
    return True


def respects_real_time(order: Sequence[Operation]) -> bool:
    """Tell whether nothing in ``order`` stands before what had returned when it was called."""
    return all(
        later.return_ns is None or earlier.call_ns <= later.return_ns
        for place, earlier in enumerate(order)
        for later in order[place + 1 :]
    )


def brute_force(history: Sequence[Operation]) -> bool:
    """Tell whether ``history`` is linearizable, by trying every order of every subset."""
    known = [operation for operation in history if operation.return_ns is not None]
    unknown = [operation for operation in history if operation.return_ns is None]
    return any(
        respects_real_time(order) and explains(order)
        for happened in _subsets(unknown)
        for order in permutations([*known, *happened])
    )


def _subsets(items: Sequence[Operation]) -> Iterator[list[Operation]]:
    for mask in range(1 << len(items)):
        yield [item for place, item in enumerate(items) if mask >> place & 1]


def just_before(prefix: Sequence[Operation], last: Operation) -> list[Operation]:
    """Return ``prefix`` as it was known just before ``last``, its last operation, returned."""
    return [as_known(operation, known=operation is not last) for operation in prefix]


def hopeless() -> list[Operation]:
    """Twenty puts at once and a read that none of them explains: a million ways to find out."""
    puts = [op(Put("x", n), 10, 1000, client=f"c{n}") for n in range(20)]
    return [op(Delete("x"), 0, 1, 0), *puts, op(Get("x"), 2000, 2001, "never written")]
