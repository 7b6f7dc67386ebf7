"""Pods that wait for something to happen, found by the plugins that refused them.

Most events interest few plugins, and most waiting pods wait for others: looking at all of them for
each pod that is bound elsewhere would take longer than scheduling.

Source: kubernetes pkg/scheduler/backend/queue/unschedulable_pods.go; the index is ours.
"""

from collections.abc import Iterable, Iterator

from kactors.scheduler.queue.queued_pod import QueuedPod

__all__ = ["UnschedulablePods"]


class UnschedulablePods:
    """Waiting pods by uid, and by each plugin that refused them."""

    def __init__(self) -> None:
        self._sequence = 0
        self._pods: dict[str, tuple[int, QueuedPod]] = {}
        self._by_plugin: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._pods)

    def __contains__(self, uid: object) -> bool:
        return uid in self._pods

    def __iter__(self) -> Iterator[QueuedPod]:
        """Yield the pods, those that have waited longest first."""
        return iter([queued for _, queued in self._pods.values()])

    def get(self, uid: str) -> QueuedPod | None:
        """Return a pod; None if it does not wait."""
        found = self._pods.get(uid)
        return None if found is None else found[1]

    def add(self, queued: QueuedPod) -> None:
        """Let a pod wait; who refused it must not change as long as it does."""
        uid = queued.pod.uid
        self.remove(uid)
        self._sequence += 1
        self._pods[uid] = (self._sequence, queued)
        for plugin in sorted(queued.rejected_by | queued.pending_by):
            self._by_plugin.setdefault(plugin, {})[uid] = None

    def remove(self, uid: str) -> QueuedPod | None:
        """End a pod's wait and return it; None if it does not wait."""
        found = self._pods.pop(uid, None)
        if found is None:
            return None
        queued = found[1]
        for plugin in queued.rejected_by | queued.pending_by:
            del self._by_plugin[plugin][uid]
        return queued

    def refused_by(self, plugins: Iterable[str]) -> list[QueuedPod]:
        """Return the pods that at least one of these plugins refused; longest wait first."""
        uids = {uid: None for plugin in plugins for uid in self._by_plugin.get(plugin, ())}
        return [queued for _, queued in sorted(map(self._pods.__getitem__, uids), key=_sequence)]


def _sequence(entry: tuple[int, QueuedPod]) -> int:
    return entry[0]
