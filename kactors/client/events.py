"""What a component tells people about objects: ``Event`` objects, written behind its back.

Source: client-go ``tools/record/event.go``.
"""

from collections import deque
from typing import Final, NoReturn

from kactors.api.errors import ApiError, NotFound
from kactors.api.meta import format_time, name_of, namespace_of, object_reference
from kactors.api.objects import Object
from kactors.client.errors import ClientError
from kactors.client.event_correlator import Correlated, EventCorrelator
from kactors.client.rest import Client
from kactors.runtime import Event, current_host, sleep

__all__ = ["NORMAL", "WARNING", "EventRecorder"]

NORMAL: Final = "Normal"
WARNING: Final = "Warning"

QUEUE_MAX: Final = 1000
"""How many events may wait to be written; what comes on top is dropped."""
TRIES_MAX: Final = 12
TRY_SECONDS: Final = 10.0


class EventRecorder:
    """Writes events, in order, one at a time; telling never waits and never fails.

    Args:
        client: what they are written with; not a guarded one, events are true whoever leads.
        component: who tells, such as ``replicaset-controller``.

    Attributes:
        dropped: events that were lost: too many at a time, or no apiserver for too long.
    """

    def __init__(self, client: Client, component: str) -> None:
        self.dropped = 0
        self._events = client.resource("events")
        self._component = component
        self._random = client.session.asker.random("events", component)
        self._correlator = EventCorrelator()
        self._waiting: deque[Object] = deque()
        self._more = Event()
        self._last_ns = 0

    def event(self, about: Object, type: str, reason: str, message: str) -> None:  # noqa: A002 - upstream's name
        """Tell something about an object.

        Args:
            about: the object; it must say its kind and version.
            type: `NORMAL` or `WARNING`.
            reason: one word in camel case, for programs.
            message: a sentence, for people.
        """
        if len(self._waiting) >= QUEUE_MAX:
            self.dropped += 1
            return
        self._waiting.append(self._make(about, type, reason, message))
        self._more.set()

    async def run(self) -> NoReturn:
        """Write what is told until cancelled."""
        while True:
            await self._more.wait()
            self._more = Event()
            while self._waiting:
                correlated = self._correlator.correlate(self._waiting.popleft())
                if correlated is not None:
                    await self._record(correlated)

    def _make(self, about: Object, kind: str, reason: str, message: str) -> Object:
        wall_ns = current_host().clock.wall_ns()
        # The time makes the name unique, so no two may have the same.
        self._last_ns = max(wall_ns, self._last_ns + 1)
        now = format_time(wall_ns)
        namespace = namespace_of(about) or "default"
        name = f"{name_of(about)}.{self._last_ns:x}"
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": object_reference(about),
            "reason": reason,
            "message": message,
            "source": {"component": self._component, "host": current_host().name},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "type": kind,
            "reportingComponent": self._component,
            "reportingInstance": current_host().name,
        }

    async def _record(self, correlated: Correlated) -> None:
        """Write one event, as long as it takes, if an apiserver may be there later."""
        for number in range(TRIES_MAX):
            if number:
                # The first pause by chance, so that not all who tell come at the same time.
                share = self._random.random() if number == 1 else 1.0
                await sleep(TRY_SECONDS * share)
            try:
                await self._write(correlated)
            except ApiError:
                break  # refused: the same would be refused again
            except ClientError:
                continue
            else:
                return
        self.dropped += 1

    async def _write(self, correlated: Correlated) -> None:
        event = correlated.event
        if correlated.patch is not None:
            try:
                await self._events.patch(name_of(event), correlated.patch, namespace_of(event))
            except NotFound:
                pass  # its time to live was over: it begins anew, under its old name
            else:
                return
        await self._events.create(event)
