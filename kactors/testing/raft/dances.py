"""Faults with a shape: a few steps that tell the beginning of a known story.

Uniform draws find the bugs that one fault reveals. The others need leaders to change in a
certain way, with certain entries at certain members; a dance brings about the way and leaves
the rest to chance.
"""

from collections.abc import Callable
from typing import Final

import attrs

from kactors.testing.raft.protocol import Rng
from kactors.testing.raft.schedule import Fault, Kind, Target

__all__ = ["DANCES", "Dance"]

_Steps = Callable[[Rng, int], list[Fault]]


@attrs.frozen
class Dance:
    """A story.

    Attributes:
        name: whose it is.
        kinds: the kinds of fault that it needs.
        steps: draws the faults; the second argument is an election timeout in milliseconds.
    """

    name: str
    kinds: frozenset[Kind]
    steps: _Steps


def _figure_eight(rng: Rng, timeout_ms: int) -> list[Fault]:
    """Leaders come and go, each with entries that reached few (paper, Figure 8).

    The first one's reach one companion; the second one's reach nobody; then the first is
    back, replicates what it had, and is lost again before anything of its own gets far.
    """
    tenth = max(1, timeout_ms // 10)
    pick = rng.below(4)
    return [
        Fault(
            Kind.ISOLATE_PAIR,
            Target.LEADER,
            after_ms=timeout_ms,
            span_ms=timeout_ms * 2 + rng.below(timeout_ms),
            pick=pick,
        ),
        Fault(Kind.BURST, Target.LEADER, pick=rng.below(2)),
        Fault(
            Kind.PROPOSE_AND_ISOLATE,
            Target.LEADER,
            after_ms=timeout_ms * 3 // 2 + rng.below(timeout_ms),
            span_ms=timeout_ms * (2 + rng.below(2)),
            pick=rng.below(4),
        ),
        Fault(Kind.RUSH, Target.OLD_LEADER, after_ms=tenth + rng.below(timeout_ms), pick=1),
        Fault(
            (Kind.PROPOSE_AND_ISOLATE, Kind.ISOLATE, Kind.POWER_LOSS)[rng.below(3)],
            Target.LEADER,
            after_ms=rng.below(4 * tenth),
            span_ms=timeout_ms * 3,
            pick=rng.below(4),
        ),
    ]


def _parade(rng: Rng, timeout_ms: int) -> list[Fault]:
    """One leader after the other is lost with something that nobody has."""
    return [
        Fault(
            (Kind.PROPOSE_AND_ISOLATE, Kind.ISOLATE_PAIR, Kind.POWER_LOSS)[rng.below(3)],
            Target.LEADER,
            after_ms=timeout_ms * (1 + rng.below(3)) + rng.below(timeout_ms),
            span_ms=timeout_ms * (2 + rng.below(3)),
            pick=rng.below(12),
        )
        for _ in range(2 + rng.below(4))
    ]


def _return_of_the_old(rng: Rng, timeout_ms: int) -> list[Fault]:
    """A leader is cut off with a long log, another one goes on, and the first comes back."""
    return [
        Fault(
            Kind.PROPOSE_AND_ISOLATE,
            Target.LEADER,
            after_ms=timeout_ms,
            span_ms=timeout_ms * (3 + rng.below(3)),
            pick=3,
        ),
        Fault(Kind.BURST, Target.OLD_LEADER, after_ms=timeout_ms // 4, pick=rng.below(3)),
        Fault(
            (Kind.ISOLATE, Kind.POWER_LOSS)[rng.below(2)],
            Target.LEADER,
            after_ms=timeout_ms * (1 + rng.below(3)),
            span_ms=timeout_ms * (1 + rng.below(3)),
            pick=rng.below(4),
        ),
    ]


def _late_letters(rng: Rng, timeout_ms: int) -> list[Fault]:
    """What the leader sends is held over its fall, and arrives under another leader."""
    return [
        Fault(
            Kind.HOLD,
            Target.LEADER,
            after_ms=timeout_ms // 2,
            span_ms=timeout_ms * (2 + rng.below(4)),
            pick=rng.below(6),
        ),
        Fault(
            Kind.BURST, Target.LEADER, after_ms=rng.below(timeout_ms // 2 + 1), pick=rng.below(2)
        ),
        Fault(
            Kind.ISOLATE,
            Target.LEADER,
            after_ms=rng.below(timeout_ms + 1),
            span_ms=timeout_ms * (1 + rng.below(4)),
        ),
    ]


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


def _reform(rng: Rng, timeout_ms: int) -> list[Fault]:
    """The members change while the leader does: in, up, and somebody out."""
    style = 8 * rng.below(3)
    faults = [
        Fault(Kind.CHANGE, after_ms=timeout_ms, pick=style),
        Fault(Kind.CHANGE, after_ms=timeout_ms, pick=(1, 5, 6)[rng.below(3)] + style),
    ]
    for _ in range(1 + rng.below(3)):
        faults.append(
            Fault(
                (Kind.ISOLATE, Kind.POWER_LOSS, Kind.PARTITION, Kind.BOUNCE_ALL)[rng.below(4)],
                Target.LEADER,
                after_ms=rng.below(timeout_ms + 1),
                span_ms=timeout_ms * (1 + rng.below(3)),
                pick=rng.below(8),
            )
        )
        faults.append(
            Fault(Kind.CHANGE, after_ms=rng.below(timeout_ms + 1), pick=2 + rng.below(6) + style)
        )
    return faults


def _late_ballots(rng: Rng, timeout_ms: int) -> list[Fault]:
    """A candidate hears the answers of one campaign in the next, and nobody hears that one."""
    who = 1 + 6 * rng.below(4)
    return [
        Fault(Kind.HOLD, Target.ANY, after_ms=timeout_ms, span_ms=timeout_ms, pick=who),
        Fault(Kind.RUSH, Target.ANY, pick=who),
        Fault(
            Kind.MUTE,
            Target.ANY,
            after_ms=rng.below(timeout_ms // 4 + 1),
            span_ms=2 * timeout_ms,
            pick=who,
        ),
        Fault(Kind.RUSH, Target.ANY, after_ms=rng.below(timeout_ms // 4 + 1), pick=who),
        Fault(Kind.RUSH, Target.ANY, after_ms=rng.below(timeout_ms + 1), pick=who + 2),
    ]


def _old_receipts(rng: Rng, timeout_ms: int) -> list[Fault]:
    """A leader falls, leads again, and gets the acknowledgements of its first time."""
    return [
        Fault(
            Kind.ISOLATE_PAIR,
            Target.LEADER,
            after_ms=timeout_ms,
            span_ms=2 * timeout_ms,
            pick=rng.below(4),
        ),
        Fault(Kind.BURST, Target.LEADER, pick=1 + rng.below(2)),
        Fault(
            (Kind.RUSH, Kind.TRANSFER)[rng.below(2)],
            Target.OLD_LEADER,
            after_ms=timeout_ms * (3 + rng.below(2)),
            pick=1,
        ),
        Fault(
            Kind.ISOLATE,
            Target.LEADER,
            after_ms=timeout_ms // 10 + rng.below(timeout_ms // 2 + 1),
            span_ms=timeout_ms,
        ),
        Fault(Kind.BURST, Target.LEADER, pick=2),
        Fault(Kind.REPLAY, Target.LEADER, after_ms=1, pick=2 * rng.below(3)),
        Fault(Kind.REPLAY, Target.OLD_LEADER, after_ms=timeout_ms // 10, pick=2 * rng.below(3)),
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


def _secret_promotion(rng: Rng, timeout_ms: int) -> list[Fault]:
    """A learner is promoted, hears nothing of it, and the promoter dies."""
    return [
        Fault(Kind.CHANGE, after_ms=timeout_ms, pick=0),
        Fault(
            (Kind.ISOLATE, Kind.CUT_LINK)[rng.below(2)],
            Target.LEADER,
            after_ms=timeout_ms,
            span_ms=timeout_ms,
            pick=rng.below(4),
        ),
        Fault(Kind.CHANGE, pick=1),
        Fault(
            (Kind.CRASH, Kind.POWER_LOSS, Kind.BOUNCE_ALL)[rng.below(3)],
            Target.LEADER,
            after_ms=1 + rng.below(timeout_ms // 2),
            span_ms=timeout_ms // 2,
        ),
    ]


def _stale_confirmation(rng: Rng, timeout_ms: int) -> list[Fault]:
    """What confirms a leader is held while another one takes over, and somebody reads."""
    tenth = max(1, timeout_ms // 10)
    return [
        Fault(Kind.HOLD, Target.LEADER, after_ms=timeout_ms, span_ms=timeout_ms // 2, pick=1),
        Fault(
            (Kind.TRANSFER, Kind.RUSH)[rng.below(2)],
            Target.MOST_AHEAD,
            after_ms=rng.below(2 * tenth),
            pick=1,
        ),
        Fault(Kind.BURST, Target.LEADER, after_ms=rng.below(2 * tenth)),
        Fault(Kind.BURST, Target.LEADER, after_ms=rng.below(tenth)),
    ]


DANCES: Final = (
    Dance("figure eight", frozenset({Kind.PROPOSE_AND_ISOLATE}), _figure_eight),
    Dance("parade", frozenset({Kind.PROPOSE_AND_ISOLATE}), _parade),
    Dance("return of the old", frozenset({Kind.PROPOSE_AND_ISOLATE}), _return_of_the_old),
    Dance("late letters", frozenset({Kind.HOLD}), _late_letters),
    Dance("slow ink", frozenset({Kind.STALL_DISK}), _slow_ink),
    Dance("blink", frozenset({Kind.BOUNCE}), _blink),
    Dance("blackout", frozenset({Kind.BOUNCE_ALL}), _blackout),
    Dance("left behind", frozenset({Kind.COMPACT}), _left_behind),
    Dance("reform", frozenset({Kind.CHANGE}), _reform),
    Dance("late ballots", frozenset({Kind.MUTE}), _late_ballots),
    Dance("old receipts", frozenset({Kind.REPLAY}), _old_receipts),
    Dance("torn return", frozenset({Kind.STALL_DISK}), _torn_return),
    Dance("secret promotion", frozenset({Kind.CHANGE}), _secret_promotion),
    Dance("stale confirmation", frozenset({Kind.HOLD}), _stale_confirmation),
)
