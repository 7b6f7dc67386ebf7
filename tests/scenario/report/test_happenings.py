"""Faults, an administrator's steps, violations and goals."""

import pytest

from kactors.scenario import Always, Eventually, Ready, Running
from kactors.scenario.goals import Goal
from kactors.scenario.outcome import Violation
from kactors.scenario.report.axis import Axis
from kactors.scenario.report.happenings import fault_rows, goal_rows, step_row, violation_row
from kactors.scenario.timeline import FaultSpan, GoalOutcome
from tests.scenario.report.outcomes import made, timeline

_AXIS = Axis(0.0, 100.0)
_LIVE = Eventually("up", Ready("web"), within=10, after=20)
_SAFE = Always("run", Running("web", 1), until=50)


def test_each_fault_has_a_span_with_its_hosts() -> None:
    """And each kind a row; whether it was felt is said in words."""
    rows = list(fault_rows(_AXIS, timeline().faults))
    assert len(rows) == 2
    bounce, loss = rows
    assert ">Bounce<" in bounce
    assert "n1 ● felt" in bounce
    assert 'class="felt"' in bounce
    assert "Bounce(&#x27;n1&#x27;, start=At(2), end=For(3))" in bounce
    assert "○ not felt" in loss
    assert "for good" in loss


def test_a_fault_of_many_hosts_names_some() -> None:
    """All of them are in what the pointer reads."""
    hosts = tuple(f"n{number}" for number in range(9))
    (row,) = fault_rows(_AXIS, [FaultSpan("Ring", f"Ring({hosts})", hosts, 1.0, 2.0, True)])
    assert "n0 n1 n2 n3 … ● felt" in row
    assert "n8" in row


def test_a_step_that_failed_is_told_apart() -> None:
    """With what its last try met."""
    row = step_row(_AXIS, timeline().steps)
    assert ">Scale web<" in row
    assert ">Delete web ✗<" in row
    assert "nobody answers" in row


def test_violations_are_numbered() -> None:
    """As they are in the list above the chart."""
    found = [Violation("goal", "", "one", 3.0), Violation("bug", "", "two", 90.0)]
    row = violation_row(_AXIS, found)
    assert "✗ 1" in row
    assert "✗ 2" in row


@pytest.mark.parametrize(
    ("goal", "met", "at_s", "said"),
    [
        (_SAFE, True, None, "✓ held"),
        (_SAFE, False, 12.0, "✗ broken, 12 s"),
        (_LIVE, True, 25.0, "✓ met, 25 s"),
        (_LIVE, False, None, "○ not met by 30 s"),
        (Eventually("up", Ready("web")), False, None, "○ not met when the run ended"),
    ],
)
def test_what_became_of_a_goal_is_said(
    goal: Goal, met: bool, at_s: float | None, said: str
) -> None:
    """In words, not in colours alone."""
    outcome = made(goals=(GoalOutcome(goal.name, met, at_s),))
    (row,) = goal_rows(_AXIS, [goal], outcome)
    assert f">{said}<" in row


def test_a_goal_that_is_not_met_is_bad_if_somebody_objects() -> None:
    """Not if the run ended before, or only safety was judged."""
    goals = (GoalOutcome("up", False, None),)
    violation = Violation("goal", "goal: up", "up: not within 10 s: no pods", 31.0)
    (row,) = goal_rows(_AXIS, [_LIVE], made(goals=goals, violations=(violation,)))
    assert "✗ not met by 30 s" in row
    assert 'class="broken"' in row
    (row,) = goal_rows(_AXIS, [_LIVE], made(goals=goals))
    assert 'class="broken"' not in row
