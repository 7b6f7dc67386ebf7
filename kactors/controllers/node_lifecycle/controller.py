"""Watches nodes: says when they are silent, taints them, and does not panic when all are.

Three things go on at the same time: every five seconds all nodes are looked at together; taints
that keep new pods away follow each node's conditions at once; taints that send pods away are set
as fast as the node's zone allows.
"""

from contextlib import suppress
from math import inf
from typing import ClassVar, Final

from kactors.api.errors import ApiError, Conflict, NotFound
from kactors.api.meta import format_time, get_condition, name_of
from kactors.api.objects import Object, replaced
from kactors.client.errors import ClientError
from kactors.client.events import NORMAL
from kactors.client.indexer import BY_NODE, index_by_node
from kactors.client.retry import retry_on_conflict
from kactors.controllers.node_lifecycle.health import (
    Grace,
    NodeHealth,
    conditions_of_silence,
    observe,
    ready_status,
)
from kactors.controllers.node_lifecycle.node_taints import (
    no_execute_key,
    sends_away,
    with_no_execute,
    with_no_schedule,
)
from kactors.controllers.node_lifecycle.rate_limited_queue import RateLimitedQueue
from kactors.controllers.node_lifecycle.zones import (
    Disruption,
    EvictionRates,
    ZoneState,
    disruption,
    zone_key,
    zone_state,
)
from kactors.controllers.object_controller import ObjectController
from kactors.controllers.parallel import parallelize
from kactors.runtime import Event, current_time, move_on_after, open_nursery, sleep
from kactors.runtime.probes import declare, sometimes

__all__ = ["NodeLifecycleController"]

MONITOR_PERIOD: Final = 5.0
UPDATE_WORKERS: Final = 8
"""So many nodes are looked at at the same time; upstream's ``nodeUpdateWorkerSize``."""
LEASE_NAMESPACE: Final = "kube-node-lease"

_ALL_DISRUPTED = "node lifecycle: every zone is fully disrupted"
_ZONE_DISRUPTED = "node lifecycle: a zone is partially disrupted"
_SILENT = "node lifecycle: a node is silent"
declare(_ALL_DISRUPTED, _ZONE_DISRUPTED, _SILENT)


class NodeLifecycleController(ObjectController):
    """See the module.

    Attributes:
        grace: how long nodes may be silent.
        rates: how fast they are emptied.
        zones: the state of each zone.

    Source: kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go.
    """

    component: ClassVar[str] = "node-controller"
    grace: ClassVar[Grace] = Grace()
    rates: ClassVar[EvictionRates] = EvictionRates()

    def setup(self) -> None:
        """Look at nodes, their Leases, and what runs on them."""
        self.nodes = self.reconciles("nodes").lister
        leases = self.observes("leases", _nothing, LEASE_NAMESPACE)
        self.leases = leases.lister
        self.pods = self.observes("pods", _nothing, indexes={BY_NODE: index_by_node}).lister

    def _reset(self) -> None:
        """Know nothing of any node: what an earlier term has seen is too old."""
        self.zones: dict[str, ZoneState] = {}
        self._health: dict[str, NodeHealth] = {}
        self._queues: dict[str, RateLimitedQueue] = {}
        self._queued = Event()

    async def _work(self) -> None:
        self._reset()
        async with open_nursery() as nursery:
            nursery.start_soon(super()._work, name="workers")
            nursery.start_soon(self._monitor, name="monitor")
            nursery.start_soon(self._send_away, name="send pods away")

    # -- taints that keep new pods away ----------------------------------------------------------

    async def reconcile(self, key: str) -> float | None:
        """Let a node's taints be what its conditions ask for."""
        node = self.nodes.get_by_key(key)
        if node is None:
            return None
        taints = with_no_schedule(node, self.now_ns())
        if taints is not None:
            await self._update(node, taints)
        return None

    async def _update(self, node: Object, taints: list[Object]) -> Object:
        changed = replaced(node, taints, "spec", "taints")
        return await self.client.resource("nodes").update(changed)

    # -- the look at all nodes -------------------------------------------------------------------

    async def _monitor(self) -> None:
        while True:
            await self._look()
            await sleep(MONITOR_PERIOD)

    async def _look(self) -> None:
        """Look at every node once.

        Source: ``monitorNodeHealth``.
        """
        nodes = self.nodes.list()
        present = {name_of(node) for node in nodes}
        for name in [name for name in self._health if name not in present]:
            self._forget(name)
        counts = {zone_key(node): [0, 0] for node in nodes}

        async def look_at(node: Object) -> None:
            try:
                now_ready = await self._look_at(node)
            except (ApiError, ClientError):
                now_ready = ready_status(node)  # the next look will tell
            counts[zone_key(node)][now_ready != "True"] += 1

        await parallelize(UPDATE_WORKERS, nodes, look_at)
        await self._handle_disruption(counts)

    async def _look_at(self, node: Object) -> str:
        """Look at one node; return whether it is ready, now that it has been looked at."""
        name, now = name_of(node), current_time()
        lease = self.leases.get(name, LEASE_NAMESPACE)
        health = self._health[name] = observe(self._health.get(name), node, lease, now)
        before = ready_status(node)
        if health.silent_at(now, self.grace):
            conditions = conditions_of_silence(node, self.now_ns())
            if conditions is not None:
                sometimes(_SILENT)
                told = replaced(node, conditions, "status", "conditions")
                node = await self.client.resource("nodes").update_status(told)
        after = ready_status(node)
        if after == "True":
            await self._reachable(node)
            return after
        if get_condition(node, "Ready") is None:
            return after  # it is new, and has time to say its first word
        if before == "True":
            message = f"Node {name} status is now: NodeNotReady"
            self.recorder.event(node, NORMAL, "NodeNotReady", message)
        if before == "True" or after == "Unknown":
            await self._mark_pods_not_ready(name)
        await self._unreachable(node)
        return after

    async def _reachable(self, node: Object) -> None:
        name = name_of(node)
        for queue in self._queues.values():
            queue.remove(name)
        taints = with_no_execute(node, None, self.now_ns())
        if taints is not None:
            await self._update(node, taints)

    async def _try_reachable(self, node: Object) -> None:
        with suppress(ApiError, ClientError):  # until the next look
            await self._reachable(node)

    async def _unreachable(self, node: Object) -> None:
        """Have the node's pods sent away in turn; if they are already, correct the reason.

        Source: ``processTaintBaseEviction``.
        """
        taints = with_no_execute(node, no_execute_key(ready_status(node)), self.now_ns())
        if taints is None:
            return
        if sends_away(node):
            await self._update(node, taints)
            return
        zone = zone_key(node)
        queue = self._queues.setdefault(zone, RateLimitedQueue(self._rate_of(zone)))
        queue.add(name_of(node))

    def _forget(self, name: str) -> None:
        del self._health[name]
        for queue in self._queues.values():
            queue.remove(name)

    def _pods_on(self, name: str) -> tuple[Object, ...]:
        return self.pods.indexer.by_index(BY_NODE, name)

    async def _mark_pods_not_ready(self, name: str) -> None:
        """Say for the node's pods what their kubelet cannot say.

        Source: ``MarkPodsNotReady`` in pkg/controller/util/node/controller_utils.go.
        """
        pods = self.client.resource("pods")
        for pod in self._pods_on(name):
            if not _says_ready(pod):
                continue
            now = format_time(self.now_ns())
            conditions = [
                {**each, "status": "False", "lastTransitionTime": now}
                if each.get("type") == "Ready" else each
                for each in pod["status"]["conditions"]
            ]  # fmt: skip
            try:
                await pods.update_status(replaced(pod, conditions, "status", "conditions"))
            except (NotFound, Conflict):
                continue  # the next look will find what is left

    # -- zones -----------------------------------------------------------------------------------

    def _rate_of(self, zone: str) -> float:
        state = self.zones.get(zone, ZoneState.NORMAL)
        if disruption({}, self.zones) is Disruption.ENTERED:
            return 0.0
        nodes = sum(zone_key(node) == zone for node in self.nodes.list())
        return self.rates.of_zone(state, nodes)

    async def _handle_disruption(self, counts: dict[str, list[int]]) -> None:
        """Set how fast pods are sent away.

        Source: ``handleDisruption``.
        """
        before = self.zones
        self.zones = {
            zone: zone_state(ready, unready, self.rates)
            for zone, (ready, unready) in counts.items()
        }
        sometimes(_ZONE_DISRUPTED, ZoneState.PARTIAL_DISRUPTION in self.zones.values())
        now = current_time()
        change = disruption(before, self.zones)
        if change in {Disruption.ENTERED, Disruption.CONTINUES}:
            sometimes(_ALL_DISRUPTED)
            await parallelize(UPDATE_WORKERS, self.nodes.list(), self._try_reachable)
        elif change is Disruption.LEFT:
            self._health = {name: each.reset(now) for name, each in self._health.items()}
        for zone in counts:
            queue = self._queues.setdefault(zone, RateLimitedQueue(0.0))
            queue.set_rate(self._rate_of(zone), now)
        queued, self._queued = self._queued, Event()
        queued.set()

    # -- taints that send pods away --------------------------------------------------------------

    async def _send_away(self) -> None:
        """Taint the nodes that are queued, as fast as each zone allows.

        Source: ``doNoExecuteTaintingPass``.
        """
        while True:
            queued = self._queued
            for queue in list(self._queues.values()):
                while (name := queue.take(current_time())) is not None:
                    await self._taint(queue, name)
            next_at = min((queue.next_at() for queue in self._queues.values()), default=inf)
            with move_on_after(max(0.0, next_at - current_time())):
                await queued.wait()

    async def _taint(self, queue: RateLimitedQueue, name: str) -> None:
        """Taint one node, if it is still not ready: the turn is rare, so the apiserver is asked."""
        nodes = self.client.resource("nodes")

        async def once() -> None:
            node = await nodes.get(name)
            taints = with_no_execute(node, no_execute_key(ready_status(node)), self.now_ns())
            if taints is not None:
                await self._update(node, taints)

        try:
            await retry_on_conflict(once)
        except NotFound:
            queue.remove(name)
        except (ApiError, ClientError):
            queue.retry(name)
        else:
            queue.remove(name)  # should the taint get lost, it comes back in turn


def _nothing(_: Object) -> tuple[str, ...]:
    return ()


def _says_ready(pod: Object) -> bool:
    return (get_condition(pod, "Ready") or {}).get("status") == "True"
