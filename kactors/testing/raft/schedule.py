"""Schedules: what goes wrong in a run, as values that print, compare and shrink.

A `Schedule` says everything: two runs of one schedule are equal. Faults name their victims by
what they are (the leader, the member that is most behind), because a number means nothing
once an earlier fault is taken away.
"""

from enum import Enum

import attrs

from kactors.testing.raft.knobs import Knobs
from kactors.testing.raft.plain import short_repr

__all__ = ["Calm", "Fault", "Kind", "Schedule", "Target"]


class _Named(Enum):
    """An enumeration whose members print as the Python that names them."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class Kind(_Named):
    """What happens. Each ends by itself after its span; see `kactors.testing.raft.injector`."""

    #: The process dies; the operating system still writes what it was given.
    CRASH = "crash"
    #: The power fails: only a part of what was not synced is on the disk afterwards.
    POWER_LOSS = "power loss"
    #: As a power loss, but after a few more of the small steps between taking and applying.
    CRASH_AT_STEP = "crash at step"
    #: The power fails in the midst of the target's next write of several records, within the span.
    TORN_WRITE = "torn write"
    #: A power loss, and back at once.
    BOUNCE = "bounce"
    #: The power fails everywhere, and all are back within the span.
    BOUNCE_ALL = "bounce all"
    #: The disk is lost; the member comes back with an empty one.
    WIPE = "wipe"
    #: Nothing happens in the process; then everything at once, ticks first.
    PAUSE = "pause"
    #: The clock runs slower or faster.
    DRIFT = "drift"
    #: The clock jumps ahead by an election timeout or two.
    RUSH = "rush"
    #: Writes take much longer.
    SLOW_DISK = "slow disk"
    #: No write is durable before the span is over.
    STALL_DISK = "stall disk"
    #: Nobody reaches the target, and it reaches nobody.
    ISOLATE = "isolate"
    #: As isolate, but one companion stays with the target.
    ISOLATE_PAIR = "isolate pair"
    #: Commands reach the target just as it is isolated.
    PROPOSE_AND_ISOLATE = "propose and isolate"
    #: The target hears nobody.
    DEAF = "deaf"
    #: Nobody hears the target.
    MUTE = "mute"
    #: One link is cut, one way or both.
    CUT_LINK = "cut link"
    #: Two halves.
    PARTITION = "partition"
    #: Two halves, and one member that reaches both.
    BRIDGE = "bridge"
    #: Everyone reaches only its two neighbours.
    RING = "ring"
    #: Links are held one after the other, and released in another order.
    SWIZZLE = "swizzle"
    #: What the target sends or is sent is held, and delivered afterwards.
    HOLD = "hold"
    #: Messages of long ago come again.
    REPLAY = "replay"
    #: Many messages are lost.
    LOSSY = "lossy"
    #: Many messages come twice, and late.
    ECHO = "echo"
    #: The members are changed.
    CHANGE = "change"
    #: Leadership is handed over to the target.
    TRANSFER = "transfer"
    #: The target makes a snapshot and compacts its log.
    COMPACT = "compact"
    #: Clients want a lot at once.
    BURST = "burst"
    #: All cuts and holds end, and everyone is up.
    HEAL = "heal"


class Target(_Named):
    """Who is meant, when the time comes; if nobody fits, it is the one that `Fault.pick` counts."""

    LEADER = "leader"
    OLD_LEADER = "old leader"
    MOST_BEHIND = "most behind"
    MOST_AHEAD = "most ahead"
    LAST_VOTER = "last voter"
    ANY = "any"


class Calm(_Named):
    """What is well again when the faults end, and must then suffice to serve."""

    #: Everything.
    ALL = "all"
    #: A majority; the others are gone for good.
    MAJORITY = "majority"
    #: Everything; but in the end the leader loses its link to one member.
    BRIDGE = "bridge"


@attrs.frozen(repr=False)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind, target: what, and whom it meets.
        after_ms: since the fault before.
        span_ms: how long it lasts, for kinds that last.
        pick: chooses among what the kind leaves open; 0 is the plainest.
    """

    kind: Kind
    target: Target = Target.LEADER
    after_ms: int = 0
    span_ms: int = 0
    pick: int = 0

    def __repr__(self) -> str:
        return short_repr(self)


@attrs.frozen(repr=False)
class Schedule:
    """A whole run.

    Attributes:
        warm_up_ms: before the first fault.
        wind_down_ms: between the last fault and the calm.
        seed: decides what the schedule leaves open: delays, losses, timeouts.
    """

    knobs: Knobs = attrs.field(factory=Knobs)
    faults: tuple[Fault, ...] = ()
    calm: Calm = Calm.ALL
    warm_up_ms: int = 3000
    wind_down_ms: int = 1000
    seed: int = 0

    @property
    def chaos_ms(self) -> int:
        """How long the first phase lasts."""
        return self.warm_up_ms + self.wind_down_ms + sum(fault.after_ms for fault in self.faults)

    def __repr__(self) -> str:
        return short_repr(self)

    def __str__(self) -> str:
        """Return Python that can be pasted into a test, one fault on each line."""
        faults = "".join(f"        {fault!r},\n" for fault in self.faults)
        lines = ["Schedule("]
        if self.knobs != Knobs():
            lines.append(f"    knobs={self.knobs!r},")
        if self.faults:
            lines.append(f"    faults=(\n{faults}    ),")
        rest = attrs.evolve(self, knobs=Knobs(), faults=())
        lines.extend(f"    {part}," for part in short_repr(rest)[9:-1].split(", ") if part)
        return "\n".join((*lines, ")"))
