"""A world of twelve lines for tests of the simulated network: a heap and hosts."""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from kactors.runtime.clock import Clock
from kactors.runtime.disk import Disk
from kactors.runtime.random import Random, stream
from kactors.transport.base import Deliver
from kactors.transport.envelope import Address, Envelope, Kind
from kactors.transport.latency import Constant
from kactors.transport.rules import same_everywhere
from kactors.transport.sim import SimNetwork, SimTransport

MS = 1_000_000


class FakeScheduler:
    """A heap of calls in the order of time."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.sequence = 0
        self.heap: list[tuple[int, int, Callable[[Any], None], Any]] = []

    def call_at(self, true_ns: int, callback: Callable[[Any], None], argument: Any, /) -> None:
        """Call ``callback(argument)`` at ``true_ns``."""
        self.sequence += 1
        heappush(self.heap, (true_ns, self.sequence, callback, argument))

    def run(self, until_ns: int = 1 << 62) -> None:
        """Make every call up to ``until_ns``."""
        while self.heap and self.heap[0][0] <= until_ns:
            self.now_ns, _, callback, argument = heappop(self.heap)
            callback(argument)
        if until_ns < 1 << 62:
            self.now_ns = until_ns


class FakeHost:
    """A host that can crash, restart, pause and resume."""

    disk: Disk

    def __init__(self, name: str, scheduler: FakeScheduler) -> None:
        self.name = name
        self.zone = ""
        self.incarnation = 1
        self.clock = Clock(lambda: scheduler.now_ns)
        self.up = True
        self.paused = False
        self.on_crash: list[Callable[[], None]] = []
        self.resumed: list[Callable[[], None]] = []

    def random(self, *key: str | int) -> Random:
        """Return a stream."""
        return stream(0, self.name, *key)

    def when_resumed(self, hook: Callable[[], None], /) -> None:
        """Remember ``hook``."""
        self.resumed.append(hook)

    def crash(self) -> None:
        """Go down."""
        self.up = self.paused = False
        self.resumed.clear()
        for hook in self.on_crash:
            hook()

    def restart(self) -> None:
        """Come up again."""
        self.incarnation += 1
        self.up = True

    def resume(self) -> None:
        """Go on."""
        self.paused = False
        hooks, self.resumed = self.resumed, []
        for hook in hooks:
            hook()


class FakeWorld:
    """Hosts on a simulated network, and what each of them has received."""

    def __init__(self, *names: str, seed: int = 1, **options: Any) -> None:
        self.scheduler = FakeScheduler()
        options.setdefault("latency_of", same_everywhere(Constant(0.001)))
        self.network = SimNetwork(self.scheduler, seed, **options)
        self.hosts: dict[str, FakeHost] = {}
        self.transports: dict[str, SimTransport] = {}
        self.arrived: list[tuple[int, str, bytes]] = []
        for name in names:
            self.hosts[name] = FakeHost(name, self.scheduler)
            self.listen(name)

    def listen(self, name: str) -> None:
        """Start a transport for this life of a host."""
        transport = self.transports[name] = self.network.transport(self.hosts[name])
        finish(transport.start(self.taker(name), None))  # type: ignore[arg-type]  # no tasks

    def taker(self, name: str) -> Deliver:
        """Return what notes arrivals at ``name``."""
        return lambda envelope: self.arrived.append((self.scheduler.now_ns, name, envelope.payload))

    def send(self, source: str, target: str, payload: bytes = b"", kind: Kind = Kind.SEND) -> None:
        """Send a message from one host to another."""
        self.transports[source].send(message(source, target, payload, kind))

    def run(self, until_ns: int = 1 << 62) -> None:
        """Let time pass."""
        self.scheduler.run(until_ns)

    @property
    def payloads(self) -> list[bytes]:
        """What has arrived, in order."""
        return [payload for _, _, payload in self.arrived]


def message(source: str, target: str, payload: bytes = b"", kind: int = Kind.SEND) -> Envelope:
    """Return an envelope between two actors named ``x``."""
    return Envelope(kind, Address(source, "x"), 1, Address(target, "x"), 0, 0, 0, -1, payload)


def finish(coroutine: Any) -> Any:
    """Run a coroutine that does not wait; return its result."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError(f"{coroutine!r} waits")
