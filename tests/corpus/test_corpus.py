"""The corpus itself: every bug can be planted, leaves nothing behind, and is shown by somebody."""

from collections import Counter
from pathlib import Path

import pytest

from kactors.scenario.loader import load
from kactors.scenario.oracles import ORACLES
from kactors.scenario.oracles.end_state import SameEnd
from kactors.scenario.planted import Planted, load_planted

PLANTED = load_planted("tests.corpus")
SCENARIOS = Path(__file__).parent / "scenarios"


def test_a_bug_is_asked_for_by_its_id() -> None:
    """No two have one."""
    ids = Counter(planted.id for planted in PLANTED)

    assert set(ids.values()) == {1}


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.id)
def test_every_bug_can_be_planted(planted: Planted) -> None:
    """The code that it changes is there, as the corpus knows it, twice in a row."""
    for _ in range(2):
        with planted.apply():
            pass


def test_every_oracle_has_a_bug_that_it_objects_to() -> None:
    """What objects to nothing that we know of may as well be blind."""
    names = {SameEnd.name, *(oracle.name for oracle in ORACLES)}

    assert {name for name in names if not _has_bug(name)} == set()


def _has_bug(name: str) -> bool:
    return any(planted.breaks.startswith(f"{name}: ") for planted in PLANTED)


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("[!_]*.py")), ids=lambda path: path.stem)
def test_every_scenario_shows_a_bug(path: Path) -> None:
    """It can be read, is named as its file is, and stands in the corpus."""
    loaded = load(path)

    assert loaded.scenario.name == path.stem.replace("_", "-")
    assert loaded.summary
    assert path in {planted.scenario for planted in PLANTED}
