"""The scheduling algorithm alone: pods a second, in the vector form and in the plain one.

One pod after the other is given a node and assumed there; no queue, no messages, no binding. The
default plugins are on, and as many nodes are scored as kube-scheduler would score. ``core`` rows
add the queue, the cycle around the plugins and the confirmation by the watch.
"""

import time  # noqa: TID251 - a benchmark measures the machine, not the simulated world
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.report import Measure, Row, alone, command, compare
from kactors.api.objects import Object
from kactors.runtime import stream
from kactors.scheduler.algorithm import Algorithm, ScalarAlgorithm
from kactors.scheduler.cache import Cache
from kactors.scheduler.cluster_view import ClusterView
from kactors.scheduler.config import Profile
from kactors.scheduler.core import SchedulerCore
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.framework.handle import Handle
from kactors.scheduler.framework.registry import build_framework
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.plugins.registry import default_registry
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.queue.nominator import Nominator
from kactors.scheduler.vector.algorithm import VectorAlgorithm

Shape = Callable[[int], Object]
"""From a number to an object."""

ZONES = 3
HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"


def rows(quick: bool) -> Iterable[Row]:
    """Measure everything; fewer pods and rounds if ``quick``."""
    many, few, rounds = (500, 5, 1) if quick else (5000, 30, 3)
    for what, nodes, node, pod in workloads():
        yield compare(
            f"{what}, {nodes:,} nodes",
            algorithm(True, nodes, node, pod, many),
            algorithm(False, nodes, node, pod, few),
            unit="pods/s",
            baseline_name="plain form",
            better="higher",
            rounds=rounds,
        )
    yield alone(
        "core: pods that fit nowhere, tried in turn with others, 5,000 nodes",
        hopeless(5000, many // 10),
        unit="pods/s",
        rounds=rounds,
    )
    yield alone(
        "core: queue, cycle and confirmation, 5,000 nodes",
        core(5000, many),
        unit="pods/s",
        rounds=rounds,
    )


def workloads() -> Sequence[tuple[str, int, Shape, Shape]]:
    """Return what is measured: a name, how many nodes, their shape, the pods' shape."""
    return (
        ("equal nodes, one kind of pod", 500, equal_node, plain_pod),
        ("equal nodes, one kind of pod", 5000, equal_node, plain_pod),
        ("equal nodes, one kind of pod", 15000, equal_node, plain_pod),
        ("nodes of four shapes with taints, node affinity", 5000, mixed_node, choosy_pod),
        ("hard spread over zones", 5000, equal_node, spread_pod),
        ("the system's soft spread over zones and hosts", 5000, equal_node, owned_pod),
        ("one pod of a kind on each host, by anti-affinity", 5000, equal_node, apart_pod),
        ("near a pod in the same zone, by affinity", 5000, equal_node, near_pod),
        ("ten kinds of pods in turn", 5000, mixed_node, pod_of_many_kinds),
    )


def algorithm(vector: bool, nodes: int, node: Shape, pod: Shape, count: int) -> Measure:
    """Return a measure of how many of ``count`` pods a second get a node."""

    def measure() -> float:
        cache, framework = surroundings(nodes, node)
        chosen: Algorithm = VectorAlgorithm(cache) if vector else ScalarAlgorithm()
        # What every pod of a kind needs is prepared by the first one, as in a cluster that runs.
        pods = [PodInfo.of(pod(number)) for number in range(count + WARM)]
        place(chosen, framework, cache, pods[:WARM])
        started_ns = time.thread_time_ns()
        place(chosen, framework, cache, pods[WARM:])
        return count * 1e9 / (time.thread_time_ns() - started_ns)

    return measure


WARM = 10


def place(chosen: Algorithm, framework: Framework, cache: Cache, pods: Iterable[PodInfo]) -> None:
    """Give each pod a node, and assume it there."""
    for pod in pods:
        found = chosen.schedule(framework, CycleState(), pod, cache.snapshot())
        cache.assume(pod.assigned_to(found.node))


def surroundings(nodes: int, node: Shape) -> tuple[Cache, Framework]:
    """Return a cache with nodes, and the default profile over it."""
    cache, view = Cache(), ClusterView()
    view.put("ReplicaSet", replica_set())
    for number in range(nodes):
        cache.add_node(NodeFacts.of(node(number)))
    handle = Handle(cache=cache, view=view, nominator=Nominator(), chance=stream(0, "benchmark"))
    return cache, build_framework(Profile(), default_registry(), handle)


def core(nodes: int, count: int) -> Measure:
    """Return a measure of pods a second through queue, cycle and confirmation."""

    def measure() -> float:
        scheduler = SchedulerCore()
        for number in range(nodes):
            scheduler.node_changed(None, equal_node(number), 0)
        pods = [plain_pod(number) for number in range(count)]
        started_ns = time.thread_time_ns()
        for pod in pods:
            scheduler.pod_changed(None, pod, 0)
        while (attempt := scheduler.schedule_one(0)) is not None:
            assert attempt.binding is not None, f"no node for {attempt.pod.key}"
            scheduler.cycles.bound(attempt.binding)
            spec = {**attempt.pod.pod["spec"], "nodeName": attempt.binding.pod.node_name}
            scheduler.pod_changed(attempt.pod.pod, {**attempt.pod.pod, "spec": spec}, 0)
        return count * 1e9 / (time.thread_time_ns() - started_ns)

    return measure


def hopeless(nodes: int, count: int) -> Measure:
    """Return a measure of attempts a second of which every second one fails."""

    def measure() -> float:
        scheduler = SchedulerCore()
        for number in range(nodes):
            scheduler.node_changed(None, equal_node(number), 0)
        for number in range(count):
            scheduler.pod_changed(None, plain_pod(number, cpu="100" if number % 2 else "1"), 0)
        started_ns = time.thread_time_ns()
        while scheduler.schedule_one(0) is not None:
            pass
        return count * 1e9 / (time.thread_time_ns() - started_ns)

    return measure


# -- objects ----------------------------------------------------------------------------


def equal_node(number: int, **labels: str) -> Object:
    """Return a node with 32 cores and 128 GiB, in one of three zones."""
    name = f"node-{number:05}"
    return {
        "metadata": {
            "name": name,
            "labels": {HOSTNAME: name, ZONE: f"zone-{number % ZONES}", **labels},
        },
        "spec": {},
        "status": {"allocatable": {"cpu": "32", "memory": "128Gi", "pods": "110"}},
    }


def mixed_node(number: int) -> Object:
    """Return a node of one of four sizes; every second has a label, every tenth a taint."""
    node = equal_node(number, **({"disk": "ssd"} if number % 2 else {}))
    size = (8, 16, 32, 64)[number % 4]
    node["status"]["allocatable"] = {"cpu": str(size), "memory": f"{4 * size}Gi", "pods": "110"}
    if number % 10 == 0:
        node["spec"]["taints"] = [{"key": "kept", "value": "x", "effect": "NoSchedule"}]
    return node


def plain_pod(number: int, cpu: str = "100m", **spec: Any) -> Object:
    """Return a pod that asks for a little of both resources."""
    name = f"pod-{number:06}"
    resources = {"requests": {"cpu": cpu, "memory": "200Mi"}}
    container = {"name": "main", "image": "web:1", "resources": resources}
    return {
        "metadata": {
            "name": name,
            "namespace": "default",
            "uid": name,
            "labels": {"app": "web"},
        },
        "spec": {"containers": [container], **spec},
        "status": {},
    }


def choosy_pod(number: int) -> Object:
    """Return a pod that runs on half of the nodes."""
    term = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return plain_pod(number, affinity={"nodeAffinity": required})


def spread_pod(number: int) -> Object:
    """Return a pod with a hard constraint over zones."""
    constraint = {
        "topologyKey": ZONE,
        "maxSkew": 5,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
    }
    return plain_pod(number, topologySpreadConstraints=[constraint])


def apart_pod(number: int) -> Object:
    """Return a pod of one of two kinds that shares its host with none of its kind."""
    kind = f"web-{number % 2}"
    pod = plain_pod(number, affinity={"podAntiAffinity": required_term(HOSTNAME, kind)})
    pod["metadata"]["labels"] = {"app": kind}
    return pod


def near_pod(number: int) -> Object:
    """Return a pod that wants to be where others of its kind are."""
    return plain_pod(number, affinity={"podAffinity": required_term(ZONE, "web")})


def required_term(key: str, app: str) -> Object:
    """Return a required term of pod affinity, about the pods of one app."""
    term = {"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}}
    return {"requiredDuringSchedulingIgnoredDuringExecution": [term]}


def owned_pod(number: int) -> Object:
    """Return a pod of a ReplicaSet: the system's default constraints apply."""
    pod = plain_pod(number)
    owner = {"kind": "ReplicaSet", "name": "web", "uid": "web", "controller": True}
    pod["metadata"]["ownerReferences"] = [owner]
    return pod


def pod_of_many_kinds(number: int) -> Object:
    """Return a pod of one of ten sizes."""
    return plain_pod(number, cpu=f"{50 + 10 * (number % 10)}m")


def replica_set() -> Object:
    """Return the owner of `owned_pod`."""
    return {
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}},
    }


main = command("scheduler", rows, about=__doc__)

if __name__ == "__main__":
    main()
