"""Dances of messages that come late, twice, or in another life."""

from typing import Final

from kactors.testing.raft.dances.dance import Dance
from kactors.testing.raft.protocol import Rng
from kactors.testing.raft.schedule import Fault, Kind, Target

__all__ = ["LETTERS"]


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


def _former_life(rng: Rng, timeout_ms: int) -> list[Fault]:
    """A leader dies, leads again, and what it sent in its former life is answered in this one.

    The answers are held until somebody else leads and the old one is asked for reads.
    """
    quarter = max(1, timeout_ms // 4)
    tenth = max(1, timeout_ms // 10)
    return [
        Fault(
            (Kind.BOUNCE, Kind.CRASH)[rng.below(2)],
            Target.LEADER,
            after_ms=4 * timeout_ms,
            span_ms=tenth,
        ),
        Fault(
            (Kind.TRANSFER, Kind.RUSH)[rng.below(2)],
            Target.OLD_LEADER,
            after_ms=timeout_ms * 3 // 2 + rng.below(timeout_ms),
            pick=1,
        ),
        Fault(
            Kind.HOLD,
            Target.LEADER,
            after_ms=quarter + rng.below(2 * quarter),
            span_ms=3 * quarter + rng.below(timeout_ms),
            pick=1,
        ),
        Fault(Kind.REPLAY, Target.LEADER, pick=1 + 2 * rng.below(3)),
        Fault(
            Kind.MUTE, Target.LEADER, after_ms=tenth + rng.below(quarter), span_ms=4 * timeout_ms
        ),
        Fault(Kind.RUSH, Target.MOST_BEHIND, after_ms=rng.below(tenth + 1), pick=1),
        Fault(Kind.RUSH, Target.MOST_AHEAD, after_ms=rng.below(tenth + 1), pick=1),
        Fault(Kind.BURST, Target.LEADER, after_ms=quarter // 2 + rng.below(quarter)),
        Fault(Kind.BURST, Target.LEADER, after_ms=quarter // 2),
    ]


def _late_assent(rng: Rng, timeout_ms: int) -> list[Fault]:
    """A leader that is cut off gets assent that was given long ago, and is asked for reads.

    Its followers' patience began when they gave it, its lease when it was asked for.
    """
    tenth = max(1, timeout_ms // 10)
    faults: list[Fault] = []
    for _ in range(1 + rng.below(3)):
        faults += [
            Fault(
                Kind.HOLD,
                Target.LEADER,
                after_ms=2 * timeout_ms,
                span_ms=timeout_ms - rng.below(2 * tenth),
                pick=1,
            ),
            Fault(
                Kind.ISOLATE,
                Target.LEADER,
                after_ms=tenth + rng.below(tenth),
                span_ms=2 * timeout_ms,
            ),
            Fault(Kind.BURST, Target.LEADER, after_ms=timeout_ms + rng.below(2 * tenth)),
        ]
        faults += 6 * [Fault(Kind.BURST, Target.LEADER, after_ms=max(1, timeout_ms // 16))]
    return faults


LETTERS: Final = (
    Dance("late letters", frozenset({Kind.HOLD}), _late_letters),
    Dance("late ballots", frozenset({Kind.MUTE}), _late_ballots),
    Dance("old receipts", frozenset({Kind.REPLAY}), _old_receipts),
    Dance("former life", frozenset({Kind.HOLD}), _former_life),
    Dance("late assent", frozenset({Kind.HOLD}), _late_assent),
)
