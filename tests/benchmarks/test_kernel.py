"""The kernel benchmark runs, compares like with like, and keeps its contract."""

import json
from typing import Any

import pytest
import simpy
import trio  # noqa: TID251 - the baseline
import trio.testing  # noqa: TID251 - the baseline
from click.testing import CliRunner

from benchmarks import kernel
from kactors.runtime import current_time, sim


@pytest.fixture(scope="module")
def report() -> Any:
    """Return the JSON of one quick run."""
    result = CliRunner().invoke(kernel.main, ["--quick", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_every_case_stands_beside_its_baseline(report: Any) -> None:
    """Six against trio, two against simpy."""
    assert report["benchmark"] == "kernel"
    names = [row["baseline_name"] for row in report["rows"]]
    assert sorted(names) == ["simpy"] * 2 + ["trio"] * 6


def test_every_row_has_a_ratio_that_follows_from_its_numbers(report: Any) -> None:
    """Above one is better: fewer nanoseconds, or more events a second."""
    for row in report["rows"]:
        worse, better = row["ours"], row["baseline"]
        if row["unit"] == "events/s":
            worse, better = better, worse
        # Medians of three rounds, taken separately: on a busy machine they agree only roughly.
        assert 0.2 < row["ratio"] / (better / worse) < 5.0


def test_sleeping_and_waking_is_ten_times_as_fast_as_trio(report: Any) -> None:
    """The number of DESIGN.md, with room for a noisy machine."""
    row = report["rows"][0]
    assert row["what"].startswith("sleep and wake")
    assert row["ratio"] > 10


def test_all_three_sleep_the_same() -> None:
    """The simulated time that the tasks take is that of the longest, in all worlds."""
    delays = kernel.random_delays(20, 10)
    longest = max(map(sum, delays))

    async def ours() -> float:
        await kernel.our_sleepers(delays)
        return current_time()

    async def trios() -> float:
        began = trio.current_time()
        await kernel.trio_sleepers(delays)
        return trio.current_time() - began

    def simpys() -> float:
        with pytest.MonkeyPatch.context() as patch:
            env = simpy.Environment()
            patch.setattr(simpy, "Environment", lambda: env)
            kernel.simpy_sleepers(delays)
            return float(env.now)

    assert sim.run(ours) == pytest.approx(longest)
    assert trio.run(trios, clock=trio.testing.MockClock(autojump_threshold=0)) == pytest.approx(
        longest
    )
    assert simpys() == pytest.approx(longest)
