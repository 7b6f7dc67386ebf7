"""What was done to the cluster, what an administrator did, and what became of goals."""

from collections.abc import Iterator, Sequence

from kactors.scenario.administrator import Performed
from kactors.scenario.goals import Always, Goal
from kactors.scenario.outcome import Outcome, Violation
from kactors.scenario.report.axis import Axis
from kactors.scenario.report.markup import plot, rect, row, text_at
from kactors.scenario.report.packing import Label, draw_labels
from kactors.scenario.timeline import FaultSpan, GoalOutcome

__all__ = ["fault_rows", "goal_rows", "step_row", "violation_row"]

#: Faults that are drawn; a browser stays quick with so many.
MOST_FAULTS = 200
_GOAL = 20
#: Units beyond which a text is at the left of what it tells of.
_RIGHT = 750.0
#: Class of the mark of a goal, by that of its text.
_MARKS = {"good": "met", "bad": "broken", "soft": "open"}


def fault_rows(axis: Axis, faults: Sequence[FaultSpan]) -> Iterator[str]:
    """Yield a row for each kind of fault, in the order of their first ones."""
    kinds: dict[str, list[FaultSpan]] = {}
    for fault in faults[:MOST_FAULTS]:
        kinds.setdefault(fault.kind, []).append(fault)
    for kind, found in kinds.items():
        yield row(kind, draw_labels(axis, [_fault(each) for each in found]), look="fault")
    if len(faults) > MOST_FAULTS:
        left_out = f"{len(faults) - MOST_FAULTS} later faults are not drawn"
        yield row("faults", plot(_GOAL, (), [text_at(4, 2, left_out, "soft")]))


def _fault(fault: FaultSpan) -> Label:
    whom = " ".join(fault.hosts[:4]) + (" …" if len(fault.hosts) > 4 else "")
    mark = "● felt" if fault.felt else "○ not felt"
    until = "for good" if fault.end_s is None else f"to {fault.end_s:.6g} s"
    title = f"{fault.fault}\n{fault.begin_s:.6g} s {until}; {mark[2:]}"
    look = "felt" if fault.felt else "unfelt"
    return Label(fault.begin_s, fault.end_s, f"{whom} {mark}".strip(), title, look)


def step_row(axis: Axis, steps: Sequence[Performed]) -> str:
    """Return the row of what an administrator did."""
    return row("administrator", draw_labels(axis, [_step(each) for each in steps]))


def _step(step: Performed) -> Label:
    what, _, rest = step.step.partition("(")
    whom = rest.partition(",")[0].rstrip(")").strip("'\"")
    failed = "" if step.done else " ✗"
    tries = "once" if step.tries == 1 else f"in {step.tries} tries"
    result = f"done {tries}" if step.done else f"not done {tries}: {step.problem}"
    title = f"{step.step}\n{step.begun_s:.6g} s to {step.ended_s:.6g} s, {result}"
    text = f"{what} {whom}"[:48] + failed
    return Label(step.begun_s, step.ended_s, text, title, "step" if step.done else "undone")


def violation_row(axis: Axis, violations: Sequence[Violation]) -> str:
    """Return the row of what was violated, by numbers; texts are above the chart."""
    labels = [
        Label(each.at_s, each.at_s, f"✗ {number}", each.text, "broken")
        for number, each in enumerate(violations, start=1)
    ]
    return row("violated", draw_labels(axis, labels), look="wrong")


def goal_rows(axis: Axis, goals: Sequence[Goal], outcome: Outcome) -> Iterator[str]:
    """Yield a row for each goal: when it is judged, and when it was met or broken."""
    violated = [each.text for each in outcome.violations if each.by == "goal"]
    for goal, found in zip(goals, outcome.goals, strict=True):
        objected = any(text.startswith(f"{goal.name}: ") for text in violated)
        yield _goal_row(axis, goal, found, objected=objected)


def _goal_row(axis: Axis, goal: Goal, outcome: GoalOutcome, *, objected: bool) -> str:
    always = isinstance(goal, Always)
    begin, end = axis.x(goal.after), axis.x(_deadline_s(goal))
    asked = f"{'always' if always else 'eventually'}: {goal.predicate!r}"
    text, look, at_s = _standing(axis, goal, outcome, objected=objected)
    shapes = [rect(begin, end, 8, 12, "asked", asked)]
    x = begin if at_s is None else axis.x(at_s)
    if always:
        # A promise of safety is kept up to the instant at which it is broken.
        shapes.append(rect(begin, end if at_s is None else x, 8, 12, "kept", asked))
    if at_s is not None:
        shapes.append(rect(x - 2, x + 2, 3, 17, _MARKS[look], asked))
    before = x > _RIGHT
    label = text_at(x - 6 if before else x + 6, 2, text, f"{look} chip", before=before, title=asked)
    return row(outcome.name, plot(_GOAL, shapes, [label]), look="goal", title=asked)


def _deadline_s(goal: Goal) -> float | None:
    if isinstance(goal, Always):
        return goal.until
    return None if goal.within is None else goal.after + goal.within


def _standing(
    axis: Axis, goal: Goal, outcome: GoalOutcome, *, objected: bool
) -> tuple[str, str, float | None]:
    """Return what became of a goal, its class, and when that was; None for all the time.

    Nobody objects to a goal that is not met if the run ended early, or if only safety is judged.
    """
    if outcome.at_s is not None:
        at_s = outcome.at_s
        verb = "✓ met" if outcome.met else "✗ broken"
        return f"{verb}, {at_s:.6g} s", "good" if outcome.met else "bad", at_s
    if outcome.met:
        return "✓ held", "good", None
    mark, look = ("✗", "bad") if objected else ("○", "soft")
    deadline_s = _deadline_s(goal)
    if deadline_s is not None and deadline_s < axis.end_s:
        return f"{mark} not met by {deadline_s:.6g} s", look, deadline_s
    return f"{mark} not met when the run ended", look, axis.end_s
