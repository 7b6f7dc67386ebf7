"""What is derived from the cache, and kept up to date with it."""

from collections.abc import Sequence
from typing import Any, Final

from kactors.api.labels import NOTHING
from kactors.scheduler.cache import Cache, Change
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.pod_topology_spread import PodTopologySpread
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.snapshot import Snapshot
from kactors.scheduler.vector.affinity import AffinityCounts, AffinityPlan
from kactors.scheduler.vector.columns import Columns
from kactors.scheduler.vector.profile import VectorProfile
from kactors.scheduler.vector.rearrangement import Rearrangement
from kactors.scheduler.vector.signature import Signature
from kactors.scheduler.vector.spread import SpreadCounts, Topology

__all__ = ["Engine"]


class Engine:
    """Columns, signatures and counts over the nodes of a snapshot.

    Each signature catches up with the cache's changes when it is asked for: after one pod was
    placed, that is one row. When nodes come or go, rows change their places; only what is new is
    derived.

    Attributes:
        columns: amounts by row.
    """

    #: How many signatures and counts are kept; all are dropped when there are more.
    KEPT_MAX: Final = 256
    #: How many signatures are worth keeping when rows change their places.
    REARRANGED_MAX: Final = 32

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._position = 0
        self._affinity: AffinityCounts | None = None
        self._spreads: dict[tuple[Any, ...], SpreadCounts | None] = {}
        self._begin(cache.snapshot())

    def refresh(self, snapshot: Snapshot) -> None:
        """Take note of everything that has happened to the cache."""
        cache = self._cache
        if cache.forgotten != self._forgotten:
            self._begin(snapshot)
            return
        fresh: dict[int, None] = {}
        if snapshot.epoch != self._epoch:
            fresh = self._rearrange(snapshot)
        changes = cache.changes
        if len(changes) > self._position:
            for position in range(self._position, len(changes)):
                self._note(changes[position], fresh)
            self._position = len(changes)

    def signature(self, pod: PodInfo, profile: VectorProfile) -> Signature:
        """Return the rows as a pod sees them, up to date."""
        key = (pod.needs, profile)
        found = self._signatures.get(key)
        changes = self._cache.changes
        if found is None:
            if len(self._signatures) >= self.KEPT_MAX:
                self._signatures.clear()
            found = Signature(pod, profile, self._nodes, self.columns, self._image_version)
            self._signatures[key] = found
        elif found.position != len(changes):
            found.catch_up(changes)
        found.position = len(changes)
        found.see_images(self._image_version)
        return found

    def spread(
        self, pod: PodInfo, plugin: PodTopologySpread | None, *, hard: bool
    ) -> SpreadCounts | None:
        """Return the constraints of one kind with their counts; None if a pod has none."""
        if plugin is None:
            return None
        needs = pod.needs
        which: Any
        if needs.spread:
            which = tuple(
                pod.labels.get(key) for each in needs.spread for key in each.match_label_keys
            )
        elif plugin.has_defaults(hard=hard):
            which = plugin.view.default_selector(pod)
            if which is NOTHING:
                return None
        else:
            return None
        key = (plugin, hard, needs, pod.namespace, which)
        if key in self._spreads:
            return self._spreads[key]
        if len(self._spreads) >= self.KEPT_MAX:
            self._topology = Topology(self._nodes)
            self._affinity = None
            self._spreads = {}
        rules = plugin.rules(pod, hard=hard)
        found = None
        if rules:
            require_all = hard or plugin.requires_all_keys(pod)
            found = SpreadCounts(pod, rules, self._topology, require_all=require_all)
        self._spreads[key] = found
        return found

    def affinity(self, pod: PodInfo, profile: VectorProfile) -> AffinityPlan | None:
        """Return what pod affinity means for a pod; None if it means nothing."""
        plugin = profile.pods_plugin
        if plugin is None or not (pod.needs.has_affinity or self._cache.affinity_nodes):
            return None
        counts = self._affinity
        if counts is None or counts.namespace_version != plugin.namespace_version:
            counts = self._affinity = AffinityCounts.of(
                self._topology, self._cache, plugin.namespace_version
            )
        key = (profile, pod.needs, pod.namespace, tuple(pod.labels.items()))
        found = counts.plans.get(key)
        if found is None or found.holders != len(counts.holders):
            if len(counts.plans) >= self.KEPT_MAX:
                counts.plans.clear()
            found = counts.plans[key] = AffinityPlan(pod, profile, plugin, counts)
        return found

    # -- below -----------------------------------------------------------------------------

    def _begin(self, snapshot: Snapshot) -> None:
        """Derive everything anew."""
        self._forgotten = self._cache.forgotten
        self._epoch = snapshot.epoch
        self._position = len(self._cache.changes)
        self._nodes: Sequence[NodeInfo] = snapshot.nodes
        self._facts: list[NodeFacts] = [node.known for node in snapshot.nodes]
        self.columns = Columns(snapshot.nodes)
        self._signatures: dict[tuple[object, VectorProfile], Signature] = {}
        self._image_version = 0
        self._topology = Topology(snapshot.nodes)
        self._affinity = None
        self._spreads = {}

    def _rearrange(self, snapshot: Snapshot) -> dict[int, None]:
        """Keep what is known of nodes that are still there; return the rows of the others."""
        change = Rearrangement.of(self._nodes, self._facts, snapshot.nodes)
        if 2 * len(change.fresh) >= len(snapshot):
            self._begin(snapshot)
            return {}
        self._epoch = snapshot.epoch
        self._nodes = snapshot.nodes
        self._facts = [node.known for node in snapshot.nodes]
        self._image_version += 1
        self.columns = self.columns.rearranged(change)
        if len(self._signatures) > self.REARRANGED_MAX:
            self._signatures.clear()
        for signature in self._signatures.values():
            signature.rearrange(change, self.columns)
        self._rebuild_topology(change)
        return change.fresh

    def _rebuild_topology(self, change: Rearrangement | None = None) -> None:
        """Begin with domains anew, and keep the counts of rows."""
        self._topology = self._topology.rebuilt(change)
        self._spreads = {}
        if self._affinity is not None:
            self._affinity = self._affinity.rebuilt(self._topology, change)

    def _note(self, change: Change, fresh: dict[int, None]) -> None:
        """Take note of one change; rows that are fresh have it already."""
        row = change.node.row
        if row < 0 or row in fresh:
            return
        self.columns.touch(row)
        if change.pod is not None:
            self._topology.change(change.pod, row, change.sign)
            if self._affinity is not None:
                self._affinity.change(change.pod, row, change.sign)
            return
        self.columns.refresh()
        old, new = self._facts[row], change.node.known
        self._facts[row] = new
        if old.images != new.images:
            self._image_version += 1
        if old.labels != new.labels or old.taints != new.taints:
            self._rebuild_topology()
