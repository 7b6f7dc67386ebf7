"""The simplest store that could be right: one complete dictionary for every revision.

It is written from etcd's documentation and from the observed answers of etcd 3.4, not from the
store under test, with which it shares only messages and errors.
"""

from collections.abc import Callable, Iterable
from operator import attrgetter

from kactors.etcd.errors import (
    Compacted,
    EtcdError,
    FutureRevision,
    KeyNotFound,
    LeaseExists,
    LeaseNotFound,
)
from kactors.etcd.messages import (
    Compact,
    Compare,
    CompareResult,
    CompareTarget,
    DeleteRange,
    Event,
    EventType,
    KeyValue,
    LeaseGrant,
    LeaseRevoke,
    Operation,
    Put,
    Range,
    SortOrder,
    SortTarget,
    Txn,
)

State = dict[bytes, KeyValue]
#: What a request answers, without headers; refusals by their type.
Outcome = object

TARGETS: dict[CompareTarget, Callable[[KeyValue], bytes | int]] = {
    CompareTarget.VERSION: attrgetter("version"),
    CompareTarget.CREATE: attrgetter("create_revision"),
    CompareTarget.MOD: attrgetter("mod_revision"),
    CompareTarget.VALUE: attrgetter("value"),
    CompareTarget.LEASE: attrgetter("lease"),
}
SORTS: dict[SortTarget, Callable[[KeyValue], bytes | int]] = {
    SortTarget.KEY: attrgetter("key"),
    SortTarget.VERSION: attrgetter("version"),
    SortTarget.CREATE: attrgetter("create_revision"),
    SortTarget.MOD: attrgetter("mod_revision"),
    SortTarget.VALUE: attrgetter("value"),
}


def in_range(key: bytes, start: bytes, end: bytes) -> bool:
    """Whether a key is in the range that ``key`` and ``range_end`` of a request mean."""
    if not end:
        return key == start
    return start <= key and (end == b"\0" or key < end)


class ModelStore:
    """A store that keeps the state at every revision.

    Attributes:
        states: revision -> all living keys; the store is empty at revision 1.
        events: revision -> what happened, in order.
        compacted: the compact revision.
        leases: those that are alive.
    """

    def __init__(self) -> None:
        self.states: dict[int, State] = {1: {}}
        self.events: dict[int, list[Event]] = {}
        self.compacted = 0
        self.leases: set[int] = set()
        self._state: State = {}
        self._pending: list[Event] = []

    @property
    def revision(self) -> int:
        """The newest revision."""
        return max(self.states)

    def apply(self, request: object) -> Outcome:
        """Carry out a request; a refusal is answered by the type of the error."""
        self._state, self._pending = dict(self.states[self.revision]), []
        try:
            answer = self._do(request)
        except EtcdError as refusal:
            return type(refusal)
        if self._pending:
            revision = self.revision + 1
            self.states[revision] = self._state
            self.events[revision] = self._pending
        return answer

    def _do(self, request: object) -> Outcome:
        match request:
            case Range():
                return self.range(request)
            case Put():
                self._check_put(request)
                return self._put(request)
            case DeleteRange():
                return self._delete(request)
            case Txn():
                self._check_txn(request, self.states[self.revision])
                return self._txn(request, self.states[self.revision])
            case Compact(revision=revision):
                self._compact(revision)
            case LeaseGrant(id=lease):
                if lease in self.leases:
                    raise LeaseExists
                self.leases.add(lease)
            case LeaseRevoke(id=lease):
                self._revoke(lease)
        return None

    def _compact(self, revision: int) -> None:
        if revision <= self.compacted:
            raise Compacted
        if revision > self.revision:
            raise FutureRevision
        self.compacted = revision

    def _revoke(self, lease: int) -> None:
        if lease not in self.leases:
            raise LeaseNotFound
        self.leases.remove(lease)
        for key in sorted(self._state):
            if self._state[key].lease == lease:
                self._delete(DeleteRange(key))

    def _check_revision(self, revision: int, now: int) -> None:
        if revision > now:
            raise FutureRevision
        if 0 < revision < self.compacted:
            raise Compacted

    def range(self, request: Range) -> Outcome:
        """Which keys, whether there are more, how many in all."""
        now = self.revision + bool(self._pending)
        self._check_revision(request.revision, now)
        past = 0 < request.revision < now
        state = self.states[request.revision] if past else self._state
        found = [state[k] for k in sorted(state) if in_range(k, request.key, request.range_end)]
        count = len(found)
        if request.count_only:
            return (), False, count
        for bound, field, sign in (
            (request.min_mod_revision, "mod_revision", 1),
            (request.max_mod_revision, "mod_revision", -1),
            (request.min_create_revision, "create_revision", 1),
            (request.max_create_revision, "create_revision", -1),
        ):
            if bound:
                found = [kv for kv in found if sign * getattr(kv, field) >= sign * bound]
        found = sorted(
            found,
            key=SORTS[request.sort_target],
            reverse=request.sort_order is SortOrder.DESCEND,
        )
        more = 0 < request.limit < len(found)
        found = found[: request.limit] if more else found
        if request.keys_only:
            found = [kv._replace(value=b"") for kv in found]
        return tuple(found), more, count

    def _check_put(self, request: Put) -> None:
        before = self.states[self.revision].get(request.key)
        if request.lease and request.lease not in self.leases:
            raise LeaseNotFound
        if (request.ignore_value or request.ignore_lease) and before is None:
            raise KeyNotFound

    def _put(self, request: Put) -> Outcome:
        before = self._state.get(request.key)
        value, lease = request.value, request.lease
        if request.ignore_value and before is not None:
            value = before.value
        if request.ignore_lease and before is not None:
            lease = before.lease
        revision = self.revision + 1
        if before is None:
            kv = KeyValue(request.key, revision, revision, 1, value, lease)
        else:
            created, version = before.create_revision, before.version + 1
            kv = KeyValue(request.key, created, revision, version, value, lease)
        self._state[request.key] = kv
        self._pending.append(Event(EventType.PUT, kv, before))
        return before if request.prev_kv else None

    def _delete(self, request: DeleteRange) -> Outcome:
        doomed = [k for k in sorted(self._state) if in_range(k, request.key, request.range_end)]
        gone = tuple(self._state.pop(key) for key in doomed)
        for kv in gone:
            tombstone = KeyValue(kv.key, 0, self.revision + 1)
            self._pending.append(Event(EventType.DELETE, tombstone, kv))
        return len(gone), gone if request.prev_kv else ()

    def _branch(self, request: Txn, before: State) -> tuple[bool, tuple[Operation, ...]]:
        taken = all(self._holds(compare, before) for compare in request.compare)
        return taken, request.success if taken else request.failure

    def _check_txn(self, request: Txn, before: State) -> None:
        for operation in self._branch(request, before)[1]:
            match operation:
                case Range():
                    self._check_revision(operation.revision, self.revision)
                case Put():
                    self._check_put(operation)
                case Txn():
                    self._check_txn(operation, before)
                case DeleteRange():
                    pass

    def _txn(self, request: Txn, before: State) -> Outcome:
        taken, branch = self._branch(request, before)
        answers: list[Outcome] = []
        for operation in branch:
            match operation:
                case Range():
                    answers.append(self.range(operation))
                case Put():
                    answers.append(self._put(operation))
                case DeleteRange():
                    answers.append(self._delete(operation))
                case Txn():
                    answers.append(self._txn(operation, before))
        return taken, tuple(answers)

    def _holds(self, compare: Compare, before: State) -> bool:
        found = [kv for key, kv in before.items() if in_range(key, compare.key, compare.range_end)]
        if not found and compare.target is CompareTarget.VALUE:
            return False
        kvs: Iterable[KeyValue] = found or [KeyValue(compare.key)]
        return all(self._compares(compare, TARGETS[compare.target](kv)) for kv in kvs)

    def _compares(self, compare: Compare, actual: bytes | int) -> bool:
        operand = compare.operand
        match actual, operand:
            case (int(), int()) | (bytes(), bytes()):
                order = (actual > operand) - (actual < operand)  # type: ignore[operator]  # of one type
            case _:
                raise AssertionError("the model compares like with like")
        return {
            CompareResult.EQUAL: order == 0,
            CompareResult.GREATER: order > 0,
            CompareResult.LESS: order < 0,
            CompareResult.NOT_EQUAL: order != 0,
        }[compare.result]
