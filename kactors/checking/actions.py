"""What clients ask of a key-value store, as values, and what the store has to answer.

`perform` is the specification: a store is a mapping from keys to values, and each action reads
and writes it at one instant.
"""

from collections.abc import Iterator, MutableMapping
from typing import TypeAlias

import attrs

Key: TypeAlias = str | bytes
#: What a key can hold; ``None`` stands for a key that is absent.
Value: TypeAlias = str | int | bytes


@attrs.frozen
class Put:
    """Set ``key`` to ``value``; answers None."""

    key: Key
    value: Value

    def __str__(self) -> str:
        return f"put {self.key!r} = {self.value!r}"


@attrs.frozen
class Get:
    """Read ``key``; answers its value, or None if it is absent."""

    key: Key

    def __str__(self) -> str:
        return f"get {self.key!r}"


@attrs.frozen
class Delete:
    """Remove ``key``; answers how many keys were there, 0 or 1."""

    key: Key

    def __str__(self) -> str:
        return f"delete {self.key!r}"


@attrs.frozen
class Cas:
    """Set ``key`` to ``new`` if it holds ``expected`` (None: is absent); answers whether it did."""

    key: Key
    expected: Value | None
    new: Value

    def __str__(self) -> str:
        return f"cas {self.key!r}: {self.expected!r} -> {self.new!r}"


@attrs.frozen
class Compare:
    """One condition of a transaction: the key holds (``equal``) or does not hold ``value``."""

    key: Key
    value: Value | None
    equal: bool = True

    def __str__(self) -> str:
        return f"{self.key!r} {'=' if self.equal else '!='} {self.value!r}"


@attrs.frozen
class Txn:
    """Do ``success`` if every condition holds, else ``failure``; answers a `TxnResult`.

    The actions of the chosen branch happen one after the other at one instant: a later one sees
    what an earlier one wrote.
    """

    compare: tuple[Compare, ...] = ()
    success: tuple["Simple", ...] = ()
    failure: tuple["Simple", ...] = ()

    def __str__(self) -> str:
        conditions = " and ".join(map(str, self.compare)) or "true"
        success = ", ".join(map(str, self.success)) or "nothing"
        failure = ", ".join(map(str, self.failure)) or "nothing"
        return f"txn if {conditions} then {success} else {failure}"


#: What may stand in a branch of a transaction.
Simple: TypeAlias = Put | Get | Delete
Action: TypeAlias = Put | Get | Delete | Cas | Txn


@attrs.frozen
class TxnResult:
    """Which branch was taken, and the answer to each action in it.

    An empty ``results`` claims nothing about the answers.
    """

    succeeded: bool
    results: tuple[Value | None, ...] = ()

    def __str__(self) -> str:
        branch = "success" if self.succeeded else "failure"
        return f"{branch} {list(self.results)!r}" if self.results else branch


Result: TypeAlias = Value | bool | TxnResult | None


def keys_of(action: Action) -> Iterator[Key]:
    """Yield the keys that ``action`` names, in its own order, perhaps repeatedly."""
    if isinstance(action, Txn):
        for part in (*action.compare, *action.success, *action.failure):
            yield part.key
    else:
        yield action.key


def perform(store: MutableMapping[Key, Value], action: Action) -> Result:
    """Do ``action`` to ``store`` and return the answer."""
    match action:
        case Put():
            store[action.key] = action.value
            return None
        case Get():
            return store.get(action.key)
        case Delete():
            return 0 if store.pop(action.key, None) is None else 1
        case Cas():
            if store.get(action.key) != action.expected:
                return False
            store[action.key] = action.new
            return True
        case Txn():
            holds = all((store.get(c.key) == c.value) is c.equal for c in action.compare)
            branch = action.success if holds else action.failure
            return TxnResult(holds, tuple([_simple(store, part) for part in branch]))


def _simple(store: MutableMapping[Key, Value], action: Simple) -> Value | None:
    answer = perform(store, action)
    assert not isinstance(answer, TxnResult)
    return answer


def agrees(action: Action, claimed: object, actual: Result) -> bool:
    """Tell whether the answer that a client got is the one that the store had to give.

    A put claims nothing. A deletion that claims None claims nothing either; so does a transaction
    about the answers of its branch if it lists none.
    """
    match action:
        case Put():
            return True
        case Delete():
            return claimed is None or claimed == actual
        case Txn():
            assert isinstance(claimed, TxnResult)
            assert isinstance(actual, TxnResult)
            if claimed.succeeded is not actual.succeeded:
                return False
            branch = action.success if claimed.succeeded else action.failure
            return not claimed.results or all(map(agrees, branch, claimed.results, actual.results))
        case _:
            return claimed == actual


def only_reads(action: Action, result: object) -> bool:
    """Tell whether ``action``, having been answered ``result``, can not have changed anything."""
    match action:
        case Get():
            return True
        case Put():
            return False
        case Delete():
            return result == 0 and result is not None
        case Cas():
            return result is False
        case Txn():
            assert isinstance(result, TxnResult)
            branch = action.success if result.succeeded else action.failure
            answers = result.results or (None,) * len(branch)
            return all(map(only_reads, branch, answers))
