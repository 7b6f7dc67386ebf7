"""The scenarios that come with kactors: values, named after their files, and held.

All of them over many seeds is what ``kactors hunt scenarios`` is for.
"""

from pathlib import Path

import pytest

import kactors.scenario
import scenarios
from kactors.scenario.loader import find_files, load
from kactors.scenario.run import run

FOLDER = Path(scenarios.__file__).parent
FILES = find_files([FOLDER])
#: Some seconds of CPU time each.
CHEAP = ("garbage_collected", "jobs_exactly_once", "namespace_deleted")


def test_there_are_scenarios() -> None:
    """One for each of the stories that a control plane is feared for."""
    assert len(FILES) >= 18
    assert {*CHEAP, "master_loss", "storm"} <= {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_scenario_is_a_value_and_its_name_its_files(path: Path) -> None:
    """It can be logged, mailed, edited and run again; its summary says what it is about."""
    loaded = load(path)
    scenario = loaded.scenario

    assert eval(repr(scenario), vars(kactors.scenario)) == scenario
    assert scenario.name == path.stem.replace("_", "-")
    assert loaded.summary
    assert scenario.goals


@pytest.mark.parametrize("name", CHEAP)
def test_a_cheap_scenario_holds(name: str) -> None:
    """With seed 0, and its faults were felt."""
    outcome, _ = run(load(FOLDER / f"{name}.py").scenario, 0)

    assert outcome.verdict == "held", outcome.violations
    assert all(counts["felt"] for counts in outcome.as_json()["faults"].values())
