"""Dances of leaders that come and go."""

from typing import Final

from kactors.testing.raft.dances.dance import Dance
from kactors.testing.raft.protocol import Rng
from kactors.testing.raft.schedule import Fault, Kind, Target

__all__ = ["REIGNS"]


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


REIGNS: Final = (
    Dance("figure eight", frozenset({Kind.PROPOSE_AND_ISOLATE}), _figure_eight),
    Dance("parade", frozenset({Kind.PROPOSE_AND_ISOLATE}), _parade),
    Dance("return of the old", frozenset({Kind.PROPOSE_AND_ISOLATE}), _return_of_the_old),
)
