"""What was done to the cluster, what an administrator did, and what became of goals."""

from collections.abc import Iterator, Sequence

from kactors.scenario.administrator import Performed
from kactors.scenario.goals import Always, Goal
from kactors.scenario.report.axis import Axis
from kactors.scenario.report.markup import plot, rect, row, text_at
from kactors.scenario.report.packing import Label, draw_labels
from kactors.scenario.timeline import FaultSpan, GoalOutcome

__all__ = ["fault_rows", "goal_rows", "step_row"]

#: Faults that are drawn; a browser stays quick with so many.
MOST_FAULTS = 200
_GOAL = 20


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


def goal_rows(
    axis: Axis, goals: Sequence[Goal], outcomes: Sequence[GoalOutcome], chaos_end_s: float
) -> Iterator[str]:
    """Yield a row for each goal: when it is judged, and when it was met or broken."""
    for goal, outcome in zip(goals, outcomes, strict=False):
        yield _goal_row(axis, goal, outcome, chaos_end_s)


def _goal_row(axis: Axis, goal: Goal, outcome: GoalOutcome, ended_s: float) -> str:
    always = isinstance(goal, Always)
    if isinstance(goal, Always):
        until = goal.until
    else:
        until = None if goal.within is None else goal.after + goal.within
    begin, end = axis.x(goal.after), axis.x(until)
    asked = f"{'always' if always else 'eventually'}: {goal.predicate!r}"
    # A promise of safety is kept up to the instant at which it is broken.
    at_s = (
        outcome.at_s if outcome.at_s is not None or outcome.met else min(ended_s, until or ended_s)
    )
    shapes = [rect(begin, end, 8, 12, "asked", asked)]
    if at_s is None:
        shapes.append(rect(begin, end, 8, 12, "kept", asked))
        text, x = "✓ held", begin
    else:
        x = axis.x(at_s)
        if always:
            shapes.append(rect(begin, x, 8, 12, "kept", asked))
        shapes.append(rect(x - 2, x + 2, 3, 17, "met" if outcome.met else "broken", asked))
        verb = "✓ met" if outcome.met else "✗ broken" if always else "✗ not met"
        text = f"{verb}, {at_s:.6g} s" if outcome.at_s is not None else verb
    before = x > 800
    look = "good chip" if outcome.met else "bad chip"
    label = text_at(x - 6 if before else x + 6, 2, text, look, before=before, title=asked)
    return row(outcome.name, plot(_GOAL, shapes, [label]), look="goal", title=asked)
