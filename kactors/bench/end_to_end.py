"""The meter ``end-to-end``: create, store by Raft, watch, schedule, bind, watch.

Everything is there and in one process; see `kactors.bench.cluster`. Pods are created by as many
workers as upstream has, and are scheduled when an informer beside them says so. What is measured is
the machine's time; what churn and sleep wait for is virtual time.

Source: kubernetes test/integration/scheduler_perf/executor.go.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import Final

from kactors.actors import System
from kactors.api.errors import AlreadyExists, ApiError, NotFound
from kactors.api.meta import key_of, name_of, namespace_of
from kactors.api.objects import Object
from kactors.api.registry import REGISTRY
from kactors.bench import making
from kactors.bench.churning import Ticks
from kactors.bench.clock import cpu_ns, wall_ns
from kactors.bench.cluster import CLIENT, BenchCluster, bench_world
from kactors.bench.errors import Refused, Stuck
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
from kactors.bench.pod_watcher import PodWatcher
from kactors.bench.progress import Progress
from kactors.bench.record import Baseline, Record
from kactors.bench.throughput import Throughput
from kactors.client.errors import ClientError
from kactors.client.informer_factory import SharedInformerFactory
from kactors.client.resource_client import ResourceClient
from kactors.client.resources import GroupVersionResource
from kactors.client.rest import Client
from kactors.runtime import current_time_ns, move_on_after, open_nursery, sleep, sleep_forever

__all__ = ["EndToEndRun"]

#: Upstream creates pods with so many.
_WORKERS: Final = 30
#: Upstream waits so long for pods to be scheduled.
_PATIENCE: Final = 600.0
_BASELINE_PUTS: Final = 2000
_BASELINE_BYTES: Final = 900
_SETTLE: Final = 1.0


class EndToEndRun:
    """One run of a workload.

    Args:
        record: takes what is found.
        progress: is told how far it is.
        seed: of everything.
        masters: each with a member of etcd and a replica of the apiserver.
    """

    def __init__(
        self, record: Record, progress: Progress, *, seed: int = 0, masters: int = 1
    ) -> None:
        self._record = record
        self._seed = seed
        self._masters = masters
        self._watcher = PodWatcher(record, progress, wall_ns)
        self._namespaces: set[str] = set()

    def run(self) -> None:
        """Do all that the workload says.

        Raises:
            Refused: an apiserver does not take what is created.
            Stuck: pods are not scheduled for a long time.
        """
        new_core = partial(MeasuredCore, self._record, wall_ns)
        with bench_world(self._seed) as world:
            cluster = BenchCluster(
                world, self._masters, self._seed, lambda config, seed: new_core(config, seed=seed)
            )
            try:
                world.call(CLIENT, partial(self._main, cluster))
            except ExceptionGroup as group:
                raise _first_problem(group) from group

    async def _main(self, cluster: BenchCluster, system: System) -> None:
        client = await cluster.admin(system)
        self._record.baseline = await _bare_writes(cluster, system)
        async with open_nursery() as nursery:
            informers = SharedInformerFactory(client, nursery.start_soon)
            pods = informers.informer("pods")
            pods.add_handler(self._watcher)
            nodes = informers.informer("nodes")
            await informers.wait_for_cache_sync()
            try:
                for operation in self._record.workload.operations:
                    if isinstance(operation, Churn):
                        await self._need_namespace(client, operation.namespace)
                        nursery.start_soon(self._churn, client, operation)
                    else:
                        await self._do(client, operation)
                await sleep(_SETTLE)  # until what was deleted last is seen to be gone
                self._record.complete = True
            finally:
                self._record.pods = list(pods.lister.list())
                self._record.nodes = list(nodes.lister.list())
            nursery.cancel_scope.cancel()

    async def _do(self, client: Client, operation: Operation) -> None:
        match operation:
            case CreateNodes():
                await _all(making.nodes(operation), partial(_create, client))
            case CreateNamespaces():
                await _all(making.namespaces(operation), partial(_create, client))
            case CreatePods():
                await self._create_pods(client, operation)
            case Barrier():
                await self._wait(operation.namespaces, attempted=operation.attempted)
            case Sleep(seconds=seconds):
                await sleep(seconds)

    async def _create_pods(self, client: Client, operation: CreatePods) -> None:
        await self._need_namespace(client, operation.namespace)
        pods = making.pods(operation)
        if operation.measured:
            self._watcher.measured = operation.namespace
            began_cpu = cpu_ns()
            self._record.throughput = Throughput(wall_ns())
        try:
            await _all(pods, partial(self._create_pod, client))
            if not operation.goes_on:
                await self._wait((operation.namespace,))
        finally:
            if operation.measured:
                self._record.cpu_seconds = (cpu_ns() - began_cpu) / 1e9

    async def _create_pod(self, client: Client, pod: Object) -> None:
        self._watcher.created(key_of(pod), namespace_of(pod))
        await _create(client, pod)

    async def _need_namespace(self, client: Client, name: str) -> None:
        if name not in self._namespaces:
            self._namespaces.add(name)
            await _create(client, making.namespace(name))

    async def _wait(self, namespaces: tuple[str, ...], *, attempted: bool = False) -> None:
        with move_on_after(_PATIENCE) as scope:
            await self._watcher.wait(namespaces, attempted=attempted)
        if scope.cancelled_caught:
            left = self._watcher.left(namespaces, attempted=attempted)
            raise Stuck(
                f"{len(left)} pods are not scheduled after {_PATIENCE:g} s of virtual time, the "
                f"first of them {left[0]}: make the nodes larger or the pods fewer"
            )

    async def _churn(self, client: Client, churn: Churn) -> None:
        ticks = Ticks(churn, current_time_ns())
        while ticks.next_ns is not None:
            await sleep(max(ticks.next_ns - current_time_ns(), 0) / 1e9)
            for created, obj in ticks.due(current_time_ns()):
                if created and obj["kind"] == "Pod":
                    await self._create_pod(client, obj)
                elif created:
                    await _create(client, obj)
                else:
                    await _delete(client, obj)
        await sleep_forever()


def _first_problem(group: ExceptionGroup[Exception]) -> Exception:
    """Return one of those errors; where one thing cannot be created others cannot either."""
    first = group.exceptions[0]
    return _first_problem(first) if isinstance(first, ExceptionGroup) else first


def _resource(client: Client, obj: Object) -> ResourceClient:
    """Return the client of an object's kind."""
    found = REGISTRY.of_kind(obj.get("apiVersion") or "v1", obj["kind"])
    return client.resource(GroupVersionResource(found.group, found.version, found.plural))


async def _create(client: Client, obj: Object) -> None:
    try:
        await _resource(client, obj).create(obj)
    except AlreadyExists:
        if obj["kind"] != "Namespace":
            raise
    except (ApiError, ClientError) as problem:
        raise Refused(f"{obj['kind']} {key_of(obj)} cannot be created: {problem}") from problem


async def _delete(client: Client, obj: Object) -> None:
    try:
        options = {"gracePeriodSeconds": 0}
        await _resource(client, obj).delete(name_of(obj), namespace_of(obj), options=options)
    except NotFound:
        return  # evicted meanwhile


async def _all(objects: Iterable[Object], work: Callable[[Object], Awaitable[None]]) -> None:
    """Do something about each object, some at a time."""
    left: Iterator[Object] = iter(objects)

    async def worker() -> None:
        for obj in left:
            await work(obj)

    async with open_nursery() as nursery:
        for _ in range(_WORKERS):
            nursery.start_soon(worker)


async def _bare_writes(cluster: BenchCluster, system: System) -> Baseline:
    """Measure etcd alone, in the same process and with as many who write."""
    etcd = cluster.etcd(system)
    body = bytes(_BASELINE_BYTES)
    left = iter(range(_BASELINE_PUTS))

    async def worker() -> None:
        for number in left:
            await etcd.put(b"/bench/%d" % number, body)

    began = cpu_ns()
    async with open_nursery() as nursery:
        for _ in range(_WORKERS):
            nursery.start_soon(worker)
    rate = _BASELINE_PUTS * 1e9 / (cpu_ns() - began)
    return Baseline("BaselineEtcdPuts", "bare writes to etcd", rate, "writes/s")
