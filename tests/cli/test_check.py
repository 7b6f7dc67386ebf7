"""``kactors check``: its verdicts, its files, and what it says to those who use it wrongly."""

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kactors.checking.actions import Get, Put
from kactors.checking.history import parse_history, write_history
from kactors.checking.operation import Operation
from kactors.cli.check import check
from tests.checking.histories import hopeless, op

GOOD = [op(Put("x", 1), 0, 1), op(Get("x"), 2, 3, 1)]
BAD = [op(Put("x", 1), 0, 1), op(Get("x"), 2, 3, None, client="b"), op(Get("x"), 4, 5, 1)]


def text(history: list[Operation]) -> str:
    """A history as its file holds it."""
    out = io.StringIO()
    write_history(history, out)
    return out.getvalue()


def run(tmp_path: Path, history: str, *arguments: str) -> Result:
    """Run the command on a history; a traceback fails the test."""
    file = tmp_path / "history.jsonl"
    file.write_text(history)
    result = CliRunner().invoke(check, [str(file), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_a_linearizable_history_exits_0(tmp_path: Path) -> None:
    """The verdict is the first word, and the exit status says the same."""
    result = run(tmp_path, text(GOOD))

    assert result.exit_code == 0
    assert result.output == "linearizable: 2 operations\n"


def test_a_history_that_is_not_linearizable_exits_1(tmp_path: Path) -> None:
    """The text names the operation that cannot be placed, and what the state was."""
    result = run(tmp_path, text(BAD))

    assert result.exit_code == 1
    assert result.output.startswith("not linearizable: 3 operations\n")
    assert "'x' is 1, which leaves no place for b: get 'x' -> absent (2..3 ns)" in result.output
    assert "--report" in result.output


def test_a_history_too_hard_for_the_budget_exits_3(tmp_path: Path) -> None:
    """Unknown is neither of the two, and the text says what to do."""
    result = run(tmp_path, text(hopeless()), "--budget", "1000")

    assert result.exit_code == 3
    assert result.output.startswith("unknown: 22 operations\n")
    assert "raise --budget" in result.output


def test_a_time_limit_ends_the_search_too(tmp_path: Path) -> None:
    """A limit that is over before the search begins leaves it undecided."""
    result = run(tmp_path, text(hopeless()), "--time-limit", "0.000001")

    assert result.exit_code == 3


def test_the_json_says_all_that_the_text_says(tmp_path: Path) -> None:
    """The fields are those of docs/histories.md; the prefix is a history that can be checked."""
    file = tmp_path / "out.json"

    result = run(tmp_path, text(BAD), "--json", str(file))

    found = json.loads(file.read_text())
    assert result.exit_code == 1
    assert found["verdict"] == "not linearizable"
    assert (found["operations"], found["parts"], found["undecided"]) == (3, 1, 0)
    assert found["wall_s"] > 0
    failure = found["failure"]
    assert failure["blocked"] == {
        "client": "b", "op": "get", "key": "x", "value": None, "call": 2, "return": 3,
        "result": None,
    }  # fmt: skip
    assert failure["until_ns"] == 3
    assert failure["state"] == "'x' is 1"
    prefix = "\n".join(map(json.dumps, failure["prefix"]))
    assert list(parse_history(io.BytesIO(prefix.encode()))) == BAD[:2]
    assert run(tmp_path, prefix).exit_code == 1
    assert [one["op"] for one in failure["linearization"]] == ["put"]


def test_json_on_standard_output_is_all_that_is_there(tmp_path: Path) -> None:
    """A program can parse what it reads, whatever the verdict."""
    held = json.loads(run(tmp_path, text(GOOD), "--json", "-").output)
    broken = json.loads(run(tmp_path, text(BAD), "--json", "-").output)

    assert held["verdict"] == "linearizable"
    assert held["failure"] is None
    assert broken["verdict"] == "not linearizable"


def test_the_report_is_a_page(tmp_path: Path) -> None:
    """It is written for every verdict and named in the text."""
    page = tmp_path / "report.html"

    result = run(tmp_path, text(BAD), "--report", str(page))

    assert f"drawn in {page}" in result.output
    assert "cannot be placed" in page.read_text()
    assert run(tmp_path, text(GOOD), "--report", str(page)).exit_code == 0
    assert "no failure to draw" in page.read_text()


def test_standard_input_can_be_checked() -> None:
    """A single dash reads the history from a pipe."""
    result = CliRunner().invoke(check, ["-"], input=text(BAD))

    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("history", "found"),
    [
        ("{}\n", "line 1: 'op' is null"),
        (text(GOOD) + "nonsense\n", "line 3: not JSON"),
        (text(GOOD).replace('"put"', '"push"'), "line 1: 'op' is \"push\""),
    ],
)
def test_a_malformed_history_exits_2(tmp_path: Path, history: str, found: str) -> None:
    """The message names the file, the line, what is wrong and what to do."""
    result = run(tmp_path, history)

    assert result.exit_code == 2
    assert f"history.jsonl: {found}" in result.output


def test_wrong_usage_exits_2(tmp_path: Path) -> None:
    """A missing file, a directory, a path that cannot be written: a sentence, no traceback."""
    missing = CliRunner().invoke(check, [str(tmp_path / "nothing")])
    directory = CliRunner().invoke(check, [str(tmp_path)])
    report = run(tmp_path, text(GOOD), "--report", str(tmp_path / "no" / "report.html"))
    output = run(tmp_path, text(GOOD), "--json", str(tmp_path / "no" / "out.json"))
    budget = run(tmp_path, text(GOOD), "--budget", "0")

    assert [one.exit_code for one in (missing, directory, report, output, budget)] == [2] * 5
    assert "the report cannot be written" in report.output
    assert all("Error" in one.output for one in (missing, directory, report, output, budget))
