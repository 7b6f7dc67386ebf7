"""The network of a run: one link for each pair and direction, each with chance of its own.

Delays and losses are keyed by (seed, link, kind of message, sender's term, count in that
term), so that a fault less changes little of what comes later.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from kactors.runtime.random import derive_seed
from kactors.testing.raft.dice import mix
from kactors.testing.raft.effect import Effect
from kactors.testing.raft.knobs import Knobs

__all__ = ["Link", "Network"]

_MS = 1_000_000
#: Messages that a link remembers for `Network.replay`.
_MEMORY = 48


class Link:
    """One direction between two members.

    Attributes:
        cuts: effects that cut it now; messages are lost while there is one.
        holds: effects that hold it now; messages wait in ``held`` meanwhile.
    """

    __slots__ = ("counts", "cuts", "held", "holds", "last_ns", "past", "seed")

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.cuts: list[Effect] = []
        self.holds: list[Effect] = []
        self.held: list[Any] = []
        self.counts: dict[int, int] = {}
        self.past: deque[Any] = deque(maxlen=_MEMORY)
        self.last_ns = 0


class Network:
    """Every link, and the rates of what goes wrong on all of them.

    Attributes:
        delivered, lost: messages so far.
        bursts: effects that raise the rates now, as ``(effect, loss, echo)`` per mille.
    """

    def __init__(
        self, seed: int, knobs: Knobs, deliver_at: Callable[[int, int, int, Any], None]
    ) -> None:
        self._seed = seed
        self._deliver_at = deliver_at
        self._links: dict[tuple[int, int], Link] = {}
        self._kinds: dict[type, int] = {}
        self._latency_ns = knobs.latency_ms * _MS
        self._in_order = knobs.in_order
        self._loss, self._repeat, self._echo = knobs.loss, knobs.repeat, knobs.echo
        self.bursts: list[tuple[Effect, int, int]] = []
        self.sent = self.lost = 0
        self.fingerprint = 0

    def link(self, source: int, target: int) -> Link:
        """Return one direction."""
        link = self._links.get((source, target))
        if link is None:
            link = self._links[source, target] = Link(
                derive_seed(self._seed, "link", source, target)
            )
        return link

    def send(self, now_ns: int, source: int, target: int, term: int, message: Any) -> None:
        """Let a message travel, once, twice, or not at all."""
        link = self.link(source, target)
        self.sent += 1
        if link.cuts:
            self.lost += 1
            for effect in link.cuts:
                effect.felt = True
            return
        if link.holds:
            link.held.append(message)
            for effect in link.holds:
                effect.felt = True
            return
        kind = self._kind(message)
        key = kind | term << 8
        count = link.counts.get(key, 0)
        link.counts[key] = count + 1
        chance = mix(link.seed, key << 20 | count)
        self.fingerprint = (self.fingerprint * 31 + chance) & 0xFFFFFFFFFFFFFFFF
        if count & 3 == 0:
            link.past.append(message)
        loss, echo = self._rates(chance) if self.bursts else (self._loss, self._echo)
        if loss and chance % 1000 < loss:
            self.lost += 1
            return
        at_ns = now_ns + self._delay_ns(chance)
        if self._in_order:
            at_ns = link.last_ns = max(at_ns, link.last_ns)
        self._deliver_at(at_ns, source, target, message)
        if self._repeat and (chance >> 10) % 1000 < self._repeat:
            self._deliver_at(now_ns + self._delay_ns(chance >> 7), source, target, message)
        if echo and (chance >> 20) % 1000 < echo:
            late_ns = (200 + (chance >> 30) % 8000) * _MS
            self._deliver_at(now_ns + late_ns, source, target, message)

    def _kind(self, message: Any) -> int:
        kind = self._kinds.get(type(message))
        if kind is None:
            name = type(message).__name__
            kind = self._kinds[type(message)] = derive_seed(0, name) & 0xFF
        return kind

    def _rates(self, chance: int) -> tuple[int, int]:
        loss, echo = self._loss, self._echo
        for effect, more_loss, more_echo in self.bursts:
            loss, echo = max(loss, more_loss), max(echo, more_echo)
            if chance % 1000 < more_loss or (chance >> 20) % 1000 < more_echo:
                effect.felt = True
        return loss, echo

    def _delay_ns(self, chance: int) -> int:
        """Return half to one and a half of the typical delay, and sometimes much more."""
        delay = self._latency_ns * (512 + (chance >> 32 & 1023)) >> 10
        if chance >> 44 & 15 == 0:
            delay *= 1 + (chance >> 48 & 15)
        return delay

    # What faults do

    def cut(self, effect: Effect, pairs: Iterable[tuple[int, int]]) -> None:
        """Lose everything on these links until `mend`."""
        for source, target in pairs:
            self.link(source, target).cuts.append(effect)

    def mend(self, effect: Effect) -> None:
        """End what ``effect`` cut."""
        for link in self._links.values():
            if effect in link.cuts:
                link.cuts = [each for each in link.cuts if each is not effect]

    def hold(self, effect: Effect, pairs: Iterable[tuple[int, int]]) -> None:
        """Let everything on these links wait until `release`."""
        for source, target in pairs:
            self.link(source, target).holds.append(effect)

    def release(self, now_ns: int, effect: Effect, *, backwards: bool = False) -> None:
        """Deliver what ``effect`` held, if nothing else holds it."""
        for (source, target), link in self._links.items():
            if effect not in link.holds:
                continue
            link.holds = [each for each in link.holds if each is not effect]
            if link.holds:
                continue
            held, link.held = link.held, []
            if backwards:
                held.reverse()
            for count, message in enumerate(held):
                self._deliver_at(now_ns + count, source, target, message)

    def replay(self, now_ns: int, source: int, target: int, pick: int) -> int:
        """Deliver messages of long ago again; return how many."""
        past = self.link(source, target).past
        chosen = [message for count, message in enumerate(past) if (pick + count) % 3 == 0]
        for count, message in enumerate(chosen):
            self._deliver_at(now_ns + count, source, target, message)
        return len(chosen)

    def calm_down(self, now_ns: int, *, latency_ms: int) -> None:
        """End everything that is wrong with the network."""
        self._latency_ns = latency_ms * _MS
        self._loss = self._repeat = self._echo = 0
        self.bursts.clear()
        self.heal(now_ns)

    def heal(self, now_ns: int) -> None:
        """End all cuts, and deliver all that is held."""
        for link in self._links.values():
            link.cuts.clear()
            for effect in list(link.holds):
                self.release(now_ns, effect)
