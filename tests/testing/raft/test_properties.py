"""Our core under storms: the property in one line, step by step, and a foreign Raft as well."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis.stateful import run_state_machine_as_test

from kactors.testing.mutants import Edit, edited
from kactors.testing.raft import OURS, Implementation, PropertyBroken, Schedule, hunt, survives
from kactors.testing.raft.stateful import RaftMachine
from kactors.testing.raft.strategies import PROFILES, raft_schedules
from tests.guides.programs import load

FOREIGN: Implementation = load("minimal_raft").MinimalRaft()


@PROFILES["quick"]
@given(raft_schedules())
def test_any_storm(schedule: Schedule) -> None:
    """The narrow search: what it finds, it shows at its smallest."""
    survives(schedule)


def test_step_by_step() -> None:
    """Macro steps that hypothesis chooses break nothing."""
    run_state_machine_as_test(
        RaftMachine,
        settings=settings(PROFILES["quick"], max_examples=12, stateful_step_count=20),
    )


def test_seeded_storms() -> None:
    """The broad search: a hundred storms, nothing shrunk."""
    result = hunt(2026, range(100))

    assert result.found is None, result.found
    assert result.schedules == 100
    assert result.acknowledged > 1000
    assert result.served > 500


def test_a_foreign_raft_survives() -> None:
    """The minimal Raft of the guide is correct as far as it goes."""
    result = hunt(0, range(60), FOREIGN)

    assert result.found is None, result.found
    assert result.acknowledged > 500


@contextmanager
def planted(name: str, before: str, after: str) -> Iterator[None]:
    """Plant a bug in the minimal Raft."""
    with edited(Edit("minimal_raft", name, before, after))():
        yield


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("Node.answer_vote", "and (last_term, last_index) >= mine", ""),
        ("Node.advance_commit", "(len(matches) - 1) // 2", "-1"),
        ("Node.answer_append", "and self.term_at(before) == before_term", ""),
        ("Node.persisted", "if self.role is Role.LEADER and term", "if False and term"),
    ],
)
def test_bugs_of_a_foreign_raft_are_found(name: str, before: str, after: str) -> None:
    """What holds for ours holds for any: a planted bug is found within some hundred storms."""
    with planted(name, before, after):
        result = hunt(1, range(400), FOREIGN)

    assert result.found is not None


def test_hypothesis_shrinks_what_it_finds() -> None:
    """The property fails on a bug, with the smallest schedule that hypothesis knows."""

    @settings(PROFILES["quick"], max_examples=40)
    @given(raft_schedules())
    def storms_are_survived(schedule: Schedule) -> None:
        survives(schedule, OURS)

    with (
        edited(Edit("kactors.raft.quorum", "majority", "count // 2 + 1", "max(1, count // 2)"))(),
        pytest.raises(PropertyBroken) as caught,
    ):
        storms_are_survived()

    assert len(caught.value.schedule.faults) <= 5
