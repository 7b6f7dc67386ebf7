"""Leases: keys that live as long as somebody says so."""

from kactors.actors.request import Request
from kactors.etcd.messages.kv import Header
from kactors.wire import message


@message("etcd.lease_grant")
class LeaseGrant(Request["LeaseGrantResponse"]):
    """Begin a lease.

    Attributes:
        ttl: how many seconds it lives without being kept alive; raised to the member's minimum.
        id: its name; 0 lets the member choose.
    """

    ttl: int
    id: int = 0


@message("etcd.lease_grant_response")
class LeaseGrantResponse:
    """The lease has begun, with this name and this many seconds to live."""

    header: Header
    id: int
    ttl: int


@message("etcd.lease_revoke")
class LeaseRevoke(Request["LeaseRevokeResponse"]):
    """End a lease and delete its keys, at one revision."""

    id: int


@message("etcd.lease_revoke_response")
class LeaseRevokeResponse:
    """The lease has ended."""

    header: Header


@message("etcd.lease_expire")
class LeaseExpire:
    """The leader of ``term`` found that these leases have expired.

    It only counts if its entry of the log is of that term: an old leader that wakes up late cannot
    end a lease that clients have kept alive with the new one.
    """

    ids: tuple[int, ...]
    term: int


@message("etcd.lease_expired")
class LeaseExpired:
    """How many leases an entry `LeaseExpire` ended."""

    header: Header
    expired: int


@message("etcd.checkpoint")
class Checkpoint:
    """A lease has this many seconds left; 0 is all of its time again."""

    id: int
    remaining_ttl: int


@message("etcd.lease_checkpoint")
class LeaseCheckpoint:
    """The leader writes down how much time is left, so that the next one does not begin anew."""

    checkpoints: tuple[Checkpoint, ...]


@message("etcd.lease_checkpointed")
class LeaseCheckpointed:
    """The remaining times are written down."""

    header: Header


@message("etcd.lease_keep_alive")
class LeaseKeepAlive(Request["LeaseKeepAliveResponse"]):
    """Give a lease all of its time again."""

    id: int


@message("etcd.lease_keep_alive_response")
class LeaseKeepAliveResponse:
    """The lease lives ``ttl`` seconds from when it was asked for; 0 if there is no such lease."""

    header: Header
    id: int
    ttl: int


@message("etcd.lease_time_to_live")
class LeaseTimeToLive(Request["LeaseTimeToLiveResponse"]):
    """Ask how long a lease has left, and for its keys."""

    id: int
    keys: bool = False


@message("etcd.lease_time_to_live_response")
class LeaseTimeToLiveResponse:
    """What is known about a lease.

    Attributes:
        header: see `Header`.
        id: which.
        ttl: whole seconds left; -1 if there is no such lease.
        granted_ttl: seconds that it lives without being kept alive.
        keys: what hangs on it, sorted, if that was asked for.
    """

    header: Header
    id: int
    ttl: int
    granted_ttl: int = 0
    keys: tuple[bytes, ...] = ()


@message("etcd.lease_leases")
class LeaseLeases(Request["LeaseLeasesResponse"]):
    """Ask for all leases."""


@message("etcd.lease_leases_response")
class LeaseLeasesResponse:
    """The names of all leases, sorted."""

    header: Header
    ids: tuple[int, ...]
