"""The way of a message through the simulated network: from a host, over a link, to a port."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from kactors.evidence.trace import Level, Recorder, Value
from kactors.runtime.host import Host
from kactors.transport.base import Deliver
from kactors.transport.envelope import Envelope
from kactors.transport.hooks import Verdict
from kactors.transport.link import HELD, Link

if TYPE_CHECKING:
    from kactors.transport.sim import SimNetwork


class Scheduler(Protocol):
    """What the network needs of a kernel."""

    @property
    def now_ns(self) -> int:
        """True time."""
        ...

    @property
    def sequence(self) -> int:
        """Counts what was scheduled so far; part of the digest, so that timers show in it."""
        ...

    def call_at(self, true_ns: int, callback: Callable[[Any], None], argument: Any, /) -> object:
        """Call ``callback(argument)`` at an instant of true time."""
        ...


class NetworkHost(Host, Protocol):
    """What the network needs of a host."""

    on_crash: list[Callable[[], None]]

    def when_resumed(self, hook: Callable[[], None], /) -> None:
        """Call ``hook`` once when the host resumes; a crash forgets it."""
        ...


class Port:
    """Where the messages to one host arrive.

    Attributes:
        name: of the host.
        host: nothing if there is no such host, or none yet.
        deliver: takes messages while the host listens.
        received: how many messages it took.
    """

    __slots__ = ("_kept", "deliver", "host", "name", "received")

    def __init__(self, name: str) -> None:
        self.name = name
        self.host: NetworkHost | None = None
        self.deliver: Deliver | None = None
        self.received = 0
        self._kept: list[Callable[[], None]] = []

    @property
    def absence(self) -> str:
        """Why nobody takes messages here; empty if somebody does."""
        if self.deliver is not None:
            return ""
        if self.host is None:
            return "no such host"
        return "not listening" if self.host.up else "host down"

    def keep(self, host: NetworkHost, arrival: Callable[[], None]) -> None:
        """Let ``arrival`` happen, after those kept before, when the host resumes."""
        if not self._kept:
            host.when_resumed(self._resumed)
        self._kept.append(arrival)

    def forget(self) -> None:
        """Lose what was kept, and stop to listen: the host has crashed."""
        self._kept.clear()
        self.deliver = None

    def _resumed(self) -> None:
        kept, self._kept = self._kept, []
        for arrival in kept:
            arrival()


class Route:
    """The way from one host to another.

    `SimTransport.send` and `arrive` are the quick way of a message; the other methods are
    the long one, taken when rules, hooks, a trace or the state of the host have a say.
    """

    __slots__ = ("_network", "_scheduler", "_source", "link", "port", "sent")

    def __init__(self, network: SimNetwork, link: Link, source: Port, port: Port) -> None:
        self._network = network
        self._scheduler = network.scheduler
        self._source = source
        self.link = link
        self.port = port
        self.sent = 0

    def send(self, envelope: Envelope) -> None:
        """Send a message the long way."""
        network = self._network
        flow = network.next_flow()
        if network.recorder is not None:
            self._trace(network.recorder, self._source.host, "send", envelope, flow)
        for hook in tuple(network.on_send):
            verdict = hook(envelope)
            if verdict is Verdict.DROP:
                self._lose("dropped", envelope, flow)
                return
            if verdict is Verdict.HOLD:
                self._hold("sent", envelope, partial(self._take_link, envelope, flow))
                return
        self._take_link(envelope, flow)

    def _take_link(self, envelope: Envelope, flow: int, *, through_clog: bool = False) -> None:
        now_ns = self._scheduler.now_ns
        size = len(envelope.payload)
        delays = self.link.judge(now_ns, envelope.kind, size, through_clog=through_clog)
        if delays is HELD:
            go_on = partial(self._take_link, envelope, flow, through_clog=True)
            self._hold("clogged", envelope, go_on)
            return
        if not delays:
            self._trace_end("lost", envelope, flow)
        traced = self._network.recorder is not None
        for delay_ns in delays:
            if traced:
                arrival = partial(self._arrive_slowly, flow=flow)
                self._scheduler.call_at(now_ns + delay_ns, arrival, envelope)
            else:
                self._scheduler.call_at(now_ns + delay_ns, self.arrive, envelope)

    def arrive(self, envelope: Envelope) -> None:
        """Hand a message to its receiver, if that listens."""
        network = self._network
        port = self.port
        deliver = port.deliver
        if (
            deliver is None
            or network.on_deliver
            or network.on_delivered
            or network.recorder is not None
            or port.host.paused  # type: ignore[union-attr]  # who listens is a host
        ):
            self._arrive_slowly(envelope)
            return
        scheduler = self._scheduler
        _, source, _, target, _, _, _, _, payload = envelope
        network.digest.add(scheduler.now_ns, scheduler.sequence, source, target, payload)
        port.received += 1
        deliver(envelope)

    def _arrive_slowly(self, envelope: Envelope, flow: int = 0) -> None:
        if self._absent(envelope, flow, self._arrive_slowly):
            return
        for hook in tuple(self._network.on_deliver):
            verdict = hook(envelope)
            if verdict is Verdict.DROP:
                self._lose("dropped", envelope, flow)
                return
            if verdict is Verdict.HOLD:
                self._hold("arrived", envelope, partial(self._hand_over, envelope, flow))
                return
        self._hand_over(envelope, flow)

    def _hand_over(self, envelope: Envelope, flow: int) -> None:
        # Asked again: a hook may have crashed or paused the host meanwhile.
        if self._absent(envelope, flow, self._hand_over):
            return
        network, scheduler, port = self._network, self._scheduler, self.port
        assert port.deliver is not None, f"{port.name} was asked whether it listens"
        network.digest.add(
            scheduler.now_ns,
            scheduler.sequence,
            envelope.source,
            envelope.target,
            envelope.payload,
        )
        if network.recorder is not None:
            self._trace(network.recorder, port.host, "deliver", envelope, flow)
        port.received += 1
        port.deliver(envelope)
        for hook in tuple(network.on_delivered):
            hook(envelope)

    def _absent(
        self, envelope: Envelope, flow: int, again: Callable[[Envelope, int], None]
    ) -> bool:
        """Lose the message if nobody listens; keep it, to do ``again``, if the host is paused."""
        port = self.port
        if port.deliver is None:
            self._lose(port.absence, envelope, flow)
            return True
        if port.host is not None and port.host.paused:
            port.keep(port.host, partial(again, envelope, flow))
            return True
        return False

    def _lose(self, reason: str, envelope: Envelope, flow: int) -> None:
        self.link.lose(reason)
        self._trace_end(reason, envelope, flow)

    def _hold(self, reason: str, envelope: Envelope, go_on: Callable[[], None]) -> None:
        self._network.hold(envelope, reason, self.link, go_on)

    def _trace_end(self, reason: str, envelope: Envelope, flow: int) -> None:
        recorder = self._network.recorder
        if recorder is not None:
            self._trace(recorder, self._source.host, "lost", envelope, flow, reason=reason)

    def _trace(
        self,
        recorder: Recorder,
        host: NetworkHost | None,
        what: str,
        envelope: Envelope,
        flow: int,
        **more: Value,
    ) -> None:
        if host is None or not recorder.wants(what, Level.DETAIL):
            return
        describe = self._network.describe
        recorder.record(
            host,
            envelope.target.name if what == "deliver" else envelope.source.name,
            what,
            Level.DETAIL,
            flow=flow,
            source=str(envelope.source),
            target=str(envelope.target),
            kind=int(envelope.kind),
            id=envelope.id,
            size=len(envelope.payload),
            message=describe(envelope.payload) if describe and envelope.payload else "",
            **more,
        )
