"""The page of many runs."""

from pathlib import Path
from typing import Any

import pytest

from kactors.faults import FAULTS
from kactors.faults.injector import Counts
from kactors.scenario.campaign import Campaign, Run
from kactors.scenario.report import draw_campaign
from tests.scenario.report.test_page import Nesting


def run(scenario: str, seed: int, signature: str = "", **more: Any) -> Run:
    """Return a run that was never run."""
    fields: dict[str, Any] = {
        "text": f"what <was> seen with seed {seed}" if signature else "",
        "replay": f"kactors-1:{seed}:{scenario}:1:abc",
        "source": "",
        "virtual_s": 100.0,
        "wall_s": 2.0,
        "faults": {},
        "probes": {},
    }
    return Run(scenario=scenario, seed=seed, signature=signature, **{**fields, **more})


def campaign(*runs: Run) -> Campaign:
    """Return a campaign of these."""
    made = Campaign()
    for each in runs:
        made.add(each)
    return made


def test_the_page_is_html_that_needs_nothing_else() -> None:
    """Elements are closed by those who opened them, and nothing is fetched."""
    page = draw_campaign(campaign(run("a", 0), run("a", 1, "goal: x"), run("b", 1)), 10.0)
    parser = Nesting()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert "http" not in page.replace("http-equiv", "")


def test_a_cell_for_each_run_stands_below_its_seed() -> None:
    """Those that held are one path; one that did not tells why; one that is missing is blank."""
    page = draw_campaign(
        campaign(run("a", 5), run("a", 7), run("b", 5), run("b", 6, "goal: x"), run("b", 7)), 10.0
    )
    assert 'd="M0.00 3h332.33v14h-332.33zM666.67 3h332.33v14h-332.33z"' in page
    assert "<title>seed 6: goal: x</title>" in page
    assert "2 of 2 · 50x" in page
    assert "2 of 3 · 50x" in page


def test_failures_are_told_once_each_with_their_replay() -> None:
    """With the file, if there is one, and how small it became."""
    made = campaign(run("a", 1, "goal: x"), run("a", 2, "goal: x"), run("b", 3, "goal: y"))
    first, _ = made.failures.values()
    first.file, first.shrunk_faults = Path("replays/a.py"), 1
    page = draw_campaign(made, 10.0)
    assert "✗ violated" in page
    assert "0 of 3 runs held" in page
    assert "a, seed 1, 2 runs, 1 fault left" in page
    assert "kactors replay replays/a.py" in page
    assert "b, seed 3, 1 run<" in page
    assert "kactors replay kactors-1:3:b:1:abc" in page
    assert "what &lt;was&gt; seen with seed 1" in page
    assert "seen with seed 2" not in page


def test_every_kind_of_fault_has_a_row() -> None:
    """What was never felt is said to be so, whether or not it was armed."""
    faults = {"Cut": Counts(armed=1200, fired=1100, felt=1000), "Ring": Counts(3, 2, 0)}
    page = draw_campaign(campaign(run("a", 0, faults=faults)), 10.0)
    assert all(f">{fault.__name__}</b>" in page for fault in FAULTS)
    assert "1,000 felt, 1,100 fired, 1,200 armed" in page
    assert "✗ never felt: 0 felt, 2 fired, 3 armed" in page
    assert page.count("✗ never felt") == len(FAULTS) - 1
    assert f"1 of {len(FAULTS)} kinds of faults felt" in page


def test_probes_that_were_never_hit_come_first() -> None:
    """They are what one looks for."""
    page = draw_campaign(campaign(run("a", 0, probes={"b: reached": 4000, "c: missed": 0})), 10.0)
    assert page.index("c: missed") < page.index("b: reached")
    assert "✗ never hit" in page
    assert ">4,000<" in page
    assert "probes never hit: 1" in page


@pytest.mark.parametrize(
    ("complete", "signature", "verdict"),
    [(True, "", "✓ held"), (False, "", "○ incomplete"), (False, "goal: x", "✗ violated")],
)
def test_a_verdict_is_given_for_the_whole(complete: bool, signature: str, verdict: str) -> None:
    """What is not complete has not held."""
    made = campaign(run("a", 0, signature))
    made.complete = complete
    assert verdict in draw_campaign(made, 10.0)


def test_a_campaign_without_runs_can_be_drawn() -> None:
    """It was interrupted at once."""
    made = Campaign(complete=False)
    assert "0 of 0 runs held" in draw_campaign(made, 0.0)


def test_equal_campaigns_have_equal_pages() -> None:
    """In whatever order the runs are told."""
    one, other = run("a", 0), run("b", 1, probes={"p": 1})
    assert draw_campaign(campaign(one, other), 1.0) == draw_campaign(campaign(other, one), 1.0)
