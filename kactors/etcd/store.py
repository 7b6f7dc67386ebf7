"""The replicated state machine: committed commands in, answers out, the same on every member.

Theory of operation
===================

`Store.apply` takes the entries of the log one by one. What it does depends on nothing but them, so
that every member comes to the same state at the same index; only the names in the headers of
answers are the member's own. The applied index is part of the state: it moves in the same call as
the data, travels in the same snapshot, and an entry at or below it is not applied again.

A command that cannot be carried out changes nothing, and its answer is an `EtcdError`, not an
exception: being refused is a regular outcome, at the same index everywhere.

The order of a member's start: `adopt` the newest snapshot (`kactors.etcd.snapshot`), then apply
every entry after its index.

Source: ``server/etcdserver/apply`` of etcd.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from kactors.etcd.alarms import Alarms
from kactors.etcd.errors import EtcdError
from kactors.etcd.key_range import KeyRange
from kactors.etcd.lease import Lessor
from kactors.etcd.membership import Membership
from kactors.etcd.messages.kv import (
    Compact,
    CompactResponse,
    DeleteRange,
    DeleteRangeResponse,
    Header,
    Put,
    PutResponse,
    Range,
    RangeResponse,
    Txn,
    TxnResponse,
)
from kactors.etcd.messages.lease import (
    LeaseCheckpoint,
    LeaseCheckpointed,
    LeaseExpire,
    LeaseExpired,
    LeaseGrant,
    LeaseGrantResponse,
    LeaseRevoke,
    LeaseRevokeResponse,
)
from kactors.etcd.messages.maintenance import Alarm, AlarmResponse
from kactors.etcd.mvcc import Mvcc
from kactors.etcd.txn import Writer, is_read_only
from kactors.etcd.watchers import Watchers, WatchLimits

#: What an entry of the log can ask for.
Command: TypeAlias = (
    Put
    | DeleteRange
    | Txn
    | Compact
    | LeaseGrant
    | LeaseRevoke
    | LeaseExpire
    | LeaseCheckpoint
    | Alarm
)
Answer: TypeAlias = (
    PutResponse
    | DeleteRangeResponse
    | TxnResponse
    | CompactResponse
    | LeaseGrantResponse
    | LeaseRevokeResponse
    | LeaseExpired
    | LeaseCheckpointed
    | AlarmResponse
    | EtcdError
)

#: etcd's minimum with its default ticks: one and a half election timeouts, in whole seconds.
DEFAULT_TTL_MIN = 2


class Store:
    """The state of one member.

    Attributes:
        cluster_id: of the cluster, for headers.
        member_id: of this member, for headers.
        ttl_min: seconds; shorter leases are made as long. The same on every member.
        applied_index: of the last entry that was applied.
        applied_term: of that entry.
        mvcc: the keys.
        lessor: the leases.
        alarms: what is wrong.
        membership: the members.
        watchers: the watches of this member; they are not replicated.
    """

    def __init__(
        self,
        *,
        cluster_id: int = 0,
        member_id: int = 0,
        ttl_min: int = DEFAULT_TTL_MIN,
        watch_limits: WatchLimits | None = None,
    ) -> None:
        self.cluster_id = cluster_id
        self.member_id = member_id
        self.ttl_min = ttl_min
        self.applied_index = 0
        self.applied_term = 0
        self.mvcc = Mvcc()
        self.lessor = Lessor()
        self.alarms = Alarms()
        self.membership = Membership()
        self.watchers = Watchers(self.mvcc, self.header, watch_limits)
        self._writer = Writer(self.mvcc, self.lessor, self.header)

    def header(self, revision: int) -> Header:
        """Return the header of an answer that speaks of ``revision``."""
        return Header(self.cluster_id, self.member_id, revision, self.applied_term)

    # Reading ----------------------------------------------------------------------------------

    def range(self, request: Range) -> RangeResponse:
        """Read from the present state; the caller has made sure that it is recent enough.

        Raises:
            FutureRevision, Compacted, CorruptCluster: it cannot be read.
        """
        self.alarms.check_readable()
        return self._writer.range(request)

    def read_txn(self, request: Txn) -> TxnResponse:
        """Carry out a transaction that only reads, without the log; as `range`."""
        assert is_read_only(request), f"{request} writes: it has to go through the log"
        self.alarms.check_readable()
        return self._writer.txn(request)

    # The log ----------------------------------------------------------------------------------

    def apply(self, index: int, term: int, command: Command) -> Answer | None:
        """Apply the entry at ``index`` of the log, which was appended in ``term``.

        Returns:
            The answer; None if the entry was applied before, perhaps in another life.
        """
        if index <= self.applied_index:
            return None
        self.skip(index, term)
        try:
            self.alarms.check_writable(command)
            answer: Answer = _HANDLERS[type(command)](self, command)
        except EtcdError as refusal:
            assert self.mvcc.read_revision == self.mvcc.revision, f"half of {command} was done"
            return refusal.with_traceback(None)
        changes = self.mvcc.commit()
        if changes:
            self.watchers.notify(changes)
        return answer

    def skip(self, index: int, term: int) -> None:
        """Take note of an entry that is not for the store: empty, or about the configuration."""
        if index <= self.applied_index:
            return
        assert index == self.applied_index + 1, (
            f"entry {index} comes after {self.applied_index}: entries between them are missing"
        )
        self.applied_index = index
        self.applied_term = term

    # Commands ---------------------------------------------------------------------------------

    def _put(self, command: Put) -> PutResponse:
        return self._writer.put(command)

    def _delete_range(self, command: DeleteRange) -> DeleteRangeResponse:
        return self._writer.delete_range(command)

    def _txn(self, command: Txn) -> TxnResponse:
        return self._writer.txn(command)

    def _compact(self, command: Compact) -> CompactResponse:
        self.mvcc.compact(command.revision)
        return CompactResponse(self.header(self.mvcc.revision))

    def _lease_grant(self, command: LeaseGrant) -> LeaseGrantResponse:
        lease = self.lessor.grant(command.id, max(command.ttl, self.ttl_min))
        return LeaseGrantResponse(self.header(self.mvcc.revision), lease.id, lease.ttl)

    def _lease_revoke(self, command: LeaseRevoke) -> LeaseRevokeResponse:
        self._end_lease(command.id)
        return LeaseRevokeResponse(self.header(self.mvcc.read_revision))

    def _lease_expire(self, command: LeaseExpire) -> LeaseExpired:
        """End leases, each at a revision of its own, unless an old leader asks for it late."""
        ended = 0
        if command.term == self.applied_term:
            for lease in command.ids:
                if lease in self.lessor:
                    self._end_lease(lease)
                    self.watchers.notify(self.mvcc.commit())
                    ended += 1
        return LeaseExpired(self.header(self.mvcc.revision), ended)

    def _end_lease(self, lease: int) -> None:
        for key in self.lessor.revoke(lease):
            self.mvcc.delete(KeyRange.of(key, b""))

    def _lease_checkpoint(self, command: LeaseCheckpoint) -> LeaseCheckpointed:
        for checkpoint in command.checkpoints:
            self.lessor.checkpoint(checkpoint)
        return LeaseCheckpointed(self.header(self.mvcc.revision))

    def _alarm(self, command: Alarm) -> AlarmResponse:
        return AlarmResponse(self.header(self.mvcc.revision), self.alarms.handle(command))

    # Snapshots --------------------------------------------------------------------------------

    def adopt(self, other: "Store") -> None:
        """Become what ``other`` is, which a snapshot made; watches go on.

        Nothing happens if ``other`` is not ahead: a late snapshot must not turn time back.
        """
        if other.applied_index <= self.applied_index:
            return
        self.applied_index = other.applied_index
        self.applied_term = other.applied_term
        self.mvcc = other.mvcc
        self.lessor.replace(other.lessor)
        self.alarms = other.alarms
        self.membership = other.membership
        self.watchers.replace(self.mvcc)
        self._writer = Writer(self.mvcc, self.lessor, self.header)


_HANDLERS: Final[dict[type, Callable[[Store, Any], Answer]]] = {
    Put: Store._put,
    DeleteRange: Store._delete_range,
    Txn: Store._txn,
    Compact: Store._compact,
    LeaseGrant: Store._lease_grant,
    LeaseRevoke: Store._lease_revoke,
    LeaseExpire: Store._lease_expire,
    LeaseCheckpoint: Store._lease_checkpoint,
    Alarm: Store._alarm,
}
