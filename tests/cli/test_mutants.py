"""``kactors mutants``: its table, its files, its exit status, and what it survives."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kactors.cli.main import main
from tests.guides.programs import ROOT

TOYS = ("--corpus", "tests.cli.planted", "--budget", "0.2", "--jobs", "1")


def run(*arguments: str) -> Result:
    """Run the command; a traceback fails the test."""
    result = CliRunner().invoke(main, ["mutants", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_campaign_that_finds_everything_exits_0() -> None:
    """The table has a row for each mutant, and the last line the sum."""
    result = run(*TOYS, "--only", "toy-second", "--tries", "2")

    assert result.exit_code == 0, result.output
    assert "toy-second" in result.stdout
    assert "2/2" in result.stdout
    assert result.stdout.endswith("1 of 1 mutants found\n")


def test_a_mutant_that_is_not_found_exits_1() -> None:
    """One that hides is enough, and the table says which."""
    result = run(*TOYS, "--only", "toy-second", "--only", "toy-blind", "--tries", "1")

    assert result.exit_code == 1
    assert "0/1" in result.stdout
    assert "1 of 2 mutants found" in result.stdout


def test_the_json_is_the_contract(tmp_path: Path) -> None:
    """The names are those of docs/mutants.md; only the first series is shrunk."""
    file = tmp_path / "mutants.json"

    result = run(*TOYS, "--only", "toy-second", "--tries", "2", "--json", str(file))

    found = json.loads(file.read_text())
    assert result.exit_code == 0
    assert (found["found"], found["of"]) == (1, 1)
    (toy,) = found["mutants"]
    assert toy.pop("cpu_s_median") >= 0
    assert toy.pop("cpu_s_p95") >= 0
    assert toy == {
        "name": "toy-second",
        "number": 1,
        "found": True,
        "tries": 2,
        "tries_found": 2,
        "schedules_median": 2,
        "schedules_p95": 2,
        "shrunk_faults": 1,
        "shrunk": "spin | drop",
        "invariants": ["toys stay whole: not so"],
        "source": "a toy box",
    }
    assert "toy-second" in result.stdout


def test_json_on_standard_output_is_alone_there() -> None:
    """What programs read has no table in it."""
    result = run(*TOYS, "--only", "toy-second", "--tries", "1", "--no-shrink", "--json", "-")

    (toy,) = json.loads(result.stdout)["mutants"]
    assert toy["shrunk_faults"] is None
    assert toy["shrunk"] == ""


def test_the_markdown_is_a_table(tmp_path: Path) -> None:
    """A head, a rule, and one row for each mutant, all of the same width."""
    file = tmp_path / "table.md"

    run(
        *TOYS,
        "--only",
        "toy-blind",
        "--only",
        "toy-second",
        "--tries",
        "1",
        "--markdown",
        str(file),
    )

    lines = file.read_text().splitlines()
    assert lines[0].startswith("| row | mutant | found |")
    assert lines[2].startswith("| 2 | `toy-blind` | 0/1 |")
    assert lines[3].startswith("| 1 | `toy-second` | 1/1 | 2 | 2 |")
    assert lines[3].endswith("| 1 | toys stay whole |")
    assert {line.count("|") for line in lines} == {10}


def test_a_worker_that_is_killed_is_reported() -> None:
    """The campaign goes on without that try; it is not complete, so it exits with 1."""
    result = run(*TOYS, "--only", "toy-victim", "--only", "toy-second", "--tries", "1")

    assert result.exit_code == 1
    assert "the worker on toy-victim, series 0, was killed by SIGKILL" in result.stderr
    assert "1 of 2 mutants found" in result.stdout


#: Programs in the background are started with Ctrl-C ignored.
INTERRUPTIBLE = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from kactors.cli.main import main; main(sys.argv[1:])"
)


@pytest.mark.live
def test_an_interrupt_shows_what_is_known(tmp_path: Path) -> None:
    """Ctrl-C ends the workers at once; table and JSON hold what was found before."""
    file = tmp_path / "mutants.json"
    command = [sys.executable, "-c", INTERRUPTIBLE, "mutants", *TOYS, "--tries", "1"]
    only = ["--only", "toy-second", "--only", "toy-impatient", "--json", str(file)]

    done = subprocess.run(
        [*command, *only], cwd=ROOT, capture_output=True, text=True, timeout=50, check=False
    )

    assert done.returncode == 1, done.stderr
    assert "interrupted: what follows is what is known so far" in done.stderr
    assert "Traceback" not in done.stderr
    assert "1 of 2 mutants found" in done.stdout
    assert [each["name"] for each in json.loads(file.read_text())["mutants"]] == ["toy-second"]


def test_a_harness_that_fails_costs_nothing_that_was_found(tmp_path: Path) -> None:
    """What is known is written first, then the bug is shown."""
    file = tmp_path / "partial.json"
    arguments = ["--only", "toy-second", "--only", "toy-broken", "--tries", "1"]

    result = CliRunner().invoke(main, ["mutants", *TOYS, *arguments, "--json", str(file)])

    assert isinstance(result.exception, ZeroDivisionError)
    assert [each["name"] for each in json.loads(file.read_text())["mutants"]] == ["toy-second"]


def test_an_unknown_mutant_is_refused() -> None:
    """The error says which there are, and nothing is hunted."""
    result = run(*TOYS, "--only", "toy-train")

    assert result.exit_code == 2
    assert "no mutant is called 'toy-train'; there are toy-second, toy-blind" in result.stderr


def test_a_mutant_that_does_not_fit_the_code_is_refused() -> None:
    """What is not there cannot be changed: the corpus is broken, not the code."""
    result = run(*TOYS, "--only", "toy-stale", "--tries", "1")

    assert result.exit_code == 2
    assert "rewrite the mutant" in result.stderr


def test_outside_a_checkout_the_command_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The corpus stands beside the tests, which are not installed."""
    monkeypatch.chdir(tmp_path)

    result = run("--corpus", "no_such_tests.mutants")

    assert result.exit_code == 2
    assert "run from the root of a checkout" in result.stderr


def test_a_corpus_in_the_working_directory_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It need not be installed; one without mutants is refused by name."""
    (tmp_path / "empty_corpus").mkdir()
    (tmp_path / "empty_corpus" / "__init__.py").write_text("")
    (tmp_path / "module_corpus.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    assert "no module of empty_corpus has MUTANTS" in run("--corpus", "empty_corpus").stderr
    assert "module_corpus is a module, not a package" in run("--corpus", "module_corpus").stderr


def test_a_file_that_cannot_be_written_is_refused_before_the_hunt(tmp_path: Path) -> None:
    """Hours of work should not end there."""
    result = run(*TOYS, "--json", str(tmp_path / "nowhere" / "mutants.json"))

    assert result.exit_code == 2
    assert "No such file or directory" in result.stderr
