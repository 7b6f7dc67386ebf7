"""``kactors hunt``: many seeds in processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kactors.cli.main import main
from tests.cli.test_mutants import INTERRUPTIBLE
from tests.cli.test_run import FAILING
from tests.scenario.tiny import LINES

#: Kills the process that runs seed 1, the first time.
DEADLY = """
import os, signal
from pathlib import Path

FLAG = Path(__file__).with_suffix(".flag")
"""
KILL = """
from kactors.scenario import Predicate

class Kill(Predicate):
    def missing(self, view):
        if view.cluster.world.seed == 1 and not FLAG.exists():
            FLAG.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return ""
"""


def call(*arguments: object) -> Result:
    """Call the command."""
    return CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False)


def test_a_hunt_finds_failures_once_each(tmp_path: Path) -> None:
    """With replay files, which fail; shrunk if that was asked for."""
    (tmp_path / "tiny.py").write_text(LINES)
    (tmp_path / "failing.py").write_text(FAILING.replace('"tiny"', '"failing"'))
    out = tmp_path / "out.json"
    done = call("hunt", tmp_path, "--seeds", "0:3", "--jobs", 2, "--shrink",
                "--replays", tmp_path / "replays", "--json", out,
                "--report", tmp_path / "out.html")  # fmt: skip
    assert done.exit_code == 1
    assert "3 of 6 runs held" in (tmp_path / "out.html").read_text(encoding="utf-8")
    assert done.output.count("violated by failing, seed 0: ") == 1  # as soon as it is known
    assert "hunting: 4 of 6 runs" in done.output
    found = json.loads(out.read_text())
    assert (found["runs"], found["held"], found["violated"]) == (6, 3, 3)
    (failure,) = found["failures"]
    assert (failure["scenario"], failure["seed"], failure["runs"]) == ("failing", 0, 3)
    assert failure["signature"] == "goal: all run"
    assert failure["shrunk_faults"] == 1
    assert found["faults"]["Bounce"] == {"armed": 6, "fired": 6, "felt": 6}
    assert found["probes_never_hit"]
    assert found["complete"]
    assert call("replay", failure["file"]).exit_code == 1


def test_a_worker_that_is_killed_costs_a_repetition(tmp_path: Path) -> None:
    """And nothing else."""
    text = LINES.replace("\nSCENARIO", DEADLY + KILL + "\nSCENARIO").replace(
        'Ready("web")', "Kill()"
    )
    (tmp_path / "deadly.py").write_text(text)
    done = call("hunt", tmp_path, "--seeds", "0:3", "--jobs", 2, "--json", "-")
    assert done.exit_code == 0, done.output
    assert "seed 1, was killed by SIGKILL, and is run once more" in done.output
    assert '"runs": 3' in done.output


#: At its third run a worker presses Ctrl-C for the user.
IMPATIENT = """
import multiprocessing, os, pathlib, signal
parent = multiprocessing.parent_process()
if parent is not None:
    runs = pathlib.Path({runs!r})
    (runs / str(os.getpid())).touch()
    if len(list(runs.iterdir())) == 3:
        os.kill(parent.pid, signal.SIGINT)
"""


def test_an_interrupt_leaves_what_is_known(tmp_path: Path) -> None:
    """Ctrl-C ends the hunt with 1 and a partial result."""
    runs = tmp_path / "runs"
    runs.mkdir()
    (tmp_path / "tiny.py").write_text(LINES + IMPATIENT.format(runs=str(runs)))
    out = tmp_path / "out.json"
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTIBLE, "hunt", str(tmp_path / "tiny.py"), "--seeds",
         "0:100000", "--jobs", "1", "--json", str(out)],
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "interrupted: what follows is what is known so far" in done.stderr
    found = json.loads(out.read_text())
    assert not found["complete"]
    assert found["runs"] >= 1
    assert found["violated"] == 0


@pytest.mark.parametrize("seeds", ["3:3", "5:1", "a:b", ""])
def test_seeds_are_a_range(tmp_path: Path, seeds: str) -> None:
    """That is not empty."""
    done = call("hunt", tmp_path, "--seeds", seeds)
    assert done.exit_code == 2
    assert "give A:B with A below B" in done.output


def test_broken_files_are_found_before_the_hunt(tmp_path: Path) -> None:
    """Not after hours."""
    (tmp_path / "a.py").write_text(LINES)
    (tmp_path / "b.py").write_text("SCENARIO = 3\n")
    done = call("hunt", tmp_path)
    assert done.exit_code == 2
    assert "b.py: SCENARIO is no Scenario" in done.output
