"""Which events are worth another attempt for which pods.

Source: kubernetes pkg/scheduler/backend/queue/scheduling_queue.go (``isPodWorthRequeuing``).
"""

import enum
from collections.abc import Mapping, Sequence

from kactors.scheduler.framework.cluster_event import ClusterEvent, EventResource, Hint, PluginEvent
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
        self._asked: dict[tuple[str, EventResource, int], list[tuple[str, PluginEvent]]] = {}

    def interested(self, event: ClusterEvent) -> dict[str, None] | None:
        """Return the plugins that want to be asked about an event; None for all."""
        if event.resource is EventResource.WILDCARD:
            return None
        return {
            plugin: None for profile in self._events for plugin, _ in self._wanted(profile, event)
        }

    def strategy(self, queued: QueuedPod, happening: Happening) -> Strategy:
        """Ask the plugins that rejected the pod what they think of an event."""
        rejectors = queued.rejected_by | queued.pending_by
        event = happening.event
        if not rejectors or event.resource is EventResource.WILDCARD:
            return Strategy.AFTER_BACKOFF
        found = Strategy.SKIP
        for plugin, wanted in self._wanted(queued.pod.needs.scheduler_name, event):
            if plugin not in rejectors:
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

    def _wanted(self, profile: str, event: ClusterEvent) -> list[tuple[str, PluginEvent]]:
        """Return the registrations of a profile that match an event."""
        key = (profile, event.resource, int(event.action))
        found = self._asked.get(key)
        if found is None:
            found = self._asked[key] = [
                (plugin, wanted)
                for plugin, wanted in self._events.get(profile, ())
                if wanted.event.matches(event)
            ]
        return found
