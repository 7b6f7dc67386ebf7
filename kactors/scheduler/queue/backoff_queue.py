"""Pods that failed a moment ago and wait until they may be tried again.

Source: kubernetes pkg/scheduler/backend/queue/backoff_queue.go.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from kactors.scheduler.queue.heap import Heap
from kactors.scheduler.queue.queued_pod import QueuedPod

__all__ = ["BackoffQueue"]


class BackoffQueue:
    """Pods in backoff, ordered by the window in which it ends, then as in the active queue.

    Those whose attempts ended in an error are kept apart: they are not popped early.
    """

    #: Nanoseconds; backoffs that end in the same window end together, so that the more important
    #: pod goes first.
    WINDOW_NS: Final = 1_000_000_000

    def __init__(
        self, initial_ns: int, max_ns: int, sort_key: Callable[[QueuedPod], tuple[Any, ...]]
    ) -> None:
        self._initial_ns = initial_ns
        self._max_ns = max_ns
        self._sort_key = sort_key
        self._pods: Heap[QueuedPod] = Heap()
        self._errors: Heap[QueuedPod] = Heap()

    def __len__(self) -> int:
        return len(self._pods) + len(self._errors)

    def __iter__(self) -> Iterator[QueuedPod]:
        yield from self._pods
        yield from self._errors

    def __contains__(self, uid: object) -> bool:
        return uid in self._pods or uid in self._errors

    def get(self, uid: str) -> QueuedPod | None:
        """Return a pod; None if it is not here."""
        return self._pods.get(uid) or self._errors.get(uid)

    def add(self, queued: QueuedPod) -> None:
        """Add a pod, or take note of its new state."""
        self.remove(queued.pod.uid)
        heap = self._errors if queued.error_count else self._pods
        heap.add(queued.pod.uid, (self._until_ns(queued), *self._sort_key(queued)), queued)

    def remove(self, uid: str) -> QueuedPod | None:
        """Remove a pod and return it; None if it is not here."""
        return self._pods.remove(uid) or self._errors.remove(uid)

    def backs_off(self, queued: QueuedPod, now_ns: int) -> bool:
        """Whether the pod must not be tried yet."""
        return self._until_ns(queued) >= self._window(now_ns)

    def pop_early(self) -> QueuedPod | None:
        """Return the pod that would be ready first: there is nothing better to do."""
        return self._pods.pop()

    def pop_ready(self, now_ns: int) -> QueuedPod | None:
        """Return a pod whose backoff is over; None if there is none."""
        for heap in (self._pods, self._errors):
            key = heap.first_key()
            if key is not None and key[0] < self._window(now_ns):
                return heap.pop()
        return None

    def next_ready_ns(self) -> int | None:
        """Return when the next backoff ends; None if there is none."""
        keys = [key[0] for heap in (self._pods, self._errors) if (key := heap.first_key())]
        return min(keys) + self.WINDOW_NS if keys else None

    def _until_ns(self, queued: QueuedPod) -> int:
        """Return the window in which a pod's backoff ends: 1 s, 2 s, 4 s, ... after it failed."""
        if queued.backoff_until_ns is None:
            count = queued.error_count or queued.unschedulable_count
            delay_ns = 0
            if count:
                # Not shifted further than the maximum needs, however often it failed.
                delay_ns = min(self._initial_ns << min(count - 1, 62), self._max_ns)
            queued.backoff_until_ns = self._window(queued.timestamp_ns + delay_ns)
            if not delay_ns:
                queued.backoff_until_ns -= self.WINDOW_NS
        return queued.backoff_until_ns

    def _window(self, time_ns: int) -> int:
        return time_ns - time_ns % self.WINDOW_NS
