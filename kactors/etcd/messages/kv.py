"""Keys and values: ranges, puts, deletions, transactions, compaction."""

from enum import IntEnum
from typing import NamedTuple, TypeAlias

from kactors.actors.request import Request
from kactors.wire import message


class KeyValue(NamedTuple):
    """One version of one key.

    Attributes:
        key: never empty.
        create_revision: of the put that began this life of the key.
        mod_revision: of the put that wrote this version.
        version: counts the puts of this life from 1; 0 marks the deletion of the key, in which
            only ``key`` and ``mod_revision`` mean anything.
        value: what was put.
        lease: which lease the key hangs on; 0 is none.
    """

    key: bytes
    create_revision: int = 0
    mod_revision: int = 0
    version: int = 0
    value: bytes = b""
    lease: int = 0


@message("etcd.header")
class Header:
    """Who answered, and when.

    Attributes:
        cluster_id: of the cluster.
        member_id: of the member that answered.
        revision: of the store when the request was applied; of a watch's progress, see `Watch`.
        raft_term: when the request was applied.
    """

    cluster_id: int = 0
    member_id: int = 0
    revision: int = 0
    raft_term: int = 0


class SortOrder(IntEnum):
    """Which way a range is sorted; ``NONE`` sorts upwards unless the target is the key."""

    NONE = 0
    ASCEND = 1
    DESCEND = 2


class SortTarget(IntEnum):
    """By which field a range is sorted."""

    KEY = 0
    VERSION = 1
    CREATE = 2
    MOD = 3
    VALUE = 4


@message("etcd.range")
class Range(Request["RangeResponse"]):
    """Read keys, at one revision.

    Attributes:
        key: the first key, or the only one if ``range_end`` is empty.
        range_end: the key after the last; a zero byte is the end of all keys.
        limit: how many keys at most; 0 is no limit. ``count`` does not care.
        revision: at which to read; 0 or less is now.
        sort_order: see `SortOrder`.
        sort_target: see `SortTarget`.
        serializable: answer from the member's own state, which may be behind.
        keys_only: leave the values out.
        count_only: leave the keys out.
        min_mod_revision: leave out what was last written before; 0 is no bound, as below.
        max_mod_revision: leave out what was last written after.
        min_create_revision: leave out what was created before.
        max_create_revision: leave out what was created after.
    """

    key: bytes
    range_end: bytes = b""
    limit: int = 0
    revision: int = 0
    sort_order: SortOrder = SortOrder.NONE
    sort_target: SortTarget = SortTarget.KEY
    serializable: bool = False
    keys_only: bool = False
    count_only: bool = False
    min_mod_revision: int = 0
    max_mod_revision: int = 0
    min_create_revision: int = 0
    max_create_revision: int = 0


@message("etcd.range_response")
class RangeResponse:
    """The keys that were read.

    Attributes:
        header: see `Header`.
        kvs: what was found.
        more: the limit cut something off.
        count: how many keys are in the range, whatever the limit and the revision bounds.
    """

    header: Header
    kvs: tuple[KeyValue, ...] = ()
    more: bool = False
    count: int = 0


@message("etcd.put")
class Put(Request["PutResponse"]):
    """Write one key.

    Attributes:
        key: which.
        value: what.
        lease: the key is deleted when that lease ends; 0 is none.
        prev_kv: answer what was there before.
        ignore_value: keep the value, which must be there.
        ignore_lease: keep the lease of the key, which must be there.
    """

    key: bytes
    value: bytes = b""
    lease: int = 0
    prev_kv: bool = False
    ignore_value: bool = False
    ignore_lease: bool = False


@message("etcd.put_response")
class PutResponse:
    """The key was written; what was there before, if that was asked for and there was any."""

    header: Header
    prev_kv: KeyValue | None = None


@message("etcd.delete_range")
class DeleteRange(Request["DeleteRangeResponse"]):
    """Delete keys; ``key`` and ``range_end`` as in `Range`."""

    key: bytes
    range_end: bytes = b""
    prev_kv: bool = False


@message("etcd.delete_range_response")
class DeleteRangeResponse:
    """How many keys were deleted; what was there before, if that was asked for."""

    header: Header
    deleted: int = 0
    prev_kvs: tuple[KeyValue, ...] = ()


class CompareTarget(IntEnum):
    """What a comparison looks at."""

    VERSION = 0
    CREATE = 1
    MOD = 2
    VALUE = 3
    LEASE = 4


class CompareResult(IntEnum):
    """How the target has to stand to what it is compared with."""

    EQUAL = 0
    GREATER = 1
    LESS = 2
    NOT_EQUAL = 3


@message("etcd.compare")
class Compare:
    """One condition of a transaction.

    A key that does not exist compares as one with version 0, revisions 0 and no lease; its value
    compares as different from every value, in any way.

    Attributes:
        key: which key; with a ``range_end`` every key of the range has to satisfy the condition.
        target: what is looked at.
        result: how it has to stand to ``operand``.
        operand: bytes for the value, an integer for everything else.
        range_end: as in `Range`.
    """

    key: bytes
    target: CompareTarget
    result: CompareResult
    operand: bytes | int
    range_end: bytes = b""


@message("etcd.txn")
class Txn(Request["TxnResponse"]):
    """Do ``success`` if every comparison holds, else ``failure``, at one revision.

    All comparisons, also those of nested transactions, look at the state before the transaction;
    the operations happen in order, and see what those before them did.
    """

    compare: tuple[Compare, ...] = ()
    success: "tuple[Operation, ...]" = ()
    failure: "tuple[Operation, ...]" = ()


@message("etcd.txn_response")
class TxnResponse:
    """Which branch was taken, and the answer to each of its operations."""

    header: Header
    succeeded: bool
    responses: "tuple[OperationResponse, ...]" = ()


#: What may stand in a branch of a transaction.
Operation: TypeAlias = Range | Put | DeleteRange | Txn
OperationResponse: TypeAlias = RangeResponse | PutResponse | DeleteRangeResponse | TxnResponse


@message("etcd.compact")
class Compact(Request["CompactResponse"]):
    """Forget what was overwritten or deleted before ``revision``.

    Attributes:
        revision: which stays readable, with everything after it.
        physical: answer when what was forgotten has been removed, not only hidden.
    """

    revision: int
    physical: bool = False


@message("etcd.compact_response")
class CompactResponse:
    """The history is compacted."""

    header: Header
