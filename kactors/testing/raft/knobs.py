"""Everything about a cluster that is not a fault: its size, its settings, its world."""

import attrs

from kactors.testing.raft.errors import InvalidSchedule
from kactors.testing.raft.plain import short_repr

__all__ = ["Knobs"]


@attrs.frozen(kw_only=True, repr=False)
class Knobs:
    """The settings of a run; the defaults are the mildest and those to which schedules shrink.

    The settings of members are offered to the implementation, which uses what it knows.

    Attributes:
        members: initial voters.
        tick_ms: true time between ticks of an undisturbed clock.
        election_ticks, heartbeat_ticks, pre_vote, check_quorum, lease_reads, append_entries,
        append_bytes, inflight, inflight_bytes, uncommitted_bytes, applying_bytes, chunk_bytes,
        chunk_window: settings of members, as `kactors.raft.Config` describes them.
        snapshot_every: entries applied between two snapshots of a member, 0 for none.
        snapshot_keep: entries that compaction leaves.
        durable_state: state machines keep their state on disk, atomically with its index.
        latency_ms: the typical one-way delay; single messages take up to sixteen times longer.
        in_order: links keep messages in order.
        loss, repeat, echo: messages in a thousand that are lost, that come twice, and that
            come again seconds later.
        sync_ms: how long a disk needs to make a write durable.
        drain_ms: how long events may gather before the driver looks what is owed.
        apply_ms: how long the state machine lags behind.
        load_ms: between two wishes of clients, 0 for no clients.
        payload_bytes: size of a command.
        forward: members pass proposals on to their leader; a repeated message then repeats
            the command.
    """

    members: int = 3
    tick_ms: int = 100
    election_ticks: int = 10
    heartbeat_ticks: int = 1
    pre_vote: bool = True
    check_quorum: bool = True
    lease_reads: bool = False
    append_entries: int = 1
    append_bytes: int = 1 << 20
    inflight: int = 16
    inflight_bytes: int = 1 << 20
    uncommitted_bytes: int = 1 << 20
    applying_bytes: int = 1 << 20
    chunk_bytes: int = 1 << 18
    chunk_window: int = 8
    snapshot_every: int = 0
    snapshot_keep: int = 0
    durable_state: bool = False
    latency_ms: int = 1
    in_order: bool = False
    loss: int = 0
    repeat: int = 0
    echo: int = 0
    sync_ms: int = 0
    drain_ms: int = 0
    apply_ms: int = 0
    load_ms: int = 200
    payload_bytes: int = 0
    forward: bool = False

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.members <= 7:
            raise InvalidSchedule(f"members is {self.members}, it must be in [1, 7]")
        if not 1 <= self.heartbeat_ticks < self.election_ticks:
            raise InvalidSchedule(
                f"heartbeat_ticks is {self.heartbeat_ticks}, it must be at least 1 and below "
                f"election_ticks, {self.election_ticks}"
            )
        if self.lease_reads and not self.check_quorum:
            raise InvalidSchedule("lease_reads needs check_quorum: nobody else keeps the lease")
        if self.tick_ms < 1:
            raise InvalidSchedule(f"tick_ms is {self.tick_ms}, it must be at least 1")

    def __repr__(self) -> str:
        return short_repr(self)
