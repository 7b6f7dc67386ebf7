"""The meter ``algorithm``."""

import pytest

from kactors.bench.algorithm import AlgorithmRun, plain_form
from kactors.bench.cases import CASES, workload_of
from kactors.bench.config import Workload
from kactors.bench.errors import Stuck
from kactors.bench.operations import (
    Churn,
    CreateNodes,
    CreatePods,
    Sleep,
)
from kactors.bench.progress import silent
from kactors.bench.record import Record
from tests.bench.objects import CHURNED, LARGE, check_whole, with_barriers, workload


def run(made: Workload, seed: int = 0) -> Record:
    """Run a workload."""
    record = Record(made, "algorithm")
    AlgorithmRun(record, silent, seed=seed).run()
    return record


@pytest.mark.parametrize("case", CASES)
def test_every_case_is_scheduled_as_it_must_be(case: str) -> None:
    """All measured pods are on nodes, and no check objects."""
    record = run(workload_of(case, 12, 12))

    check_whole(record, 12)
    assert record.attempts["scheduled"].count == 12


def test_preemption_preempts() -> None:
    """Three pods have to leave for each that comes, and each comes after an attempt that failed."""
    record = run(workload_of("preemption", 10, 10))

    assert len(record.evicted) == 30
    assert record.attempts["unschedulable"].count >= 10


def test_one_seed_gives_one_placement() -> None:
    """The machine's speed has no part in it."""
    first, second, other = (
        {each["metadata"]["name"]: each["spec"]["nodeName"] for each in run(made, seed).pods}
        for made in [workload_of("basic", 30, 60)]
        for seed in (1, 1, 2)
    )

    assert first == second
    assert first != other


def test_pods_that_fit_nowhere_do_not_hang_the_run() -> None:
    """There is an error that names one of them, and the rest is known."""
    operations = (
        CreateNodes(index=0, count=2),
        CreatePods(index=1, count=3, namespace="a", measured=True, template=LARGE),
    )
    record = Record(Workload(case="C", name="w", operations=operations), "algorithm")

    with pytest.raises(Stuck, match="3 pods fit nowhere, the first of them a/big-1-000000"):
        AlgorithmRun(record, silent).run()

    assert not record.complete
    assert len(record.nodes) == 2


def test_barriers_wait_for_pods_that_nobody_waited_for() -> None:
    """Until they have nodes; or, if that is asked, until they were tried."""
    measured = CreatePods(index=6, count=1, namespace="c", measured=True)
    operations = (*with_barriers(), measured)

    record = run(Workload(case="C", name="w", operations=operations))

    bound = {each["metadata"]["namespace"] for each in record.pods if "nodeName" in each["spec"]}
    assert bound == {"ns-1", "c"}


def test_churn_goes_on_while_others_sleep() -> None:
    """Sleeping costs nothing: the core's time moves on."""
    operations = (
        CreateNodes(index=0, count=2),
        Churn(index=1, templates=(CHURNED,), namespace="x", interval_seconds=10.0, number=3),
        Sleep(index=2, seconds=100),
        CreatePods(index=3, count=1, namespace="c", measured=True),
    )

    record = run(Workload(case="C", name="w", operations=operations))

    assert len(record.pods) == 4


def test_the_plain_form_is_measured_with_few_pods() -> None:
    """It is the baseline; where the few fit nowhere there is none."""
    assert plain_form(workload(nodes=5, pods=1000)) is not None
    operations = (CreatePods(index=0, count=1, namespace="a", measured=True),)
    assert plain_form(Workload(case="C", name="w", operations=operations)) is None
