"""Which nodes get a pod of a daemon, which lose theirs, and what is replaced in an update.

Source: kubernetes pkg/controller/daemon/daemon_controller.go (podsShouldBeOnNode,
updateDaemonSetStatus), update.go (rollingUpdate).
"""

from collections.abc import Mapping, Sequence

import attrs

from kactors.api.meta import creation_time_of, generation_of, is_being_deleted, labels_of, name_of
from kactors.api.objects import Object, field
from kactors.controllers.daemonset.placement import Fitness, target_node
from kactors.controllers.history import HASH_LABEL
from kactors.controllers.int_or_percent import scaled_value
from kactors.controllers.pods import is_available, is_ready, node_of, phase_of

__all__ = ["BURST_REPLICAS", "Plan", "calculate_status", "plan"]

BURST_REPLICAS = 250
"""No more pods than this are created, or deleted, at one go."""


@attrs.frozen
class Plan:
    """What to do.

    Attributes:
        create: names of nodes that get a pod.
        delete: pods that go, because nobody needs them or something newer comes.
        failed: pods that go because they have failed; they come back, so this should not be done
            too often.
    """

    create: tuple[str, ...] = ()
    delete: tuple[Object, ...] = ()
    failed: tuple[Object, ...] = ()


def plan(
    daemon_set: Object,
    digest: str,
    nodes: Mapping[str, Fitness],
    pods: Sequence[Object],
    now_ns: int,
) -> Plan:
    """Return what to do.

    Args:
        daemon_set: with defaults filled in; not being deleted.
        digest: the hash of its template.
        nodes: how fit each node is, by name.
        pods: those that it controls.
        now_ns: nanoseconds since 1970.

    Raises:
        MalformedPercentage: of maxSurge or maxUnavailable.
    """
    step = _Step(daemon_set, digest, nodes, pods, now_ns)
    step.place()
    strategy = daemon_set["spec"].get("updateStrategy") or {}
    if not step.create and strategy.get("type", "RollingUpdate") == "RollingUpdate":
        step.roll(strategy.get("rollingUpdate") or {})
    return Plan(
        tuple(dict.fromkeys(step.create))[:BURST_REPLICAS],
        tuple({name_of(pod): pod for pod in step.delete}.values())[:BURST_REPLICAS],
        tuple(step.failed),
    )


def _by_node(pods: Sequence[Object]) -> dict[str, list[Object]]:
    found: dict[str, list[Object]] = {}
    for pod in sorted(pods, key=lambda each: (creation_time_of(each), name_of(each))):
        found.setdefault(target_node(pod), []).append(pod)
    return found


class _Step:
    def __init__(self, daemon_set: Object, digest: str, nodes: Mapping[str, Fitness],
                 pods: Sequence[Object], now_ns: int) -> None:  # fmt: skip
        self.digest = digest
        self.nodes = nodes
        self.now_ns = now_ns
        self.min_ready: int = field(daemon_set, "spec", "minReadySeconds", default=0)
        self.on_node = _by_node(pods)
        rolling = field(daemon_set, "spec", "updateStrategy", "rollingUpdate", default={})
        self.may_surge = rolling.get("maxSurge", 0) not in {0, "0%"}
        self.create: list[str] = []
        self.delete: list[Object] = []
        self.failed: list[Object] = []

    def is_new(self, pod: Object) -> bool:
        return labels_of(pod).get(HASH_LABEL) == self.digest

    def is_available(self, pod: Object) -> bool:
        return not is_being_deleted(pod) and is_available(pod, self.min_ready, self.now_ns)

    # -- one pod on each node --------------------------------------------------------------------

    def place(self) -> None:
        """Create where a pod is missing, delete where there should be none or are too many."""
        for name, pods in self.on_node.items():
            if name not in self.nodes:
                self.delete.extend(pod for pod in pods if not is_being_deleted(pod))
        for name, fit in self.nodes.items():
            pods = self.on_node.get(name, [])
            if not fit.may_stay:
                self.delete.extend(pod for pod in pods if not is_being_deleted(pod))
            elif pods:
                self._tidy(pods)
            elif fit.should_run:
                self.create.append(name)

    def _tidy(self, pods: Sequence[Object]) -> None:
        failed = [pod for pod in pods if phase_of(pod) == "Failed" and not is_being_deleted(pod)]
        self.failed.extend(failed)
        running = [pod for pod in pods if not is_being_deleted(pod) and pod not in failed]
        if not self.may_surge:
            self.delete.extend(running[1:])
            return
        # One old and one new may be there together; the old one until the new one is available.
        new = [pod for pod in running if self.is_new(pod)]
        old = [pod for pod in running if not self.is_new(pod)]
        self.delete.extend([*new[1:], *old[1:]])
        if new and self.is_available(new[0]):
            self.delete.extend(old[:1])

    # -- updates ---------------------------------------------------------------------------------

    def roll(self, rolling: Object) -> None:
        """Replace pods of older templates, as many at a time as may be missing or too many."""
        wanted = [name for name, fit in self.nodes.items() if fit.should_run]
        count = len(wanted)
        surge = scaled_value(rolling.get("maxSurge", 0), count, round_up=True)
        most = scaled_value(rolling.get("maxUnavailable", 1), count, round_up=True)
        if surge:
            self._roll_with_surge(wanted, surge)
        else:
            self._roll_in_place(wanted, most or 1)

    def _roll_in_place(self, wanted: Sequence[str], most: int) -> None:
        unavailable = 0
        candidates: list[Object] = []
        for name in wanted:
            pods = [pod for pod in self.on_node.get(name, ()) if pod not in self.delete]
            if not any(map(self.is_available, pods)):
                unavailable += 1
                # What does not work can be replaced at once: nobody will miss it.
                self.delete.extend(pod for pod in pods if not self.is_new(pod)
                                   and not is_being_deleted(pod))  # fmt: skip
            else:
                candidates.extend(pod for pod in pods if not self.is_new(pod)
                                  and not is_being_deleted(pod))  # fmt: skip
        self.delete.extend(candidates[: max(0, most - unavailable)])

    def _roll_with_surge(self, wanted: Sequence[str], surge: int) -> None:
        under_way = 0
        candidates: list[str] = []
        for name in wanted:
            pods = [pod for pod in self.on_node.get(name, ()) if not is_being_deleted(pod)]
            new = [pod for pod in pods if self.is_new(pod)]
            old = [pod for pod in pods if not self.is_new(pod)]
            if new and old:
                under_way += 1
            elif old and not self.is_available(old[0]):
                self.create.append(name)
                self.delete.extend(old)
            elif old:
                candidates.append(name)
        self.create.extend(candidates[: max(0, surge - under_way)])


def calculate_status(
    daemon_set: Object,
    digest: str,
    nodes: Mapping[str, Fitness],
    pods: Sequence[Object],
    now_ns: int,
) -> Object:
    """Return the status; the arguments are those of `plan`."""
    min_ready: int = field(daemon_set, "spec", "minReadySeconds", default=0)
    on_node = _by_node([pod for pod in pods if node_of(pod) or target_node(pod)])
    counts = dict.fromkeys(("desired", "current", "misplaced", "ready", "available", "updated"), 0)
    for name, fit in nodes.items():
        there = on_node.get(name, [])
        if not fit.should_run:
            counts["misplaced"] += bool(there)
            continue
        counts["desired"] += 1
        if not there:
            continue
        counts["current"] += 1
        oldest = next((pod for pod in there if is_ready(pod)), there[0])
        counts["ready"] += is_ready(oldest)
        counts["available"] += is_available(oldest, min_ready, now_ns)
        counts["updated"] += any(labels_of(pod).get(HASH_LABEL) == digest for pod in there)
    status: Object = {
        **(daemon_set.get("status") or {}),
        "observedGeneration": generation_of(daemon_set),
        "desiredNumberScheduled": counts["desired"],
        "currentNumberScheduled": counts["current"],
        "numberMisscheduled": counts["misplaced"],
        "numberReady": counts["ready"],
        "numberAvailable": counts["available"],
        "numberUnavailable": counts["desired"] - counts["available"],
        "updatedNumberScheduled": counts["updated"],
    }
    return status
