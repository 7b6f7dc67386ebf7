"""The whole page."""

from html.parser import HTMLParser

import attrs
import pytest

from kactors.scenario import Always, FaultPlan, Running, Topology
from kactors.scenario.report import draw
from kactors.scenario.timeline import FaultSpan, GoalOutcome, HostSpan, Timeline
from tests.scenario.report.outcomes import VIOLATION, made, sample, timeline
from tests.scenario.tiny import tiny

_VOID = {"meta"}


class Nesting(HTMLParser):
    """Objects to elements that are not closed, or not by those who opened them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it."""
        del attrs
        self.seen.append(tag)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Compare it with what is open."""
        assert self.open.pop() == tag


@pytest.mark.parametrize("violations", [(), (VIOLATION, VIOLATION)])
def test_elements_are_closed_by_those_who_opened_them(violations: tuple[object, ...]) -> None:
    """The page is HTML, whatever the verdict."""
    parser = Nesting()
    parser.feed(draw(made(violations=violations)))
    parser.close()
    assert parser.open == []
    assert {"svg", "rect", "path", "main"} <= set(parser.seen)


def test_the_verdict_and_the_command_that_repeats_it_are_told() -> None:
    """Both are in the page's head."""
    page = draw(made())
    assert "✓ held" in page
    assert "kactors replay kactors-1:0:tiny:3:abc" in page


def test_a_violation_is_told_and_has_a_line() -> None:
    """Its text is escaped, numbered, and at its time there is a line over all rows."""
    page = draw(made(violations=(VIOLATION,)))
    assert "✗ violated" in page
    assert "n1 has &lt;more&gt; than it has" in page
    assert page.count('class="finding"') == 2  # the line, and the key in the legend
    assert "✗ 1" in page
    assert 'class="finding"' not in draw(made()).partition('class="legend"')[0]


def test_all_that_is_named_is_escaped() -> None:
    """Names that look like markup do no harm."""
    evil = "<script>alert(1)</script>"
    goal = Always(evil, Running("web", 1))
    shown = timeline(
        goals=[GoalOutcome(evil, True, None)],
        samples=[sample(0.0, etcd="m1", calls={evil: {"served": 1}})],
        faults=[FaultSpan(evil, evil, (evil,), 1.0, 2.0, True)],
        host_spans=[HostSpan("n1", "down", 1.0, 2.0)],
    )
    page = draw(made(shown, scenario=tiny(name=evil, goals=(goal,)), replay=evil))
    assert page.count("<script>") == 1  # the page's own
    assert "alert(1)&lt;/script&gt;" in page


def test_an_empty_timeline_is_drawn() -> None:
    """A run that ended before its first second has a page, too."""
    empty = Timeline(hosts=(), zones={})
    page = draw(made(empty, scenario=tiny(goals=(), faults=FaultPlan(()))))
    assert "tiny" in page
    assert "nodes ready" not in page


def test_equal_outcomes_have_equal_pages() -> None:
    """Nothing in the page depends on anything else."""
    assert draw(made()) == draw(made(attrs.evolve(timeline())))


def test_a_long_run_with_many_faults_stays_small() -> None:
    """An hour, 500 faults, 1,000 nodes: less than 400 KB."""
    hosts = ("m1", *(f"n{number}" for number in range(1, 1001)))
    faults = [
        FaultSpan("Bounce", f"Bounce('n{at}', start=At({at}))", (f"n{at}",), at, at + 3.0, True)
        for at in range(1, 501)
    ]
    shown = attrs.evolve(timeline(3600, faults=faults), hosts=hosts)
    page = draw(made(shown))
    assert len(page.encode()) < 400_000
    assert "300 later faults are not drawn" in page


def test_faults_and_settings_are_there_to_copy() -> None:
    """As Python, with the knobs that are not at their defaults."""
    topology = Topology.of(1, 1, dns_replicas=0, knobs={"etcd.heartbeat_ticks": 2})
    page = draw(made(scenario=tiny(topology=topology)))
    assert "Bounce(&#x27;n1&#x27;, start=At(2), end=For(3))" in page
    assert "&#x27;etcd.heartbeat_ticks&#x27;: 2" in page
    assert "knobs=" not in draw(made())


def test_nothing_comes_from_elsewhere() -> None:
    """The page names no address but that of SVG's own names, which it does not need."""
    page = draw(made())
    assert "http" not in page
    assert "<link" not in page
    assert "src=" not in page
