"""Scenario files: what is wrong with one is said with its line and the remedy."""

import pickle
from pathlib import Path

import pytest

from kactors.scenario.errors import BrokenFile
from kactors.scenario.loader import find_files, load, located
from kactors.scenario.run import run
from tests.scenario.tiny import LINES


def line_of(text: str, part: str) -> int:
    """Return the number of the first line with a part."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.mark.parametrize(
    ("old", "new", "at", "problem"),
    [
        ("goals=(", "gaols=(", "SCENARIO =", "Scenario has no field 'gaols': did you mean 'goals'"),
        ('Bounce("n1", start', 'Bounce("n7", start', "n7", "there is no such host"),
        (", end=For(3))", ")", "Bounce(", "has no end: give end=For"),
        ("chaos_s=8,", "chaos_s=8", "chaos_s", "Perhaps you forgot a comma|invalid syntax"),
        ("SCENARIO = ", "SCENE = ", "", "end the file with SCENARIO = Scenario"),
        (
            "from kactors.scenario import At,",
            "import no_such #",
            "no_such",
            "import what",
        ),
        ("chaos_s=8", "chaos_s=8 / 0", "8 / 0", "ZeroDivisionError.*correct this line"),
        ("Bounce(", "Bounse(", "Bounse(", "NameError.*Bounse"),
        ('"tiny",', '"tiny", budget="large",', "large", "one of 'recoverable', 'beyond'"),
        ("of(1, 1,", "of(0, 1,", "of(0, 1", "masters is 0: give 1 to 7"),
    ],
)
def test_the_line_and_the_remedy_are_named(
    tmp_path: Path, old: str, new: str, at: str, problem: str
) -> None:
    """Whoever wrote the file knows where to look and what to do."""
    path = tmp_path / "broken.py"
    text = LINES.replace(old, new)
    assert text != LINES
    if "chaos_s=8\n" in text:
        text = text.replace("chaos_s=8\n", "chaos_s=8 8\n")
    path.write_text(text)

    with pytest.raises(BrokenFile, match=problem) as broken:
        load(path)

    assert broken.value.line == (line_of(text, at) if at else 0)
    assert str(broken.value).startswith(f"{path}:{broken.value.line}:" if at else f"{path}: ")


def test_a_goal_that_raises_is_found_in_the_file(tmp_path: Path) -> None:
    """In its own line, when the run comes to it."""
    path = tmp_path / "odd.py"
    predicate = '''
from kactors.scenario import Predicate

class Odd(Predicate):
    """It cannot tell."""

    def missing(self, view):
        return view.no_such_thing
'''
    text = LINES.replace("\nSCENARIO", predicate + "\nSCENARIO").replace('Ready("web")', "Odd()")
    path.write_text(text)
    loaded = load(path)

    with (
        pytest.raises(BrokenFile, match="'up again' raised AttributeError") as broken,
        located(loaded.path, loaded.source),
    ):
        run(loaded.scenario)

    assert broken.value.line == line_of(text, "no_such_thing")


def test_files_and_folders_are_found(tmp_path: Path) -> None:
    """Sorted, without what is private; what is not there is said to be so."""
    for name in ("b.py", "a.py", "_c.py", "d.txt"):
        (tmp_path / name).write_text("")
    assert [path.name for path in find_files([tmp_path, tmp_path / "_c.py"])] == [
        "a.py",
        "b.py",
        "_c.py",
    ]
    with pytest.raises(BrokenFile, match="no such file"):
        find_files([tmp_path / "e.py"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(BrokenFile, match="has no scenarios"):
        find_files([tmp_path / "empty"])


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    """As is a folder."""
    path = tmp_path / "bytes.py"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BrokenFile, match="UTF-8"):
        load(path)
    with pytest.raises(BrokenFile, match="give a scenario file"):
        load(tmp_path)


def test_a_seed_is_a_number(tmp_path: Path) -> None:
    """A replay file has one; its summary is the first line of its docstring."""
    path = tmp_path / "replayed.py"
    path.write_text(LINES + "SEED = 7\nBUILD = 'x'\n")
    loaded = load(path)
    assert (loaded.seed, loaded.build, loaded.summary) == (7, "x", "A node goes and comes.")
    path.write_text(LINES + "SEED = 'seven'\n")
    with pytest.raises(BrokenFile, match="SEED is 'seven': give a number"):
        load(path)


def test_a_broken_file_can_be_told_by_another_process() -> None:
    """With all that is known."""
    problem = BrokenFile(Path("a.py"), 3, "it is broken")
    same = pickle.loads(pickle.dumps(problem))
    assert (str(same), same.path, same.line) == ("a.py:3: it is broken", Path("a.py"), 3)
