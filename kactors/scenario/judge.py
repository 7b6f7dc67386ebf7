"""Judges the goals of a run, second by second."""

from collections.abc import Callable, Iterable

import attrs

from kactors.scenario.errors import GoalRaised
from kactors.scenario.goals import Always, Eventually, Goal
from kactors.scenario.outcome import Violation
from kactors.scenario.timeline import GoalOutcome
from kactors.scenario.view import View

__all__ = ["Judge"]


@attrs.define
class _Standing:
    """What is known of one goal; ``missing`` is what was missing at the last look."""

    goal: Goal
    met_at_s: float | None = None
    broken_at_s: float | None = None
    missing: str = ""


class Judge:
    """Follows goals.

    Args:
        goals: of the scenario.
        liveness: whether it matters that what should come about does.
        report: told of violations.
    """

    def __init__(
        self, goals: Iterable[Goal], report: Callable[[Violation], None], *, liveness: bool
    ) -> None:
        self._standings = [_Standing(goal) for goal in goals]
        self._liveness = liveness
        self._report = report

    def look(self, view: View) -> None:
        """Judge every goal by the cluster as it is now.

        Raises:
            GoalRaised: a predicate raised.
        """
        now_s = view.now_s
        for standing in self._standings:
            match standing.goal:
                case Always() as goal:
                    if standing.broken_at_s is None and goal.applies(now_s):
                        self._always(standing, goal, view)
                case Eventually() as goal:
                    if standing.met_at_s is None and goal.after <= now_s:
                        self._eventually(standing, goal, view)

    def _always(self, standing: _Standing, goal: Always, view: View) -> None:
        missing = _ask(goal, view)
        if missing:
            standing.broken_at_s, standing.missing = view.now_s, missing
            self._violated(goal, f"{goal.name}: {missing}", view.now_s)

    def _eventually(self, standing: _Standing, goal: Eventually, view: View) -> None:
        if standing.broken_at_s is not None:
            return
        standing.missing = _ask(goal, view)
        if not standing.missing:
            standing.met_at_s = view.now_s
        elif goal.is_late(view.now_s):
            self._late(standing, goal, view.now_s)

    def _late(self, standing: _Standing, goal: Eventually, now_s: float) -> None:
        standing.broken_at_s = now_s
        if self._liveness:
            span = "" if goal.within is None else f" within {goal.within:g} s"
            self._violated(goal, f"{goal.name}: not{span}: {standing.missing}", now_s)

    def _violated(self, goal: Goal, text: str, at_s: float) -> None:
        self._report(Violation("goal", f"goal: {goal.name}", text, at_s))

    @property
    def waits(self) -> str:
        """What has yet to come about, and may; empty if nothing."""
        for each in self._standings:
            if (
                isinstance(each.goal, Eventually)
                and each.met_at_s is None
                and each.broken_at_s is None
            ):
                return f"{each.goal.name}: {each.missing or 'it is too early'}"
        return ""

    def finish(self, now_s: float) -> None:
        """Take what has not come about for broken: the run is over."""
        for standing in self._standings:
            goal = standing.goal
            if not isinstance(goal, Eventually) or standing.met_at_s is not None:
                continue
            if standing.broken_at_s is None:
                standing.missing = standing.missing or "the run ended before it was asked"
                self._late(standing, goal, now_s)

    def outcomes(self) -> tuple[GoalOutcome, ...]:
        """Return what became of each goal."""
        found = []
        for each in self._standings:
            if isinstance(each.goal, Always):
                met, at_s = each.broken_at_s is None, each.broken_at_s
            else:
                met, at_s = each.met_at_s is not None, each.met_at_s
            found.append(GoalOutcome(each.goal.name, met, at_s))
        return tuple(found)


def _ask(goal: Goal, view: View) -> str:
    try:
        return goal.predicate.missing(view)
    except Exception as problem:
        raise GoalRaised(
            f"the goal {goal.name!r} raised {type(problem).__name__}: {problem}"
        ) from problem
