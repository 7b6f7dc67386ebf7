"""Dances of disks: what is written late, in part, or never."""

from typing import Final

from kactors.testing.raft.dances.dance import Dance
from kactors.testing.raft.protocol import Rng
from kactors.testing.raft.schedule import Fault, Kind, Target

__all__ = ["INK"]


def _slow_ink(rng: Rng, timeout_ms: int) -> list[Fault]:
    """A disk lags while leaders change above it."""
    return [
        Fault(
            Kind.STALL_DISK,
            (Target.MOST_AHEAD, Target.LEADER, Target.ANY)[rng.below(3)],
            after_ms=timeout_ms // 2,
            span_ms=timeout_ms * (2 + rng.below(5)),
            pick=rng.below(5),
        ),
        Fault(
            Kind.PROPOSE_AND_ISOLATE,
            Target.LEADER,
            after_ms=rng.below(timeout_ms + 1),
            span_ms=timeout_ms * (1 + rng.below(3)),
            pick=rng.below(4),
        ),
        Fault(
            (Kind.ISOLATE, Kind.POWER_LOSS)[rng.below(2)],
            Target.LEADER,
            after_ms=timeout_ms * (1 + rng.below(2)),
            span_ms=timeout_ms * (1 + rng.below(3)),
        ),
    ]


def _blink(rng: Rng, timeout_ms: int) -> list[Fault]:
    """The voter that has just voted blinks, and the candidate is out of reach."""
    return [
        Fault(Kind.ISOLATE, Target.LEADER, after_ms=timeout_ms, span_ms=2 * timeout_ms),
        Fault(Kind.RUSH, Target.ANY, after_ms=rng.below(timeout_ms // 2 + 1), pick=rng.below(5)),
        Fault(Kind.BOUNCE, Target.LAST_VOTER, after_ms=rng.below(timeout_ms // 5 + 1)),
        Fault(Kind.RUSH, Target.ANY, after_ms=rng.below(timeout_ms // 10 + 1), pick=rng.below(5)),
        Fault(Kind.BOUNCE, Target.LAST_VOTER, after_ms=rng.below(timeout_ms // 5 + 1)),
    ]


def _blackout(rng: Rng, timeout_ms: int) -> list[Fault]:
    """The power fails everywhere while somebody is behind."""
    return [
        Fault(
            Kind.ISOLATE,
            (Target.MOST_BEHIND, Target.LEADER)[rng.below(2)],
            after_ms=timeout_ms,
            span_ms=timeout_ms * (1 + rng.below(4)),
        ),
        Fault(Kind.BURST, Target.LEADER, after_ms=timeout_ms, pick=rng.below(3)),
        Fault(
            Kind.BOUNCE_ALL,
            after_ms=rng.below(timeout_ms + 1),
            span_ms=timeout_ms,
            pick=rng.below(8),
        ),
    ]


def _left_behind(rng: Rng, timeout_ms: int) -> list[Fault]:
    """A member misses so much that it needs a snapshot, and more while it gets it."""
    return [
        Fault(
            Kind.ISOLATE,
            Target.MOST_BEHIND,
            after_ms=timeout_ms,
            span_ms=timeout_ms * (2 + rng.below(3)),
        ),
        Fault(Kind.BURST, Target.LEADER, after_ms=timeout_ms, pick=rng.below(3)),
        Fault(Kind.COMPACT, Target.LEADER, after_ms=timeout_ms, pick=rng.below(3)),
        Fault(
            (Kind.BURST, Kind.COMPACT)[rng.below(2)],
            Target.LEADER,
            after_ms=rng.below(2 * timeout_ms + 1),
        ),
        Fault(Kind.COMPACT, Target.LEADER, after_ms=rng.below(timeout_ms + 1), pick=rng.below(3)),
        # What it gets comes twice, or the power fails while it gets it.
        Fault(
            (Kind.REPLAY, Kind.POWER_LOSS, Kind.TORN_WRITE)[rng.below(3)],
            Target.MOST_BEHIND,
            after_ms=rng.below(2 * timeout_ms + 1),
            span_ms=timeout_ms * (1 + rng.below(3)),
            pick=rng.below(12),
        ),
    ]


def _torn_return(rng: Rng, timeout_ms: int) -> list[Fault]:
    """A fallen leader learns what it missed, and the power fails while it writes that."""
    return [
        Fault(
            Kind.PROPOSE_AND_ISOLATE,
            Target.LEADER,
            after_ms=timeout_ms,
            span_ms=3 * timeout_ms,
            pick=3,
        ),
        Fault(Kind.BURST, Target.LEADER, after_ms=timeout_ms * 5 // 2, pick=rng.below(2)),
        Fault(Kind.STALL_DISK, Target.OLD_LEADER, after_ms=timeout_ms // 2 - 1, span_ms=timeout_ms),
        Fault(
            (Kind.POWER_LOSS, Kind.CRASH_AT_STEP)[rng.below(2)],
            Target.OLD_LEADER,
            after_ms=rng.below(timeout_ms // 2 + 1),
            span_ms=timeout_ms // 2,
            pick=rng.below(12),
        ),
    ]


INK: Final = (
    Dance("slow ink", frozenset({Kind.STALL_DISK}), _slow_ink),
    Dance("blink", frozenset({Kind.BOUNCE}), _blink),
    Dance("blackout", frozenset({Kind.BOUNCE_ALL}), _blackout),
    Dance("left behind", frozenset({Kind.COMPACT}), _left_behind),
    Dance("torn return", frozenset({Kind.STALL_DISK}), _torn_return),
)
