"""Goals: judged in their span, and told once."""

from collections.abc import Callable
from typing import Any, cast

import attrs
import pytest

from kactors.scenario import AllOf, Always, AnyOf, Eventually, Not, Predicate, View
from kactors.scenario.errors import GoalRaised, InvalidScenario
from kactors.scenario.goals import Goal
from kactors.scenario.judge import Judge
from kactors.scenario.outcome import Violation


@attrs.frozen
class Moment:
    """All of a view that these predicates look at."""

    now_s: float


@attrs.frozen(repr=False)
class Later(Predicate):
    """It is late enough."""

    than_s: float

    def missing(self, view: View) -> str:
        """Return that it is not."""
        return "" if view.now_s > self.than_s else f"it is only {view.now_s:g}"


@attrs.frozen(repr=False)
class Broken(Predicate):
    """It cannot tell."""

    def missing(self, view: View) -> str:
        """Raise."""
        raise ZeroDivisionError("a bug in a scenario")


def judged(
    *goals: Goal, until: int, liveness: bool = True
) -> tuple[Judge, list[Violation], Callable[[float], Any]]:
    """Return a judge that has looked at each second, and what it reported."""
    reported: list[Violation] = []
    judge = Judge(goals, reported.append, liveness=liveness)
    for second in range(until + 1):
        judge.look(cast("View", Moment(float(second))))
    return judge, reported, judge.finish


def test_what_must_always_hold_is_judged_in_its_span_and_objected_to_once() -> None:
    """With the second at which it was broken first."""
    early = Always("early", Not(Later(5)), until=5)
    late = Always("late", Later(3), after=4)
    broken = Always("broken", Not(Later(7)))
    judge, reported, _ = judged(early, late, broken, until=12)

    assert [(each.signature, each.at_s) for each in reported] == [("goal: broken", 8.0)]
    assert [(each.met, each.at_s) for each in judge.outcomes()] == [
        (True, None),
        (True, None),
        (False, 8.0),
    ]


def test_what_must_come_about_is_met_once_or_late() -> None:
    """The judge says what it waits for."""
    met = Eventually("met", Later(3), within=10)
    late = Eventually("late", Later(100), within=5, after=2)
    waits = Eventually("waits", Later(100))
    judge, reported, finish = judged(met, late, waits, until=9)

    assert judge.waits.startswith("waits: it is only 9")
    assert [(each.signature, each.at_s) for each in reported] == [("goal: late", 8.0)]
    finish(9.0)
    assert [each.signature for each in reported] == ["goal: late", "goal: waits"]
    assert [(each.met, each.at_s) for each in judge.outcomes()] == [
        (True, 4.0),
        (False, None),
        (False, None),
    ]
    assert judge.waits == ""


def test_a_goal_that_was_never_asked_is_not_met() -> None:
    """The run was shorter than its author thought."""
    _, reported, finish = judged(Eventually("far", Later(0), after=50), until=5)
    finish(5.0)
    assert "before it was asked" in reported[0].text


def test_where_liveness_is_not_judged_nothing_has_to_come_about() -> None:
    """It is still told that it did not."""
    judge, reported, finish = judged(
        Eventually("never", Later(100), within=1), until=5, liveness=False
    )
    finish(5.0)
    assert reported == []
    assert not judge.outcomes()[0].met


def test_a_goal_that_raises_is_named() -> None:
    """And what it raised is the cause."""
    with pytest.raises(GoalRaised, match="'odd' raised ZeroDivisionError") as raised:
        judged(Always("odd", Broken()), until=0)
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


def test_predicates_can_be_put_together() -> None:
    """What is missing is said for each."""
    view = cast("View", Moment(5.0))
    assert AllOf((Later(1), Later(2))).missing(view) == ""
    assert AllOf((Later(1), Later(7), Later(8))).missing(view) == "it is only 5; it is only 5"
    assert AnyOf((Later(7), Later(2))).missing(view) == ""
    assert AnyOf((Later(7), Later(8))).missing(view) == "it is only 5 and it is only 5"
    assert Not(Later(7)).missing(view) == ""
    assert Not(Later(1)).missing(view) == "Later(1) holds"


def test_a_goal_asks_a_predicate_in_a_span() -> None:
    """Anything else is refused when it is written."""
    with pytest.raises(InvalidScenario, match="give a predicate"):
        Always("x", cast("Predicate", "web is up"))
    with pytest.raises(InvalidScenario, match="not before the beginning"):
        Always("x", Later(1), after=5, until=4)
