"""Runs are repeatable, serve their clients, and end in calm."""

import os
import subprocess
import sys

import attrs
import pytest

from kactors.checking import Verdict, check
from kactors.testing.raft import Calm, Fault, Kind, Knobs, Schedule, Target, nth_schedule, run

CHAOS = Schedule(
    Knobs(members=5, latency_ms=20, sync_ms=5, loss=10),
    faults=(
        Fault(Kind.PROPOSE_AND_ISOLATE, after_ms=500, span_ms=2000, pick=3),
        Fault(Kind.BOUNCE, Target.LAST_VOTER, after_ms=700),
        Fault(Kind.SWIZZLE, after_ms=900, span_ms=1500, pick=5),
        Fault(Kind.POWER_LOSS, Target.LEADER, after_ms=2000, span_ms=800),
    ),
    seed=7,
)
PROGRAM = """
from tests.testing.raft.test_run import CHAOS
from kactors.testing.raft import run
print(run(CHAOS).digest)
"""


def test_a_run_repeats() -> None:
    """Two runs of one schedule are equal in everything that is counted."""
    first, second = run(CHAOS), run(CHAOS)

    assert (first.digest, first.steps, first.virtual_ns, first.acknowledged) == (
        second.digest,
        second.steps,
        second.virtual_ns,
        second.acknowledged,
    )
    assert first.violation is None


def test_another_seed_is_another_run() -> None:
    """What a schedule leaves open depends on its seed."""
    assert run(CHAOS).digest != run(attrs.evolve(CHAOS, seed=8)).digest


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_hash_randomisation_does_not_leak(hash_seed: str) -> None:
    """Another interpreter with other string hashes makes the same run."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(done.stdout) == run(CHAOS).digest


@pytest.mark.parametrize("members", [1, 2, 3, 4, 5, 6, 7])
def test_a_healthy_cluster_serves(members: int) -> None:
    """Without faults writes and reads are answered, and one leader suffices."""
    outcome = run(Schedule(Knobs(members=members), warm_up_ms=10_000))

    assert outcome.violation is None
    assert outcome.acknowledged > 20
    assert outcome.served > 5
    assert outcome.terms <= 3  # the second is the transfer's


@pytest.mark.parametrize("calm", list(Calm))
def test_every_kind_of_calm_is_reached(calm: Calm) -> None:
    """A cluster that was isolated to pieces serves again, whole or on a majority."""
    outcome = run(attrs.evolve(CHAOS, calm=calm))

    assert outcome.violation is None


def test_histories_are_linearizable() -> None:
    """What clients saw has an order that explains it; commands are not repeated here."""
    for number in range(12):
        schedule = nth_schedule(11, number)
        knobs = attrs.evolve(schedule.knobs, forward=False)
        outcome = run(attrs.evolve(schedule, knobs=knobs), with_history=True)

        assert outcome.violation is None
        assert check(outcome.history, budget=200_000).verdict is not Verdict.NOT_LINEARIZABLE


def test_trace_events_are_handed_on() -> None:
    """The members' own trace starts with their initial states."""
    events: list[str] = []

    run(Schedule(Knobs(members=3)), observe=lambda event: events.append(event.name))

    assert events[:3] == ["InitState", "BecomeFollower", "Ready"] or "InitState" in events[:3]
    assert "BecomeLeader" in events
    assert events.count("InitState") == 3
