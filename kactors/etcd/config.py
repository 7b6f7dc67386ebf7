"""What a member is started with."""

from hashlib import blake2b
from typing import Final

import attrs

from kactors.etcd.client_errors import BadMemberConfig
from kactors.etcd.lease_expiry import ExpiryConfig
from kactors.etcd.member_url import MemberUrl
from kactors.etcd.messages.cluster import Member
from kactors.etcd.quota import DEFAULT_QUOTA_BYTES
from kactors.storage.wal import SEGMENT_BYTES

#: etcd's own defaults: 100 ms and ten times as much.
DEFAULT_TICK_SECONDS: Final = 0.1
DEFAULT_ELECTION_TICKS: Final = 10
#: etcd's ``--max-request-bytes``.
DEFAULT_REQUEST_BYTES_MAX: Final = 1_572_864
_ID_BYTES: Final = 6


@attrs.frozen(kw_only=True)
class MemberConfig:
    """The knobs of one member; the defaults are etcd's where etcd has such a knob.

    Attributes:
        name: of this member, among those of ``initial``.
        initial: ``(name, URL)`` of the members that begin the cluster; for one that joins, of
            some that are there, and its own.
        joining: the cluster is there already, and this member was added to it.
        token: tells clusters apart that begin with the same members.
        tick_seconds: a tick of the member's Raft clock.
        election_ticks: a follower waits this long, and up to twice this long, for a leader.
        heartbeat_ticks: between a leader's signs of life.
        snapshot_entries: applied entries between two snapshots.
        catch_up_entries: entries that are kept behind a snapshot, for members that lag a little.
        snapshot_chunk_bytes: of a snapshot that is sent to a member.
        segment_bytes: of the write-ahead log's files.
        preallocate: fill segments with zeros ahead of time, which makes syncs faster.
        ahead_bytes: see `Wal.open`.
        quota_bytes: how much the store may hold; 0 is no bound.
        request_bytes_max: larger requests are refused.
        txn_ops_max: operations in one transaction.
        progress_seconds: between progress notifications of a watch to which nothing happens.
        watch_events_max: events in one response, if the watch may be fragmented.
        watches_max: that are served at one time; one more is refused.
        corruption_seconds: between two comparisons of the members' hashes; 0 is never.
        learners_max: how many learners the cluster may have at one time.
        expiry: the clockwork of leases.

    Raises:
        BadMemberConfig: some of it contradicts itself.
    """

    name: str
    initial: tuple[tuple[str, str], ...]
    joining: bool = False
    token: str = "kactors"  # noqa: S105 - names a cluster, no secret
    tick_seconds: float = DEFAULT_TICK_SECONDS
    election_ticks: int = DEFAULT_ELECTION_TICKS
    heartbeat_ticks: int = 1
    snapshot_entries: int = 10_000
    catch_up_entries: int = 5_000
    snapshot_chunk_bytes: int = 256 * 1024
    segment_bytes: int = SEGMENT_BYTES
    preallocate: bool = False
    ahead_bytes: int = 0
    quota_bytes: int = DEFAULT_QUOTA_BYTES
    request_bytes_max: int = DEFAULT_REQUEST_BYTES_MAX
    txn_ops_max: int = 128
    progress_seconds: float = 600.0
    watch_events_max: int = 1000
    watches_max: int = 50_000
    corruption_seconds: float = 0.0
    learners_max: int = 1
    expiry: ExpiryConfig = attrs.field(factory=ExpiryConfig)

    def __attrs_post_init__(self) -> None:
        names = [name for name, _ in self.initial]
        if len(dict.fromkeys(names)) != len(names):
            raise BadMemberConfig(f"the initial members {names} have not each a name of their own")
        if self.name not in names:
            raise BadMemberConfig(
                f"member {self.name!r} is not among the initial members {names}: add it, with its "
                "URL"
            )
        if not self.tick_seconds > 0 or self.snapshot_entries < 1 or self.catch_up_entries < 0:
            raise BadMemberConfig(
                f"tick_seconds is {self.tick_seconds}, snapshot_entries {self.snapshot_entries}, "
                f"catch_up_entries {self.catch_up_entries}: give at least 1, or more than 0 s"
            )
        for _, url in self.initial:
            MemberUrl.parse(url)

    @property
    def url(self) -> str:
        """Where this member is."""
        return dict(self.initial)[self.name]

    @property
    def election_seconds(self) -> float:
        """The shortest election timeout."""
        return self.tick_seconds * self.election_ticks

    def members(self) -> tuple[Member, ...]:
        """Return the initial members, by their IDs.

        Raises:
            BadMemberConfig: two of them have the same ID.
        """
        found = {
            member_id(self.token, url): Member(member_id(self.token, url), name, (url,))
            for name, url in self.initial
        }
        if len(found) != len(self.initial):
            raise BadMemberConfig(
                f"two initial members of {self.initial} are at the same place: give each its own"
            )
        return tuple([found[number] for number in sorted(found)])

    def cluster_id(self) -> int:
        """Return the ID of the cluster that the initial members begin."""
        return _number("cluster", self.token, *(str(member.id) for member in self.members()))


def member_id(token: str, url: str, *salt: str) -> int:
    """Return an ID for a member at ``url``, the same wherever it is computed.

    Args:
        token: the cluster's.
        url: the member's.
        salt: makes the ID of a member that is added later one that was never used.
    """
    return _number("member", token, url, *salt)


def _number(*parts: str) -> int:
    """Hash to a positive number of 48 bits: exact in JSON, and short enough to read aloud."""
    digest = blake2b("\x1f".join(parts).encode(), digest_size=_ID_BYTES).digest()
    return max(1, int.from_bytes(digest, "big"))
