"""What the benchmark of whole clusters measures."""

import pytest

from benchmarks import cluster
from benchmarks.cluster import Phase


def test_a_life_has_four_phases() -> None:
    """Start, deployment, roll-over and idling each take virtual and processor time, and events."""
    phases = cluster.life(2, 4)

    assert [phase.name for phase in phases] == [
        "start of the nodes",
        "start of the pods",
        "rolling update",
        "idle minute",
    ]
    for phase in phases:
        assert phase.virtual_s > 0
        assert phase.cpu_s > 0
        assert phase.events > 0
    assert phases[-1].virtual_s == pytest.approx(60)
    assert phases[0].memory_mb <= phases[-1].memory_mb


@pytest.mark.parametrize("faults", [False, True])
def test_five_minutes_are_five_minutes(faults: bool) -> None:
    """The standard life ends at five virtual minutes, in a quiet world and in one with faults."""
    phases = cluster.five_minutes(3, 6, faults)
    whole = cluster.together(phases)

    assert whole.virtual_s == pytest.approx(cluster.FIVE_MINUTES)
    assert whole.events == sum(phase.events for phase in phases)
    assert whole.memory_mb == max(phase.memory_mb for phase in phases)


def test_pods_are_dealt_out_to_deployments() -> None:
    """A thousand pods each, and the rest in the last."""
    found = cluster.deployments(2500, "web:1")

    assert [each["spec"]["replicas"] for each in found] == [1000, 1000, 500]
    assert len({each["metadata"]["name"] for each in found}) == 3


def test_growth_is_compared_with_linear_growth() -> None:
    """Three times the time for ten times the nodes is better than linear; memory is seen alone."""
    small = Phase("start", virtual_s=1, cpu_s=2.0, wall_s=2, events=1, memory_mb=100)
    large = Phase("start", virtual_s=1, cpu_s=6.0, wall_s=6, events=1, memory_mb=2000)

    time_row, memory_row = cluster.growth_rows(10, [small], 100, [large])

    assert (time_row.ours, time_row.baseline) == (3.0, 10.0)
    assert time_row.ratio == pytest.approx(10 / 3)
    assert memory_row.ratio == pytest.approx(0.5)
