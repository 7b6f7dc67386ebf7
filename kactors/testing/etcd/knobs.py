"""Everything about a cluster that is not a fault: its size, its settings, its world."""

import attrs

from kactors.testing.etcd.errors import InvalidSchedule
from kactors.testing.raft.plain import short_repr

__all__ = ["Knobs"]


@attrs.frozen(kw_only=True, repr=False)
class Knobs:
    """The settings of a run; the defaults are the mildest and those to which schedules shrink.

    Attributes:
        members: how many.
        keys: how many keys clients write.
        tick_ms, election_ticks, snapshot_entries, catch_up_entries, chunk_bytes, segment_bytes,
        progress_ms: settings of members, as `kactors.etcd.config.MemberConfig` describes them.
        checkpoint_ms: between two records of a lease's remainder.
        drift_ppm: by how much a member's clock may run fast; leases allow for it.
        feed_events, scan_changes, response_events: limits of watches, as
            `kactors.etcd.watchers.WatchLimits` describes them.
        latency_ms: the mean one-way delay; 0 is a local network.
        sync_ms: the mean of what a sync takes; 0 is a solid-state disk.
    """

    members: int = 3
    keys: int = 3
    tick_ms: int = 100
    election_ticks: int = 10
    snapshot_entries: int = 10_000
    catch_up_entries: int = 5_000
    chunk_bytes: int = 256 * 1024
    segment_bytes: int = 64_000_000
    progress_ms: int = 600_000
    checkpoint_ms: int = 300_000
    drift_ppm: int = 500
    feed_events: int = 1024
    scan_changes: int = 1024
    response_events: int = 1000
    latency_ms: int = 0
    sync_ms: int = 0

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.members <= 5:
            raise InvalidSchedule(f"members is {self.members}, it must be in [1, 5]")
        if not 1 <= self.keys <= 9:
            raise InvalidSchedule(f"keys is {self.keys}, it must be in [1, 9]")

    def __repr__(self) -> str:
        return short_repr(self)

    @property
    def member_hosts(self) -> list[str]:
        """The hosts of the members: ``m1``, ``m2``, ..."""
        return [f"m{number}" for number in range(1, self.members + 1)]
