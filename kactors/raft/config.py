"""The knobs of one member. All times are ticks of the driver's clock."""

from collections.abc import Callable
from enum import Enum
from typing import Protocol, TypeAlias

import attrs

from kactors.raft.errors import InvalidConfig

__all__ = ["Chance", "Config", "ReadMode", "Rng"]

_MIB = 1 << 20


class Rng(Protocol):
    """A stream of chance."""

    def below(self, bound: int) -> int:
        """Draw an integer in ``[0, bound)``."""


#: ``chance(term, attempt)`` names the stream for one election timeout. It must depend on
#: the member, too. Keyed so, one draw more or less leaves all others as they were.
Chance: TypeAlias = Callable[[int, int], Rng]


class ReadMode(Enum):
    """How a leader makes sure that it still leads before it answers a read."""

    #: A quorum confirms each batch of reads: safe whatever the clocks do.
    QUORUM = "quorum"
    #: A quorum that answered lately suffices: safe while clocks run at similar rates and
    #: the driver delivers the ticks of a pause before anything else.
    LEASE = "lease"


@attrs.frozen(kw_only=True)
class Config:
    """What a member is started with.

    Attributes:
        member: this member's id, positive.
        boot: a positive number that is new at each start of this member.
        chance: where election timeouts come from.
        joining: the storage may be empty; see `kactors.raft.recovery`.
        election_ticks: a follower waits this long, and up to twice this long, for a leader;
            a leader without a quorum steps down after this long.
        heartbeat_ticks: between heartbeats; less than ``election_ticks``.
        pre_vote: ask before opening a term (thesis, 9.6).
        check_quorum: a leader without a quorum steps down, and members protect a leader
            that they hear from (thesis, 6.2 and 4.2.3).
        read_mode: how reads are confirmed.
        lease_ticks: how long a quorum's answer is a lease; less than ``election_ticks``, and
            the difference is what the clocks may drift apart. 0 takes four fifths.
        max_append_entries: entries in one `AppendEntries`, at least 1.
        max_append_bytes: bytes in one `AppendEntries`; one entry always goes.
        max_inflight_messages: unacknowledged appends to one member.
        max_inflight_bytes: unacknowledged bytes to one member.
        max_uncommitted_bytes: above this, a leader drops proposals; one always goes.
        max_applying_bytes: handed to the driver and not applied yet; one entry always goes.
        max_pending_reads: reads waiting at one member.
        snapshot_chunk_bytes: bytes in one `InstallSnapshot`.
        snapshot_window: unacknowledged chunks to one member.
        forward_proposals: followers pass proposals on to the leader.
    """

    member: int
    boot: int
    chance: Chance
    joining: bool = False
    election_ticks: int = 10
    heartbeat_ticks: int = 1
    pre_vote: bool = True
    check_quorum: bool = True
    read_mode: ReadMode = ReadMode.QUORUM
    lease_ticks: int = 0
    max_append_entries: int = 1024
    max_append_bytes: int = _MIB
    max_inflight_messages: int = 256
    max_inflight_bytes: int = 64 * _MIB
    max_uncommitted_bytes: int = 256 * _MIB
    max_applying_bytes: int = 64 * _MIB
    max_pending_reads: int = 16_384
    snapshot_chunk_bytes: int = 256 * 1024
    snapshot_window: int = 8
    forward_proposals: bool = True

    def __attrs_post_init__(self) -> None:
        for name in (
            "member",
            "boot",
            "heartbeat_ticks",
            "max_append_entries",
            "max_append_bytes",
            "max_inflight_messages",
            "max_inflight_bytes",
            "max_uncommitted_bytes",
            "max_applying_bytes",
            "max_pending_reads",
            "snapshot_chunk_bytes",
            "snapshot_window",
        ):
            if getattr(self, name) < 1:
                raise InvalidConfig(f"{name} is {getattr(self, name)}, it must be at least 1")
        if self.election_ticks <= self.heartbeat_ticks:
            raise InvalidConfig(
                f"election_ticks {self.election_ticks} must be above "
                f"heartbeat_ticks {self.heartbeat_ticks}"
            )
        if not 0 <= self.lease_ticks < self.election_ticks:
            raise InvalidConfig(
                f"lease_ticks {self.lease_ticks} must be in [0, {self.election_ticks})"
            )
        if self.read_mode is ReadMode.LEASE and not self.check_quorum:
            raise InvalidConfig("lease reads need check_quorum: nobody else protects the leader")

    @property
    def lease_length_ticks(self) -> int:
        """How long a quorum's answer is a lease, counted from when it was asked."""
        return self.lease_ticks or self.election_ticks * 4 // 5
