"""Faults of hosts, actors and clocks."""

from typing import ClassVar

import attrs

from kactors.faults.checks import (
    ADDRESS,
    HOST,
    Field,
    check_address,
    check_host,
    is_number,
    refuse,
)
from kactors.faults.fault import Fault


@attrs.frozen(repr=False)
class HostFault(Fault):
    """A fault of one host."""

    host: str = attrs.field(validator=check_host, metadata=HOST)


@attrs.frozen(repr=False)
class Crash(HostFault):
    """The power fails: memory is lost, and what the disk has not synced.

    The host stays down until a `Restart`, or until the plan is healed.
    """

    lasting: ClassVar[bool] = False


@attrs.frozen(repr=False)
class Restart(HostFault):
    """A host that is down comes up, over what its disk has kept; one that is up goes on."""

    lasting: ClassVar[bool] = False


@attrs.frozen(repr=False)
class Bounce(HostFault):
    """The power fails, and comes back in the end: a blip that nobody may notice.

    Tests what was promised but not saved.
    """


@attrs.frozen(repr=False)
class Reboot(HostFault):
    """The host goes down in order, its disk synced, and comes up in the end."""


@attrs.frozen(repr=False)
class Pause(HostFault):
    """The host stands still while the world and its clocks go on: a long collection, a move.

    Tests who acts on what was true before.
    """


@attrs.frozen(repr=False)
class KillActor(Fault):
    """One actor ends as if it had failed; its supervisor decides what follows."""

    lasting: ClassVar[bool] = False

    address: str = attrs.field(validator=check_address, metadata=ADDRESS)


def _check_jump(instance: object, field: Field, value: object) -> None:
    if not is_number(value) or not value:
        remedy = "give seconds, below 0 to set the clock back; 0 is no jump"
        raise refuse(instance, field, value, remedy)


@attrs.frozen(repr=False)
class ClockJump(HostFault):
    """The wall clock is set forward or back; the monotonic clock does not notice.

    Attributes:
        seconds: forward, or back if negative.
    """

    lasting: ClassVar[bool] = False

    seconds: float = attrs.field(validator=_check_jump)


def _check_drift(instance: object, field: Field, value: object) -> None:
    if type(value) is not int or value == 0 or value <= -1_000_000:
        remedy = "give parts per million, not 0, above -1000000 where a clock stands still"
        raise refuse(instance, field, value, remedy)


@attrs.frozen(repr=False)
class ClockDrift(HostFault):
    """Both clocks run fast, or slow if ``ppm`` is negative.

    Attributes:
        ppm: parts per million on top of what the clock drifts anyway.
    """

    ppm: int = attrs.field(validator=_check_drift)
