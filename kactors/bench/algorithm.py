"""The meter ``algorithm``: the scheduler's core alone, and binding is nothing.

What is measured is all that the core does with a pod: it comes into the queue, gets its node, is
bound and confirmed. There are no messages, no tasks and no store. When nothing can be done the time
of the core, which is not that of the machine, moves on to when something can.
"""

from collections import deque
from typing import Final

import attrs

from kactors.api.objects import Object, field
from kactors.bench import making
from kactors.bench.churning import Ticks
from kactors.bench.clock import cpu_ns, wall_ns
from kactors.bench.config import Workload
from kactors.bench.errors import Stuck
from kactors.bench.measured_core import MeasuredCore
from kactors.bench.operations import (
    Barrier,
    Churn,
    CreateNamespaces,
    CreateNodes,
    CreatePods,
    Operation,
    Sleep,
)
from kactors.bench.progress import Progress
from kactors.bench.record import Baseline, Record
from kactors.bench.throughput import Throughput
from kactors.scheduler.effects import EvictPod
from kactors.scheduler.schedule_one import Attempt

__all__ = ["AlgorithmRun"]

#: The flush of unschedulable pods comes every five minutes; who is not helped by two will not be.
_PATIENCE_NS: Final = 700_000_000_000
#: Attempts between two looks at the clock and at what happens beside.
_TURN: Final = 64
#: Pods with which the plain form is measured; more would take longer than the rest.
_BASELINE_PODS: Final = 20


class AlgorithmRun:
    """One run of a workload.

    Args:
        record: takes what is found.
        progress: is told how far it is.
        seed: of what the scheduler leaves to chance.
        vector: the form of the algorithm; see `kactors.scheduler.vector`.
    """

    def __init__(
        self, record: Record, progress: Progress, *, seed: int = 0, vector: bool = True
    ) -> None:
        self._record = record
        self._progress = progress
        self._core = MeasuredCore(record, wall_ns, seed=seed, vector=vector)
        self._nodes: dict[str, Object] = {}
        self._pods: dict[str, Object] = {}
        self._unbound: dict[str, str] = {}
        self._untried: dict[str, str] = {}
        self._ticks: list[Ticks] = []
        self._skipped_ns = 0
        self._progress_ns = 0  # when a pod was bound or evicted at last
        self._measured = ""
        self._created_ns: dict[str, int] = {}

    def run(self) -> None:
        """Do all that the workload says.

        Raises:
            Stuck: pods fit nowhere, and nothing will change that.
        """
        try:
            for operation in self._record.workload.operations:
                self._do(operation)
            self._record.complete = True
        finally:
            self._record.nodes = list(self._nodes.values())
            self._record.pods = list(self._pods.values())

    def _do(self, operation: Operation) -> None:
        match operation:
            case CreateNodes():
                for node in making.nodes(operation):
                    self._create(node)
            case CreateNamespaces():
                for namespace in making.namespaces(operation):
                    self._create(namespace)
            case CreatePods():
                self._create_pods(operation)
            case Barrier():
                waiting = self._untried if operation.attempted else self._unbound
                self._work_until(waiting, operation.namespaces)
            case Churn():
                self._ticks.append(Ticks(operation, self._now_ns()))
            case Sleep(seconds=seconds):
                until = self._now_ns() + int(seconds * 1e9)
                self._skipped_ns = until - wall_ns()
                self._beside()

    def _create_pods(self, operation: CreatePods) -> None:
        pods = [_accepted(pod) for pod in making.pods(operation)]  # their creation is not measured
        if not operation.measured:
            for pod in pods:
                self._create_pod(pod)
            if not operation.goes_on:
                self._work_until(self._unbound, (operation.namespace,))
            return
        self._measured = operation.namespace
        began_cpu = cpu_ns()
        self._record.throughput = throughput = Throughput(wall_ns())
        try:
            for pod in pods:
                self._create_pod(pod)
            self._work_until(self._unbound, (operation.namespace,))
        finally:
            self._record.cpu_seconds = (cpu_ns() - began_cpu) / 1e9
            self._progress(throughput.count)

    # -- the cluster -----------------------------------------------------------------------

    def _create(self, obj: Object) -> None:
        kind, metadata = obj["kind"], obj["metadata"]
        if kind == "Node":
            self._nodes[metadata["name"]] = obj
            self._core.node_changed(None, obj, self._now_ns())
        elif kind == "Pod":
            self._create_pod(_accepted(obj))
        else:
            self._core.object_changed(kind, None, obj)

    def _create_pod(self, pod: Object) -> None:
        metadata = pod["metadata"]
        uid, namespace = metadata["uid"], metadata["namespace"]
        self._pods[uid] = pod
        self._unbound[uid] = self._untried[uid] = namespace
        now_ns = self._now_ns()
        if namespace == self._measured:
            self._created_ns[uid] = now_ns
        self._core.pod_changed(None, pod, now_ns)

    def _delete(self, obj: Object) -> None:
        kind, name = obj["kind"], obj["metadata"]["name"]
        if kind == "Node":
            self._nodes.pop(name)
            self._core.node_changed(obj, None, self._now_ns())
        elif kind == "Pod":
            self._remove_pod(f"{obj['metadata']['namespace']}/{name}")
        else:
            self._core.object_changed(kind, obj, None)

    def _remove_pod(self, uid: str) -> Object | None:
        pod = self._pods.pop(uid, None)
        self._unbound.pop(uid, None)
        self._untried.pop(uid, None)
        if pod is not None:
            self._core.pod_changed(pod, None, self._now_ns())
        return pod

    def _beside(self) -> None:
        """Do what churn does beside everything else."""
        now_ns = self._now_ns()
        for ticks in self._ticks:
            for created, obj in ticks.due(now_ns):
                (self._create if created else self._delete)(obj)

    # -- time and scheduling ---------------------------------------------------------------

    def _now_ns(self) -> int:
        return wall_ns() + self._skipped_ns

    def _work_until(self, waiting: dict[str, str], namespaces: tuple[str, ...]) -> None:
        """Schedule until no pod of these namespaces (none for all) is waiting any more."""
        left = deque(uid for uid, each in waiting.items() if not namespaces or each in namespaces)
        self._progress_ns = self._now_ns()
        while True:
            while left and left[0] not in waiting:
                left.popleft()
            if not left:
                return
            self._beside()
            if self._schedule_some():
                continue
            now_ns = self._now_ns()
            wakes = [each for each in (self._core.next_wake_ns(),) if each is not None]
            wakes += [ticks.next_ns for ticks in self._ticks if ticks.next_ns is not None]
            if not wakes or now_ns - self._progress_ns > _PATIENCE_NS:
                raise Stuck(
                    f"{len(left)} pods fit nowhere, the first of them {left[0]}: make the nodes "
                    "larger or the pods fewer"
                )
            self._skipped_ns += max(min(wakes) - now_ns, 0)

    def _schedule_some(self) -> bool:
        """Try some pods; tell whether there were any."""
        tried = False
        for _ in range(_TURN):
            attempt = self._core.schedule_one(self._now_ns())
            if attempt is None:
                break
            tried = True
            self._follow(attempt)
        if self._record.throughput is not None:
            self._progress(self._record.throughput.count)
        return tried

    def _follow(self, attempt: Attempt) -> None:
        uid = attempt.pod.uid
        self._untried.pop(uid, None)
        binding = attempt.binding
        if binding is not None:
            self._core.cycles.bound(binding)
            pod = self._pods[uid]
            bound = {**pod, "spec": {**pod["spec"], "nodeName": binding.pod.node_name}}
            self._pods[uid] = bound
            now_ns = self._now_ns()
            self._core.pod_changed(pod, bound, now_ns)
            self._progress_ns = now_ns
            self._bound(uid, now_ns)
        for effect in attempt.effects:
            if isinstance(effect, EvictPod):
                self._progress_ns = self._now_ns()
                victim = self._remove_pod(effect.pod.uid)
                if victim is not None and field(victim, "spec", "nodeName"):
                    self._record.evicted.append(victim)

    def _bound(self, uid: str, now_ns: int) -> None:
        throughput = self._record.throughput
        if self._unbound.pop(uid, None) == self._measured and throughput is not None:
            throughput.scheduled(now_ns - self._skipped_ns)
            self._record.waits.observe((now_ns - self._created_ns[uid]) / 1e9)


def _accepted(pod: Object) -> Object:
    """Return a pod as the API server gives it back when it is created."""
    metadata = pod["metadata"]
    uid = f"{metadata['namespace']}/{metadata['name']}"
    return {**pod, "metadata": {**metadata, "uid": uid}, "status": pod.get("status") or {}}


def plain_form(workload: Workload, *, seed: int = 0) -> Baseline | None:
    """Measure a few pods of a workload with every plugin asked about every node.

    None if they fit nowhere: then there is nothing to compare with.
    """
    few = attrs.evolve(
        workload,
        operations=tuple(
            attrs.evolve(each, count=min(each.count, _BASELINE_PODS))
            if isinstance(each, CreatePods)
            else each
            for each in workload.operations
        ),
    )
    record = Record(few, "plain form")
    try:
        AlgorithmRun(record, lambda _: None, seed=seed, vector=False).run()
    except Stuck:
        return None
    return Baseline("BaselinePlainForm", "plain form", record.pods_per_cpu_second)
