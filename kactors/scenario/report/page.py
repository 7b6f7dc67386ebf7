"""The page: the verdict, what was violated, and all rows upon one axis of time."""

from collections.abc import Sequence
from html import escape

from kactors.scenario.outcome import Outcome
from kactors.scenario.report.axis import Axis, axis_row, overlay
from kactors.scenario.report.happenings import fault_rows, goal_rows, step_row, violation_row
from kactors.scenario.report.hosts import host_rows
from kactors.scenario.report.leaders import leader_rows
from kactors.scenario.report.markup import heading, key, tag
from kactors.scenario.report.readout import readout
from kactors.scenario.report.series import series_rows
from kactors.scenario.report.style import PAGE, SCRIPT, STYLE
from kactors.scenario.report.thinning import Stretch, thin

__all__ = ["draw"]


def draw(outcome: Outcome) -> str:
    """Return the page: HTML that needs nothing from elsewhere, the same for equal outcomes."""
    timeline = outcome.timeline
    axis = Axis.of(timeline)
    stretches = thin([sample for sample in timeline.samples if axis.shows(sample.at_s)])
    return PAGE.substitute(
        title=escape(f"{outcome.scenario.name}, seed {outcome.seed}: {outcome.verdict}"),
        style=STYLE,
        script=SCRIPT,
        head=_head(outcome),
        violations=_violations(outcome),
        overlay=overlay(
            axis, timeline.faults, timeline.phases, [each.at_s for each in outcome.violations]
        ),
        rows="".join(_rows(outcome, axis, stretches)),
        legend=_legend(),
        plan=escape(_drawn(outcome)),
        readout=readout(axis, stretches),
    )


def _rows(outcome: Outcome, axis: Axis, stretches: Sequence[Stretch]) -> list[str]:
    timeline, scenario = outcome.timeline, outcome.scenario
    rows = [axis_row(axis, timeline.phases)]
    if outcome.violations:
        rows.append(violation_row(axis, outcome.violations))
    if outcome.goals:
        rows += [heading("Goals"), *goal_rows(axis, scenario.goals, outcome)]
    rows.append(heading("Faults and orders"))
    rows += fault_rows(axis, timeline.faults)
    if timeline.steps:
        rows.append(step_row(axis, timeline.steps))
    masters = scenario.topology.master_names
    rows += [heading("Hosts"), *host_rows(axis, timeline, masters)]
    rows += [heading("Who leads"), *leader_rows(axis, timeline)]
    rows += [heading("Cluster and clients"), *series_rows(axis, stretches)]
    return rows


def _head(outcome: Outcome) -> str:
    held = outcome.verdict == "held"
    verdict = tag("span", "✓ held" if held else "✗ violated", class_="verdict")
    faults = sum(each.fired for each in outcome.faults.values())
    felt = sum(each.felt for each in outcome.faults.values())
    met = sum(goal.met for goal in outcome.goals)
    facts = [
        f"seed {outcome.seed}",
        f"{len(outcome.timeline.hosts)} hosts",
        f"{faults} {'fault' if faults == 1 else 'faults'}, {felt} felt",
        f"{met} of {len(outcome.goals)} goals met",
        f"{outcome.virtual_s:.0f} virtual seconds",
        f"{outcome.events:,} messages",
        f"digest {outcome.digest[:12]}",
    ]
    parts = [
        tag("h1", verdict + " " + escape(outcome.scenario.name)),
        tag("p", escape(" · ".join(facts)), class_="facts"),
        tag("p", "Again: " + tag("code", escape(f"kactors replay {outcome.replay}"))),
    ]
    return tag("header", "".join(parts), class_="good" if held else "bad")


def _violations(outcome: Outcome) -> str:
    if not outcome.violations:
        return ""
    items = [
        tag(
            "li",
            tag("b", escape(each.text)) + tag("small", escape(f"{each.by}, {each.at_s:.6g} s")),
        )
        for each in outcome.violations
    ]
    return tag("ol", "".join(items), class_="violations")


def _drawn(outcome: Outcome) -> str:
    """Return the faults and the settings of the run, as Python."""
    knobs = outcome.scenario.topology.knobs
    settings = "".join(f"\n    {name!r}: {value!r}," for name, value in knobs)
    return outcome.scenario.plan.to_python() + (f"\n\nknobs={{{settings}\n}}" if knobs else "")


def _legend() -> str:
    keys = [
        key("felt", "fault, felt by somebody"),
        key("unfelt", "fault, felt by nobody"),
        key("shade", "while there is any fault"),
        key("down", "host is down"),
        key("paused", "host is paused"),
        key("struck", "fault names the host"),
        key("asked", "goal is judged"),
        key("finding", "violation"),
    ]
    return tag("p", "".join(keys), class_="legend")
