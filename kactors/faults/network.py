"""Faults of the network: what is parted, slowed, lost, repeated, held."""

from enum import Enum

import attrs

from kactors.faults.checks import (
    GROUPS,
    HOST,
    HOSTS,
    Field,
    as_tuple,
    check_count,
    check_end_of_link,
    check_flag,
    check_groups,
    check_host,
    check_hosts,
    check_probability,
    check_seconds,
    check_size,
    is_number,
    refuse,
)
from kactors.faults.errors import InvalidFaultError
from kactors.faults.fault import Fault
from kactors.faults.trigger import Messages
from kactors.transport.latency import LATENCIES, Latency


@attrs.frozen(repr=False)
class LinkFault(Fault):
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


@attrs.frozen(repr=False)
class Cut(LinkFault):
    """Two hosts cannot reach each other; one way, one still hears the other.

    Tests who believes whom dead, and on what evidence.
    """


class Direction(Enum):
    """Which messages an isolated host is without."""

    BOTH = "both"
    IN = "in"
    OUT = "out"

    def __repr__(self) -> str:
        return f"Direction.{self.name}"


def _check_direction(instance: object, field: Field, value: object) -> None:
    if not isinstance(value, Direction):
        raise refuse(instance, field, value, "give 'both', 'in' or 'out'")


def _direction(value: object) -> object:
    values = {direction.value: direction for direction in Direction}
    return values.get(value, value) if isinstance(value, str) else value


@attrs.frozen(repr=False)
class Isolate(Fault):
    """One host is cut off from all others; or it hears them unheard, or they it.

    Tests the leader that does not know that it was deposed.
    """

    host: str = attrs.field(validator=check_host, metadata=HOST)
    direction: Direction = attrs.field(
        default=Direction.BOTH, converter=_direction, validator=_check_direction
    )


@attrs.frozen(repr=False)
class Partition(Fault):
    """No message passes between the groups; hosts in none of them reach everybody.

    Attributes:
        groups: of hosts.
        one_way: messages still pass from later groups to earlier ones.
    """

    groups: tuple[tuple[str, ...], ...] = attrs.field(
        converter=as_tuple, validator=check_groups, metadata=GROUPS
    )
    one_way: bool = attrs.field(default=False, kw_only=True, validator=check_flag)


@attrs.frozen(repr=False)
class Bridge(Fault):
    """Two sides that see each other only through the hosts between them.

    Tests elections that a node in the middle can see both ends of.
    Source: Jepsen, ``nemesis/bridge``.

    Attributes:
        left: hosts of one side.
        bridge: hosts that reach both sides.
        right: hosts of the other side.
    """

    left: tuple[str, ...] = attrs.field(converter=as_tuple, validator=check_hosts, metadata=HOSTS)
    bridge: tuple[str, ...] = attrs.field(converter=as_tuple, validator=check_hosts, metadata=HOSTS)
    right: tuple[str, ...] = attrs.field(converter=as_tuple, validator=check_hosts, metadata=HOSTS)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        names = (*self.left, *self.bridge, *self.right)
        if len(set(names)) != len(names):
            raise InvalidFaultError(f"{self!r}: a host stands on two sides, name it once")


@attrs.frozen(repr=False)
class Ring(Fault):
    """Every host hears a majority, and no two hear the same.

    The hosts stand in a ring; each hears those next to it, up to a bare majority with
    itself. Where a majority cannot be symmetric, it hears one more on the right.
    Source: Jepsen, ``nemesis/majorities-ring``.
    """

    members: tuple[str, ...] = attrs.field(
        converter=as_tuple, validator=check_hosts, metadata=HOSTS
    )

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if len(self.members) < 3:
            raise InvalidFaultError(f"{self!r}: a ring parts nobody below 3 hosts, name more")

    def heard_by(self, member: str) -> tuple[str, ...]:
        """Return whom a member hears besides itself."""
        count = len(self.members)
        others = count // 2
        own = self.members.index(member)
        offsets = range(-(others // 2), others - others // 2 + 1)
        return tuple(self.members[(own + offset) % count] for offset in offsets if offset)


def _check_latency(instance: object, field: Field, value: object) -> None:
    if not isinstance(value, LATENCIES):
        names = ", ".join(kind.__name__ for kind in LATENCIES)
        raise refuse(instance, field, value, f"give a distribution in seconds, one of {names}")


@attrs.frozen(repr=False)
class Delay(LinkFault):
    """Messages take longer, each by a draw from ``latency``."""

    latency: Latency = attrs.field(validator=_check_latency)


@attrs.frozen(repr=False)
class Loss(LinkFault):
    """A share of the messages is lost."""

    probability: float = attrs.field(validator=check_probability)


@attrs.frozen(repr=False)
class Duplicate(LinkFault):
    """A share of the messages arrives twice.

    Attributes:
        probability: of a second copy.
        spread: up to how many seconds later it arrives.
    """

    probability: float = attrs.field(validator=check_probability)
    spread: float = attrs.field(default=0.01, kw_only=True, validator=check_seconds)


@attrs.frozen(repr=False)
class Reorder(LinkFault):
    """A share of the messages is overtaken by later ones.

    Attributes:
        probability: of being overtaken.
        spread: up to how many seconds late such a message is.
    """

    probability: float = attrs.field(validator=check_probability)
    spread: float = attrs.field(default=0.01, kw_only=True, validator=check_seconds)


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


@attrs.frozen(repr=False)
class Clog(LinkFault):
    """Messages wait until the fault ends, and arrive then, in order.

    Tests what is done with news that is late and true no more.
    """


def _check_messages(instance: object, field: Field, value: object) -> None:
    if type(value) is not Messages:
        remedy = "say which with Messages(tag, source, target, where)"
        raise refuse(instance, field, value, remedy)


@attrs.frozen(repr=False)
class Drop(Fault):
    """Messages that match are lost just before their delivery, and nothing else is.

    Attributes:
        messages: which.
        count: how many at most.
    """

    messages: Messages = attrs.field(validator=_check_messages)
    count: int | None = attrs.field(
        default=None, kw_only=True, validator=attrs.validators.optional(check_count)
    )


@attrs.frozen(repr=False)
class Hold(Fault):
    """Messages that match wait just before their delivery until the fault ends.

    Tests the reader that sees a part of the truth late.
    """

    messages: Messages = attrs.field(validator=_check_messages)
