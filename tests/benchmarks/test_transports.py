"""The transports benchmark runs, compares like with like, and keeps its contract."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.transports import KINDS, main

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def report() -> Any:
    """Return the JSON of one quick run."""
    result = CliRunner().invoke(main, ["--quick", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


WAYS = ("round trip", "one way", "request", "request, 64 askers")


def test_every_kind_is_measured_every_way(report: Any) -> None:
    """Envelopes and requests over each transport; and the codec of frames."""
    assert report["benchmark"] == "transports"
    assert [row["what"] for row in report["rows"]] == [
        "encode an envelope",
        "decode an envelope",
        *[f"{kind}, {way}" for kind in KINDS for way in WAYS],
    ]


def test_every_row_has_a_ratio_that_follows_from_its_numbers(report: Any) -> None:
    """Above one is better: less time."""
    for row in report["rows"]:
        assert row["ours"] > 0
        assert row["baseline_name"] in ("bare msgpack", "bare trio", "trio channels")
        assert row["ratio"] == pytest.approx(row["baseline"] / row["ours"], rel=0.7)
