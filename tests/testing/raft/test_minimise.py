"""Delta debugging keeps the property and drops the rest."""

import attrs

from kactors.testing.mutants.corpus import load_corpus
from kactors.testing.raft import Fault, Kind, Knobs, Schedule, Target, hunt, minimise, run

CORPUS = load_corpus("tests.mutants")


def test_a_schedule_that_holds_stays() -> None:
    """There is nothing to make small."""
    schedule = Schedule(faults=(Fault(Kind.BOUNCE, after_ms=100),))

    assert minimise(schedule) is schedule


def test_what_is_found_is_made_small() -> None:
    """A storm in a large cluster becomes a fault or two in a small one."""
    with CORPUS.named("truncation-not-written").apply():
        found = hunt(6, range(60)).found
        assert found is not None
        assert found.violation is not None

        smallest = minimise(found.schedule, runs=80)
        violation = run(smallest).violation

    assert violation is not None
    assert violation.invariant == found.violation.invariant
    assert len(smallest.faults) <= 4 < len(found.schedule.faults)


def test_what_does_not_matter_goes() -> None:
    """Knobs return to their defaults and superfluous faults vanish."""
    schedule = Schedule(
        Knobs(members=5, latency_ms=50, sync_ms=60, repeat=100, chunk_bytes=5),
        faults=(
            Fault(Kind.HEAL, after_ms=100),
            Fault(Kind.DRIFT, Target.ANY, after_ms=100, span_ms=100),
            Fault(Kind.BOUNCE, Target.LEADER, after_ms=100, pick=7),
        ),
    )
    with CORPUS.named("vote-forgotten-at-restart").apply():
        smallest = minimise(schedule)

    assert attrs.evolve(smallest.knobs, members=3) == Knobs()
    assert len(smallest.faults) == 1


def test_the_budget_is_kept() -> None:
    """With one run to spend almost nothing is dropped, and the result still fails."""
    with CORPUS.named("half-is-a-majority").apply():
        found = hunt(1, range(20)).found
        assert found is not None

        smallest = minimise(found.schedule, runs=1)

        assert run(smallest).violation is not None
