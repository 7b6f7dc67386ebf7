"""Dances of members that come, go, and forget."""

from typing import Final

from kactors.testing.raft.dances.dance import Dance
from kactors.testing.raft.protocol import Rng
from kactors.testing.raft.schedule import Fault, Kind, Target

__all__ = ["MEMBERS"]


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


def _forgotten_recovery(rng: Rng, timeout_ms: int) -> list[Fault]:
    """A member that lost its disk recovers, is promoted, and loses power before that is durable.

    The leader's disk lags while the member is demoted, so that the member has the entry before
    it is committed; then the member's own disk lags.
    """
    who = rng.below(7)
    readmitted_ms = timeout_ms + 1000
    early_ms = 100 + rng.below(300)
    return [
        Fault(Kind.WIPE, Target.ANY, after_ms=timeout_ms, span_ms=timeout_ms, pick=who),
        Fault(Kind.STALL_DISK, Target.LEADER, after_ms=readmitted_ms - early_ms, span_ms=1200),
        Fault(
            Kind.STALL_DISK,
            Target.ANY,
            after_ms=early_ms + rng.below(1000),
            span_ms=4000 + 2 * timeout_ms,
            pick=who,
        ),
        Fault(
            (Kind.BOUNCE, Kind.POWER_LOSS)[rng.below(2)],
            Target.ANY,
            after_ms=1500 + rng.below(2000),
            span_ms=timeout_ms,
            pick=who,
        ),
    ]


def _forgetful_protector(rng: Rng, timeout_ms: int) -> list[Fault]:
    """Who protects a leader's lease loses power and forgets that, and its latest entries too.

    So it votes for one that has not heard the leader for long, while that one, cut off by now,
    still reads from its own state.
    """
    tenth = max(1, timeout_ms // 10)
    faults: list[Fault] = []
    for _ in range(1 + rng.below(4)):
        tenths = 3 + rng.below(7)
        faults += [
            Fault(
                Kind.CUT_LINK,
                Target.LEADER,
                after_ms=2 * timeout_ms,
                span_ms=2 * timeout_ms,
                pick=1,
            ),
            Fault(Kind.STALL_DISK, Target.MOST_AHEAD, span_ms=tenths * tenth),
            Fault(
                Kind.ISOLATE,
                Target.LEADER,
                after_ms=tenths * tenth - 1,
                span_ms=2 * timeout_ms,
            ),
            Fault(Kind.BOUNCE, Target.MOST_AHEAD),
            Fault(Kind.BURST, Target.LEADER, after_ms=(11 - tenths) * tenth),
        ]
        faults += 5 * [Fault(Kind.BURST, Target.LEADER, after_ms=tenth)]
    return faults


MEMBERS: Final = (
    Dance("reform", frozenset({Kind.CHANGE}), _reform),
    Dance("secret promotion", frozenset({Kind.CHANGE}), _secret_promotion),
    Dance("forgotten recovery", frozenset({Kind.WIPE}), _forgotten_recovery),
    Dance("forgetful protector", frozenset({Kind.BOUNCE}), _forgetful_protector),
)
