"""Which nodes would do for pods that ask for the same, and how good they are.

Only what depends on the pod's spec and on the node alone is kept here; what depends on other pods
is in `kactors.scheduler.vector.spread`.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kactors.scheduler.cache import Change
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.framework.status import NodeStatuses, Status
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.image_locality import priority, spread_size
from kactors.scheduler.plugins.taint_toleration import intolerable_count, soft_tolerations
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.vector.columns import Columns, Rows
from kactors.scheduler.vector.node_masks import (
    affinity_mask,
    cordon_mask,
    preference_weights,
    preferred_taints,
    taint_mask,
)
from kactors.scheduler.vector.profile import VectorProfile
from kactors.scheduler.vector.rearrangement import Rearrangement
from kactors.scheduler.vector.resource_columns import balance_scores, fit_mask, fit_scores

__all__ = ["Signature"]

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]

_NO_STATE: Final = CycleState()


class Signature:
    """The rows as pods of one signature see them.

    Attributes:
        feasible: rows that pass every filter that looks at the node alone.
        local: for these, the weighted sum of the scores that need no normalisation.
        taints: raw scores of TaintToleration; None while they are 0 everywhere.
        preferences: raw scores of NodeAffinity; None without preferences.
        closed: how many rows are not feasible.
        position: how many of the cache's changes are in this.
        image_version: of the images when `local` was computed.
    """

    #: With more changed rows than these, arrays are faster than one row after the other.
    FEW: Final = 12
    #: How many states of a node's resources are remembered.
    STATES_MAX: Final = 1000

    def __init__(
        self,
        pod: PodInfo,
        profile: VectorProfile,
        nodes: Sequence[NodeInfo],
        columns: Columns,
        image_version: int,
    ) -> None:
        self._pod = pod
        self._profile = profile
        self._nodes = nodes
        self._columns = columns
        self._soft = soft_tolerations(pod)
        balance = profile.balance_score
        self._balance = balance if balance and balance[0].applies_to(pod) else None
        has_ports = profile.ports_filter is not None and pod.needs.host_ports
        self._ports = profile.ports_filter if has_ports else None
        self._images = profile.image_score if pod.needs.images else None
        self.position = 0
        self.image_version = image_version
        # What the plugins said of a node with so much of each resource: nodes of one size fill up
        # with pods of few sizes, so most that is asked has been asked before.
        self._states: dict[tuple[int, ...], tuple[bool, int]] | None = None
        if not pod.needs.requests.scalars:
            self._states = {}
        self._static = self._static_mask()
        self.taints: Ints | None = None
        if profile.taint_score:
            taints = preferred_taints(pod, nodes)
            self.taints = taints if taints.any() else None
        self.preferences: Ints | None = None
        preferred = profile.affinity_score
        if preferred and (pod.needs.preferred_nodes.terms or preferred[0].added_preferences.terms):
            self.preferences = preference_weights(preferred[0], pod, nodes)
        self.feasible: Mask = np.zeros(len(nodes), bool)
        self.closed = len(nodes)
        self.local: Ints = np.zeros(len(nodes), np.int64)
        self._image_scores = self._score_images()
        self._refusals: dict[str, Status] | None = None
        self._outdated: dict[NodeInfo, None] = {}
        self._compute(slice(None))

    def refusals(self, framework: Framework, state: CycleState) -> NodeStatuses:
        """Return why each node that is not feasible refuses the pod.

        Only nodes that have changed since this was last asked are asked again.
        """
        known = self._refusals
        nodes: Iterable[NodeInfo] = self._outdated
        if known is None:
            known = self._refusals = {}
            nodes = self._nodes
        for node in nodes:
            if node.row < 0:
                continue
            if self.feasible[node.row]:
                known.pop(node.name, None)
                continue
            status = framework.run_filters(state, self._pod, node)
            assert status is not None, f"the plain form would put {self._pod.key} on {node.name}"
            known[node.name] = status
        self._outdated = {}
        statuses = NodeStatuses()
        statuses.update(known)
        return statuses

    def see_images(self, version: int) -> None:
        """Score the images again if they, or the number of nodes, have changed."""
        if self.image_version != version:
            self.image_version = version
            if self._images is not None:
                self._image_scores = self._score_images()
                self._compute(slice(None))

    def catch_up(self, changes: Sequence[Change]) -> None:
        """Take note of the changes since this was last up to date."""
        rows: dict[int, None] = {}
        for index in range(self.position, len(changes)):
            change = changes[index]
            row = change.node.row
            if row < 0:
                continue
            self._outdated[change.node] = None
            if change.pod is None:
                self.update_node(row)
            else:
                rows[row] = None
        if len(rows) <= self.FEW:
            for row in rows:
                self._update_row(row)
        else:
            self._compute(np.fromiter(rows, np.intp, len(rows)))

    def rearrange(self, change: Rearrangement, columns: Columns) -> None:
        """Follow the nodes to their new rows; look at those that are fresh."""
        self._nodes, self._columns = change.nodes, columns
        take = change.take
        self._static = self._static[take]
        self.feasible = self.feasible[take]
        self.local = self.local[take]
        self._count_closed()
        if self.taints is not None:
            self.taints = self.taints[take]
        if self.preferences is not None:
            self.preferences = self.preferences[take]
        if self._image_scores is not None:
            self._image_scores = self._image_scores[take]
        known = self._refusals
        if known is not None:
            self._refusals = {
                node.name: known[node.name] for node in change.nodes if node.name in known
            }
        for row in change.fresh:
            self._outdated[change.nodes[row]] = None
            self.update_node(row)

    def update_node(self, row: int) -> None:
        """Note that a node object has changed."""
        pod, profile, node = self._pod, self._profile, self._nodes[row]
        self._static[row] = all(
            each is None or each.filter(_NO_STATE, pod, node) is None
            for each in (profile.cordon_filter, profile.taint_filter, profile.affinity_filter)
        )
        if profile.taint_score:
            count = intolerable_count(node.known.taints, self._soft)
            if count and self.taints is None:
                self.taints = np.zeros(len(self._nodes), np.int64)
            if self.taints is not None:
                self.taints[row] = count
        if self.preferences is not None and profile.affinity_score:
            self.preferences[row] = profile.affinity_score[0].score(_NO_STATE, pod, node)
        self._update_row(row)

    def _static_mask(self) -> Mask:
        pod, profile, nodes = self._pod, self._profile, self._nodes
        mask = np.ones(len(nodes), bool)
        if profile.cordon_filter:
            mask &= cordon_mask(pod, nodes)
        if profile.taint_filter:
            mask &= taint_mask(pod, nodes)
        if profile.affinity_filter:
            mask &= affinity_mask(profile.affinity_filter, pod, nodes)
        return mask

    def _compute(self, rows: Rows | slice) -> None:
        pod, profile, columns = self._pod, self._profile, self._columns
        needs = pod.needs
        columns.refresh()
        mask = self._static[rows].copy()
        if profile.fit_filter:
            mask &= fit_mask(profile.fit_filter, needs, columns, rows)
        if self._ports is not None:
            chosen = range(len(self._nodes)) if isinstance(rows, slice) else rows
            mask &= np.array(
                [not self._nodes[row].conflicts(needs.host_ports) for row in chosen], bool
            )
        total = np.zeros(len(mask))
        if profile.fit_score:
            total += profile.fit_score[1] * fit_scores(profile.fit_score[0], needs, columns, rows)
        if self._balance:
            total += self._balance[1] * balance_scores(self._balance[0], needs, columns, rows)
        self.feasible[rows] = mask
        self._count_closed()
        self.local[rows] = total
        if self._image_scores is not None:
            self.local[rows] += self._image_scores[rows]

    def _update_row(self, row: int) -> None:
        """Ask the plugins themselves: for few rows that is faster."""
        node = self._nodes[row]
        fits, total = self._resources(node)
        would_do = (
            fits
            and bool(self._static[row])
            and (self._ports is None or self._ports.filter(_NO_STATE, self._pod, node) is None)
        )
        if would_do != self.feasible[row]:
            self.feasible[row] = would_do
            self.closed += -1 if would_do else 1
        if would_do:
            if self._image_scores is not None:
                total += int(self._image_scores[row])
            self.local[row] = total

    def _resources(self, node: NodeInfo) -> tuple[bool, int]:
        """Return whether a node has the room, and the weighted scores of what is left."""
        states = self._states
        if states is None:
            return self._ask_about_resources(node)
        there = node.known.allocatable
        key = (
            node.cpu_milli,
            node.memory_bytes,
            node.scored_cpu_milli,
            node.scored_memory_bytes,
            node.ephemeral_bytes,
            len(node.pods),
            there.cpu_milli,
            there.memory_bytes,
            there.ephemeral_bytes,
            there.pods,
        )
        found = states.get(key)
        if found is None:
            if len(states) >= self.STATES_MAX:
                states.clear()
            found = states[key] = self._ask_about_resources(node)
        return found

    def _ask_about_resources(self, node: NodeInfo) -> tuple[bool, int]:
        pod, profile = self._pod, self._profile
        fits = profile.fit_filter
        if fits is not None and fits.filter(_NO_STATE, pod, node) is not None:
            return False, 0
        total = 0
        if profile.fit_score:
            total = profile.fit_score[1] * profile.fit_score[0].score(_NO_STATE, pod, node)
        if self._balance:
            total += self._balance[1] * self._balance[0].score(_NO_STATE, pod, node)
        return True, total

    def _count_closed(self) -> None:
        self.closed = len(self.feasible) - int(np.count_nonzero(self.feasible))

    def _score_images(self) -> Ints | None:
        """Return the weighted scores of ImageLocality; None if they are 0 everywhere."""
        if self._images is None:
            return None
        plugin, weight = self._images
        known, needs, nodes = plugin.image_counts(), self._pod.needs, self._nodes
        images = [image for image in needs.images if image in known]
        if not images:
            return None
        sizes = [0] * len(nodes)
        for image in images:
            for row, node in enumerate(nodes):
                size = node.known.images.get(image)
                if size is not None:
                    sizes[row] += spread_size(size, known[image], len(nodes))
        scores = {size: priority(size, needs.containers) * weight for size in dict.fromkeys(sizes)}
        return np.array([scores[size] for size in sizes], np.int64)
