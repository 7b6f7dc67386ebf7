"""The guide to the replicated counter keeps what it says."""

from unittest.mock import patch

import pytest

from tests.guides.programs import load

guide = load("replicated_counter")


@pytest.mark.parametrize("seed", range(12))
def test_replicas_agree_on_every_acknowledged_increment(seed: int) -> None:
    """After the storm all replicas say the same, and nothing acknowledged is missing."""
    report, _ = guide.simulate(seed, increments=150)

    assert report.problems == ()
    assert len(set(report.values)) == 1


def test_the_same_seed_gives_the_same_run() -> None:
    """The digest covers every delivery."""
    assert guide.simulate(5) == guide.simulate(5)
    assert guide.simulate(5)[1] != guide.simulate(6)[1]


def test_the_report_finds_an_increment_that_was_not_durable() -> None:
    """A replica that answers before its disk has the increment loses some in a power failure."""

    async def skip(*_: object) -> None:
        return

    with patch.object(guide.Wal, "sync", skip):
        found = [guide.simulate(seed, increments=150)[0].problems for seed in range(6)]

    assert any(found)


@pytest.mark.live
def test_the_same_actors_run_in_processes_over_tls() -> None:
    """A replica killed with SIGKILL comes back with its own count."""
    report = guide.live(increments=100)

    assert report.problems == ()
