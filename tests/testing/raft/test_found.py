"""Bugs that the harness found in our own core, as the schedules that it made of them.

Each schedule holds today, and breaks the same property when the bug is planted again.
"""

import pytest

from kactors.checking.raft_invariants import Invariant
from kactors.testing.mutants.corpus import load_corpus
from kactors.testing.raft import Fault, Kind, Knobs, Schedule, Target, run
from kactors.testing.raft.calm import Goal

CORPUS = load_corpus("tests.mutants")

#: A heartbeat of a leader's former term comes late; its refusal confirms a round of the new term.
LATE_HEARTBEAT = Schedule(
    knobs=Knobs(members=4, heartbeat_ticks=2, check_quorum=False, echo=30, load_ms=500),
    faults=(
        Fault(kind=Kind.CHANGE, after_ms=4000),
        Fault(kind=Kind.CRASH, after_ms=600),
        Fault(kind=Kind.HOLD, after_ms=6400, span_ms=1000, pick=1),
        Fault(kind=Kind.RUSH, target=Target.MOST_AHEAD, after_ms=36, pick=1),
    ),
    warm_up_ms=6000,
    wind_down_ms=15056,
    seed=269860865,
)
#: The power fails between the last chunk of a snapshot and its installation.
WHOLE_SNAPSHOT = Schedule(
    knobs=Knobs(members=1, chunk_bytes=11, sync_ms=300, inflight=256),
    faults=(
        Fault(kind=Kind.BURST, after_ms=4400),
        Fault(kind=Kind.COMPACT),
        Fault(kind=Kind.CHANGE, after_ms=5100),
        Fault(kind=Kind.BOUNCE_ALL, after_ms=1675),
    ),
    warm_up_ms=750,
    wind_down_ms=0,
    seed=2277553362,
)
#: A member that lost its disk says that it has recovered, is promoted, and forgets it in a crash.
RECOVERY_FORGOTTEN = Schedule(
    knobs=Knobs(load_ms=1000),
    faults=(
        Fault(kind=Kind.BOUNCE_ALL, after_ms=1000),
        Fault(kind=Kind.WIPE, target=Target.ANY, after_ms=1800, span_ms=2400),
        Fault(kind=Kind.STALL_DISK, after_ms=2850, span_ms=1200),
        Fault(kind=Kind.STALL_DISK, target=Target.ANY, after_ms=600, span_ms=2400),
        Fault(kind=Kind.WIPE, after_ms=1500),
        Fault(kind=Kind.BOUNCE_ALL),
    ),
    warm_up_ms=900,
    wind_down_ms=0,
    seed=1973149812,
)

FOUND = [
    pytest.param(
        LATE_HEARTBEAT,
        "refusal-confirms-a-round",
        Invariant.LINEARIZABLE_READ,
        id="refusal-confirms-a-round",
    ),
    pytest.param(
        WHOLE_SNAPSHOT,
        "whole-snapshot-not-installed",
        Goal.CONVERGES,
        id="whole-snapshot-not-installed",
    ),
    pytest.param(
        RECOVERY_FORGOTTEN,
        "recovery-announced-before-it-is-durable",
        Goal.SETTLES,
        id="recovery-announced-before-it-is-durable",
    ),
]


@pytest.mark.parametrize(("schedule", "mutant", "invariant"), FOUND)
def test_what_was_found_stays_fixed(schedule: Schedule, mutant: str, invariant: str) -> None:
    """The schedule holds; with the bug planted again it does not."""
    assert run(schedule).violation is None

    with CORPUS.named(mutant).apply():
        violation = run(schedule).violation

    assert violation is not None
    assert violation.invariant == invariant
