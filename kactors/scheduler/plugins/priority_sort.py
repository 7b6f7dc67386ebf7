"""PrioritySort: the more important pod first; of equals, the one that has waited longer.

Source: kubernetes pkg/scheduler/framework/plugins/queuesort/priority_sort.go.
"""

from typing import TYPE_CHECKING, Any

from kactors.scheduler.framework.plugin import QueueSortPlugin

if TYPE_CHECKING:
    from kactors.scheduler.queue.queued_pod import QueuedPod

__all__ = ["PrioritySort"]


class PrioritySort(QueueSortPlugin):
    """Orders by priority, then by time."""

    name = "PrioritySort"

    def sort_key(self, queued: "QueuedPod", /) -> tuple[Any, ...]:
        """Return what compares less for the pod that comes first."""
        return (-queued.pod.needs.priority, queued.timestamp_ns)
