"""The benchmark of the log runs, compares like with like, and keeps its contract."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.wal import main


@pytest.fixture(scope="module")
def report() -> Any:
    """Return the JSON of one quick run."""
    result = CliRunner().invoke(main, ["--quick", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_every_way_of_appending_is_measured(report: Any) -> None:
    """Three batch sizes, three ways; over zeros; in a group; and the recovery."""
    assert report["benchmark"] == "wal"
    assert [(row["what"], row["baseline_name"]) for row in report["rows"]] == [
        ("append 1 x 256 B", "pwrite"),
        ("append 16 x 256 B", "pwrite"),
        ("append 100 x 256 B", "pwrite"),
        ("append 1 x 256 B and sync", "pwrite + fdatasync"),
        ("append 16 x 256 B and sync", "pwrite + fdatasync"),
        ("append 100 x 256 B and sync", "pwrite + fdatasync"),
        ("append 1 x 256 B and sync on the loop", "pwrite + fdatasync"),
        ("append 16 x 256 B and sync on the loop", "pwrite + fdatasync"),
        ("append 100 x 256 B and sync on the loop", "pwrite + fdatasync"),
        ("append 16 x 256 B and sync, over zeros", "pwrite + fdatasync over zeros"),
        ("append 16 x 256 B and sync, over zeros", "ours, growing the file"),
        ("100 tasks append and sync", "a bare sync each"),
        ("recover 2000 x 256 B", "read + one crc32c"),
    ]


def test_every_row_has_a_ratio(report: Any) -> None:
    """Each is measured on both sides, in a unit that says which way is better."""
    for row in report["rows"]:
        assert row["ours"] > 0
        assert row["baseline"] > 0
        assert row["ratio"] > 0
        assert row["unit"] in {"us/batch", "records/s", "MB/s"}
