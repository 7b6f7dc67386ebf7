"""``kactors corpus``: from a planted bug to a replay file that shows it, through the command."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from kactors.cli.main import main

#: Found with the first seed, on small clusters: by an oracle, and by a goal.
CHEAP = ("k8s#24597", "k8s#55587")


def call(*arguments: object) -> Result:
    """Call the command."""
    return CliRunner().invoke(
        main, ["corpus", *(str(each) for each in arguments)], catch_exceptions=False
    )


def test_planted_bugs_are_found_shrunk_and_replayed(tmp_path: Path) -> None:
    """Each by whom the corpus names, with a file of at most five faults that shows it each time."""
    out = tmp_path / "out.json"
    only = [word for name in CHEAP for word in ("--only", name)]

    done = call(*only, "--seeds", "0:3", "--jobs", 2, "--json", out, "--replays", tmp_path / "kept")

    assert done.exit_code == 0, done.output
    found = json.loads(out.read_text())
    assert (found["caught"], found["of"]) == (len(CHEAP), len(CHEAP))
    for bug in found["bugs"]:
        assert bug["signature"].startswith(bug["breaks"])
        assert 0 < bug["shrunk_faults"] <= min(5, bug["faults"])
        assert (bug["replayed"], bug["holds_without"]) == (3, True)
        assert bug["source"] in {file.read_text() for file in (tmp_path / "kept").iterdir()}
    assert done.stdout.rstrip().endswith("2 of 2 bugs caught")


def test_a_bug_that_is_not_found_is_told(tmp_path: Path) -> None:
    """With a scenario that shows nothing: the status is 1, and the table says what was expected."""
    markdown = tmp_path / "table.md"

    done = call("--corpus", "tests.cli.harmless", "--seeds", "0:1", "--markdown", markdown)

    assert done.exit_code == 1
    assert "0 of 1 bugs caught" in done.stdout
    assert "not found: goal: nothing" in markdown.read_text()


def test_what_is_not_there_is_told() -> None:
    """A corpus, a bug, and bugs in a package that plants none: usage, 2."""
    for arguments, text in (
        (("--corpus", "tests.no_such"), "tests.no_such cannot be imported"),
        (("--corpus", "tests.guides"), "no module of tests.guides has PLANTED"),
        (("--only", "k8s#0"), "no bug is called 'k8s#0'; there are k8s#24597"),
    ):
        done = call(*arguments)

        assert done.exit_code == 2
        assert text in done.output
