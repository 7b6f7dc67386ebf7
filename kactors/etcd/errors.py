"""What etcd refuses, each with etcd's own words and gRPC code.

The text of each error is exactly etcd's, because clients compare it; what an error knows beyond
that is in its fields. All of them travel as messages.

Source: ``api/v3rpc/rpctypes/error.go`` of etcd.
"""

from enum import IntEnum
from typing import ClassVar

from kactors.errors import KactorsError
from kactors.wire import remote_error


class Code(IntEnum):
    """gRPC's status codes, as far as etcd uses them."""

    CANCELED = 1
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    OUT_OF_RANGE = 11
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class EtcdError(KactorsError):
    """Base of what an etcd member refuses; never raised itself.

    Attributes:
        code: gRPC's status code.
        text: etcd's words, without the ``etcdserver: `` that they begin with.
    """

    code: ClassVar[Code]
    text: ClassVar[str]

    def __str__(self) -> str:
        return f"etcdserver: {self.text}"


class SnapshotMalformed(KactorsError):
    """Bytes that should be a snapshot of a store are not: fetch it again, from another member."""


# Requests that can never succeed ------------------------------------------------------------


@remote_error("etcd.empty-key")
class EmptyKey(EtcdError):
    """A request without a key: give one; a zero byte is the smallest."""

    code = Code.INVALID_ARGUMENT
    text = "key is not provided"


@remote_error("etcd.key-not-found")
class KeyNotFound(EtcdError):
    """``ignore_value`` or ``ignore_lease`` of a key that does not exist: put it with both."""

    code = Code.INVALID_ARGUMENT
    text = "key not found"


@remote_error("etcd.value-provided")
class ValueProvided(EtcdError):
    """``ignore_value`` and a value: leave one of them out."""

    code = Code.INVALID_ARGUMENT
    text = "value is provided"


@remote_error("etcd.lease-provided")
class LeaseProvided(EtcdError):
    """``ignore_lease`` and a lease: leave one of them out."""

    code = Code.INVALID_ARGUMENT
    text = "lease is provided"


@remote_error("etcd.too-many-ops")
class TooManyOps(EtcdError):
    """A transaction with more operations than the member allows: split it."""

    code = Code.INVALID_ARGUMENT
    text = "too many operations in txn request"


@remote_error("etcd.duplicate-key")
class DuplicateKey(EtcdError):
    """A transaction that would write a key twice: one write for each key."""

    code = Code.INVALID_ARGUMENT
    text = "duplicate key given in txn request"


@remote_error("etcd.invalid-sort-option")
class InvalidSortOption(EtcdError):
    """A sort target or order that does not exist."""

    code = Code.INVALID_ARGUMENT
    text = "invalid sort option"


@remote_error("etcd.request-too-large")
class RequestTooLarge(EtcdError):
    """A request with more bytes than the member allows: split it, or store less."""

    code = Code.INVALID_ARGUMENT
    text = "request is too large"


# Revisions ----------------------------------------------------------------------------------


@remote_error("etcd.compacted")
class Compacted(EtcdError):
    """What is asked for was compacted away: ask for ``compact_revision`` or later, or list anew."""

    code = Code.OUT_OF_RANGE
    text = "mvcc: required revision has been compacted"

    compact_revision: int = 0


@remote_error("etcd.future-revision")
class FutureRevision(EtcdError):
    """What is asked for has not happened yet; the store is at ``revision``."""

    code = Code.OUT_OF_RANGE
    text = "mvcc: required revision is a future revision"

    revision: int = 0


# Limits -------------------------------------------------------------------------------------


@remote_error("etcd.no-space")
class NoSpace(EtcdError):
    """The quota is used up: delete, compact, and disarm the alarm."""

    code = Code.RESOURCE_EXHAUSTED
    text = "mvcc: database space exceeded"


@remote_error("etcd.too-many-requests")
class TooManyRequests(EtcdError):
    """More requests wait than the member takes, and nothing was done: retry later."""

    code = Code.RESOURCE_EXHAUSTED
    text = "too many requests"


# Leases -------------------------------------------------------------------------------------


@remote_error("etcd.lease-not-found")
class LeaseNotFound(EtcdError):
    """There is no such lease: it was never granted, was revoked, or has expired."""

    code = Code.NOT_FOUND
    text = "requested lease not found"


@remote_error("etcd.lease-exists")
class LeaseExists(EtcdError):
    """A lease with that ID has been granted: choose another, or 0 to let the member choose."""

    code = Code.FAILED_PRECONDITION
    text = "lease already exists"


@remote_error("etcd.lease-ttl-too-large")
class LeaseTtlTooLarge(EtcdError):
    """A time to live of more than 9,000,000,000 seconds."""

    code = Code.OUT_OF_RANGE
    text = "too large lease TTL"


# Members ------------------------------------------------------------------------------------


@remote_error("etcd.member-exists")
class MemberExists(EtcdError):
    """A member with that ID is in the cluster."""

    code = Code.FAILED_PRECONDITION
    text = "member ID already exist"


@remote_error("etcd.peer-url-exists")
class PeerUrlExists(EtcdError):
    """Another member has that peer address."""

    code = Code.FAILED_PRECONDITION
    text = "Peer URLs already exists"


@remote_error("etcd.not-enough-started")
class NotEnoughStarted(EtcdError):
    """The change would leave the cluster without a quorum of started members."""

    code = Code.FAILED_PRECONDITION
    text = "re-configuration failed due to not enough started members"


@remote_error("etcd.bad-member-urls")
class BadMemberUrls(EtcdError):
    """A member needs at least one address, and each must be one."""

    code = Code.INVALID_ARGUMENT
    text = "given member URLs are invalid"


@remote_error("etcd.member-not-found")
class MemberNotFound(EtcdError):
    """No member has that ID, or it was removed; removed IDs do not come back."""

    code = Code.NOT_FOUND
    text = "member not found"


@remote_error("etcd.member-not-learner")
class MemberNotLearner(EtcdError):
    """Only a learner can be promoted."""

    code = Code.FAILED_PRECONDITION
    text = "can only promote a learner member"


@remote_error("etcd.learner-not-ready")
class LearnerNotReady(EtcdError):
    """The learner has not caught up with the leader: retry later."""

    code = Code.FAILED_PRECONDITION
    text = "can only promote a learner member which is in sync with leader"


@remote_error("etcd.too-many-learners")
class TooManyLearners(EtcdError):
    """The cluster has as many learners as it may: promote or remove one."""

    code = Code.FAILED_PRECONDITION
    text = "too many learner members in cluster"


# Not here, not now --------------------------------------------------------------------------


@remote_error("etcd.no-leader")
class NoLeader(EtcdError):
    """No leader is known, and nothing was done: retry after an election timeout."""

    code = Code.UNAVAILABLE
    text = "no leader"


@remote_error("etcd.not-leader")
class NotLeader(EtcdError):
    """Only the leader can do this, and nothing was done: ask ``leader_hint`` if it is not 0."""

    code = Code.FAILED_PRECONDITION
    text = "not leader"

    leader_hint: int = 0


@remote_error("etcd.leader-changed")
class LeaderChanged(EtcdError):
    """The leader changed while the request was under way: its outcome is unknown."""

    code = Code.UNAVAILABLE
    text = "leader changed"


@remote_error("etcd.not-capable")
class NotCapable(EtcdError):
    """Not every member can do this yet."""

    code = Code.FAILED_PRECONDITION
    text = "not capable"


@remote_error("etcd.stopped")
class Stopped(EtcdError):
    """The member is stopping: the outcome of what was under way is unknown."""

    code = Code.UNAVAILABLE
    text = "server stopped"


@remote_error("etcd.timeout")
class RequestTimedOut(EtcdError):
    """No answer in time: the outcome is unknown."""

    code = Code.UNAVAILABLE
    text = "request timed out"


@remote_error("etcd.timeout-leader-fail")
class TimedOutLeaderFailed(EtcdError):
    """No answer in time, as the leader may have failed: the outcome is unknown."""

    code = Code.UNAVAILABLE
    text = "request timed out, possibly due to previous leader failure"


@remote_error("etcd.timeout-connection-lost")
class TimedOutConnectionLost(EtcdError):
    """No answer in time, as a connection may have been lost: the outcome is unknown."""

    code = Code.UNAVAILABLE
    text = "request timed out, possibly due to connection lost"


@remote_error("etcd.timeout-applied-index")
class TimedOutApplying(EtcdError):
    """A read waited too long for the member to apply what it has to reflect: retry."""

    code = Code.UNAVAILABLE
    text = "request timed out, waiting for the applied index took too long"


@remote_error("etcd.unhealthy")
class UnhealthyCluster(EtcdError):
    """Not enough members are connected for the change."""

    code = Code.UNAVAILABLE
    text = "unhealthy cluster"


@remote_error("etcd.learner-not-supported")
class NotSupportedForLearner(EtcdError):
    """A learner does not serve this: ask a voting member."""

    code = Code.FAILED_PRECONDITION
    text = "rpc not supported for learner"


@remote_error("etcd.bad-leader-transferee")
class BadLeaderTransferee(EtcdError):
    """Leadership cannot go to that member."""

    code = Code.FAILED_PRECONDITION
    text = "bad leader transferee"


@remote_error("etcd.cluster-id-mismatch")
class ClusterIdMismatch(EtcdError):
    """The request is meant for another cluster."""

    code = Code.FAILED_PRECONDITION
    text = "cluster ID mismatch"


@remote_error("etcd.corrupt")
class CorruptCluster(EtcdError):
    """Members hold different data: restore from a snapshot, then disarm the alarm."""

    code = Code.DATA_LOSS
    text = "corrupt cluster"


@remote_error("etcd.permission-denied")
class PermissionDenied(EtcdError):
    """The asker may not do this."""

    code = Code.PERMISSION_DENIED
    text = "permission denied"


@remote_error("etcd.watch-canceled")
class WatchCanceled(EtcdError):
    """The watch was ended by its owner or its member."""

    code = Code.CANCELED
    text = "watch canceled"


# Watches, in mvcc's own words ---------------------------------------------------------------


@remote_error("etcd.empty-watch-range")
class EmptyWatchRange(EtcdError):
    """A watch of a range that ends before it begins."""

    code = Code.INVALID_ARGUMENT
    text = "mvcc: watcher range is empty"

    def __str__(self) -> str:
        return self.text


@remote_error("etcd.duplicate-watch-id")
class DuplicateWatchId(EtcdError):
    """The stream has a watch with that ID: choose another, or 0 to let the member choose."""

    code = Code.INVALID_ARGUMENT
    text = "mvcc: duplicate watch ID provided on the WatchStream"

    def __str__(self) -> str:
        return self.text
