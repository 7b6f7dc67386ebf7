"""The simulated network: every link of a simulated world, and the messages on them.

Theory of operation
===================

`SimTransport.send` asks the link how long the message takes and schedules its arrival with
the kernel; nothing else stands between. The link's rules (`kactors.transport.link`) may
lose, delay, copy or hold it. At its arrival a message meets the state of the receiving
host: a paused one keeps it until it resumes, one that is down or unknown loses it.

What was sent before a link was cut still arrives; what was sent to a host that has
crashed and restarted since arrives in its next life, and the incarnation in the envelope
tells the receiver.
"""

from collections import Counter
from collections.abc import Callable

from kactors.evidence.digest import Digest
from kactors.evidence.trace import Recorder
from kactors.runtime.face import Nursery
from kactors.transport.base import Deliver, LifeOver
from kactors.transport.envelope import Envelope
from kactors.transport.hooks import MessageHooks
from kactors.transport.route import NetworkHost, Port, Route, Scheduler
from kactors.transport.rules import LatencyOf, LinkRules


class SimNetwork(MessageHooks):
    """The network of one simulated world.

    Args:
        scheduler: the kernel.
        seed: of the world; keys all chance.
        latency_of: how far hosts are apart.
        digest: takes every delivery into account.
        recorder: traces every message; costs nothing if there is none.

    Attributes:
        rules: what faults and the network of the day do to messages.
        describe: names a payload in the trace.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        seed: int,
        *,
        latency_of: LatencyOf | None = None,
        digest: Digest | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        super().__init__(lambda: scheduler.now_ns)
        self.scheduler = scheduler
        self.rules = LinkRules(seed, latency_of)
        self.rules.on_change.append(self.release_clogged)
        self.digest = digest or Digest()
        self.recorder = recorder
        self.describe: Callable[[bytes], str] | None = None
        self._ports: dict[str, Port] = {}
        self._flows = 0

    def transport(self, host: NetworkHost) -> "SimTransport":
        """Return a transport for one life of a host."""
        port = self.port(host.name)
        if port.host is not host:
            port.host = host
            host.on_crash.append(port.forget)
        return SimTransport(self, port)

    def port(self, name: str) -> Port:
        """Return where the messages to a host arrive, even if there is no such host."""
        found = self._ports.get(name)
        if found is None:
            found = self._ports[name] = Port(name)
        return found

    def next_flow(self) -> int:
        """Return a number that names a message in the trace, from its sending to its end."""
        self._flows += 1
        return self._flows


class SimTransport:
    """Carries the envelopes of one life of a simulated host; see `SimNetwork.transport`."""

    def __init__(self, network: SimNetwork, port: Port) -> None:
        self._network = network
        self._port = port
        self._scheduler = network.scheduler
        self._call_at = network.scheduler.call_at
        self._deliver: Deliver | None = None
        self._closed = False
        self._routes: dict[str, Route] = {}
        self._dropped: Counter[str] = Counter()

    async def start(self, deliver: Deliver, nursery: Nursery) -> None:
        """Begin to listen; ``nursery`` is not needed, the kernel does the work."""
        del nursery
        self._deliver = self._port.deliver = deliver

    def send(self, envelope: Envelope) -> None:
        """Hand over one envelope for delivery."""
        route = self._routes.get(envelope[3][0])
        if route is None:
            if self._closed:
                self._dropped["closed"] += 1
                return
            route = self._open(envelope.target.host)
        route.sent += 1
        link = route.link
        network = self._network
        if link.rules or network.on_send or network.recorder is not None:
            route.send(envelope)
            return
        # The quick way: `Link.judge` without rules, written out.
        kind = envelope[0]
        sampler = link.samplers.get(kind) or link.sampler(kind)
        arrival_ns = self._scheduler.now_ns + sampler()
        if arrival_ns <= link.horizon_ns:
            arrival_ns = link.horizon_ns + 1
        link.horizon_ns = arrival_ns
        self._call_at(arrival_ns, route.arrive, envelope)

    def watch_lives(self, tell: LifeOver) -> None:
        """Tell nothing: in the simulated world hosts go like those that lose power, in silence."""

    def statistics(self) -> dict[str, int]:
        """Count by reason: ``sent``, ``received``, ``dropped: <reason>``.

        Losses are counted per link, over all lives of the host.
        """
        dropped = Counter(self._dropped)
        for route in self._routes.values():
            dropped.update(route.link.lost)
        return {
            "sent": sum(route.sent for route in self._routes.values()),
            "received": self._port.received,
            **{f"dropped: {reason}": count for reason, count in sorted(dropped.items())},
        }

    async def aclose(self, *, drain_seconds: float = 0.0) -> None:
        """Stop listening. What was sent is on its way and needs no time to leave."""
        del drain_seconds
        self._closed = True
        if self._port.deliver is self._deliver:
            self._port.deliver = None

    def _open(self, target: str) -> Route:
        network = self._network
        link = network.rules.link(self._port.name, target)
        route = self._routes[target] = Route(network, link, self._port, network.port(target))
        return route
