"""One attempt to schedule one pod, from the queue to the binding or back to the queue.

Nothing here waits or does I/O: what must be done outside is returned as effects. Who carries them
out reports to `ScheduleOne.bound` or `ScheduleOne.binding_failed`.

Source: kubernetes pkg/scheduler/schedule_one.go.
"""

from collections.abc import Mapping

import attrs

from kactors.scheduler.algorithm import Algorithm, FitError
from kactors.scheduler.binding import Binding, WaitingPods
from kactors.scheduler.cache import Cache
from kactors.scheduler.effects import Effect, PatchPodStatus, PodName, RecordEvent
from kactors.scheduler.errors import CycleError
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.framework.status import Code, Status
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.queue.events import ASSIGNED_POD_DELETE
from kactors.scheduler.queue.in_flight import Happening
from kactors.scheduler.queue.nominator import Nominator
from kactors.scheduler.queue.queued_pod import QueuedPod
from kactors.scheduler.queue.scheduling_queue import SchedulingQueue
from kactors.scheduler.record import record

__all__ = ["Attempt", "ScheduleOne"]


@record
class Attempt:
    """What came of one attempt.

    Attributes:
        pod: which pod.
        binding: its node was chosen; None if it was not.
        effects: what must be done if the attempt failed; those of success are the binding's.
    """

    pod: PodInfo
    binding: Binding | None = None
    effects: tuple[Effect, ...] = ()


@attrs.frozen(kw_only=True)
class _Failure:
    """Why an attempt failed, as the queue and the pod's status need it."""

    reason: str
    message: str
    rejected_by: frozenset[str] = frozenset()
    pending_by: frozenset[str] = frozenset()
    nominated_node: str | None = None
    effects: tuple[Effect, ...] = ()


class ScheduleOne:
    """Scheduling cycles over a cache and a queue.

    Attributes:
        waiting: pods that Permit plugins let wait.
    """

    def __init__(
        self,
        *,
        cache: Cache,
        queue: SchedulingQueue,
        nominator: Nominator,
        frameworks: Mapping[str, Framework],
        algorithm: Algorithm,
    ) -> None:
        self.waiting = WaitingPods()
        self._cache = cache
        self._queue = queue
        self._nominator = nominator
        self._frameworks = frameworks
        self._algorithm = algorithm

    def run(self, now_ns: int) -> Attempt | None:
        """Try the next pod of the queue; None if there is none."""
        queued = self._queue.pop(now_ns)
        if queued is None:
            return None
        pod = queued.pod
        framework = self._frameworks[pod.needs.scheduler_name]
        if pod.terminating:
            self._queue.done(pod.uid)
            return Attempt(pod)
        state = CycleState()
        try:
            chosen = self._algorithm.schedule(framework, state, pod, self._cache.snapshot())
            return self._keep(framework, state, queued, chosen.node, now_ns)
        except FitError as error:
            failure = self._make_room(framework, state, pod, error)
        except CycleError as error:
            failure = _Failure(reason="SchedulerError", message=str(error))
        return Attempt(pod, effects=self._fail(queued, failure, now_ns))

    # -- after the choice ------------------------------------------------------------------

    def _keep(
        self,
        framework: Framework,
        state: CycleState,
        queued: QueuedPod,
        node: str,
        now_ns: int,
    ) -> Attempt:
        """Assume the pod on its node, and see that no plugin objects."""
        pod = queued.pod
        assumed = pod.assigned_to(node)
        self._cache.assume(assumed)
        self._nominator.withdraw(pod.uid)
        binding = Binding(assumed, queued, framework, state)
        objection = framework.run_reserve(state, assumed, node)
        if objection is None:
            decision = framework.run_permit(state, assumed, node)
            objection = decision.rejected
            if decision.waits and objection is None:
                binding.waits_for = {name: now_ns + wait for name, wait in decision.waits}
                self.waiting.add(binding)
                return Attempt(pod, binding)
        if objection is None:
            objection = self._prepare(binding)
        if objection is None:
            return Attempt(pod, binding)
        self._undo(binding, now_ns)
        return Attempt(pod, effects=self._fail(queued, _rejection(objection), now_ns))

    def _prepare(self, binding: Binding) -> Status | None:
        """Collect what must be done to bind the pod; return an objection if there is one."""
        framework, state, pod = binding.framework, binding.state, binding.pod
        before = framework.run_pre_bind(state, pod, pod.node_name)
        if isinstance(before, Status):
            return before
        bind = framework.run_bind(state, pod, pod.node_name)
        if isinstance(bind, Status):
            return bind
        binding.effects = (*before, *bind)
        return None

    def allow(self, uid: str, plugin: str, now_ns: int) -> Attempt | None:
        """Note the approval of a plugin that let a pod wait; return what follows, if anything."""
        binding = self.waiting.allow(uid, plugin)
        if binding is None:
            return None
        objection = self._prepare(binding)
        if objection is None:
            return Attempt(binding.pod, binding)
        return self._give_up(binding, _rejection(objection), now_ns)

    def reject(self, uid: str, plugin: str, message: str, now_ns: int) -> Attempt | None:
        """End the wait of a pod; None if it was not waiting."""
        binding = self.waiting.reject(uid)
        if binding is None:
            return None
        status = Status(Code.UNSCHEDULABLE, (message,), plugin)
        return self._give_up(binding, _rejection(status), now_ns)

    def expire(self, now_ns: int) -> list[Attempt]:
        """End the waits whose time is over."""
        attempts = []
        for binding, plugin in self.waiting.take_expired(now_ns):
            message = f"rejected due to timeout after waiting at plugin {plugin}"
            status = Status(Code.UNSCHEDULABLE, (message,), plugin)
            attempts.append(self._give_up(binding, _rejection(status), now_ns))
        return attempts

    # -- after the binding -----------------------------------------------------------------

    def bound(self, binding: Binding) -> tuple[Effect, ...]:
        """Note that a pod is bound."""
        pod = binding.pod
        self._queue.done(pod.uid)
        binding.framework.run_post_bind(binding.state, pod, pod.node_name)
        message = f"Successfully assigned {pod.key} to {pod.node_name}"
        return (RecordEvent(_name(pod), "Normal", "Scheduled", "Binding", message),)

    def binding_failed(self, binding: Binding, message: str, now_ns: int) -> tuple[Effect, ...]:
        """Note that a pod could not be bound; it is tried again."""
        failure = _Failure(reason="SchedulerError", message=message)
        return self._give_up(binding, failure, now_ns).effects

    def _give_up(self, binding: Binding, failure: _Failure, now_ns: int) -> Attempt:
        self._undo(binding, now_ns)
        effects = self._fail(binding.queued, failure, now_ns)
        return Attempt(binding.pod, effects=effects)

    def _undo(self, binding: Binding, now_ns: int) -> None:
        """Take the pod off its node again; others may have waited for just that."""
        pod = binding.pod
        binding.framework.run_unreserve(binding.state, pod, pod.node_name)
        if not self._cache.is_assumed(pod.uid):
            return  # The watch knew better: it is bound, or gone.
        self._cache.forget(pod)
        happening = Happening(ASSIGNED_POD_DELETE, pod)
        self._queue.move_all(happening, now_ns, lambda other: other.uid != pod.uid)

    # -- failures --------------------------------------------------------------------------

    def _make_room(
        self, framework: Framework, state: CycleState, pod: PodInfo, error: FitError
    ) -> _Failure:
        """Let PostFilter plugins help a pod that fits nowhere."""
        message = str(error)
        nominated: str | None = None
        effects: tuple[Effect, ...] = ()
        filtered = not error.pre_filter_message or error.statuses.absent.code is Code.UNSCHEDULABLE
        if filtered and error.node_count:
            try:
                result = framework.run_post_filters(state, pod, error.statuses)
            except CycleError as problem:
                return _Failure(reason="SchedulerError", message=str(problem))
            nominated, effects = result.nominated_node, result.effects
            message = f"{message} {result.message}".rstrip()
        return _Failure(
            reason="Unschedulable",
            message=message,
            rejected_by=error.rejected_by,
            pending_by=error.pending_by,
            nominated_node=nominated,
            effects=effects,
        )

    def _fail(self, queued: QueuedPod, failure: _Failure, now_ns: int) -> tuple[Effect, ...]:
        """Give a pod back to the queue, and say why."""
        pod = queued.pod
        if pod.uid not in self._queue:
            return ()  # It was deleted, or bound by another, while it was tried.
        queued.rejected_by = failure.rejected_by
        queued.pending_by = failure.pending_by
        self._queue.requeue(queued, now_ns)
        if failure.nominated_node is not None:
            self._nominator.nominate(pod, failure.nominated_node)
        name = _name(pod)
        return (
            *failure.effects,
            RecordEvent(name, "Warning", "FailedScheduling", "Scheduling", failure.message),
            PatchPodStatus(name, failure.reason, failure.message, failure.nominated_node),
        )


def _rejection(status: Status) -> _Failure:
    if not status.rejected:
        return _Failure(reason="SchedulerError", message=status.message)
    pending = status.code is Code.PENDING
    plugins = frozenset((status.plugin,))
    return _Failure(
        reason="Unschedulable",
        message=status.message,
        rejected_by=frozenset() if pending else plugins,
        pending_by=plugins if pending else frozenset(),
    )


def _name(pod: PodInfo) -> PodName:
    return PodName(pod.namespace, pod.name, pod.uid)
