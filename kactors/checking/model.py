"""What the system under test is, seen as one object that does one thing at a time.

A `Model` says from which state to which an operation leads, or that it is impossible there. Models
are pure: states are hashable values, and no method changes anything. `KeyValue` is the model of
`kactors.checking.actions`; for a queue, a lock or a counter write your own.
"""

import enum
from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

import attrs

from kactors.checking import distinct
from kactors.checking.actions import (
    Action,
    Cas,
    Delete,
    Get,
    Key,
    Put,
    Txn,
    TxnResult,
    Value,
    agrees,
    keys_of,
    only_reads,
    perform,
)
from kactors.checking.distinct import Decision
from kactors.checking.operation import Operation


class Refused(enum.Enum):
    """The type of `REFUSED`."""

    REFUSED = "refused"


#: What `Model.step` returns where an operation is impossible.
REFUSED: Final = Refused.REFUSED
Impossible: TypeAlias = Literal[Refused.REFUSED]

StateT = TypeVar("StateT", bound=Hashable)


class Model(ABC, Generic[StateT]):
    """A sequential object: subclass it, and give `initial` and `step`."""

    @abstractmethod
    def initial(self) -> StateT:
        """Return the state in which the history begins."""

    @abstractmethod
    def step(self, state: StateT, operation: Operation) -> StateT | Impossible:
        """Return the state after ``operation``, or `REFUSED` if its answer is impossible here.

        The answer of an operation whose outcome is unknown is not known either: any will do.
        """

    def readonly(self, operation: Operation) -> bool:
        """Tell whether the operation, with the answer it got, changes no state whatsoever.

        The search places such an operation as soon as it fits, which is what makes it fast. False
        is always safe to answer.
        """
        del operation
        return False

    def effect(self, operation: Operation) -> Hashable | None:
        """Return what `step` goes by, so that equal effects are interchangeable to it.

        None, the default, means that the operation is like no other, which is always safe.
        """
        del operation
        return None

    def split(self, operations: Sequence[Operation]) -> "list[Part]":
        """Split a history into parts that do not touch each other, each with its model.

        A history is linearizable exactly if its parts are (Herlihy and Wing, 1990, Theorem 1).
        Operations that can be left out without a difference may be.
        """
        return [Part(self, tuple(operations))]

    def shortcut(self, operations: Sequence[Operation]) -> Decision | None:
        """Decide one part without a search; None if that is not possible."""
        del operations
        return None

    def describe(self, state: StateT) -> str:
        """Return the state as people read it."""
        return repr(state)


@attrs.frozen
class Part:
    """Operations that can be checked without looking at any other."""

    model: Model[Any]
    operations: tuple[Operation, ...]


class KeyValue(Model[tuple[Value | None, ...]]):
    """The store of `kactors.checking.actions`, empty at first.

    It is split by key; the keys that one transaction names stay together. The state is the values
    of ``keys`` in their order, None for those that are absent.
    """

    def __init__(self, keys: Sequence[Key] = ()) -> None:
        self.keys = tuple(keys)

    def initial(self) -> tuple[Value | None, ...]:
        """Every key is absent."""
        return (None,) * len(self.keys)

    def step(
        self, state: tuple[Value | None, ...], operation: Operation
    ) -> tuple[Value | None, ...] | Impossible:
        """Perform the action on a copy of the store and compare the answers."""
        store = {k: held for k, held in zip(self.keys, state, strict=True) if held is not None}
        action = action_of(operation)
        actual = perform(store, action)
        if operation.return_ns is not None and not agrees(action, operation.result, actual):
            return REFUSED
        return tuple([store.get(k) for k in self.keys])

    def readonly(self, operation: Operation) -> bool:
        """Reads, and writes that say that they did nothing."""
        return operation.return_ns is not None and only_reads(
            action_of(operation),
            operation.result,
        )

    def effect(self, operation: Operation) -> Hashable | None:
        """The action and the answer; that of a put does not matter."""
        if isinstance(operation.action, Put):
            return operation.action
        return operation.action, operation.unknown, operation.result

    def split(self, operations: Sequence[Operation]) -> list[Part]:
        """One part for each key, or for each set of keys that transactions tie together."""
        groups = _Groups()
        for operation in operations:
            groups.join(list(keys_of(action_of(operation))))
        parts = []
        members: dict[Key, list[Operation]] = {}
        for operation in operations:
            first = next(keys_of(action_of(operation)), None)
            if first is None:
                parts.append(Part(KeyValue(), (operation,)))
            else:
                members.setdefault(groups.root(first), []).append(operation)
        for root, keys in groups.all().items():
            model: Model[Any] = Register(root) if len(keys) == 1 else KeyValue(keys)
            parts.append(Part(model, tuple(_worth_placing(members[root]))))
        return parts

    def describe(self, state: tuple[Value | None, ...]) -> str:
        """Each key with its value."""
        return ", ".join(_held(k, held) for k, held in zip(self.keys, state, strict=True))


class Register(Model[Value | None]):
    """One key of a `KeyValue`; the state is its value."""

    def __init__(self, key: Key) -> None:
        self.key = key

    def initial(self) -> Value | None:
        """The key is absent."""
        return None

    def step(self, state: Value | None, operation: Operation) -> Value | Impossible | None:
        """Do to one value what `perform` does to a store."""
        action = operation.action
        known = operation.return_ns is not None
        match action:
            case Get():
                return REFUSED if known and operation.result != state else state
            case Put():
                return action.value
            case Delete():
                impossible = operation.result not in (None, 0 if state is None else 1)
                return REFUSED if known and impossible else None
            case Cas():
                swaps = state == action.expected
                if known and operation.result is not swaps:
                    return REFUSED
                return action.new if swaps else state
            case Txn():
                answer = KeyValue((self.key,)).step((state,), operation)
                return REFUSED if answer is REFUSED else answer[0]
            case _:
                raise AssertionError(f"{action!r} has been let past `action_of`")

    def readonly(self, operation: Operation) -> bool:
        """Reads, and writes that say that they did nothing."""
        return KeyValue().readonly(operation)

    def effect(self, operation: Operation) -> Hashable | None:
        """As in a store of several keys."""
        return KeyValue().effect(operation)

    def shortcut(self, operations: Sequence[Operation]) -> Decision | None:
        """Histories of puts of distinct values and of gets need no search."""
        return distinct.decide(operations)

    def describe(self, state: Value | None) -> str:
        """The key with its value."""
        return _held(self.key, state)


def _held(key: Key, value: Value | None) -> str:
    return f"{key!r} is absent" if value is None else f"{key!r} is {value!r}"


def action_of(operation: Operation) -> Action:
    """Return the action of an operation on a key-value store.

    Raises:
        TypeError: it is something else, or its answer cannot be that of its action.
    """
    action = operation.action
    if not isinstance(action, Put | Get | Delete | Cas | Txn):
        raise TypeError(f"the key-value model knows put, get, delete, cas and txn, not {action!r}")
    if isinstance(action, Txn) and operation.return_ns is not None and operation.error is None:
        if not isinstance(operation.result, TxnResult):
            raise TypeError(f"a txn answers a TxnResult, not {operation.result!r}")
        branch = action.success if operation.result.succeeded else action.failure
        if len(operation.result.results) not in (0, len(branch)):
            raise TypeError(f"{operation} lists answers to {len(branch)} operations wrongly")
    return action


def _worth_placing(group: Sequence[Operation]) -> list[Operation]:
    """Leave out puts of unknown outcome that nobody can have noticed.

    Where every operation is a put or a get, a put whose value no get returned can be taken out of
    any order without a difference to the others. Each such put would double the search.
    """
    if not all(isinstance(operation.action, Put | Get) for operation in group):
        return list(group)
    seen = {operation.result for operation in group if isinstance(operation.action, Get)}
    return [
        operation
        for operation in group
        if not (
            operation.unknown
            and isinstance(operation.action, Put)
            and operation.action.value not in seen
        )
    ]


class _Groups:
    """Disjoint sets of keys, named by their first key."""

    def __init__(self) -> None:
        self._parent: dict[Key, Key] = {}

    def root(self, key: Key) -> Key:
        path = []
        while self._parent[key] != key:
            path.append(key)
            key = self._parent[key]
        for passed in path:
            self._parent[passed] = key
        return key

    def join(self, keys: Sequence[Key]) -> None:
        for key in keys:
            self._parent.setdefault(key, key)
            self._parent[self.root(key)] = self.root(keys[0])

    def all(self) -> dict[Key, list[Key]]:
        """Every set under its name, in the order in which they were met."""
        found: dict[Key, list[Key]] = {}
        for key in self._parent:
            found.setdefault(self.root(key), []).append(key)
        return found
