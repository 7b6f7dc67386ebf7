"""The codec benchmark runs, compares like with like, and keeps its contract."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.codec import main


@pytest.fixture(scope="module")
def report() -> Any:
    """Return the JSON of one quick run."""
    result = CliRunner().invoke(main, ["--quick", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_every_case_is_measured_both_ways_against_every_baseline(report: Any) -> None:
    """Four messages, three ways, three baselines; and a plain object."""
    assert report["benchmark"] == "codec"
    found = [(row["what"], row["baseline_name"]) for row in report["rows"]]
    messages = ["small flat message", "nested message", "list of 100 entries", "64 KiB of bytes"]
    expected = [
        (f"{what}, {way}", name)
        for what in messages
        for way in ("encode", "decode", "both")
        for name in ("cattrs", "by hand", "bare tuples")
    ]
    assert found == [
        *expected,
        ("plain pod, encode", "bare msgpack"),
        ("plain pod, decode", "bare msgpack"),
    ]


def test_every_row_has_a_ratio_that_follows_from_its_numbers(report: Any) -> None:
    """Above one is better: fewer nanoseconds."""
    for row in report["rows"]:
        assert row["unit"] == "ns/call"
        assert row["ours"] > 0
        assert row["ratio"] == pytest.approx(row["baseline"] / row["ours"], rel=0.7)
