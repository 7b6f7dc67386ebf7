"""The scheduler as an actor: informers in, bindings out, one of several at work.

All replicas watch, only the leader schedules. Attempts are made one after the other and nothing
waits within one; bindings and what follows from failures are written by tasks beside.

Source: kubernetes pkg/scheduler/scheduler.go, pkg/scheduler/eventhandlers.go,
cmd/kube-scheduler/app/server.go.
"""

from collections.abc import Callable
from typing import Final

import attrs

from kactors.actors import Actor, serves
from kactors.api.errors import ApiError, MalformedQuantity, MalformedSelector
from kactors.api.objects import Object
from kactors.client.config import ClientConfig
from kactors.client.errors import ClientError
from kactors.client.events import EventRecorder
from kactors.client.informer import SharedInformer
from kactors.client.informer_factory import SharedInformerFactory
from kactors.client.leader_election import LeaderElectionConfig, LeaderElector
from kactors.client.rest import Client
from kactors.runtime import (
    Event,
    Nursery,
    Semaphore,
    checkpoint,
    current_time_ns,
    move_on_after,
    open_nursery,
)
from kactors.runtime.probes import declare, sometimes
from kactors.scheduler.binding import Binding
from kactors.scheduler.config import SchedulerConfig
from kactors.scheduler.core import SchedulerCore
from kactors.scheduler.effect_runner import EffectRunner
from kactors.scheduler.effects import Effect, EvictPod
from kactors.scheduler.messages import InspectScheduler, SchedulerReport
from kactors.scheduler.schedule_one import Attempt
from kactors.scheduler.turns import Turn, Turns

__all__ = ["Scheduler", "SchedulerContext"]

#: Kinds besides pods and nodes that the plugins ask about, with the resources that they are.
VIEWED: Final = {
    "Namespace": "namespaces",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "ReplicaSet": "replicasets",
    "Service": "services",
    "StatefulSet": "statefulsets",
}
#: Pods that have ended hold nothing and need nothing.
LIVE_PODS: Final = "status.phase!=Succeeded,status.phase!=Failed"
#: How many pods are tried before other tasks have their turn.
TURN: Final = 64

_REFUSED = "scheduler: a binding failed"
_PREEMPTED = "scheduler: room was made for a pod"
_FITS_NOWHERE = "scheduler: a pod fits nowhere"
declare(_REFUSED, _PREEMPTED, _FITS_NOWHERE)


@attrs.frozen(kw_only=True)
class SchedulerContext:
    """What a scheduler is given by whoever starts it.

    Attributes:
        config: where the apiservers are and who this scheduler is.
        scheduler: its configuration.
        election: if only one of several shall act; None to act at once.
        bindings_max: how many bindings are written at the same time.
        new_core: makes the core of each term, of the configuration and a seed.
    """

    config: ClientConfig
    scheduler: SchedulerConfig = attrs.field(factory=SchedulerConfig)
    election: LeaderElectionConfig | None = None
    bindings_max: int = 64
    new_core: Callable[[SchedulerConfig, int], SchedulerCore] = SchedulerCore.with_seed


@attrs.define
class _Tally:
    scheduled: int = 0
    failed: int = 0
    bound: int = 0
    binding_errors: int = 0
    unreadable: int = 0


@attrs.frozen
class _Handler:
    """Tells of every change of one kind: ``changed(kind, old, new)``."""

    kind: str
    changed: Callable[[str, Object | None, Object | None], None]

    def on_add(self, obj: Object, *, is_in_initial_list: bool) -> None:
        """Tell of an object that was not there."""
        del is_in_initial_list
        self.changed(self.kind, None, obj)

    def on_update(self, old: Object, new: Object) -> None:
        """Tell of a change."""
        self.changed(self.kind, old, new)

    def on_delete(self, obj: Object, *, final_state_unknown: bool) -> None:
        """Tell of an object that is gone."""
        del final_state_unknown
        self.changed(self.kind, obj, None)


class Scheduler(Actor):
    """One replica of kube-scheduler.

    Attributes:
        core: what is known and who decides; another one after each term.
        informers: that tell it what there is.
    """

    core: SchedulerCore
    informers: SharedInformerFactory

    def __init__(self, context: SchedulerContext) -> None:
        self._context = context
        self._state = "waiting for caches"
        self._tally = _Tally()
        self._terms = 0
        self._elector: LeaderElector | None = None
        self._informers: dict[str, SharedInformer] = {}
        self._woken = Event()
        self._turns = Turns()

    async def on_start(self) -> None:
        """Put everything together and begin; nothing is awaited."""
        context = self._context
        client = Client.connect(self, context.config)
        recorder = EventRecorder(client, "default-scheduler")
        self.informers = informers = SharedInformerFactory(client, self.start_soon)
        if context.election is not None:
            identity = f"{self.host.name}_{self.name}_{self.host.incarnation}.{self.life.number}"
            self._elector = LeaderElector(client, context.election, identity)
            client = self._elector.client
        self.core = self._new_core()
        self._observe(informers)
        self._runner = EffectRunner(client, recorder, self._informers["pods"].lister)
        self.start_soon(recorder.run, name="events")
        self.start_soon(self._run, name="scheduler")

    @property
    def leading(self) -> bool:
        """Whether it schedules, now."""
        return self._state == "working"

    # -- what is known ---------------------------------------------------------------------

    def _observe(self, informers: SharedInformerFactory) -> None:
        pods = informers.informer("pods", field_selector=LIVE_PODS)
        nodes = informers.informer("nodes")
        self._informers = {"pods": pods, "nodes": nodes}
        for kind, resource in VIEWED.items():
            self._informers[kind] = informers.informer(resource)
        for kind, informer in self._informers.items():
            informer.add_handler(_Handler(kind, self._changed))

    def _changed(self, kind: str, old: Object | None, new: Object | None) -> None:
        """Let the core take note of a change, and look at the queue again."""
        now_ns = current_time_ns()
        try:
            match kind:
                case "pods":
                    # What a pod that waits for permission leaves behind needs no writing.
                    self.core.pod_changed(old, new, now_ns)
                case "nodes":
                    self.core.node_changed(old, new, now_ns)
                case _:
                    self.core.object_changed(kind, old, new)
        except (MalformedSelector, MalformedQuantity):
            # The apiserver's validation should never have let it in; it is as if it were not there.
            self._tally.unreadable += 1
        self._woken.set()

    def _new_core(self) -> SchedulerCore:
        self._terms += 1
        seed = self.random("scheduler", self._terms).getrandbits(63)
        return self._context.new_core(self._context.scheduler, seed)

    def _begin_anew(self) -> None:
        """Forget what a term that is over has assumed: read everything again."""
        self.core = self._new_core()
        for kind in (*VIEWED, "nodes", "pods"):
            for obj in self._informers[kind].lister.list():
                self._changed(kind, None, obj)

    # -- the works -------------------------------------------------------------------------

    async def _run(self) -> None:
        for informer in self._informers.values():
            await informer.wait_for_sync()
        while True:
            if self._elector is None:
                await self._work()
            else:
                self._state = "waiting to lead"
                await self._elector.run(self._work)
                self._begin_anew()

    async def _work(self) -> None:
        self._state = "working"
        self._turns = (
            Turns()
        )  # Who had one in an earlier term was cancelled, perhaps before it began.
        slots = Semaphore(self._context.bindings_max)
        async with open_nursery() as nursery:
            while True:
                woken = self._woken = Event()
                for attempt in self.core.cycles.expire(current_time_ns()):
                    self._follow(attempt, nursery, slots)
                if self._schedule_some(nursery, slots):
                    await checkpoint()
                else:
                    await self._wait(woken)

    def _schedule_some(self, nursery: Nursery, slots: Semaphore) -> bool:
        """Try some pods; tell whether there may be more."""
        for _ in range(TURN):
            attempt = self.core.schedule_one(current_time_ns())
            if attempt is None:
                return False
            self._follow(attempt, nursery, slots)
        return True

    async def _wait(self, woken: Event) -> None:
        """Return when something has happened, or time alone has made a pod ready."""
        until_ns = self.core.next_wake_ns()
        if until_ns is None:
            await woken.wait()
            return
        with move_on_after(max(until_ns - current_time_ns(), 0) / 1e9):
            await woken.wait()

    def _follow(self, attempt: Attempt, nursery: Nursery, slots: Semaphore) -> None:
        """Have done what follows from an attempt."""
        binding = attempt.binding
        if binding is not None:
            self._tally.scheduled += 1
            if not binding.waits_for:
                turn = self._turns.take(attempt.pod.uid)
                nursery.start_soon(self._bind, binding, turn, slots, self.core)
        elif attempt.effects:
            self._tally.failed += 1
            evicts = any(isinstance(each, EvictPod) for each in attempt.effects)
            sometimes(_PREEMPTED if evicts else _FITS_NOWHERE)
            turn = self._turns.take(attempt.pod.uid)
            nursery.start_soon(self._tell, attempt.effects, turn, self.core)

    async def _tell(self, effects: tuple[Effect, ...], turn: Turn, core: SchedulerCore) -> None:
        """Write what follows from a failed attempt."""
        async with turn:
            failed = await self._runner.attempt(effects)
        for uid in {each.for_pod: None for each in failed if isinstance(each, EvictPod)}:
            core.preemption_failed(uid, current_time_ns())
            self._woken.set()

    async def _bind(
        self, binding: Binding, turn: Turn, slots: Semaphore, core: SchedulerCore
    ) -> None:
        """Write a binding; if that fails the pod is tried again."""
        async with turn, slots:
            try:
                await self._runner.bind(binding.effects)
            except (ApiError, ClientError) as problem:
                sometimes(_REFUSED)
                self._tally.binding_errors += 1
                message = f"binding rejected: {problem}"
                effects = core.cycles.binding_failed(binding, message, current_time_ns())
                self._woken.set()
            else:
                self._tally.bound += 1
                effects = core.cycles.bound(binding)
            await self._runner.attempt(effects)

    @serves
    def inspect(self, request: InspectScheduler) -> SchedulerReport:
        """Tell how it is."""
        del request
        pending = self.core.queue.pending()
        return SchedulerReport(
            state=self._state,
            leader="" if self._elector is None else self._elector.leader,
            nodes=self.core.cache.node_count,
            pods=self.core.cache.pod_count,
            **attrs.asdict(pending),
            **attrs.asdict(self._tally),
        )
