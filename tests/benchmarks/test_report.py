"""What `benchmarks.report` promises to people and to programs."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from benchmarks.report import Row, alone, command, compare, cpu_ns_per_call, machine


def _reading(values: Iterator[float]) -> float:
    return next(values)


def test_ratio_above_one_means_better_when_lower_is_better() -> None:
    """Half the time is a ratio of two."""
    row = compare("x", lambda: 5.0, lambda: 10.0, unit="ns/call", baseline_name="b", rounds=3)
    assert row == Row("x", 5.0, "ns/call", 10.0, "b", 2.0)


def test_ratio_above_one_means_better_when_higher_is_better() -> None:
    """Half the rate is a ratio of a half."""
    row = compare(
        "x", lambda: 5.0, lambda: 10.0, unit="/s", baseline_name="b", better="higher", rounds=3
    )
    assert row.ratio == 0.5


def test_both_are_measured_alternately_and_the_median_counts() -> None:
    """One disturbed round changes nothing, and neither side always goes first."""
    order: list[str] = []
    ours, theirs = iter([1.0, 50.0, 1.0]), iter([3.0, 3.0, 3.0])

    def measure_ours() -> float:
        order.append("ours")
        return _reading(ours)

    def measure_theirs() -> float:
        order.append("theirs")
        return _reading(theirs)

    row = compare("x", measure_ours, measure_theirs, unit="ns", baseline_name="b", rounds=3)

    assert (row.ours, row.baseline, row.ratio) == (1.0, 3.0, 3.0)
    assert order == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]


def test_a_row_may_stand_alone() -> None:
    """Without a baseline there is no ratio."""
    row = alone("x", iter([1.0, 2.0, 9.0]).__next__, unit="s", rounds=3)
    assert (row.ours, row.baseline, row.ratio) == (2.0, None, None)


def test_the_cost_of_a_call_is_measured() -> None:
    """Summing a thousand numbers costs more than calling something empty."""
    empty = cpu_ns_per_call(lambda: None, seconds=0.005)
    busy = cpu_ns_per_call(lambda: sum(range(1000)), seconds=0.005)
    assert 0 < empty() < busy()


def test_json_has_the_keys_of_the_contract() -> None:
    """Programs find benchmark, machine and rows, and in each row the six keys."""
    asked: list[bool] = []

    def rows(quick: bool) -> list[Row]:
        asked.append(quick)
        return [Row("x", 5.0, "ns/call", 10.0, "b", 2.0)]

    result = CliRunner().invoke(command("demo", rows), ["--quick", "--json"])

    assert result.exit_code == 0
    report = json.loads(result.output)
    assert report == {
        "benchmark": "demo",
        "machine": machine(),
        "rows": [
            {
                "what": "x",
                "ours": 5.0,
                "unit": "ns/call",
                "baseline": 10.0,
                "baseline_name": "b",
                "ratio": 2.0,
            }
        ],
    }
    assert asked == [True]


@pytest.mark.parametrize("row", [Row("x", 5.0, "ns", 10.0, "b", 2.0), Row("x", 5.0, "ns")])
def test_people_get_a_table(row: Row) -> None:
    """Without ``--json`` a table names what was measured."""
    result = CliRunner().invoke(command("demo", lambda _quick: [row]), [])
    assert result.exit_code == 0
    assert "demo" in result.output
    assert "ratio" in result.output
