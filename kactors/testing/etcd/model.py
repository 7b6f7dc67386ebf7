"""The store once more, as plainly as it can be written: what the log says must be true.

It shares nothing with `kactors.etcd` but the messages, keeps all history, and is applied once to
the one log that all members must agree on. It knows what the harness' clients ask for: a
transaction compares single keys, and is not nested.
"""

from bisect import bisect_right
from collections.abc import Callable
from operator import eq, gt, lt, ne
from typing import Any, Final

import attrs

from kactors.etcd.messages.kv import (
    Compact,
    Compare,
    CompareResult,
    CompareTarget,
    DeleteRange,
    KeyValue,
    Put,
    Range,
    Txn,
)
from kactors.etcd.messages.lease import LeaseExpire, LeaseGrant, LeaseRevoke

__all__ = ["Facts", "Happened", "Model", "Refused", "within"]

#: An answer without its header, as nested tuples.
Facts = tuple[Any, ...]
_OPERATORS: Final[dict[CompareResult, Callable[[Any, Any], bool]]] = {
    CompareResult.EQUAL: eq,
    CompareResult.GREATER: gt,
    CompareResult.LESS: lt,
    CompareResult.NOT_EQUAL: ne,
}


class Refused(Exception):
    """The command changes nothing, and its answer is an error."""


@attrs.frozen
class Happened:
    """One revision.

    Attributes:
        revision: its number.
        command: what made it.
        facts: the answer to that; empty if nobody asked.
        changes: ``(new version, version before)``; the number of a deletion's version is 0.
        at_ns: when it was applied first, by true time.
    """

    revision: int
    command: object
    facts: Facts
    changes: tuple[tuple[KeyValue, KeyValue | None], ...]
    at_ns: int


def within(key: bytes, first: bytes, end: bytes) -> bool:
    """Tell whether a key is in a range."""
    return key == first if not end else first <= key and (end == b"\0" or key < end)


class Model:
    """The state after some entries of the log, and every state before.

    Attributes:
        revision, compacted: as in the store.
        history: every revision after the first, in order.
        ended: ``{lease: when it ended by itself}``, by true time.
        ttls: ``{lease: seconds}`` of all leases ever granted.
    """

    def __init__(self, *, ttl_min: int) -> None:
        self.revision = 1
        self.compacted = 0
        self.history: list[Happened] = []
        self.ended: dict[int, int] = {}
        self.ttls: dict[int, int] = {}
        self._ttl_min = ttl_min
        self._leases: dict[int, int] = {}
        self._live: dict[bytes, KeyValue] = {}
        self._versions: dict[bytes, list[KeyValue]] = {}
        self._pending: list[tuple[KeyValue, KeyValue | None]] = []

    @property
    def leases(self) -> tuple[int, ...]:
        """The leases that are alive, sorted."""
        return tuple(sorted(self._leases))

    # The log ----------------------------------------------------------------------------------

    def apply(self, term: int, command: object, now_ns: int) -> None:
        """Apply one entry."""
        try:
            self._apply(term, command, now_ns)
        except Refused:
            assert not self._pending, "what is refused has changed nothing"

    def _apply(self, term: int, command: object, now_ns: int) -> None:
        match command:
            case Put():
                self._check_put(command)
                self._commit(command, self._put(command), now_ns)
            case DeleteRange():
                self._commit(command, self._delete(command), now_ns)
            case Txn():
                self._commit(command, self._txn(command), now_ns)
            case Compact(revision=revision):
                if self.compacted < revision <= self.revision:
                    self.compacted = revision
            case LeaseGrant(id=lease, ttl=ttl):
                if lease not in self._leases:
                    self._leases[lease] = self.ttls[lease] = max(ttl, self._ttl_min)
            case LeaseRevoke(id=lease):
                self._end(lease, command, now_ns)
            case LeaseExpire(ids=leases, term=of_term) if of_term == term:
                for lease in leases:
                    if lease in self._leases:
                        self.ended[lease] = now_ns
                        self._end(lease, command, now_ns)
            case _:
                pass  # what keys and leases do not depend on

    def _commit(self, command: object, facts: Facts, now_ns: int) -> None:
        changes, self._pending = tuple(self._pending), []
        if changes:
            self.revision += 1
            self.history.append(Happened(self.revision, command, facts, changes, now_ns))

    def _end(self, lease: int, command: object, now_ns: int) -> None:
        if self._leases.pop(lease, None) is None:
            return
        for key in sorted(key for key, kv in self._live.items() if kv.lease == lease):
            self._remove(key)
        self._commit(command, (), now_ns)

    def _check_put(self, command: Put) -> None:
        if command.lease and command.lease not in self._leases:
            raise Refused

    def _put(self, command: Put) -> Facts:
        revision = self.revision + 1
        before = self._live.get(command.key)
        created, version = (revision, 1)
        if before is not None:
            created, version = before.create_revision, before.version + 1
        kv = KeyValue(command.key, created, revision, version, command.value, command.lease)
        self._live[command.key] = kv
        self._note(kv, before)
        return ("put", before if command.prev_kv else None)

    def _delete(self, command: DeleteRange) -> Facts:
        doomed = sorted(k for k in self._live if within(k, command.key, command.range_end))
        before = tuple(self._remove(key) for key in doomed)
        return ("delete", len(doomed), before if command.prev_kv else ())

    def _remove(self, key: bytes) -> KeyValue:
        before = self._live.pop(key)
        self._note(KeyValue(key, 0, self.revision + 1), before)
        return before

    def _note(self, kv: KeyValue, before: KeyValue | None) -> None:
        self._versions.setdefault(kv.key, []).append(kv)
        self._pending.append((kv, before))

    def _txn(self, command: Txn) -> Facts:
        taken = all(self._holds(compare) for compare in command.compare)
        branch = command.success if taken else command.failure
        for part in branch:
            if isinstance(part, Range) and 0 < part.revision < self.compacted:
                raise Refused
            if isinstance(part, Put):
                self._check_put(part)
        told: list[Facts] = []
        for part in branch:
            match part:
                case Range():
                    told.append(self.look(part, self.revision + bool(self._pending)))
                case Put():
                    told.append(self._put(part))
                case DeleteRange():
                    told.append(self._delete(part))
                case _:
                    raise AssertionError(f"no client of the harness asks for {part!r}")
        return ("txn", taken, tuple(told))

    def _holds(self, compare: Compare) -> bool:
        kv = self._live.get(compare.key)
        if kv is None:
            if compare.target is CompareTarget.VALUE:
                return False
            kv = KeyValue(compare.key)
        actual: Any = {
            CompareTarget.VERSION: kv.version,
            CompareTarget.CREATE: kv.create_revision,
            CompareTarget.MOD: kv.mod_revision,
            CompareTarget.VALUE: kv.value,
            CompareTarget.LEASE: kv.lease,
        }[compare.target]
        return _OPERATORS[compare.result](actual, compare.operand)

    # The past ---------------------------------------------------------------------------------

    def at(self, revision: int) -> Happened | None:
        """Return what made a revision; None for the first, or one that is not there."""
        place = revision - 2
        return self.history[place] if 0 <= place < len(self.history) else None

    def state(self, revision: int) -> dict[bytes, KeyValue]:
        """Return what lived at a revision, by key in order."""
        found: dict[bytes, KeyValue] = {}
        for key in sorted(self._versions):
            versions = self._versions[key]
            place = bisect_right(versions, revision, key=_revision) - 1
            if place >= 0 and versions[place].version:
                found[key] = versions[place]
        return found

    def look(self, request: Range, now: int) -> Facts:
        """Return the answer to a range that is asked when ``now`` is the revision."""
        state = self.state(request.revision if request.revision > 0 else now)
        kvs = tuple(kv for key, kv in state.items() if within(key, request.key, request.range_end))
        cut = kvs[: request.limit] if request.limit else kvs
        return ("range", cut, len(cut) < len(kvs), len(kvs))


def _revision(kv: KeyValue) -> int:
    return kv.mod_revision
