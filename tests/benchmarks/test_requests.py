"""The benchmark of requests runs, has a baseline for every row, and keeps its contract."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.requests import FLOOR, bare_notes, bare_requests, main


@pytest.fixture(scope="module")
def report() -> Any:
    """Return the JSON of one quick run."""
    result = CliRunner().invoke(main, ["--quick", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_every_way_of_talking_is_measured(report: Any) -> None:
    """Requests one by one and many at once, plain and async; messages; streams; the floor."""
    assert report["benchmark"] == "requests"
    assert [(row["what"], row["baseline_name"]) for row in report["rows"]] == [
        ("request and reply, one asker", "bare prototype"),
        ("request and reply, 100 askers", "bare prototype"),
        ("request and reply, async handler", "bare prototype"),
        ("request and reply, sleeping handler", "bare prototype"),
        ("one-way messages", "bare prototype"),
        ("events of a stream", "bare prototype"),
        ("request and reply, one asker", "DESIGN.md's floor"),
    ]


def test_every_row_has_a_ratio_that_follows_from_its_numbers(report: Any) -> None:
    """Above one is better: more a second."""
    for row in report["rows"]:
        assert row["unit"] == "a second"
        assert row["ours"] > 0
        assert row["ratio"] == pytest.approx(row["ours"] / row["baseline"], rel=0.7)
    assert report["rows"][-1]["baseline"] == FLOOR


def test_the_baseline_does_the_work_that_it_is_timed_for() -> None:
    """Each bare request is answered, each bare message handled: else the rate would be zero."""
    assert bare_requests(200, 10) > 0
    assert bare_notes(2000) > 0
