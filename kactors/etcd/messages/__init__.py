"""What clients and members say to each other, in etcd v3's words.

A request is named by its verb (`Put`), its answer is a response (`PutResponse`). Field names and
meanings are those of ``rpc.proto``; fields that are not given have etcd's defaults. A request that
cannot be carried out is answered by one of `kactors.etcd.errors`.

Source: ``api/etcdserverpb/rpc.proto`` and ``api/mvccpb/kv.proto`` of etcd.
"""

from kactors.etcd.messages.cluster import Member as Member
from kactors.etcd.messages.cluster import MemberAdd as MemberAdd
from kactors.etcd.messages.cluster import MemberAddResponse as MemberAddResponse
from kactors.etcd.messages.cluster import MemberList as MemberList
from kactors.etcd.messages.cluster import MemberListResponse as MemberListResponse
from kactors.etcd.messages.cluster import MemberPromote as MemberPromote
from kactors.etcd.messages.cluster import MemberRemove as MemberRemove
from kactors.etcd.messages.cluster import MembersResponse as MembersResponse
from kactors.etcd.messages.cluster import MemberUpdate as MemberUpdate
from kactors.etcd.messages.kv import Compact as Compact
from kactors.etcd.messages.kv import CompactResponse as CompactResponse
from kactors.etcd.messages.kv import Compare as Compare
from kactors.etcd.messages.kv import CompareResult as CompareResult
from kactors.etcd.messages.kv import CompareTarget as CompareTarget
from kactors.etcd.messages.kv import DeleteRange as DeleteRange
from kactors.etcd.messages.kv import DeleteRangeResponse as DeleteRangeResponse
from kactors.etcd.messages.kv import Header as Header
from kactors.etcd.messages.kv import KeyValue as KeyValue
from kactors.etcd.messages.kv import Operation as Operation
from kactors.etcd.messages.kv import OperationResponse as OperationResponse
from kactors.etcd.messages.kv import Put as Put
from kactors.etcd.messages.kv import PutResponse as PutResponse
from kactors.etcd.messages.kv import Range as Range
from kactors.etcd.messages.kv import RangeResponse as RangeResponse
from kactors.etcd.messages.kv import SortOrder as SortOrder
from kactors.etcd.messages.kv import SortTarget as SortTarget
from kactors.etcd.messages.kv import Txn as Txn
from kactors.etcd.messages.kv import TxnResponse as TxnResponse
from kactors.etcd.messages.lease import Checkpoint as Checkpoint
from kactors.etcd.messages.lease import LeaseCheckpoint as LeaseCheckpoint
from kactors.etcd.messages.lease import LeaseExpire as LeaseExpire
from kactors.etcd.messages.lease import LeaseGrant as LeaseGrant
from kactors.etcd.messages.lease import LeaseGrantResponse as LeaseGrantResponse
from kactors.etcd.messages.lease import LeaseKeepAlive as LeaseKeepAlive
from kactors.etcd.messages.lease import LeaseKeepAliveResponse as LeaseKeepAliveResponse
from kactors.etcd.messages.lease import LeaseLeases as LeaseLeases
from kactors.etcd.messages.lease import LeaseLeasesResponse as LeaseLeasesResponse
from kactors.etcd.messages.lease import LeaseRevoke as LeaseRevoke
from kactors.etcd.messages.lease import LeaseRevokeResponse as LeaseRevokeResponse
from kactors.etcd.messages.lease import LeaseTimeToLive as LeaseTimeToLive
from kactors.etcd.messages.lease import LeaseTimeToLiveResponse as LeaseTimeToLiveResponse
from kactors.etcd.messages.maintenance import ActiveAlarm as ActiveAlarm
from kactors.etcd.messages.maintenance import Alarm as Alarm
from kactors.etcd.messages.maintenance import AlarmAction as AlarmAction
from kactors.etcd.messages.maintenance import AlarmResponse as AlarmResponse
from kactors.etcd.messages.maintenance import AlarmType as AlarmType
from kactors.etcd.messages.maintenance import Defragment as Defragment
from kactors.etcd.messages.maintenance import DefragmentResponse as DefragmentResponse
from kactors.etcd.messages.maintenance import Hash as Hash
from kactors.etcd.messages.maintenance import HashKV as HashKV
from kactors.etcd.messages.maintenance import HashKVResponse as HashKVResponse
from kactors.etcd.messages.maintenance import HashResponse as HashResponse
from kactors.etcd.messages.maintenance import MoveLeader as MoveLeader
from kactors.etcd.messages.maintenance import MoveLeaderResponse as MoveLeaderResponse
from kactors.etcd.messages.maintenance import Snapshot as Snapshot
from kactors.etcd.messages.maintenance import SnapshotResponse as SnapshotResponse
from kactors.etcd.messages.maintenance import Status as Status
from kactors.etcd.messages.maintenance import StatusResponse as StatusResponse
from kactors.etcd.messages.watch import Event as Event
from kactors.etcd.messages.watch import EventType as EventType
from kactors.etcd.messages.watch import Watch as Watch
from kactors.etcd.messages.watch import WatchCancel as WatchCancel
from kactors.etcd.messages.watch import WatchProgress as WatchProgress
from kactors.etcd.messages.watch import WatchResponse as WatchResponse
