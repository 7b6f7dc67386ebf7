"""Faults of links: what is cut, slowed, lost, repeated, or late."""

from abc import ABC, abstractmethod

import attrs

from kactors.faults.checks import (
    HOST,
    Field,
    check_end_of_link,
    check_flag,
    check_probability,
    check_seconds,
    check_size,
    is_number,
    refuse,
)
from kactors.faults.errors import InvalidFaultError
from kactors.faults.fault import Fault
from kactors.transport.latency import LATENCIES, Latency
from kactors.transport.link import LinkRule
from kactors.transport.rules import Hosts

Setting = tuple[Hosts, Hosts, LinkRule]
"""From whom, to whom, and what befalls the messages."""

CUT = LinkRule(cut=True)


@attrs.frozen(repr=False)
class NetworkFault(Fault, ABC):
    """A fault of links."""

    @property
    @abstractmethod
    def settings(self) -> tuple[Setting, ...]:
        """The rules that the fault is made of."""


@attrs.frozen(repr=False)
class LinkFault(NetworkFault):
    """A fault of the links between two hosts, or between one and all.

    Attributes:
        source: a host, or ``*`` for every host.
        target: a host, or ``*`` for every host.
        one_way: only messages from source to target meet it.
    """

    source: str = attrs.field(validator=check_end_of_link, metadata=HOST)
    target: str = attrs.field(validator=check_end_of_link, metadata=HOST)
    one_way: bool = attrs.field(default=False, kw_only=True, validator=check_flag)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.source == self.target != "*":
            raise InvalidFaultError(f"{self!r}: a host's way to itself is no link, name two hosts")

    @property
    @abstractmethod
    def rule(self) -> LinkRule:
        """What befalls the messages."""

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The rule for one direction, or for both."""
        there: Setting = (self.source, self.target, self.rule)
        if self.one_way or self.source == self.target:
            return (there,)
        return (there, (self.target, self.source, self.rule))


@attrs.frozen(repr=False)
class Cut(LinkFault):
    """Two hosts cannot reach each other; one way, one still hears the other.

    Tests who believes whom dead, and on what evidence.
    """

    @property
    def rule(self) -> LinkRule:
        """What befalls the messages."""
        return CUT


def _check_latency(instance: object, field: Field, value: object) -> None:
    if not isinstance(value, LATENCIES):
        names = ", ".join(kind.__name__ for kind in LATENCIES)
        raise refuse(instance, field, value, f"give a distribution in seconds, one of {names}")


@attrs.frozen(repr=False)
class Delay(LinkFault):
    """Messages take longer, each by a draw from ``latency``."""

    latency: Latency = attrs.field(validator=_check_latency)

    @property
    def rule(self) -> LinkRule:
        """What befalls the messages."""
        return LinkRule(latency=self.latency)


@attrs.frozen(repr=False)
class Loss(LinkFault):
    """A share of the messages is lost."""

    probability: float = attrs.field(validator=check_probability)

    @property
    def rule(self) -> LinkRule:
        """What befalls the messages."""
        return LinkRule(loss=self.probability)


@attrs.frozen(repr=False)
class Duplicate(LinkFault):
    """A share of the messages arrives twice.

    Attributes:
        probability: of a second copy.
        spread: up to how many seconds later it arrives.
    """

    probability: float = attrs.field(validator=check_probability)
    spread: float = attrs.field(default=0.01, kw_only=True, validator=check_seconds)

    @property
    def rule(self) -> LinkRule:
        """What befalls the messages."""
        return LinkRule(duplicate=self.probability, spread=self.spread)


@attrs.frozen(repr=False)
class Reorder(LinkFault):
    """A share of the messages is overtaken by later ones.

    Attributes:
        probability: of being overtaken.
        spread: up to how many seconds late such a message is.
    """

    probability: float = attrs.field(validator=check_probability)
    spread: float = attrs.field(default=0.01, kw_only=True, validator=check_seconds)

    @property
    def rule(self) -> LinkRule:
        """What befalls the messages."""
        return LinkRule(reorder=self.probability, spread=self.spread)


def _check_rate(instance: object, field: Field, value: object) -> None:
    if not is_number(value) or value <= 0:  # type: ignore[operator]  # it is a number
        remedy = "give bytes per second above 0, or cut or clog the link"
        raise refuse(instance, field, value, remedy)


@attrs.frozen(repr=False)
class Throttle(LinkFault):
    """Messages queue for a slow link.

    Attributes:
        bytes_per_second: what the link carries.
        backlog_bytes: how much may queue; what comes on top is lost.
    """

    bytes_per_second: float = attrs.field(validator=_check_rate)
    backlog_bytes: int = attrs.field(default=1 << 24, kw_only=True, validator=check_size)

    @property
    def rule(self) -> LinkRule:
        """What befalls the messages."""
        return LinkRule(throughput=self.bytes_per_second, backlog_bytes=self.backlog_bytes)


@attrs.frozen(repr=False)
class Clog(LinkFault):
    """Messages wait until the fault ends, and arrive then, in order.

    Tests what is done with news that is late and true no more.
    """

    @property
    def rule(self) -> LinkRule:
        """What befalls the messages."""
        return LinkRule(clog=True)
