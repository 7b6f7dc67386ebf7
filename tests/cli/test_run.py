"""The commands around one scenario: run, list, verify, replay, shrink."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kactors.cli.main import main
from tests.scenario.tiny import LINES

#: The pods do not run while the node is down.
FAILING = LINES.replace('Eventually("up again", Ready("web"), after=5)',
                        'Always("all run", Running("web", 2))').replace(
    "import At,", "import Always, At, Running,"
)  # fmt: skip


def call(*arguments: object) -> Result:
    """Call the command."""
    return CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a scenario that holds and one that does not."""
    scenarios = tmp_path / "scenarios"
    scenarios.mkdir()
    (scenarios / "tiny.py").write_text(LINES)
    (scenarios / "failing.py").write_text(FAILING.replace('"tiny"', '"failing"'))
    return scenarios


def read(path: Path) -> Any:
    """Return what a command has written."""
    return json.loads(path.read_text())


def test_a_scenario_that_holds_ends_with_0(folder: Path) -> None:
    """People read goals, faults and the token; programs read JSON."""
    report = folder / "out.json"
    done = call("run", folder / "tiny.py", "--seed", 3, "--json", report)
    assert done.exit_code == 0, done.output
    assert "tiny, seed 3: held" in done.output
    assert "yes  up again" in done.output
    assert "Bounce 1/1/1" in done.output
    found = read(report)
    assert (found["verdict"], found["seed"]) == ("held", 3)
    assert found["replay"] in done.output


def test_a_scenario_that_does_not_ends_with_1(folder: Path) -> None:
    """With JSON alone on standard output, if that was asked for."""
    done = call("run", folder / "failing.py", "--seed", 1, "--json", "-")
    assert done.exit_code == 1
    found = json.loads(done.output)
    assert found["violations"][0]["signature"] == "goal: all run"


def test_a_broken_file_ends_with_2(folder: Path) -> None:
    """Its line is named, and the remedy."""
    path = folder / "tiny.py"
    path.write_text(LINES.replace("goals=(", "gaols=("))
    done = call("run", path)
    assert done.exit_code == 2
    assert "has no field 'gaols': did you mean 'goals'?" in done.output
    assert f"{path}:6:" in done.output
    assert call("run", folder / "nothing.py").exit_code == 2
    assert call("list", "--scenarios", folder).exit_code == 2


def test_a_trace_and_a_timeline_are_written_if_wanted(folder: Path) -> None:
    """The trace as lines or for Perfetto; the timeline is all that a report needs."""
    lines, perfetto, timeline = (folder / name for name in ("a.jsonl", "a.json", "t.json"))
    call("run", folder / "tiny.py", "--trace", lines, "--timeline", timeline)
    call("run", folder / "tiny.py", "--trace", perfetto, "--paranoid")
    assert json.loads(lines.read_text().splitlines()[0])["sequence"] >= 1
    assert read(perfetto)["traceEvents"]
    assert read(timeline)["faults"][0]["kind"] == "Bounce"
    assert len(read(timeline)["samples"]) > 10


def test_what_there_is_is_listed(folder: Path) -> None:
    """Scenarios by their first line, faults and oracles."""
    done = call("list", "--scenarios", folder)
    assert done.exit_code == 0
    assert "tiny.py" in done.output
    assert "A node goes and comes." in done.output
    assert "TornWrite" in done.output
    assert "over" in done.output.partition("Oracles:")[2]
    found = json.loads(call("list", "--scenarios", folder, "--json", "-").output)
    assert found["scenarios"][str(folder / "tiny.py")] == "A node goes and comes."
    assert {"TornWrite", "Cut"} <= set(found["faults"])
    assert found["oracles"]["over-commit"]


def test_a_run_is_replayed_from_its_token(folder: Path) -> None:
    """The same digest; another build, and another scenario, are warned of."""
    first = json.loads(call("run", folder / "tiny.py", "--seed", 5, "--json", "-").output)
    done = call("replay", first["replay"], "--scenarios", folder, "--json", folder / "r.json")
    assert done.exit_code == 0
    assert read(folder / "r.json")["digest"] == first["digest"]
    assert "warning" not in done.output

    (folder / "tiny.py").write_text(LINES.replace("end=For(3)", "end=For(2)"))
    parts = first["replay"].split(":")
    other = ":".join([parts[0], "0.0+other", *parts[2:]])
    done = call("replay", other, "--scenarios", folder)
    assert "this was run by kactors 0.0+other" in done.output
    assert "this is another run" in done.output


@pytest.mark.parametrize(
    ("token", "problem"),
    [("nonsense", "is no replay token"), ("kactors-1:a:nobody:1:b", "there is no ")],
)
def test_what_cannot_be_replayed_ends_with_2(folder: Path, token: str, problem: str) -> None:
    """With what to give instead."""
    done = call("replay", token, "--scenarios", folder)
    assert done.exit_code == 2
    assert problem in " ".join(done.output.split())


def test_a_failing_run_is_shrunk_to_a_file_that_fails(folder: Path) -> None:
    """Ends with 1, as does the replay; a run that holds ends with 0."""
    out = folder / "small.py"
    done = call("shrink", folder / "failing.py", "--seed", 1, "--out", out, "--json", "-")
    assert done.exit_code == 1
    found = json.loads(done.output)
    assert (found["signature"], found["faults"], found["file"]) == ("goal: all run", 1, str(out))
    again = call("replay", out)
    assert again.exit_code == 1
    assert "all run: 0 of 2" in again.output
    held = call("shrink", folder / "tiny.py")
    assert (held.exit_code, "the run holds" in held.output) == (0, True)


def test_a_run_that_repeats_is_verified(folder: Path) -> None:
    """0 if all are the same, 1 if not, and the JSON says which event differs."""
    done = call("verify", folder / "tiny.py", "--json", folder / "v.json")
    assert done.exit_code == 0
    assert read(folder / "v.json")["same"] is True
    assert read(folder / "v.json")["first_difference"] is None
    (folder / "tiny.py").write_text(
        LINES.replace('"web", 2', '("web", "api")[hash("x") % 2], 2').replace('Ready("web")',
                                                                         'NodesReady()')
        .replace("import At,", "import At, NodesReady,")
    )  # fmt: skip
    done = call("verify", folder / "tiny.py", "--json", "-")
    assert done.exit_code == 1
    assert "differ at event" in json.loads(done.output)["first_difference"]
