"""A transport with the faults of a simulated link, around any other transport.

It applies the rules of `kactors.transport.rules` to what its host sends, so that one fault
plan serves both worlds. Where no rule is in force a message passes straight through; the
latency of the link itself comes on top of the real one, and is 0 with `no_latency`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Set
from functools import partial
from heapq import heappop, heappush

from kactors.runtime import (
    Event,
    Waiter,
    cancel_scope,
    current_time_ns,
    move_on_after,
    sleep,
    waiter,
)
from kactors.runtime.face import CancelScope, Nursery
from kactors.transport.base import Deliver, LifeOver, Transport
from kactors.transport.envelope import Envelope, Kind
from kactors.transport.hooks import Hook, MessageHooks, Verdict
from kactors.transport.latency import Constant
from kactors.transport.link import HELD, Link
from kactors.transport.rules import LatencyOf, LinkRules, same_everywhere

WAITING_MAX = 10_000

_ASKING = (Kind.REQUEST,)
_ANSWERING = (Kind.REPLY, Kind.FAILURE)

_NS = 1e9

# Below this a wait is not worth a timer; order is kept by `_on_their_way`.
_NOW_NS = 1_000


def no_latency() -> LatencyOf:
    """Return the latencies for rules whose links are real: nothing is added."""
    return same_everywhere(Constant(0.0), loopback=Constant(0.0))


def _nowhere(envelope: Envelope) -> None:
    """Take what arrives before the start: nothing does."""
    raise AssertionError(f"{envelope!r} arrived at a transport that was not started")


class FaultyTransport:
    """Sends through ``inner`` what the rules let through, when they let it.

    Args:
        inner: carries what is left.
        rules: shared by all wrappers of a process, or one for each.
        host: the sender's name.
        hooks: see and may hold every message that is sent and delivered here.
        waiting_max: how many messages may be delayed or held; more are dropped.
    """

    def __init__(
        self,
        inner: Transport,
        rules: LinkRules,
        host: str,
        *,
        hooks: MessageHooks | None = None,
        waiting_max: int = WAITING_MAX,
    ) -> None:
        self._inner = inner
        self._deliver: Deliver = _nowhere
        self._rules = rules
        self._host = host
        self._hooks = hooks or MessageHooks(current_time_ns)
        self._waiting_max = waiting_max
        self._delayed: list[tuple[int, int, Envelope]] = []
        # How many delayed messages each target has: nothing may overtake them by accident.
        self._on_their_way: Counter[str] = Counter()
        self._sequence = 0
        self._changed: Waiter[None] | None = None
        self._scope: CancelScope | None = None
        self._ended = Event()
        self._closed = False
        self._dropped: Counter[str] = Counter()
        rules.on_change.append(self._hooks.release_clogged)

    async def start(self, deliver: Deliver, nursery: Nursery) -> None:
        """Start the transport inside and what sends delayed messages."""
        self._deliver = deliver
        self._scope = cancel_scope()
        nursery.start_soon(self._send_delayed, self._scope, name=f"delayed by {self._host}")
        await self._inner.start(self._arrive, nursery)

    def send(self, envelope: Envelope) -> None:
        """Pass an envelope on, now, later, twice or never."""
        if self._closed:
            self._inner.send(envelope)  # it counts what comes too late
            return
        link = self._rules.link(self._host, envelope.target.host)
        go_on = partial(self._take, link, envelope)
        if not self._intercepted(self._hooks.on_send, "sent", link, envelope, go_on):
            go_on()

    def watch_lives(self, tell: LifeOver) -> None:
        """Have ``tell`` called by the transport inside; what is kept here has not left."""

        def tell_what_is_kept(host: str, life: int, waiting: Set[int]) -> None:
            tell(host, life, waiting | {each.id for each in self._kept(host)})

        self._inner.watch_lives(tell_what_is_kept)

    def _kept(self, host: str) -> Iterator[Envelope]:
        """Yield the requests to a host, and its answers, that are delayed or held here."""
        held = [message.envelope for message in self._hooks.held]
        for each in (*(envelope for _, _, envelope in self._delayed), *held):
            way = (each.source.host, each.target.host)
            kinds = {(self._host, host): _ASKING, (host, self._host): _ANSWERING}.get(way, ())
            if each.kind in kinds:
                yield each

    def statistics(self) -> dict[str, int]:
        """Return the counts of the transport inside, and what the rules have dropped."""
        dropped = Counter(self._dropped)
        for link in self._rules.links():
            if link.source == self._host:
                dropped.update(link.lost)
        counts = Counter(self._inner.statistics())
        counts.update({f"dropped: {reason}": dropped[reason] for reason in sorted(dropped)})
        return dict(counts)

    async def aclose(self, *, drain_seconds: float = 0.0) -> None:
        """Send what is delayed for up to ``drain_seconds``, drop the rest, close the inside."""
        self._rules.on_change.remove(self._hooks.release_clogged)
        with move_on_after(drain_seconds):
            while self._delayed and drain_seconds:
                await sleep(max(0.0, (self._delayed[-1][0] - current_time_ns()) / _NS))
        self._closed = True
        self._dropped["closed"] += len(self._delayed)
        self._delayed.clear()
        for message in self._hooks.held:
            if message.link.source == self._host:
                self._hooks.drop(message)
        if self._scope is not None:
            self._scope.cancel()
            await self._ended.wait()
        await self._inner.aclose(drain_seconds=drain_seconds)

    def _take(self, link: Link, envelope: Envelope, *, through_clog: bool = False) -> None:
        """Do with a message what the rules say."""
        now_ns = current_time_ns()
        delays = link.judge(now_ns, envelope.kind, len(envelope.payload), through_clog=through_clog)
        if delays is HELD:
            self._hold(
                "clogged", link, envelope, partial(self._take, link, envelope, through_clog=True)
            )
            return
        for delay_ns in delays:
            if delay_ns < _NOW_NS and not self._on_their_way[link.target]:
                self._inner.send(envelope)
            elif self._has_room():
                self._sequence += 1
                heappush(self._delayed, (now_ns + delay_ns, self._sequence, envelope))
                self._on_their_way[link.target] += 1
                self._wake()

    def _arrive(self, envelope: Envelope) -> None:
        """Take what the transport inside delivers."""
        hooks = self._hooks
        if not hooks.on_deliver and not hooks.on_delivered:
            self._deliver(envelope)
            return
        link = self._rules.link(envelope.source.host, self._host)
        go_on = partial(self._hand_over, envelope)
        if not self._intercepted(hooks.on_deliver, "arrived", link, envelope, go_on):
            go_on()

    def _hand_over(self, envelope: Envelope) -> None:
        self._deliver(envelope)
        for hook in tuple(self._hooks.on_delivered):
            hook(envelope)

    def _intercepted(
        self,
        hooks: list[Hook],
        reason: str,
        link: Link,
        envelope: Envelope,
        go_on: Callable[[], None],
    ) -> bool:
        """Ask the hooks; hold or drop the message if one of them says so."""
        for hook in tuple(hooks):
            verdict = hook(envelope)
            if verdict is Verdict.DROP:
                link.lose("dropped")
            elif verdict is Verdict.HOLD:
                self._hold(reason, link, envelope, go_on)
            if verdict is not Verdict.PASS:
                return True
        return False

    def _hold(self, reason: str, link: Link, envelope: Envelope, go_on: Callable[[], None]) -> None:
        if self._has_room():
            self._hooks.hold(envelope, reason, link, go_on)

    def _has_room(self) -> bool:
        if len(self._delayed) + self._hooks.held_count < self._waiting_max:
            return True
        self._dropped["too many waiting"] += 1
        return False

    def _wake(self) -> None:
        if self._changed is not None:
            self._changed.wake(None)
            self._changed = None

    async def _send_delayed(self, scope: CancelScope) -> None:
        try:
            with scope:
                while True:
                    await self._wait_for_the_next()
                    now_ns = current_time_ns()
                    while self._delayed and self._delayed[0][0] <= now_ns:
                        _, _, envelope = heappop(self._delayed)
                        self._on_their_way[envelope.target.host] -= 1
                        self._inner.send(envelope)
        finally:
            self._ended.set()

    async def _wait_for_the_next(self) -> None:
        """Return when the earliest delayed message is due, or an earlier one has come."""
        self._changed = changed = waiter()
        if self._delayed:
            due_in = (self._delayed[0][0] - current_time_ns()) / _NS
            await changed.wait_for(max(0.0, due_in), None)
        else:
            await changed.wait()
