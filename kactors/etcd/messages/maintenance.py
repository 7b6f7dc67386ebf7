"""Maintenance: status, alarms, hashes, snapshots."""

from enum import IntEnum

from kactors.actors.request import Request, StreamRequest
from kactors.etcd.messages.kv import Header
from kactors.wire import message


class AlarmType(IntEnum):
    """What is wrong."""

    NONE = 0
    #: A member's quota is used up: puts, leases and transactions with puts are refused.
    NOSPACE = 1
    #: Members hold different data: reads and writes are refused.
    CORRUPT = 2


class AlarmAction(IntEnum):
    """What to do about it."""

    GET = 0
    ACTIVATE = 1
    DEACTIVATE = 2


@message("etcd.active_alarm")
class ActiveAlarm:
    """One alarm that is on."""

    member_id: int
    alarm: AlarmType


@message("etcd.alarm")
class Alarm(Request["AlarmResponse"]):
    """Ask for alarms, raise one or disarm one.

    Attributes:
        action: what to do.
        member_id: whose; 0 in a ``GET`` or ``DEACTIVATE`` is everybody's.
        alarm: which; ``NONE`` in a ``GET`` or ``DEACTIVATE`` is every one.
    """

    action: AlarmAction
    member_id: int = 0
    alarm: AlarmType = AlarmType.NONE


@message("etcd.alarm_response")
class AlarmResponse:
    """The alarms that were asked for, raised or disarmed."""

    header: Header
    alarms: tuple[ActiveAlarm, ...] = ()


@message("etcd.status")
class Status(Request["StatusResponse"]):
    """Ask one member how it is."""


@message("etcd.status_response")
class StatusResponse:
    """How a member is.

    Attributes:
        header: see `Header`.
        version: of the program.
        db_size: bytes that the member holds, with what is compacted but not yet removed.
        db_size_in_use: bytes without that.
        leader: the member that it follows; 0 if it knows none.
        raft_index: the last index of its log.
        raft_term: its term.
        raft_applied_index: the last index that its store has applied.
        errors: alarms and other complaints, as text.
        is_learner: it does not vote.
        db_size_quota: bytes that it may hold.
    """

    header: Header
    version: str = ""
    db_size: int = 0
    db_size_in_use: int = 0
    leader: int = 0
    raft_index: int = 0
    raft_term: int = 0
    raft_applied_index: int = 0
    errors: tuple[str, ...] = ()
    is_learner: bool = False
    db_size_quota: int = 0


@message("etcd.hash")
class Hash(Request["HashResponse"]):
    """Ask for a hash of all that a member's store holds, leases and alarms included."""


@message("etcd.hash_response")
class HashResponse:
    """The hash at the header's revision."""

    header: Header
    hash: int


@message("etcd.hash_kv")
class HashKV(Request["HashKVResponse"]):
    """Ask for a hash of the keys and their history up to ``revision``; 0 is now."""

    revision: int = 0


@message("etcd.hash_kv_response")
class HashKVResponse:
    """The hash; two members must agree if both revisions do.

    Attributes:
        header: see `Header`.
        hash: 64 bits.
        compact_revision: what was compacted when it was computed.
        hash_revision: up to which revision it was computed.
    """

    header: Header
    hash: int
    compact_revision: int
    hash_revision: int


@message("etcd.snapshot")
class Snapshot(StreamRequest["SnapshotResponse"]):
    """Ask for all that a member's store holds, as bytes."""


@message("etcd.snapshot_response")
class SnapshotResponse:
    """A piece of a snapshot, and how many bytes follow after it."""

    header: Header
    remaining_bytes: int
    blob: bytes
    version: str = ""


@message("etcd.defragment")
class Defragment(Request["DefragmentResponse"]):
    """Ask one member to remove at once what is compacted."""


@message("etcd.defragment_response")
class DefragmentResponse:
    """It is removed."""

    header: Header


@message("etcd.move_leader")
class MoveLeader(Request["MoveLeaderResponse"]):
    """Ask the leader to hand its leadership to ``target_id``."""

    target_id: int


@message("etcd.move_leader_response")
class MoveLeaderResponse:
    """The other member leads."""

    header: Header
