"""What happened while pods were being scheduled.

An event that would have moved a pod back into the queue must not be lost because the pod is just
being tried: it is kept, and looked at if the attempt fails.

Source: kubernetes pkg/scheduler/backend/queue/active_queue.go (``inFlightEvents``).
"""

from collections import deque
from collections.abc import Iterator

from kactors.scheduler.framework.cluster_event import ClusterEvent
from kactors.scheduler.record import record

__all__ = ["Happening", "InFlight"]


@record(eq=False)
class Happening:
    """A cluster event with its objects.

    Attributes:
        event: what happened.
        old, new: the object before and after.
        only_for: uid of the pod that it is about; empty if it is for all.
    """

    event: ClusterEvent
    old: object = None
    new: object = None
    only_for: str = ""


class InFlight:
    """Pods being scheduled, and the events since each of them was popped."""

    def __init__(self) -> None:
        # Pods in the order in which they were popped, each with the number of the first event
        # after that: the first entry is the smallest, so events before it can go.
        self._since: dict[str, int] = {}
        self._events: deque[Happening] = deque()
        self._first = 0

    def __len__(self) -> int:
        return len(self._since)

    def __contains__(self, uid: object) -> bool:
        return uid in self._since

    def add(self, uid: str) -> None:
        """Note that a pod is being scheduled."""
        assert uid not in self._since, f"pod {uid} was popped twice"
        self._since[uid] = self._first + len(self._events)

    def happened(self, happening: Happening) -> None:
        """Keep an event for the pods in flight."""
        if self._since:
            self._events.append(happening)

    def events_for(self, uid: str) -> Iterator[Happening]:
        """Yield what happened since a pod was popped."""
        since = self._since.get(uid)
        if since is None:
            return
        for index in range(since - self._first, len(self._events)):
            happening = self._events[index]
            if happening.only_for in {"", uid}:
                yield happening

    def done(self, uid: str) -> None:
        """Note that a pod is not being scheduled any more; it may be unknown."""
        if self._since.pop(uid, None) is None:
            return
        needed = next(iter(self._since.values()), self._first + len(self._events))
        while self._first < needed:
            self._events.popleft()
            self._first += 1
