"""Chooses a node for all rows at once; what has no vector form is asked of the plugins."""

from collections.abc import Iterator
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from kactors.runtime.random import Random
from kactors.scheduler.algorithm import FitError, Ranking, ScalarAlgorithm, Suggestion
from kactors.scheduler.cache import Cache
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.node_affinity import pinned_nodes
from kactors.scheduler.plugins.room import Room
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.snapshot import Snapshot
from kactors.scheduler.vector.columns import Rows
from kactors.scheduler.vector.engine import Engine
from kactors.scheduler.vector.profile import VectorProfile
from kactors.scheduler.vector.signature import Signature

__all__ = ["VectorAlgorithm"]

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]


class VectorAlgorithm:
    """Answers as `ScalarAlgorithm` does, and faster.

    Attributes:
        scalar: the specification; it shares its place in the scan with this.
        counted: how many pods went which way: ``vector``, ``scalar``, ``failed``.
    """

    def __init__(
        self, cache: Cache, percentage_of_nodes_to_score: int = 0, chance: Random | None = None
    ) -> None:
        """Make an algorithm; see `ScalarAlgorithm` for the arguments."""
        self.scalar = ScalarAlgorithm(percentage_of_nodes_to_score, chance)
        self.counted = {"vector": 0, "scalar": 0, "failed": 0}
        self._chance = chance
        self._engine = Engine(cache)
        self._profiles: dict[str, VectorProfile | None] = {}

    def schedule(
        self, framework: Framework, state: CycleState, pod: PodInfo, snapshot: Snapshot
    ) -> Suggestion:
        """Return a node for the pod.

        Raises:
            FitError: none will do.
            CycleError: a plugin answered with an error.
        """
        found = self._feasible(framework, state, pod, snapshot)
        if found is None:
            return self.scalar.schedule(framework, state, pod, snapshot)
        profile, signature, rows, evaluated = found
        if isinstance(rows, slice):
            first, count = rows.start, rows.stop - rows.start
        else:
            first, count = 0, len(rows)
        index = self._best(self._totals(pod, profile, signature, rows)) if count > 1 else 0
        row = first + index if isinstance(rows, slice) else int(rows[index])
        return Suggestion(snapshot.nodes[row].name, evaluated, count)

    def rank(
        self, framework: Framework, state: CycleState, pod: PodInfo, snapshot: Snapshot
    ) -> Ranking:
        """Return feasible nodes with their scores; the scan goes on after them.

        Raises:
            FitError: there are none.
            CycleError: a plugin answered with an error.
        """
        found = self._feasible(framework, state, pod, snapshot)
        if found is None:
            return self.scalar.rank(framework, state, pod, snapshot)
        profile, signature, rows, evaluated = found
        nodes = [snapshot.nodes[row] for row in np.arange(len(snapshot))[rows]]
        scored = len(nodes) > 1
        totals = [0]
        if scored:
            same = 100 * profile.taint_score if signature.taints is None else 0
            totals = (self._totals(pod, profile, signature, rows) + same).tolist()
        return Ranking(
            {node.name: total for node, total in zip(nodes, totals, strict=True)}, evaluated
        )

    def _feasible(
        self, framework: Framework, state: CycleState, pod: PodInfo, snapshot: Snapshot
    ) -> tuple[VectorProfile, Signature, Rows | slice, int] | None:
        """Return the feasible rows of the scan and its length; None if this needs the plain form.

        Raises:
            FitError: there are none.
        """
        profile = self._profile(framework)
        engine = self._engine
        if profile is not None and self._has_vector_form(pod, framework, snapshot):
            engine.refresh(snapshot)
        else:
            profile = None
        if profile is None or not engine.columns.exact:
            self.counted["scalar"] += 1
            return None
        signature = engine.signature(pod, profile)
        feasible = signature.feasible
        hard = engine.spread(pod, profile.spread_filter, hard=True)
        if hard is not None:
            feasible = hard.feasible(pod, feasible)
        around = engine.affinity(pod, profile) if profile.pods_filter else None
        if around is not None:
            feasible = around.feasible(feasible)
        if framework.handle.nominator:
            feasible = self._beside_nominated(framework, state, pod, snapshot, feasible)
        rows, evaluated = self._window(framework, signature, feasible)
        if not isinstance(rows, slice) and not len(rows):
            self.counted["failed"] += 1
            alone = hard is None and around is None
            self._fail(framework, state, pod, snapshot, signature if alone else None)
        self.counted["vector"] += 1
        self.scalar.next_start = (self.scalar.next_start + evaluated) % len(snapshot)
        return profile, signature, rows, evaluated

    def _profile(self, framework: Framework) -> VectorProfile | None:
        if framework.name not in self._profiles:
            self._profiles[framework.name] = VectorProfile.of(framework)
        return self._profiles[framework.name]

    @staticmethod
    def _has_vector_form(pod: PodInfo, framework: Framework, snapshot: Snapshot) -> bool:
        """Whether nothing about the pod needs the plain form."""
        if not snapshot.nodes or pod.node_name:
            return False
        if pod.nominated_node_name or framework.handle.nominator.node_of(pod.uid):
            return False
        required = pod.needs.required_nodes
        return required.selector is None or pinned_nodes(required) is None

    def _beside_nominated(
        self,
        framework: Framework,
        state: CycleState,
        pod: PodInfo,
        snapshot: Snapshot,
        feasible: Mask,
    ) -> Mask:
        """Ask the plugins about nodes for which pods at least as important are nominated."""
        result = feasible
        room: Room | None = None
        for node in self._wanted_by_others(framework, pod, snapshot):
            if not feasible[node.row]:
                continue
            if result is feasible:
                result = feasible.copy()
                framework.run_pre_filter(state, pod, snapshot.nodes)
                room = Room.of(framework, state, pod)
            if room is None:
                status = framework.run_filters_with_nominated_pods(state, pod, node)
            else:
                status = room.beside_nominated(node)
            result[node.row] = status is None
        return result

    @staticmethod
    def _wanted_by_others(
        framework: Framework, pod: PodInfo, snapshot: Snapshot
    ) -> Iterator[NodeInfo]:
        """Yield the nodes for which pods at least as important are nominated."""
        nominator, priority = framework.handle.nominator, pod.priority
        for name in nominator.nodes():
            node = snapshot.get(name)
            if node is not None and any(
                other.priority >= priority for other in nominator.pods_of(name)
            ):
                yield node

    def _window(
        self, framework: Framework, signature: Signature, feasible: Mask
    ) -> tuple[Rows | slice, int]:
        """Return as many feasible rows as are wanted, in the order of the scan, and its length."""
        count = len(feasible)
        wanted = self.scalar.wanted(framework, count)
        start = self.scalar.next_start % count
        end = start + wanted
        # No more rows need be looked at than are wanted and closed together.
        closed = signature.closed if feasible is signature.feasible else count
        if end <= count and (not closed or feasible[start:end].all()):
            return slice(start, end), wanted
        rows = feasible[start : end + closed].nonzero()[0]
        rows += start
        if len(rows) < wanted:
            rows = np.concatenate((rows, feasible[: min(start, wanted + closed)].nonzero()[0]))
        if len(rows) < wanted:
            return rows, count
        rows = rows[:wanted]
        return rows, (int(rows[-1]) - start) % count + 1

    def _totals(
        self, pod: PodInfo, profile: VectorProfile, signature: Signature, rows: Rows | slice
    ) -> Ints:
        """Return the weighted sums of all scores, as `Framework.run_scores` does.

        Nodes without taints are as good as they can be: that is left out where it is the same for
        all of them.
        """
        totals: Ints = signature.local[rows]
        if signature.taints is not None:
            raw = signature.taints[rows]
            totals = totals + profile.taint_score * (100 - _normalised(raw))
        if signature.preferences is not None and profile.affinity_score:
            raw = signature.preferences[rows]
            totals = totals + profile.affinity_score[1] * _normalised(raw)
        if profile.spread_score:
            plugin, weight = profile.spread_score
            soft = self._engine.spread(pod, plugin, hard=False)
            if soft is not None:
                totals = totals + weight * soft.scores(rows)
        if profile.pods_score:
            around = self._engine.affinity(pod, profile)
            if around is not None:
                totals = totals + profile.pods_score[1] * around.scores(rows)
        return totals

    def _best(self, totals: Ints) -> int:
        """Return the index of the largest total, as `kactors.scheduler.algorithm.pick` does."""
        first = int(totals.argmax())
        if self._chance is None:
            return first
        best = (totals == totals[first]).nonzero()[0]
        return int(best[self._chance.below(len(best))]) if len(best) > 1 else first

    def _fail(
        self,
        framework: Framework,
        state: CycleState,
        pod: PodInfo,
        snapshot: Snapshot,
        signature: Signature | None,
    ) -> NoReturn:
        """Let the plugins say why no node will do.

        If that depends on the pod's spec and the nodes alone, ``signature`` remembers most of it.
        """
        if signature is None:
            found = self.scalar.rank(framework, state, pod, snapshot)
            raise AssertionError(f"the plain form would put {pod.key} on one of {found.totals}")
        framework.run_pre_filter(state, pod, snapshot.nodes)
        statuses = signature.refusals(framework, state)
        room = Room.of(framework, state, pod)
        for node in self._wanted_by_others(framework, pod, snapshot):
            if room is None:
                status = framework.run_filters_with_nominated_pods(state, pod, node)
            elif node.name in statuses and not room.matters_alone(statuses.get(node.name)):
                continue  # whoever comes, this stays the first objection
            else:
                status = room.beside_nominated(node)
            assert status is not None, f"the plain form would put {pod.key} on {node.name}"
            statuses.set(node.name, status)
        plugins = frozenset(status.plugin for _, status in statuses)
        raise FitError(pod, len(snapshot), statuses, rejected_by=plugins)


def _normalised(raw: Ints) -> Ints:
    """Scale as `kactors.scheduler.plugins.normalising.normalised` does."""
    largest = int(raw.max())
    return raw if largest == 0 else 100 * raw // largest
