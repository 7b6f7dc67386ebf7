"""The next step of a StatefulSet: which pod to create, which to delete, what to wait for.

Theory of operation
===================

In order, unless the set is parallel: each pod from the lowest ordinal is created when all below it
are running and available; then those that are too many go, from the highest; then, if all is well,
those of an older revision are deleted, again from the highest, down to the partition, and come
back as new ones. One pod is created or deleted at a time. In parallel, creations and surplus
deletions do not wait for each other; updates still do.

A pod that is being deleted keeps its name until it is gone: only then is there another of it.

Source: kubernetes pkg/controller/statefulset/stateful_set_control.go, updateStatefulSet.
"""

from collections.abc import Sequence

import attrs

from kactors.api.meta import generation_of, is_being_deleted, labels_of, name_of
from kactors.api.objects import Object
from kactors.controllers.history import HASH_LABEL, revision_hash
from kactors.controllers.pods import available_at, is_available, is_ready, is_terminal, phase_of
from kactors.controllers.statefulset.identity import first_ordinal, ordinal_of

__all__ = ["Plan", "plan"]


@attrs.frozen
class Plan:
    """What to do.

    Attributes:
        create: the ordinal of each pod to be created, with its revision.
        delete: pods to be deleted.
        status: as it should be.
        check_in: seconds after which a pod becomes available by staying ready.
    """

    status: Object
    create: tuple[tuple[int, Object], ...] = ()
    delete: tuple[Object, ...] = ()
    check_in: float | None = None


def plan(
    stateful_set: Object, current: Object, update: Object, pods: Sequence[Object], now_ns: int
) -> Plan:
    """Return the next step.

    Args:
        stateful_set: with defaults filled in.
        current: the revision before the one that is being rolled out; the same if none is.
        update: the revision of the template as it is now.
        pods: those that the set controls.
        now_ns: nanoseconds since 1970.
    """
    step = _Step(stateful_set, current, update, pods, now_ns)
    if not is_being_deleted(stateful_set):
        step.run()
    return Plan(step.status(), tuple(step.create), tuple(step.delete), step.check_in())


class _Step:
    def __init__(self, stateful_set: Object, current: Object, update: Object,
                 pods: Sequence[Object], now_ns: int) -> None:  # fmt: skip
        self.set = stateful_set
        self.spec: Object = stateful_set["spec"]
        self.current, self.update = current, update
        self.now_ns = now_ns
        self.pods = list(pods)
        self.min_ready: int = self.spec.get("minReadySeconds") or 0
        self.start = first_ordinal(stateful_set)
        self.end = self.start + self.spec.get("replicas", 1)
        self.in_order = self.spec.get("podManagementPolicy") != "Parallel"
        by_ordinal = {ordinal_of(stateful_set, pod): pod for pod in pods}
        self.by_ordinal = {key: pod for key, pod in by_ordinal.items() if key is not None}
        self.create: list[tuple[int, Object]] = []
        self.delete: list[Object] = []

    # -- steps -----------------------------------------------------------------------------------

    def run(self) -> None:
        if self._fill() and self._shrink():
            self._roll()

    def _fill(self) -> bool:
        """Create what is missing; return whether to go on."""
        for ordinal in range(self.start, self.end):
            pod = self.by_ordinal.get(ordinal)
            if pod is None:
                self.create.append((ordinal, self._revision_for(ordinal)))
            elif is_terminal(pod) and not is_being_deleted(pod):
                self.delete.append(pod)  # it will not run again under this name otherwise
            elif not self.in_order or self._is_well(pod):
                continue
            if self.in_order:
                return False
        return True

    def _shrink(self) -> bool:
        """Delete what is too much, from the highest; return whether to go on."""
        condemned = [self.by_ordinal[each] for each in sorted(self.by_ordinal, reverse=True)
                     if not self.start <= each < self.end]  # fmt: skip
        unwell = [pod for pod in condemned if not self._is_well(pod)]
        first_unwell = unwell[-1] if unwell else None
        for pod in condemned:
            if not is_being_deleted(pod):
                if self.in_order and not self._is_well(pod) and pod is not first_unwell:
                    return False
                self.delete.append(pod)
            if self.in_order:
                return False
        return not condemned

    def _roll(self) -> None:
        """Delete pods of older revisions, from the highest, as many as may be missing."""
        strategy = self.spec.get("updateStrategy") or {}
        if strategy.get("type", "RollingUpdate") != "RollingUpdate" or self.create or self.delete:
            return
        rolling = strategy.get("rollingUpdate") or {}
        lowest = self.start + (rolling.get("partition") or 0)
        most = rolling.get("maxUnavailable")
        left: int = most if isinstance(most, int) and most > 0 else 1
        left -= sum(not self._is_well(pod) for ordinal, pod in self.by_ordinal.items()
                    if lowest <= ordinal < self.end and self._is_new(pod))  # fmt: skip
        for ordinal in range(self.end - 1, lowest - 1, -1):
            pod = self.by_ordinal[ordinal]
            if left <= 0:
                return
            if not self._is_new(pod):
                if not is_being_deleted(pod):
                    self.delete.append(pod)
                left -= 1

    # -- what pods are ---------------------------------------------------------------------------

    def _revision_for(self, ordinal: int) -> Object:
        """Return the revision of which a pod is made; source: newVersionedStatefulSetPod."""
        strategy = self.spec.get("updateStrategy") or {}
        if strategy.get("type", "RollingUpdate") != "RollingUpdate":
            return self.update
        partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
        return self.current if ordinal < self.start + partition else self.update

    def _is_new(self, pod: Object) -> bool:
        return labels_of(pod).get(HASH_LABEL) == revision_hash(self.update)

    def _is_well(self, pod: Object) -> bool:
        return (
            phase_of(pod) == "Running"
            and not is_being_deleted(pod)
            and is_available(pod, self.min_ready, self.now_ns)
        )

    # -- what to say -----------------------------------------------------------------------------

    def status(self) -> Object:
        """Return the status; the old revision is forgotten when the new one is everywhere."""
        old: Object = self.set.get("status") or {}
        running = [pod for pod in self.pods if phase_of(pod) == "Running" and is_ready(pod)]
        present = [pod for pod in self.pods if not is_being_deleted(pod)]
        updated = sum(map(self._is_new, present))
        current = sum(labels_of(pod).get(HASH_LABEL) == revision_hash(self.current)
                      for pod in present)  # fmt: skip
        status: Object = {
            "observedGeneration": generation_of(self.set),
            "replicas": len(self.pods),
            "readyReplicas": len(running),
            "availableReplicas": sum(
                is_available(pod, self.min_ready, self.now_ns) for pod in running
            ),
            "currentReplicas": current,
            "updatedReplicas": updated,
            "currentRevision": name_of(self.current),
            "updateRevision": name_of(self.update),
            "collisionCount": old.get("collisionCount") or 0,
        }
        if updated == status["replicas"] == status["readyReplicas"] == self.end - self.start:
            status["currentRevision"] = name_of(self.update)
            status["currentReplicas"] = updated
        return status

    def check_in(self) -> float | None:
        """Return the seconds until a pod becomes available by staying ready."""
        times = (available_at(pod, self.min_ready) for pod in self.pods)
        waits = [at - self.now_ns for at in times if at is not None and at > self.now_ns]
        return min(waits) / 1e9 if waits else None
