"""Puts, deletions and transactions: first check, then do.

A transaction is checked as a whole on the state before it; nothing is written unless all of it can
be. What is done then cannot fail, so that a transaction happens wholly or not at all.

Source: ``server/etcdserver/txn/txn.go`` of etcd.
"""

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter, eq, gt, lt, ne
from typing import Any, Final, Protocol

import attrs

from kactors.etcd.errors import KeyNotFound, LeaseNotFound
from kactors.etcd.key_range import KeyRange
from kactors.etcd.messages.kv import (
    Compare,
    CompareResult,
    CompareTarget,
    DeleteRange,
    DeleteRangeResponse,
    Header,
    KeyValue,
    Operation,
    OperationResponse,
    Put,
    PutResponse,
    Range,
    RangeResponse,
    Txn,
    TxnResponse,
)
from kactors.etcd.mvcc import Change, Mvcc
from kactors.etcd.range_read import read_range

_OPERATORS: Final[dict[CompareResult, Callable[[Any, Any], bool]]] = {
    CompareResult.EQUAL: eq,
    CompareResult.GREATER: gt,
    CompareResult.LESS: lt,
    CompareResult.NOT_EQUAL: ne,
}
_TARGETS: Final[dict[CompareTarget, Callable[[KeyValue], bytes | int]]] = {
    CompareTarget.VERSION: attrgetter("version"),
    CompareTarget.CREATE: attrgetter("create_revision"),
    CompareTarget.MOD: attrgetter("mod_revision"),
    CompareTarget.VALUE: attrgetter("value"),
    CompareTarget.LEASE: attrgetter("lease"),
}


class Leases(Protocol):
    """What writing has to know of leases, and what leases have to know of writing."""

    def __contains__(self, lease: object) -> bool:
        """Tell whether a lease is alive."""
        ...

    def follow(self, change: Change) -> None:
        """Take note that a key came to hang on a lease, or hangs on one no longer."""
        ...


@attrs.frozen
class Writer:
    """Carries out requests on a store; the caller commits.

    Attributes:
        mvcc: the keys.
        leases: see `Leases`.
        header: makes the header of an answer from a revision.
    """

    mvcc: Mvcc
    leases: Leases
    header: Callable[[int], Header]

    def range(self, request: Range) -> RangeResponse:
        """Read; within a transaction it sees what was written before.

        Raises:
            FutureRevision, Compacted: the revision cannot be read.
        """
        return read_range(self.mvcc, request, self.header(self.mvcc.read_revision))

    def put(self, request: Put) -> PutResponse:
        """Check and put.

        Raises:
            KeyNotFound: there is nothing whose value or lease could be kept.
            LeaseNotFound: the lease is not alive.
        """
        self.check_put(request)
        return self._put(request)

    def delete_range(self, request: DeleteRange) -> DeleteRangeResponse:
        """Delete; deleting nothing is no error, and no change."""
        changes = self.mvcc.delete(KeyRange.of(request.key, request.range_end))
        for change in changes:
            self.leases.follow(change)
        header = self.header(self.mvcc.read_revision)
        previous = tuple([kv for _, kv in changes if kv is not None]) if request.prev_kv else ()
        return DeleteRangeResponse(header, len(changes), previous)

    def txn(self, request: Txn) -> TxnResponse:
        """Choose the branches, check all that is in them, and do it.

        Raises:
            KeyNotFound, LeaseNotFound: as `put`.
            FutureRevision, Compacted: a range in it cannot be read.
        """
        path = list(_choices(self.mvcc, request))
        self._check_txn(request, iter(path))
        return self._txn(request, iter(path))

    def check_put(self, request: Put) -> None:
        """Refuse a put that the present state does not allow; as `put`."""
        if request.lease and request.lease not in self.leases:
            raise LeaseNotFound
        if (request.ignore_value or request.ignore_lease) and self.mvcc.get(request.key) is None:
            raise KeyNotFound

    def _put(self, request: Put) -> PutResponse:
        value, lease = request.value, request.lease
        if request.ignore_value or request.ignore_lease:
            before = self.mvcc.get(request.key)
            assert before is not None, f"{request} has been checked"
            value = before.value if request.ignore_value else value
            lease = before.lease if request.ignore_lease else lease
        change = self.mvcc.put(request.key, value, lease)
        self.leases.follow(change)
        previous = change.previous if request.prev_kv else None
        return PutResponse(self.header(change.kv.mod_revision), previous)

    def _check_txn(self, request: Txn, path: Iterator[bool]) -> None:
        for operation in _branch(request, taken=next(path)):
            match operation:
                case Range():
                    self.mvcc.check_readable(operation.revision)
                case Put():
                    self.check_put(operation)
                case Txn():
                    self._check_txn(operation, path)
                case DeleteRange():
                    pass

    def _txn(self, request: Txn, path: Iterator[bool]) -> TxnResponse:
        taken = next(path)
        responses: list[OperationResponse] = []
        for operation in _branch(request, taken=taken):
            match operation:
                case Range():
                    responses.append(self.range(operation))
                case Put():
                    responses.append(self._put(operation))
                case DeleteRange():
                    responses.append(self.delete_range(operation))
                case Txn():
                    responses.append(self._txn(operation, path))
        return TxnResponse(self.header(self.mvcc.read_revision), taken, tuple(responses))


def _branch(request: Txn, *, taken: bool) -> Iterable[Operation]:
    return request.success if taken else request.failure


def _choices(mvcc: Mvcc, request: Txn) -> Iterator[bool]:
    """Yield which branch is taken, for the transaction and then for each nested in that branch."""
    taken = all(holds(mvcc, compare) for compare in request.compare)
    yield taken
    for operation in _branch(request, taken=taken):
        if isinstance(operation, Txn):
            yield from _choices(mvcc, operation)


def holds(mvcc: Mvcc, compare: Compare) -> bool:
    """Tell whether a comparison holds now.

    A range in which no key lives compares as one key that does not exist.
    """
    if not compare.range_end:
        return _holds_for(compare, mvcc.get(compare.key))
    keys = KeyRange.of(compare.key, compare.range_end)
    found = mvcc.range(keys)
    if not found:
        return _holds_for(compare, None)
    return all(_holds_for(compare, kv) for kv in found)


def _holds_for(compare: Compare, kv: KeyValue | None) -> bool:
    if kv is None:
        if compare.target is CompareTarget.VALUE:
            return False
        kv = KeyValue(compare.key)
    actual = _TARGETS[compare.target](kv)
    # As in etcd, an operand that does not suit the target counts as one that was not given.
    suits = type(actual) is type(compare.operand)
    operand = compare.operand if suits else type(actual)()
    return _OPERATORS[compare.result](actual, operand)


def is_read_only(request: Txn) -> bool:
    """Tell whether a transaction changes nothing, whichever branch is taken."""
    for branch in (request.success, request.failure):  # a loop: every transaction is asked twice
        for operation in branch:
            if isinstance(operation, Txn):
                if not is_read_only(operation):
                    return False
            elif not isinstance(operation, Range):
                return False
    return True
