"""One direction between two hosts, and the verdict on each message that takes it.

Theory of operation
===================

A *link* leads one way, from one host to another. It has a latency, and any number of
*rules*, each set by an *owner* (a fault, the network of the day). For each message it says
what becomes of it, as a tuple of delays: one for each copy that arrives, none if it is
lost, `HELD` if it has to wait until a rule changes.

Chance is keyed. The latency is drawn from a stream for (source, target, kind of message);
each rule draws from streams of its own, for (what, source, target, kind, rule), the same
number of times for each message whatever comes of it. So a rule more or less changes
what happens to the messages it meets, and no other draw.

Nothing here waits or knows a world: `kactors.transport.sim` and
`kactors.transport.faulty` act on the verdicts.
"""

from typing import Any, Final

import attrs

from kactors.runtime.random import Random, stream
from kactors.transport.latency import (
    InvalidRuleError,
    Latency,
    Sampler,
    check_probability,
    check_seconds,
)

Delays = tuple[int, ...]
"""Nanoseconds until each copy of a message arrives; empty if it is lost."""

HELD: Final[Delays] = (-1,)
"""The verdict on a message that waits until the rules of its link change."""

OVERHEAD_BYTES: Final = 64
"""What a message weighs on a link besides its payload."""

_NS = 1_000_000_000


def _check_throughput(_: "LinkRule", field: Any, value: float | None) -> None:
    if value is not None and not (type(value) in {int, float} and value > 0):
        raise InvalidRuleError(
            f"LinkRule.{field.name} is {value!r}: give bytes per second above 0; "
            "to let nothing through, cut or clog the link"
        )


@attrs.frozen(kw_only=True)
class LinkRule:
    """What one owner does to the messages of a link.

    Attributes:
        cut: every message is lost.
        clog: every message waits until the rule is taken back.
        latency: added to every message's.
        loss: probability that a message is lost.
        duplicate: probability that a second copy arrives.
        reorder: probability that a message is overtaken by later ones.
        spread: up to how many seconds later a second copy or an overtaken message arrives.
        throughput: bytes per second; messages queue for it.
        backlog_bytes: how much may queue; what comes on top is lost.
    """

    cut: bool = False
    clog: bool = False
    latency: Latency | None = None
    loss: float = attrs.field(default=0.0, validator=check_probability)
    duplicate: float = attrs.field(default=0.0, validator=check_probability)
    reorder: float = attrs.field(default=0.0, validator=check_probability)
    spread: float = attrs.field(default=0.01, validator=check_seconds)
    throughput: float | None = attrs.field(default=None, validator=_check_throughput)
    backlog_bytes: int = 1 << 24


class Felt:
    """How many messages met the rules of one owner."""

    __slots__ = ("messages",)

    def __init__(self) -> None:
        self.messages = 0


@attrs.frozen(eq=False)
class Setting:
    """A rule as an owner has set it: on which links, and what has come of it.

    Attributes:
        owner: who may take it back.
        sources: the hosts whose messages it meets; every host's if nothing is given.
        targets: the hosts to which they go; every host if nothing is given.
        rule: what befalls them.
        felt: shared by all settings of the owner.
        key: names the setting: the same in every run, and no other's.
    """

    owner: str
    sources: frozenset[str] | None
    targets: frozenset[str] | None
    rule: LinkRule
    felt: Felt
    key: tuple[str, str, str] = attrs.field(init=False)

    @key.default
    def _key(self) -> tuple[str, str, str]:
        return (self.owner, _listed(self.sources), _listed(self.targets))

    def covers(self, source: str, target: str) -> bool:
        """Tell whether the link from one host to another is meant.

        A host's link to itself is meant only if nothing but that host is named.
        """
        if source == target:
            return self.sources == self.targets == frozenset((source,))
        return (self.sources is None or source in self.sources) and (
            self.targets is None or target in self.targets
        )


def _listed(hosts: frozenset[str] | None) -> str:
    return "*" if hosts is None else " ".join(sorted(hosts))


class _Fate:
    """What the rules met so far have made of one message."""

    __slots__ = ("delay_ns", "echoes", "lost", "overtaken")

    def __init__(self, delay_ns: int) -> None:
        self.delay_ns = delay_ns
        self.echoes: Delays = ()
        self.lost = ""
        self.overtaken = False


class AppliedRule:
    """A setting on one link, with its streams of chance and its queue there."""

    __slots__ = ("_free_ns", "_samplers", "_seed", "_streams", "_where", "setting")

    def __init__(self, seed: int, setting: Setting, source: str, target: str) -> None:
        self.setting = setting
        self._seed = seed
        self._where = (source, target, *setting.key)
        self._streams: dict[tuple[str, int], Random] = {}
        self._samplers: dict[int, Sampler] = {}
        self._free_ns = 0

    def meet(self, fate: _Fate, now_ns: int, kind: int, size: int) -> None:
        """Let the rule act on a message; every draw is made, whatever the others did."""
        slowed = self._slow(fate, now_ns, kind, size)
        lost = self._lose(fate, kind)
        repeated = self._repeat(fate, kind)
        if slowed or lost or repeated:
            self.setting.felt.messages += 1

    def _slow(self, fate: _Fate, now_ns: int, kind: int, size: int) -> bool:
        rule = self.setting.rule
        if rule.latency is not None:
            fate.delay_ns += self._latency_ns(rule.latency, kind)
        if rule.throughput is not None:
            queue_ns = self._queue_ns(rule.throughput, now_ns, size)
            if queue_ns is None:
                fate.lost = fate.lost or "backlog"
            else:
                fate.delay_ns += queue_ns
        overtaken_ns = self._later_ns("reorder", kind, rule.reorder)
        if overtaken_ns:
            fate.delay_ns += overtaken_ns
            fate.overtaken = True
        return rule.latency is not None or rule.throughput is not None or bool(overtaken_ns)

    def _lose(self, fate: _Fate, kind: int) -> bool:
        rule = self.setting.rule
        if rule.cut:
            fate.lost = "cut"
        if rule.loss and self._chance("loss", kind).chance(rule.loss):
            fate.lost = fate.lost or "loss"
            return True
        return rule.cut

    def _repeat(self, fate: _Fate, kind: int) -> bool:
        echo_ns = self._later_ns("duplicate", kind, self.setting.rule.duplicate)
        if echo_ns:
            fate.echoes += (echo_ns,)
        return bool(echo_ns)

    def _chance(self, what: str, kind: int) -> Random:
        found = self._streams.get((what, kind))
        if found is None:
            found = self._streams[what, kind] = stream(self._seed, what, kind, *self._where)
        return found

    def _latency_ns(self, latency: Latency, kind: int) -> int:
        sampler = self._samplers.get(kind)
        if sampler is None:
            sampler = self._samplers[kind] = latency.sampler(self._chance("latency", kind))
        return sampler()

    def _queue_ns(self, throughput: float, now_ns: int, size: int) -> int | None:
        """Return how long a message waits and is transferred, or nothing for want of room."""
        begin_ns = max(now_ns, self._free_ns)
        if (begin_ns - now_ns) * throughput > self.setting.rule.backlog_bytes * _NS:
            return None
        self._free_ns = begin_ns + round((size + OVERHEAD_BYTES) * _NS / throughput)
        return self._free_ns - now_ns

    def _later_ns(self, what: str, kind: int, probability: float) -> int:
        """Decide whether (0 if not) and by how much a message or its copy comes later."""
        if not probability:
            return 0
        chance = self._chance(what, kind)
        hit = chance.chance(probability)
        later_ns = 1 + int(chance.random() * self.setting.rule.spread * _NS)
        return later_ns if hit else 0


class Link:
    """One direction between two hosts: what becomes of each message on it.

    Attributes:
        source: the host that sends.
        target: the host that receives.
        rules: what is in force now, in the order in which it was set; usually nothing.
        horizon_ns: the arrival of the latest message that was not overtaken; no later
            message arrives before it unless it is reordered.
        lost: messages lost, by reason: ``cut``, ``loss``, ``backlog``, and what the network adds.
        samplers: draw the latencies; by kind of message, filled by `sampler`.
    """

    __slots__ = (
        "_latency",
        "_seed",
        "horizon_ns",
        "lost",
        "rules",
        "samplers",
        "source",
        "target",
    )

    def __init__(self, seed: int, source: str, target: str, latency: Latency) -> None:
        self.source = source
        self.target = target
        self.rules: tuple[AppliedRule, ...] = ()
        self.horizon_ns = -1
        self.lost: dict[str, int] = {}
        self._seed = seed
        self._latency = latency
        self.samplers: dict[int, Sampler] = {}

    @property
    def clogged(self) -> bool:
        """Whether messages have to wait."""
        return any(applied.setting.rule.clog for applied in self.rules)

    def sampler(self, kind: int) -> Sampler:
        """Return what draws the latencies of one kind of message."""
        found = self.samplers.get(kind)
        if found is None:
            chance = stream(self._seed, "latency", self.source, self.target, kind)
            found = self.samplers[kind] = self._latency.sampler(chance)
        return found

    def judge(self, now_ns: int, kind: int, size: int, *, through_clog: bool = False) -> Delays:
        """Say what becomes of a message sent now, under the rules in force.

        A message that is not overtaken arrives after all earlier ones of its link: links
        are first in, first out, as a TCP connection is, unless a rule reorders.

        Args:
            now_ns: true time; never less than at an earlier call.
            kind: of the envelope; chance is keyed by it.
            size: bytes of payload.
            through_clog: the message has waited long enough.
        """
        for applied in self.rules:
            if applied.setting.rule.clog and not through_clog:
                # Nothing is drawn: the message is judged again when it is let go.
                applied.setting.felt.messages += 1
                return HELD
        fate = _Fate(self.sampler(kind)())
        for applied in self.rules:
            applied.meet(fate, now_ns, kind, size)
        if fate.lost:
            self.lose(fate.lost)
            return ()
        delay_ns = fate.delay_ns
        if not fate.overtaken:
            delay_ns = self.in_order(now_ns + delay_ns) - now_ns
        if not fate.echoes:
            return (delay_ns,)
        return (delay_ns, *(delay_ns + echo_ns for echo_ns in fate.echoes))

    def lose(self, reason: str) -> None:
        """Count a lost message."""
        self.lost[reason] = self.lost.get(reason, 0) + 1

    def in_order(self, arrival_ns: int) -> int:
        """Return the arrival, moved behind every earlier one, and remember it."""
        # Equal times would not do: what happens at one instant happens in any order.
        if arrival_ns <= self.horizon_ns:
            arrival_ns = self.horizon_ns + 1
        self.horizon_ns = arrival_ns
        return arrival_ns
