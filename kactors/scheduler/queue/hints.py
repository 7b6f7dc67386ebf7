"""Which events are worth another attempt for which pods.

Source: kubernetes pkg/scheduler/backend/queue/scheduling_queue.go (``isPodWorthRequeuing``).
"""

import enum
from collections.abc import Mapping, Sequence

from kactors.scheduler.framework.cluster_event import EventResource, Hint, PluginEvent
from kactors.scheduler.queue.in_flight import Happening
from kactors.scheduler.queue.queued_pod import QueuedPod

__all__ = ["Hints", "Strategy"]


class Strategy(enum.IntEnum):
    """What to do with a pod when something happened."""

    SKIP = 0
    AFTER_BACKOFF = 1
    IMMEDIATELY = 2


class Hints:
    """The events that the plugins of each profile have registered for."""

    def __init__(self, events: Mapping[str, Sequence[tuple[str, PluginEvent]]]) -> None:
        """Take, for each profile, names of plugins with the events that they registered for."""
        self._events = events

    def strategy(self, queued: QueuedPod, happening: Happening) -> Strategy:
        """Ask the plugins that rejected the pod what they think of an event."""
        rejectors = queued.rejected_by | queued.pending_by
        if not rejectors or happening.event.resource is EventResource.WILDCARD:
            return Strategy.AFTER_BACKOFF
        found = Strategy.SKIP
        for plugin, wanted in self._events.get(queued.pod.needs.scheduler_name, ()):
            if plugin not in rejectors or not wanted.event.matches(happening.event):
                continue
            hint = wanted.hint
            if hint is not None and (hint(queued.pod, happening.old, happening.new) is Hint.SKIP):
                continue
            if plugin in queued.pending_by:
                return Strategy.IMMEDIATELY
            found = Strategy.AFTER_BACKOFF
            if not queued.pending_by:
                break
        return found
