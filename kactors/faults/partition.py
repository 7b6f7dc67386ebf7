"""Faults that part hosts from each other, in the shapes that find bugs."""

from enum import Enum

import attrs

from kactors.faults.checks import (
    GROUPS,
    HOST,
    HOSTS,
    Field,
    as_tuple,
    check_flag,
    check_groups,
    check_host,
    check_hosts,
    refuse,
)
from kactors.faults.errors import InvalidFaultError
from kactors.faults.network import CUT, NetworkFault, Setting
from kactors.transport.rules import ANY


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
class Isolate(NetworkFault):
    """One host is cut off from all others; or it hears them unheard, or they it.

    Tests the leader that does not know that it was deposed.
    """

    host: str = attrs.field(validator=check_host, metadata=HOST)
    direction: Direction = attrs.field(
        default=Direction.BOTH, converter=_direction, validator=_check_direction
    )

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The rules that the fault is made of."""
        inwards: Setting = (ANY, self.host, CUT)
        outwards: Setting = (self.host, ANY, CUT)
        match self.direction:
            case Direction.IN:
                return (inwards,)
            case Direction.OUT:
                return (outwards,)
            case Direction.BOTH:
                return (inwards, outwards)


@attrs.frozen(repr=False)
class Partition(NetworkFault):
    """No message passes between the groups; hosts in none of them reach everybody.

    Attributes:
        groups: of hosts.
        one_way: messages still pass from later groups to earlier ones.
    """

    groups: tuple[tuple[str, ...], ...] = attrs.field(
        converter=as_tuple, validator=check_groups, metadata=GROUPS
    )
    one_way: bool = attrs.field(default=False, kw_only=True, validator=check_flag)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The rules that the fault is made of."""
        return tuple(
            (source, target, CUT)
            for place, source in enumerate(self.groups)
            for other, target in enumerate(self.groups)
            if place < other or (place > other and not self.one_way)
        )


@attrs.frozen(repr=False)
class Bridge(NetworkFault):
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

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The rules that the fault is made of."""
        return ((self.left, self.right, CUT), (self.right, self.left, CUT))


@attrs.frozen(repr=False)
class Ring(NetworkFault):
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

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The rules that the fault is made of."""
        settings: list[Setting] = []
        for member in self.members:
            heard = (member, *self.heard_by(member))
            deaf_to = tuple(other for other in self.members if other not in heard)
            settings.append((deaf_to, member, CUT))
        return tuple(settings)
