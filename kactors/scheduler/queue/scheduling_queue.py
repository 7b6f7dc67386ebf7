"""Pods that have no node yet: to be tried now, later, or when something happens.

Theory of operation: a pod is in one place at a time.

* *gated*: a PreEnqueue plugin does not let it in;
* *active*: it is tried next, by priority;
* *in flight*: it was popped and its attempt is not over;
* *backoff*: it failed, something happened since, and its backoff is not over;
* *unschedulable*: it failed, and nothing that its rejectors care for has happened since.

Source: kubernetes pkg/scheduler/backend/queue/scheduling_queue.go.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs

from kactors.scheduler.config import SchedulerConfig
from kactors.scheduler.framework.plugin import PreEnqueuePlugin, QueueSortPlugin
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.queue.backoff_queue import BackoffQueue
from kactors.scheduler.queue.events import changes_of_pod
from kactors.scheduler.queue.heap import Heap
from kactors.scheduler.queue.hints import Hints, Strategy
from kactors.scheduler.queue.in_flight import Happening, InFlight
from kactors.scheduler.queue.nominator import Nominator
from kactors.scheduler.queue.queued_pod import QueuedPod
from kactors.scheduler.queue.unschedulable_pods import UnschedulablePods

__all__ = ["Pending", "SchedulingQueue"]


@attrs.frozen
class Pending:
    """How many pods are where."""

    active: int
    backoff: int
    unschedulable: int
    gated: int
    in_flight: int


class SchedulingQueue:
    """The queue of all profiles."""

    #: How often pods that stay unschedulable for too long are looked for.
    FLUSH_INTERVAL_NS: Final = 30_000_000_000

    def __init__(
        self,
        *,
        sort: QueueSortPlugin,
        pre_enqueue: Mapping[str, Sequence[PreEnqueuePlugin]],
        hints: Hints,
        nominator: Nominator,
        config: SchedulerConfig,
    ) -> None:
        self._sort = sort
        self._pre_enqueue = pre_enqueue
        self._hints = hints
        self._nominator = nominator
        self._flush_ns = config.unschedulable_flush_ns
        self._active: Heap[QueuedPod] = Heap()
        self._backoff = BackoffQueue(
            config.pod_initial_backoff_ns, config.pod_max_backoff_ns, sort.sort_key
        )
        self._waiting = UnschedulablePods()
        self._in_flight = InFlight()
        self._popped: dict[str, QueuedPod] = {}
        self._next_flush_ns: int | None = None

    # -- the pods' own changes -------------------------------------------------------------

    def add(self, pod: PodInfo, now_ns: int) -> None:
        """Take in a new pod."""
        self._nominator.nominate(pod)
        self._to_active(QueuedPod(pod, added_ns=now_ns, timestamp_ns=now_ns))

    def update(self, pod: PodInfo, now_ns: int) -> None:
        """Take note of a pod's new state; one that is nowhere is taken in."""
        uid = pod.uid
        if uid in self._in_flight:
            queued = self._popped[uid]
            for event in changes_of_pod(queued.pod, pod):
                self._in_flight.happened(Happening(event, queued.pod, pod, only_for=uid))
            queued.pod = pod
            self._nominator.update(pod)
            return
        found = self._active.get(uid)
        if found is not None:
            found.pod = pod
            self._active.add(uid, self._sort.sort_key(found), found)
            self._nominator.update(pod)
            return
        found = self._backoff.get(uid)
        if found is not None:
            found.pod = pod
            self._backoff.add(found)
            self._nominator.update(pod)
            return
        found = self._waiting.get(uid)
        if found is not None:
            old, found.pod = found.pod, pod
            self._nominator.update(pod)
            self._update_waiting(found, old, now_ns)
            return
        self.add(pod, now_ns)

    def delete(self, uid: str) -> None:
        """Forget a pod that is gone, or has a node now; it may be unknown."""
        self._nominator.withdraw(uid)
        self._in_flight.done(uid)
        self._popped.pop(uid, None)
        self._active.remove(uid)
        self._backoff.remove(uid)
        self._waiting.remove(uid)

    # -- attempts --------------------------------------------------------------------------

    def pop(self, now_ns: int) -> QueuedPod | None:
        """Return the pod to be tried now; None if there is none.

        A pod whose backoff is not over is tried rather than nothing. Every pod that was popped
        must be given back: to `requeue` or to `done`.
        """
        self.flush(now_ns)
        queued = self._active.pop() or self._backoff.pop_early()
        if queued is None:
            return None
        queued.attempts += 1
        queued.rejected_by = queued.pending_by = frozenset()
        queued.gated_by = ""
        self._in_flight.add(queued.pod.uid)
        self._popped[queued.pod.uid] = queued
        return queued

    def done(self, uid: str) -> None:
        """End an attempt that needs no other."""
        self._in_flight.done(uid)
        self._popped.pop(uid, None)

    def requeue(self, queued: QueuedPod, now_ns: int) -> None:
        """End an attempt that failed; ``queued`` says by which plugins, none if by an error."""
        uid = queued.pod.uid
        if uid not in self._in_flight:
            return  # It was deleted meanwhile.
        queued.timestamp_ns = now_ns
        queued.backoff_until_ns = None
        if queued.rejected_by or queued.pending_by:
            queued.unschedulable_count += 1
            queued.error_count = 0
            strategy = max(
                (self._hints.strategy(queued, each) for each in self._in_flight.events_for(uid)),
                default=Strategy.SKIP,
            )
        else:
            queued.error_count += 1
            strategy = Strategy.AFTER_BACKOFF
        self.done(uid)
        self._nominator.update(queued.pod)
        self._place(queued, strategy, now_ns)

    # -- what happens in the cluster -------------------------------------------------------

    def move_all(
        self,
        happening: Happening,
        now_ns: int,
        worth: Callable[[PodInfo], bool] | None = None,
    ) -> int:
        """Move the pods that an event may help, and return how many were moved.

        Args:
            happening: what happened.
            now_ns: the time.
            worth: a quick check, before plugins are asked.
        """
        self._in_flight.happened(happening)
        moved = 0
        if not len(self._waiting):
            return moved
        plugins = self._hints.interested(happening.event)
        for queued in self._waiting if plugins is None else self._waiting.refused_by(plugins):
            if worth is not None and not worth(queued.pod):
                continue
            strategy = self._hints.strategy(queued, happening)
            if strategy is not Strategy.SKIP:
                self._waiting.remove(queued.pod.uid)
                self._place(queued, strategy, now_ns)
                moved += queued.pod.uid not in self._waiting
        return moved

    def back_off(self, uid: str, now_ns: int) -> None:
        """Let a pod be tried again after an error's backoff, whatever it waits for.

        For what goes wrong after an attempt. Upstream tries it again at once (``Activate``), which
        never ends where the next try fails without any time passing.
        """
        queued = self._waiting.remove(uid) or self._backoff.remove(uid)
        if queued is not None:
            queued.timestamp_ns = now_ns
            queued.backoff_until_ns = None
            queued.error_count += 1
            self._place(queued, Strategy.AFTER_BACKOFF, now_ns)

    # -- time ------------------------------------------------------------------------------

    def flush(self, now_ns: int) -> None:
        """Move pods whose backoff is over, and those that have been unschedulable for long."""
        if len(self._backoff):
            while (queued := self._backoff.pop_ready(now_ns)) is not None:
                self._to_active(queued)
        if self._next_flush_ns is None:
            self._next_flush_ns = now_ns + self.FLUSH_INTERVAL_NS
        if now_ns < self._next_flush_ns:
            return
        self._next_flush_ns = now_ns + self.FLUSH_INTERVAL_NS
        for queued in self._waiting:
            if not queued.gated_by and now_ns - queued.timestamp_ns > self._flush_ns:
                self._waiting.remove(queued.pod.uid)
                self._place(queued, Strategy.AFTER_BACKOFF, now_ns)

    def next_flush_ns(self) -> int | None:
        """Return when `flush` may have something to do; None if never, as things are."""
        times = [self._backoff.next_ready_ns(), self._next_flush_ns if len(self._waiting) else None]
        return min((each for each in times if each is not None), default=None)

    # -- looking in ------------------------------------------------------------------------

    def __len__(self) -> int:
        """Count the pods that have no node, in flight or not."""
        return len(self._active) + len(self._backoff) + len(self._waiting) + len(self._in_flight)

    def __contains__(self, uid: object) -> bool:
        return (
            uid in self._active
            or uid in self._in_flight
            or uid in self._backoff
            or uid in self._waiting
        )

    @property
    def has_ready(self) -> bool:
        """Whether `pop` would return a pod without any time passing."""
        return bool(len(self._active) or len(self._backoff))

    def pending(self) -> Pending:
        """Return how many pods are where."""
        gated = sum(1 for queued in self._waiting if queued.gated_by)
        return Pending(
            active=len(self._active),
            backoff=len(self._backoff),
            unschedulable=len(self._waiting) - gated,
            gated=gated,
            in_flight=len(self._in_flight),
        )

    # -- below -----------------------------------------------------------------------------

    def _update_waiting(self, queued: QueuedPod, old: PodInfo, now_ns: int) -> None:
        for event in changes_of_pod(old, queued.pod):
            strategy = self._hints.strategy(queued, Happening(event, old, queued.pod))
            if strategy is not Strategy.SKIP:
                self._waiting.remove(queued.pod.uid)
                self._place(queued, strategy, now_ns)
                return

    def _place(self, queued: QueuedPod, strategy: Strategy, now_ns: int) -> None:
        if strategy is Strategy.SKIP:
            self._waiting.add(queued)
        elif strategy is Strategy.AFTER_BACKOFF and self._backoff.backs_off(queued, now_ns):
            if not self._is_gated(queued):
                self._backoff.add(queued)
        else:
            self._to_active(queued)

    def _to_active(self, queued: QueuedPod) -> None:
        if not self._is_gated(queued):
            self._active.add(queued.pod.uid, self._sort.sort_key(queued), queued)

    def _is_gated(self, queued: QueuedPod) -> bool:
        """Ask the PreEnqueue plugins; a pod that one of them refuses waits."""
        for plugin in self._pre_enqueue.get(queued.pod.needs.scheduler_name, ()):
            if plugin.pre_enqueue(queued.pod) is not None:
                queued.gated_by = plugin.name
                queued.rejected_by = frozenset((plugin.name,))
                self._waiting.add(queued)
                return True
        queued.gated_by = ""
        return False
