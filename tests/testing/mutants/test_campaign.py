"""Campaigns find, count and grade."""

import attrs
import pytest

from kactors.testing.mutants import MutantError, campaign
from kactors.testing.mutants.campaign import Try, grade, hunt_mutant, percentile, try_mutant
from kactors.testing.mutants.corpus import load_corpus
from kactors.testing.mutants.hunter import Found

CORPUS = load_corpus("tests.mutants")
EASY = CORPUS.named("half-is-a-majority")


@attrs.define
class Slow:
    """A hunter whose trials never end."""

    asked: int = 0

    def trial(self, seed: int, number: int) -> Found | None:
        """Spin."""
        self.asked += 1
        while True:
            pass

    def shrink(self, found: Found) -> tuple[object, int]:
        """Nobody asks for this."""
        raise AssertionError(found)


def test_an_easy_mutant_is_found_and_shrunk() -> None:
    """A try says how many schedules it took, and shows a small one."""
    result = try_mutant("tests.mutants", EASY.name, 0, 60, shrink=True)

    assert result.found is not None
    assert result.trials <= 5
    assert result.shrunk.startswith("Schedule(")
    assert result.shrunk_faults is not None
    assert result.shrunk_faults <= 4


def test_a_budget_ends_a_try() -> None:
    """What is not found in time is not found."""
    nobody = attrs.evolve(EASY, apply=CORPUS.named("half-is-a-majority").apply)

    result = hunt_mutant(nobody, CORPUS.hunters["raft"], 0, 0.0, shrink=True)

    assert result.found is None
    assert result.trials == 0
    assert result.shrunk == ""


def test_an_endless_trial_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted bug that makes an endless loop is found by the clock."""
    monkeypatch.setattr(campaign, "TRIAL_LIMIT_S", 0.05)
    hunter = Slow()

    result = hunt_mutant(EASY, hunter, 0, 10, shrink=True)

    assert result.found is not None
    assert result.found.invariant == "a trial ends"
    assert hunter.asked == 1


def test_grades_are_medians_and_tails() -> None:
    """A try that found nothing counts with all that it spent."""
    found = Found("x: y", "text", None)
    tries = [
        Try("m", 0, found, 10, 1.0, "Schedule()", 2),
        Try("m", 1, found, 30, 3.0),
        Try("m", 2, None, 90, 9.0),
    ]

    result = grade(EASY, tries)

    assert (result.found, result.tries) == (2, 3)
    assert (result.schedules_median, result.schedules_p95) == (30, 90)
    assert (result.cpu_s_median, result.cpu_s_p95) == (3.0, 9.0)
    assert (result.shrunk_faults, result.shrunk) == (2, "Schedule()")
    assert result.invariants == ("x: y",)


def test_percentiles_are_of_the_values() -> None:
    """The nearest rank, never something in between."""
    assert percentile([1, 2, 3, 4], 50) == 2
    assert percentile([1, 2, 3, 4], 95) == 4
    assert percentile([7], 5) == 7


def test_unknown_mutants_and_corpora_are_refused() -> None:
    """The error says what there is instead."""
    with pytest.raises(MutantError, match="half-is-a-majority"):
        CORPUS.named("quarter-is-a-majority")
    with pytest.raises(MutantError, match="cannot be imported"):
        load_corpus("tests.no_such_corpus")
    with pytest.raises(MutantError, match=r"no module of tests\.testing\.mutants"):
        load_corpus("tests.testing.mutants")
