"""Clients that call a Service, and a record of how they fared.

Each client is an actor on a node, or outside. It calls by name at a steady rate, whether earlier
calls have been answered or not: the name is looked up at CoreDNS, the connection made by the node's
own table, over the network, to whatever container listens there. What the record keeps is bounded,
however long the run.
"""

from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final

import attrs

from kactors.actors import Actor
from kactors.actors.checks import above
from kactors.cluster.addresses import DNS_IP
from kactors.node.dns.dialer import Dialer
from kactors.node.dns.resolver import ResolvConf
from kactors.node.errors import ConnectionRefused, ConnectionTimedOut, LookupFailed, NoSuchName
from kactors.node.machine import Life, NodeMachine
from kactors.node.proxy.dataplane import Connection, DataPlane
from kactors.node.proxy.underlay import Underlay
from kactors.runtime import current_time, move_on_after, sleep

__all__ = ["Call", "Outcome", "Target", "Traffic", "TrafficClient", "Window"]

_WINDOW_SECONDS: Final = 10.0


class Outcome(Enum):
    """What has become of a call."""

    SERVED = "served"
    MISROUTED = "misrouted"
    """Answered by a pod that is not behind the Service, or not any more."""
    REFUSED = "refused"
    TIMED_OUT = "timed out"
    NO_SUCH_HOST = "no such host"
    LOOKUP_FAILED = "lookup failed"
    """No DNS server has answered."""


@attrs.frozen(kw_only=True)
class Target:
    """Whom clients call, how often, and how patiently.

    Attributes:
        name: as a program would say it: ``web``, ``web.default``, in full with a dot at its end;
            or an address.
        port: whereto.
        protocol: TCP, UDP or SCTP.
        period_seconds: between two calls of each client; drawn, half of it to one and a half.
        timeout_seconds: of one call, from looking up the name until it is answered.
        namespace: in which clients are: where short names are looked for first.
        from_pods: clients are the node's pods whose ``namespace/name`` begins so, in turn; the
            nodes themselves if empty.
    """

    name: str
    port: int = 80
    protocol: str = "TCP"
    period_seconds: float = attrs.field(default=1.0, validator=above(0))
    timeout_seconds: float = attrs.field(default=2.0, validator=above(0))
    namespace: str = "default"
    from_pods: str = ""


@attrs.frozen
class Call:
    """One call.

    Attributes:
        began_s: true time, in seconds.
        seconds: that it took.
        source: the node, or the pod as ``namespace/name``.
        name: that was called.
        outcome: of it.
        service: ``namespace/name``, if it went through a Service's address.
        pod: ``namespace/name`` of who has answered; empty if nobody.
        pod_uid: of that pod.
        node: where that pod runs.
    """

    began_s: float
    seconds: float
    source: str
    name: str
    outcome: Outcome
    service: str = ""
    pod: str = ""
    pod_uid: str = ""
    node: str = ""


@attrs.define
class Window:
    """Calls that began within ten seconds: how many, by outcome."""

    began_s: float
    counts: dict[Outcome, int] = attrs.field(factory=dict)


Behind = Callable[[Connection], bool]
"""Tells whether who has answered is behind the Service that was called, in truth and now."""


class Traffic:
    """The record of all calls to one target.

    Args:
        target: see there.
        now: returns true time, in seconds.
        behind: see there.
        keep: how many of the latest failures, and of the latest calls, are kept.

    Attributes:
        counts: calls, by outcome.
        served_by: calls that were served, by the uid of the pod; of the latest pods.
        failures: the latest calls that were not served.
        latest: the latest calls.
        windows: counts for each ten seconds of the run, of the latest ``keep``.
        seconds: that all calls took together.
        slowest: seconds that the slowest served call took.
        stopped: clients make no further calls.
    """

    def __init__(
        self, target: Target, now: Callable[[], float], behind: Behind, keep: int = 10_000
    ) -> None:
        self.target = target
        self.now = now
        self.behind = behind
        self.counts: dict[Outcome, int] = dict.fromkeys(Outcome, 0)
        self.served_by: dict[str, int] = {}
        self.failures: deque[Call] = deque(maxlen=keep)
        self.latest: deque[Call] = deque(maxlen=keep)
        self.windows: deque[Window] = deque(maxlen=keep)
        self.seconds = 0.0
        self.slowest = 0.0
        self.stopped = False
        self._keep = keep

    @property
    def calls(self) -> int:
        """How many calls have come to an end."""
        return sum(self.counts.values())

    def stop(self) -> None:
        """Let the clients make no further calls, in this life of their hosts and in later ones."""
        self.stopped = True

    def record(self, call: Call) -> None:
        """Take note of a call that has come to an end."""
        self.counts[call.outcome] += 1
        self.seconds += call.seconds
        self.latest.append(call)
        window = self._window(call.began_s)
        window.counts[call.outcome] = window.counts.get(call.outcome, 0) + 1
        if call.outcome is not Outcome.SERVED:
            self.failures.append(call)
            return
        self.slowest = max(self.slowest, call.seconds)
        self.served_by[call.pod_uid] = self.served_by.pop(call.pod_uid, 0) + 1
        if len(self.served_by) > self._keep:
            del self.served_by[next(iter(self.served_by))]

    def _window(self, began_s: float) -> Window:
        """Return the window of a moment; one that is no longer kept is the oldest that is."""
        start = began_s - began_s % _WINDOW_SECONDS
        for window in reversed(self.windows):
            if window.began_s <= start:
                if window.began_s == start:
                    return window
                break
        if self.windows and start < self.windows[-1].began_s:
            return self.windows[0]
        self.windows.append(Window(start))
        return self.windows[-1]


class TrafficClient(Actor):
    """Calls from one host.

    Args:
        traffic: whom to call, and where to take note.
        node: the host's name.
        machine: of the node.
        underlay: routes between nodes.
    """

    def __init__(
        self, traffic: Traffic, node: str, machine: NodeMachine, underlay: Underlay
    ) -> None:
        self._traffic = traffic
        self._node = node
        self._machine = machine
        self._underlay = underlay
        self._conf = ResolvConf.cluster_first(DNS_IP, traffic.target.namespace)
        self._turn = 0
        self._life: Life

    async def on_start(self) -> None:
        """Begin to call."""
        self._life = self._machine.enter(self.host)
        self._chance = self.random("calls")
        self._plane = DataPlane(
            node=self._node,
            node_ip=self._machine.node_ip,
            life=self._life,
            asker=self,
            underlay=self._underlay,
            random=self.random("endpoints"),
        )
        self.start_soon(self._keep_calling, name="traffic")

    async def _keep_calling(self) -> None:
        period = self._traffic.target.period_seconds
        await sleep(period * self._chance.random())
        while not self._traffic.stopped:
            source = self._next_source()
            if source is not None:
                self.start_soon(self._call, *source, name="call")
            await sleep(period * (0.5 + self._chance.random()))

    def _next_source(self) -> tuple[str, str] | None:
        """Return who calls next, and from which address; ``None`` if there is nobody."""
        prefix = self._traffic.target.from_pods
        if not prefix:
            return self._node, self._machine.node_ip
        callers = [
            (name, each.ip)
            for each in self._life.runtime.sandboxes()
            if each.ready and (name := f"{each.namespace}/{each.name}").startswith(prefix)
        ]
        self._turn += 1
        return callers[self._turn % len(callers)] if callers else None

    async def _call(self, source: str, ip: str) -> None:
        traffic, target = self._traffic, self._traffic.target
        began, began_s = current_time(), traffic.now()
        outcome, made = Outcome.TIMED_OUT, None
        dialer = Dialer(self._plane, self, self._conf, self._chance, ip)
        with move_on_after(target.timeout_seconds):
            outcome, made = await self._dial(dialer, target)
        call = Call(began_s, current_time() - began, source, target.name, outcome)
        if made is not None:
            end = made.end
            call = attrs.evolve(
                call,
                service=made.service,
                pod=f"{end.namespace}/{end.pod}",
                pod_uid=end.pod_uid,
                node=end.node,
            )
        traffic.record(call)

    async def _dial(self, dialer: Dialer, target: Target) -> tuple[Outcome, Connection | None]:
        try:
            made = await dialer.connect(
                target.name, target.port, protocol=target.protocol, seconds=target.timeout_seconds
            )
        except NoSuchName:
            return Outcome.NO_SUCH_HOST, None
        except LookupFailed:
            return Outcome.LOOKUP_FAILED, None
        except ConnectionRefused:
            return Outcome.REFUSED, None
        except ConnectionTimedOut:
            return Outcome.TIMED_OUT, None
        astray = made.misrouted or not self._traffic.behind(made)
        return (Outcome.MISROUTED if astray else Outcome.SERVED), made
