"""Requests that can never succeed, refused before they are proposed.

Source: ``server/etcdserver/api/v3rpc/key.go`` of etcd. One rule is stricter here: a transaction may
not delete in one nested transaction what it puts in another, whichever comes first, so that no key
ever has two versions at one revision.
"""

from collections.abc import Iterable

import attrs

from kactors.etcd.errors import (
    DuplicateKey,
    EmptyKey,
    EtcdError,
    LeaseProvided,
    TooManyOps,
    ValueProvided,
)
from kactors.etcd.key_range import KeyRange
from kactors.etcd.messages.kv import DeleteRange, Operation, Put, Range, Txn

#: How many operations each branch of a transaction may have, and how many comparisons.
DEFAULT_TXN_OPS_MAX = 128


def validate(request: Operation, *, txn_ops_max: int = DEFAULT_TXN_OPS_MAX) -> None:
    """Refuse a read or a write that no state of the store could make right.

    Raises:
        EmptyKey, ValueProvided, LeaseProvided, TooManyOps, DuplicateKey: what is wrong with it.
    """
    problem = _problem(request, txn_ops_max)
    if problem is not None:
        raise problem
    if isinstance(request, Txn):
        for branch in (request.success, request.failure):
            if len(branch) > 1 or (branch and isinstance(branch[0], Txn)):
                _writes(branch)  # one operation alone writes nothing twice


def _problem(request: Operation, ops_max: int) -> EtcdError | None:
    match request:
        case Range() | DeleteRange():
            return None if request.key else EmptyKey()
        case Put():
            return _problem_of_put(request)
        case Txn():
            return _problem_of_txn(request, ops_max)


def _problem_of_put(request: Put) -> EtcdError | None:
    if not request.key:
        return EmptyKey()
    if request.ignore_value and request.value:
        return ValueProvided()
    if request.ignore_lease and request.lease:
        return LeaseProvided()
    return None


def _problem_of_txn(request: Txn, ops_max: int) -> EtcdError | None:
    """Check a transaction and what is nested in it; each level uses up some of the allowance."""
    used = max(len(request.compare), len(request.success), len(request.failure))
    if used > ops_max:
        return TooManyOps()
    for compare in request.compare:
        if not compare.key:
            return EmptyKey()
    for operation in (*request.success, *request.failure):
        problem = _problem(operation, ops_max - used)
        if problem is not None:
            return problem
    return None


@attrs.define
class _Writes:
    """What one branch writes: keys that it puts, ranges that it deletes."""

    puts: dict[bytes, None] = attrs.field(factory=dict)
    deletes: list[KeyRange] = attrs.field(factory=list)

    def join(self, other: "_Writes") -> None:
        """Add what happens as well; no key may be put twice, or put and deleted.

        Raises:
            DuplicateKey: one would be.
        """
        twice = any(key in self.puts for key in other.puts)
        if twice or _meet(self.puts, other.deletes) or _meet(other.puts, self.deletes):
            raise DuplicateKey
        self.either(other)

    def either(self, other: "_Writes") -> None:
        """Add what happens instead: the two exclude each other."""
        self.puts.update(other.puts)
        self.deletes += other.deletes


def _writes(branch: Iterable[Operation]) -> _Writes:
    found = _Writes()
    for operation in branch:
        match operation:
            case Put():
                found.join(_Writes(puts={operation.key: None}))
            case DeleteRange():
                keys = KeyRange.of(operation.key, operation.range_end)
                found.join(_Writes(deletes=[keys]))
            case Txn():
                nested = _writes(operation.success)
                nested.either(_writes(operation.failure))
                found.join(nested)
            case Range():
                pass
    return found


def _meet(puts: Iterable[bytes], deletes: list[KeyRange]) -> bool:
    return any(key in keys for key in puts for keys in deletes)
