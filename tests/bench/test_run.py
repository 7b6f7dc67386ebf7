"""One workload under one meter."""

import gc

import pytest

from kactors.bench.cases import workload_of
from kactors.bench.operations import CreateNodes
from kactors.bench.progress import silent
from kactors.bench.record import Record
from kactors.bench.run import METERS, frozen_heap, run_workload
from tests.bench.objects import workload


@pytest.mark.parametrize("meter", METERS)
def test_either_meter_leaves_a_record(meter: str) -> None:
    """With a baseline, and the checks done."""
    record = Record(workload_of("basic", 4, 6), meter)

    assert run_workload(record, silent) == []
    assert record.complete
    assert record.pods_per_cpu_second > 0
    assert record.baseline is not None
    metrics = [item.labels["Metric"] for item in record.items()]
    assert metrics[:3] == [
        "SchedulingThroughput", "SchedulingThroughputPerCPUSecond", "SchedulingDuration"
    ]  # fmt: skip


@pytest.mark.parametrize("meter", METERS)
def test_pods_without_nodes_are_a_problem_and_no_crash(meter: str) -> None:
    """The reason is among what is wrong."""
    made = workload(nodes=1, pods=50)  # four cores hold forty of them
    assert isinstance(made.operations[0], CreateNodes)
    record = Record(made, meter)

    (problem,) = run_workload(record, silent)

    assert problem.startswith("10 pods")
    assert not record.complete


def test_a_record_of_nothing_has_no_items() -> None:
    """Interrupted before the measured pods were created."""
    assert list(Record(workload(), "algorithm").items()) == []


def test_the_collector_is_as_it_was_afterwards() -> None:
    """Also if the run fails."""
    before = gc.get_threshold()

    def failing() -> None:
        assert gc.get_threshold() != before
        raise KeyError

    with pytest.raises(KeyError), frozen_heap():
        failing()

    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
