"""A failure tells everything: the property, the schedule, what was said, and a drawing."""

from pathlib import Path

import pytest

import kactors.testing.raft
from kactors.testing.mutants.corpus import load_corpus
from kactors.testing.raft import (
    Fault,
    Kind,
    PropertyBroken,
    Schedule,
    Target,
    explain,
    run,
    survives,
)
from kactors.testing.raft.recorder import Recorder

CORPUS = load_corpus("tests.mutants")
FAULTY = Schedule(
    faults=(
        Fault(Kind.ISOLATE, Target.LEADER, after_ms=500, span_ms=1500),
        Fault(Kind.POWER_LOSS, Target.LAST_VOTER, after_ms=2500, span_ms=500),
    ),
    seed=3,
)


def test_what_survives_is_returned() -> None:
    """An outcome says what was done."""
    outcome = survives(FAULTY)

    assert outcome.violation is None
    assert outcome.tally.counts[Kind.ISOLATE].felt == 1


def test_a_failure_explains_itself(tmp_path: Path) -> None:
    """The message holds the property, Python to paste, the last messages, and the page."""
    with (
        CORPUS.named("vote-forgotten-at-restart").apply(),
        pytest.raises(PropertyBroken) as caught,
    ):
        survives(FAULTY, pages=tmp_path)

    text = str(caught.value)
    assert "a member votes for one candidate in a term" in text
    assert "Fault(kind=Kind.ISOLATE, after_ms=500, span_ms=1500)" in text
    assert "RequestVote term=" in text
    assert str(caught.value.page) in text
    start = text.index("Schedule(")
    pasted = text[start : text.index("\nwhat happened last")]
    assert eval(pasted, vars(kactors.testing.raft)) == FAULTY


def test_the_page_draws_every_member(tmp_path: Path) -> None:
    """One lane for each, votes, the faults, the violation, and nothing from elsewhere."""
    with CORPUS.named("vote-forgotten-at-restart").apply():
        broken = explain(FAULTY, pages=tmp_path)

    assert broken.page is not None
    page = broken.page.read_text(encoding="utf-8")
    assert all(f"member {member}</text>" in page for member in (1, 2, 3))
    assert 'class="vote"' in page
    assert "power loss</text>" in page
    assert "line class=violation" in page
    assert f"text-anchor=end>{broken.violation.invariant}</text>" in page
    assert "prefers-color-scheme: dark" in page
    assert "<script" not in page
    assert "http" not in page


def test_nothing_to_explain_is_said() -> None:
    """Who asks to explain a schedule that holds is told so."""
    with pytest.raises(AssertionError, match="breaks nothing"):
        explain(FAULTY)


def test_a_recorder_forgets_the_oldest() -> None:
    """Memory is bounded, and what was dropped is counted."""
    recorder = Recorder(limit=50)

    run(FAULTY, recorder=recorder)

    assert len(recorder.happenings) == 50
    assert recorder.dropped > 100
