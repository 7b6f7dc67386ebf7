"""Members and the hosts of clients in one simulated world, watched by a `Truth`."""

from collections.abc import Sequence
from functools import partial

from kactors.actors import Address, World
from kactors.etcd.applier import Applier
from kactors.etcd.config import MemberConfig
from kactors.etcd.lease_expiry import ExpiryConfig
from kactors.etcd.member import MEMBER_POLICY, EtcdMember
from kactors.etcd.member_base import Parts
from kactors.etcd.member_storage import MemberStorage
from kactors.etcd.store import Store
from kactors.etcd.watchers import WatchLimits
from kactors.raft.messages import Entry
from kactors.storage.latency import SsdLatency
from kactors.testing.etcd.knobs import Knobs
from kactors.testing.etcd.schedule import CLIENT_HOST
from kactors.testing.etcd.truth import Truth
from kactors.transport.latency import LAN, Exponential
from kactors.transport.rules import same_everywhere

__all__ = ["Cluster"]

_MS = 1_000_000


class _ObservedApplier(Applier):
    """Tells the truth's keeper what is applied."""

    def __init__(self, store: Store, name: str, truth: Truth) -> None:
        super().__init__(store)
        self._name = name
        self._truth = truth

    def apply(self, entries: Sequence[Entry]) -> None:
        """Apply committed entries."""
        super().apply(entries)
        self._truth.applied(self._name, entries, self.store)

    def adopt(self, store: Store) -> None:
        """Go on with a leader's snapshot."""
        super().adopt(store)
        self._truth.began(self._name, self.store)


class _ObservedMember(EtcdMember):
    """A member whose store is looked at after every step."""

    def __init__(self, config: MemberConfig, truth: Truth, limits: WatchLimits) -> None:
        super().__init__(config)
        self._truth = truth
        self._limits = limits

    def _put_together(self, storage: MemberStorage) -> Parts:
        parts = super()._put_together(storage)
        name = self.config.name
        parts.store.watchers.limits = self._limits
        parts.driver.applier = _ObservedApplier(parts.store, name, self._truth)
        self._truth.began(name, parts.store)
        return parts


class Cluster:
    """Members on hosts ``m1``, ``m2``, ...; clients on a host of their own.

    Attributes:
        world: where they are.
        truth: see `Truth`.
        names: the members' hosts.
    """

    def __init__(self, knobs: Knobs, seed: int) -> None:
        self.knobs = knobs
        latency = Exponential(knobs.latency_ms / 1000) if knobs.latency_ms else LAN
        sync_ns = knobs.sync_ms * _MS
        disk = SsdLatency(sync_min_ns=sync_ns // 2, sync_extra_ns_mean=sync_ns // 2)
        self.world = World(
            seed,
            latency_of=same_everywhere(latency),
            disk_latency=disk if sync_ns else None,
        )
        self.truth = Truth(lambda: self.world.simulation.kernel.now_ns)
        self.names = knobs.member_hosts
        self._members: dict[str, EtcdMember] = {}
        self._old: str | None = None
        self._last: str | None = None
        for name in self.names:
            self._deploy(name)
        self.world.add_host(CLIENT_HOST)
        roles = self.world.roles
        roles["@leader"] = self.leader
        roles["@old"] = lambda: self._old or self.names[0]
        roles["@behind"] = lambda: min(self.names, key=self.truth.applied_index)
        for place in range(len(self.names) - 1):
            roles[f"@f{place + 1}"] = partial(self._follower, place)

    def _deploy(self, name: str) -> None:
        knobs = self.knobs
        config = MemberConfig(
            name=name,
            initial=tuple((other, f"actor://{other}/etcd") for other in self.names),
            tick_seconds=knobs.tick_ms / 1000,
            election_ticks=knobs.election_ticks,
            snapshot_entries=knobs.snapshot_entries,
            catch_up_entries=knobs.catch_up_entries,
            snapshot_chunk_bytes=knobs.chunk_bytes,
            segment_bytes=knobs.segment_bytes,
            progress_seconds=knobs.progress_ms / 1000,
            expiry=ExpiryConfig(
                checkpoint_interval_ns=knobs.checkpoint_ms * _MS, drift_ppm_max=knobs.drift_ppm
            ),
        )
        limits = WatchLimits(
            feed_events_max=knobs.feed_events,
            scan_max=knobs.scan_changes,
            response_events_max=knobs.response_events,
        )

        def factory() -> EtcdMember:
            member = self._members[name] = _ObservedMember(config, self.truth, limits)
            return member

        self.world.add_host(name).deploy(factory, "etcd", policy=MEMBER_POLICY)

    # Who is who -------------------------------------------------------------------------------

    def addresses(self, home: int = 0) -> list[Address]:
        """Return the addresses of all members, or of one."""
        names = [self.names[home - 1]] if home else self.names
        return [Address(name, "etcd") for name in names]

    def running(self) -> list[tuple[str, EtcdMember]]:
        """Return the members that have started and are up."""
        hosts = self.world.hosts
        return [
            (name, member)
            for name, member in self._members.items()
            if hosts[name].machine.up and member.raft_status is not None
        ]

    def leader(self) -> str | None:
        """Return who leads the newest term, if somebody does."""
        led: list[tuple[int, str]] = []
        for name, member in self.running():
            status = member.raft_status
            if status is not None and member.leads:
                led.append((status.term, name))
        found = max(led)[1] if led else None
        if found is not None and found != self._last:
            self._old, self._last = self._last, found
        return found

    def _follower(self, place: int) -> str:
        leader = self.leader() or self._last or self.names[0]
        return [name for name in self.names if name != leader][place]

    def agree(self) -> bool:
        """Tell whether all members run and have applied everything."""
        running = self.running()
        if len(running) < len(self.names):
            return False
        last = self.truth.last_index
        return all(member.store.applied_index == last for _, member in running)

    def close(self) -> None:
        """End the world."""
        self.world.simulation.close()
