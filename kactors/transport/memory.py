"""The transport within one process: hosts that share a hub and no network.

Each listening host has a bounded inbox and one task that empties it, so that a message is
never handled on its sender's stack. What finds an inbox full is dropped, as any
transport drops what it cannot carry.
"""

from collections import Counter

from kactors.runtime import Event, Waiter, cancel_scope, checkpoint, waiter
from kactors.runtime.face import CancelScope, Nursery
from kactors.transport.base import Deliver, LifeOver
from kactors.transport.envelope import Envelope

INBOX_MAX = 10_000


class MemoryHub:
    """Where the hosts of one process find each other."""

    def __init__(self) -> None:
        self.listening: dict[str, MemoryTransport] = {}

    def transport(self, host: str, *, inbox_max: int = INBOX_MAX) -> "MemoryTransport":
        """Return a transport for a host; it is found by its name once it is started."""
        return MemoryTransport(self, host, inbox_max=inbox_max)


class MemoryTransport:
    """Carries envelopes to the other hosts of a hub.

    Args:
        hub: where the others are.
        host: the name under which this one is found.
        inbox_max: how many envelopes may wait to be delivered here.
    """

    def __init__(self, hub: MemoryHub, host: str, *, inbox_max: int = INBOX_MAX) -> None:
        self._hub = hub
        self._host = host
        self._inbox_max = inbox_max
        self._inbox: list[Envelope] = []
        self._idle: Waiter[None] | None = None
        self._scope: CancelScope | None = None
        self._ended = Event()
        self._closed = False
        self._sent = 0
        self._received = 0
        self._dropped: Counter[str] = Counter()

    async def start(self, deliver: Deliver, nursery: Nursery) -> None:
        """Begin to listen; a former transport of this host at the hub hears nothing more."""
        self._hub.listening[self._host] = self
        self._scope = cancel_scope()
        nursery.start_soon(self._empty, deliver, self._scope, name=f"inbox of {self._host}")

    def send(self, envelope: Envelope) -> None:
        """Put an envelope into its receiver's inbox."""
        self._sent += 1
        receiver = self._hub.listening.get(envelope.target.host)
        if self._closed:
            self._dropped["closed"] += 1
        elif receiver is None:
            self._dropped["no such host"] += 1
        elif not receiver.take(envelope):
            self._dropped["inbox full"] += 1

    def take(self, envelope: Envelope) -> bool:
        """Let an envelope wait for its delivery here; return whether there was room."""
        if len(self._inbox) >= self._inbox_max:
            return False
        self._inbox.append(envelope)
        if self._idle is not None:
            self._idle.wake(None)
            self._idle = None
        return True

    def watch_lives(self, tell: LifeOver) -> None:
        """Tell nothing: a hub has no connections that could be lost."""

    def statistics(self) -> dict[str, int]:
        """Count by reason: ``sent``, ``received``, ``dropped: <reason>``."""
        dropped = {f"dropped: {reason}": count for reason, count in sorted(self._dropped.items())}
        return {"sent": self._sent, "received": self._received, **dropped}

    async def aclose(self, *, drain_seconds: float = 0.0) -> None:
        """Stop listening. What was sent is in its receiver's inbox and needs no time to leave."""
        del drain_seconds
        self._closed = True
        if self._hub.listening.get(self._host) is self:
            del self._hub.listening[self._host]
        self._dropped["closed"] += len(self._inbox)
        self._inbox.clear()
        if self._scope is not None:
            self._scope.cancel()
            await self._ended.wait()

    async def _empty(self, deliver: Deliver, scope: CancelScope) -> None:
        try:
            with scope:
                while True:
                    if not self._inbox:
                        self._idle = waiter()
                        await self._idle.wait()
                    arrived, self._inbox = self._inbox, []
                    self._received += len(arrived)
                    for envelope in arrived:
                        deliver(envelope)
                    await checkpoint()
        finally:
            self._ended.set()
