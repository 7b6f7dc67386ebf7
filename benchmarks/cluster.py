"""Whole clusters in virtual time: how much faster than real time, and how they grow.

The standard cluster has 3 masters, 10 nodes and 60 pods, and lives for five virtual minutes. Others
have 100, 300 and 1000 nodes with ten pods each, in Deployments of a thousand pods, which come up,
roll over to another image and idle for a minute. Each cluster has a process of its own, so that its
memory is its own.

Ratios are either virtual seconds in a second of processor time (the baseline is real time), or
what growth from the smallest of the clusters would be if it were linear against what it is.
"""

import multiprocessing
import resource
import time  # noqa: TID251 - a benchmark measures the machine, not the simulated world
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import attrs

from benchmarks.report import Row, command
from kactors.api.meta import is_true
from kactors.api.objects import Object
from kactors.client.rest import Client
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.topology import NodePool, Topology
from kactors.faults import At, Bounce, Cut, Fault, FaultPlan, For, Loss, Pause, SlowDisk
from kactors.faults.injector import Injector
from kactors.faults.worlds import SimTarget

PODS_PER_NODE: Final = 10
PODS_PER_DEPLOYMENT: Final = 1000
FIVE_MINUTES: Final = 300.0
#: Virtual seconds after which a cluster that has not come up, or rolled over, never will.
PATIENCE: Final = 1800.0


@attrs.frozen
class Phase:
    """What one part of a cluster's life took.

    Attributes:
        name: of the phase.
        virtual_s: how much time passed in the cluster.
        cpu_s: processor time.
        wall_s: time on the wall; others may have had the processor meanwhile.
        events: what the kernel did: steps of tasks, timers, deliveries.
        memory_mb: the most that the process has ever held, at the end of the phase.
    """

    name: str
    virtual_s: float
    cpu_s: float
    wall_s: float
    events: int
    memory_mb: float


class Stopwatch:
    """Measures the phases of a cluster's life one after the other."""

    def __init__(self, cluster: SimulatedCluster) -> None:
        self.phases: list[Phase] = []
        self._cluster = cluster
        self._before = self._now()

    def _now(self) -> tuple[float, float, float, int]:
        world = self._cluster.world
        events = world.simulation.kernel.work_done()
        return world.time, time.process_time(), time.perf_counter(), events

    def ended(self, name: str) -> None:
        """Note that a phase has ended, and another begun."""
        now = self._now()
        virtual_s, cpu_s, wall_s, events = (b - a for a, b in zip(self._before, now, strict=True))
        # Linux counts it in units of 1024 bytes.
        memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.phases.append(Phase(name, virtual_s, cpu_s, wall_s, int(events), memory_mb))
        self._before = now


def five_minutes(nodes: int, pods: int, faults: bool) -> list[Phase]:
    """Live for five virtual minutes: start, deploy, roll over, and then idle; or suffer meanwhile.

    Returns:
        The busy beginning, and the rest.
    """
    with _cluster(nodes) as cluster:
        watch = Stopwatch(cluster)
        cluster.wait_until_ready()
        if faults:
            target = SimTarget(cluster.world)
            injector = Injector(target, trouble(nodes))
            _deploy(cluster, pods, "web:1")
            injector.start()
        else:
            _deploy(cluster, pods, "web:1")
        _roll_over(cluster, pods, "web:2")
        watch.ended("start, deployment and rolling update")
        cluster.world.run_for(FIVE_MINUTES - cluster.world.time)
        watch.ended("the rest")
        return watch.phases


def together(phases: Sequence[Phase]) -> Phase:
    """Return one phase that is all of them."""
    return Phase(
        "the whole",
        sum(phase.virtual_s for phase in phases),
        sum(phase.cpu_s for phase in phases),
        sum(phase.wall_s for phase in phases),
        sum(phase.events for phase in phases),
        phases[-1].memory_mb,
    )


def trouble(nodes: int) -> FaultPlan:
    """Return faults from the first to the last of the five minutes, none beyond repair."""
    faults: list[Fault] = [Loss("*", "*", probability=0.01, start=At(5), end=For(250))]
    for turn in range(4):
        begin = 10.0 + 60.0 * turn
        master, node = f"m{turn % 3 + 1}", f"n{turn % nodes + 1}"
        faults += [
            Bounce("@leader", start=At(begin), end=For(10)),
            Cut(master, node, start=At(begin + 15), end=For(20)),
            SlowDisk(master, start=At(begin + 20), end=For(15)),
            Pause(node, start=At(begin + 30), end=For(12)),
        ]
    return FaultPlan(tuple(faults))


def life(nodes: int, pods: int) -> list[Phase]:
    """Return what start, deployment, roll-over and an idle minute of a cluster take."""
    with _cluster(nodes) as cluster:
        watch = Stopwatch(cluster)
        cluster.wait_until_ready(PATIENCE)
        watch.ended("start of the nodes")
        _deploy(cluster, pods, "web:1")
        watch.ended("start of the pods")
        _roll_over(cluster, pods, "web:2")
        watch.ended("rolling update")
        cluster.world.run_for(60)
        watch.ended("idle minute")
        return watch.phases


def _cluster(nodes: int) -> SimulatedCluster:
    return SimulatedCluster(Topology(masters=3, pools=(NodePool(count=nodes),)), seed=7)


def deployments(pods: int, image: str) -> list[Object]:
    """Return Deployments that have so many pods in sum."""
    found: list[Object] = []
    for number, first in enumerate(range(0, pods, PODS_PER_DEPLOYMENT)):
        name = f"web-{number}"
        labels = {"app": name}
        found.append(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": name, "namespace": "default"},
                "spec": {
                    "replicas": min(PODS_PER_DEPLOYMENT, pods - first),
                    "selector": {"matchLabels": labels},
                    "template": {
                        "metadata": {"labels": labels},
                        "spec": {"containers": [{"name": "web", "image": image}]},
                    },
                },
            }
        )
    return found


def _deploy(cluster: SimulatedCluster, pods: int, image: str) -> None:
    async def create(client: Client) -> None:
        for each in deployments(pods, image):
            await client.resource("deployments").create(each)

    # The default service account is there a moment after the first apiserver.
    cluster.world.run_for(5)
    cluster.call(create)
    _wait_for(cluster, pods, image)


def _roll_over(cluster: SimulatedCluster, pods: int, image: str) -> None:
    async def update(client: Client) -> None:
        for each in deployments(pods, image):
            name = each["metadata"]["name"]
            await client.resource("deployments").patch(name, {"spec": each["spec"]}, "default")

    cluster.call(update)
    _wait_for(cluster, pods, image)


def _wait_for(cluster: SimulatedCluster, pods: int, image: str) -> None:
    async def have_come(client: Client) -> bool:
        found = await client.resource("deployments").list("default")
        return all(_is_complete(each, image) for each in found.items)

    until = cluster.world.time + PATIENCE
    while not cluster.call(have_come):
        if cluster.world.time > until:
            raise TimeoutError(f"{pods} pods of {image} are not there after {PATIENCE:g} s")
        cluster.world.run_for(1)


def _is_complete(deployment: Object, image: str) -> bool:
    """Tell whether all of a Deployment's pods are of this image and available, and no others."""
    spec, status = deployment["spec"], deployment.get("status", {})
    counts = (status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas"))
    return (
        spec["template"]["spec"]["containers"][0]["image"] == image
        and status.get("observedGeneration") == deployment["metadata"]["generation"]
        and all(count == spec["replicas"] for count in counts)
        and is_true(deployment, "Available")
    )


def rows(quick: bool) -> Iterable[Row]:
    """Measure everything; two tiny clusters instead of the large ones if ``quick``."""
    for faults in (False, True):
        phases = apart(five_minutes, 10, 60, faults)
        what = "five virtual minutes of 3 masters, 10 nodes, 60 pods"
        what = f"{what}, with faults" if faults else what
        yield from phase_rows(what, together(phases))
        for phase in phases:
            yield phase_row(f"{what}: {phase.name}", phase)
    sizes = (5, 15) if quick else (100, 300, 1000)
    smallest: Sequence[Phase] = ()
    for nodes in sizes:
        phases = apart(life, nodes, nodes * PODS_PER_NODE)
        for phase in phases:
            what = f"{nodes:,} nodes, {nodes * PODS_PER_NODE:,} pods: {phase.name}"
            yield from phase_rows(what, phase)
        smallest = smallest or phases
        if phases is not smallest:
            yield from growth_rows(sizes[0], smallest, nodes, phases)


def apart(function: Callable[..., list[Phase]], *args: object) -> list[Phase]:
    """Call ``function(*args)`` in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        return executor.submit(function, *args).result()


def phase_rows(what: str, phase: Phase) -> Iterable[Row]:
    """Return everything that is told of one phase."""
    virtual_s = phase.virtual_s
    yield phase_row(what, phase)
    yield Row(
        f"{what}, on the wall",
        phase.wall_s,
        "s",
        virtual_s,
        "real time",
        virtual_s / phase.wall_s,
    )
    yield Row(f"{what}, events", phase.events, "events")
    yield Row(f"{what}, memory", phase.memory_mb, "MB")


def phase_row(what: str, phase: Phase) -> Row:
    """Return the most important row of a phase."""
    ratio = phase.virtual_s / phase.cpu_s
    return Row(what, phase.cpu_s, "CPU s", phase.virtual_s, "real time", ratio)


def growth_rows(
    few: int, before: Sequence[Phase], many: int, after: Sequence[Phase]
) -> Iterable[Row]:
    """Return how each phase grew, against as many times as there are more nodes."""
    linear = many / few
    for small, large in zip(before, after, strict=True):
        for unit, grown in (
            ("CPU time", large.cpu_s / small.cpu_s),
            ("memory", large.memory_mb / small.memory_mb),
        ):
            what = f"from {few:,} to {many:,} nodes: {small.name}, {unit}"
            yield Row(what, grown, "times", linear, "linear growth", linear / grown)


main = command("cluster", rows, about="Measure whole clusters in virtual time.")

if __name__ == "__main__":
    main()
