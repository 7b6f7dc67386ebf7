"""The meter ``end-to-end``."""

from pathlib import Path

import pytest

from kactors.bench.cases import CASES, workload_of
from kactors.bench.config import Workload
from kactors.bench.end_to_end import EndToEndRun
from kactors.bench.errors import Refused, Stuck
from kactors.bench.invariants import violations
from kactors.bench.operations import (
    Churn,
    CreateNodes,
    CreatePods,
    Sleep,
)
from kactors.bench.progress import silent
from kactors.bench.record import Record
from kactors.bench.template import Template
from tests.bench.objects import CHURNED, LARGE, check_whole, pod, with_barriers

NODE = Template(
    Path("node.yaml"),
    "",
    {"kind": "Node", "metadata": {}, "status": {"capacity": {"cpu": "1", "pods": "1"}}},
)


def run(made: Workload, masters: int = 1) -> Record:
    """Run a workload."""
    record = Record(made, "end-to-end")
    EndToEndRun(record, silent, masters=masters).run()
    return record


@pytest.mark.parametrize("case", CASES)
def test_every_case_is_scheduled_as_it_must_be(case: str) -> None:
    """All measured pods are seen on nodes, and no check objects."""
    record = run(workload_of(case, 6, 6))

    check_whole(record, 6)
    assert record.baseline is not None
    assert len(record.evicted) == (18 if case == "preemption" else 0)


def test_three_masters_are_one_control_plane() -> None:
    """Writes are replicated before they are said to be done."""
    record = run(workload_of("basic", 3, 10), masters=3)

    assert violations(record) == []


def test_every_operation_is_carried_out() -> None:
    """Namespaces, barriers of both stages, sleep, and churn that recreates."""
    operations = (
        *with_barriers(),
        Churn(
            index=6,
            templates=(CHURNED, NODE),
            namespace="x",
            interval_seconds=1.0,
            number=2,
            recreate=True,
        ),
        Sleep(index=7, seconds=3.5),
        CreatePods(index=8, count=2, namespace="c", measured=True),
    )

    record = run(Workload(case="C", name="w", operations=operations))

    bound = [each["metadata"]["namespace"] for each in record.pods if each["spec"].get("nodeName")]
    assert sorted(set(bound) - {"x"}) == ["c", "ns-1"]
    names = [each["metadata"]["name"] for each in record.pods]
    assert sum("churned" in name for name in names) <= 1
    assert violations(record) == []


def test_what_an_apiserver_refuses_is_said() -> None:
    """The error names the object and the field."""
    bad = Template(Path("p.yaml"), "", pod("", colour="x") | {"metadata": {"generateName": "Bad_"}})
    operations = (
        CreateNodes(index=0, count=1),
        CreatePods(index=1, count=2, namespace="a", measured=True, template=bad),
    )

    with pytest.raises(Refused, match=r"Pod a/Bad_1-00000. cannot be created: .*metadata\.name"):
        run(Workload(case="C", name="w", operations=operations))


def test_pods_that_fit_nowhere_do_not_hang_the_run() -> None:
    """After ten minutes of virtual time there is an error that names one of them."""
    operations = (
        CreateNodes(index=0, count=1),
        CreatePods(index=1, count=2, namespace="a", measured=True, template=LARGE),
    )
    record = Record(Workload(case="C", name="w", operations=operations), "end-to-end")

    with pytest.raises(Stuck, match="2 pods are not scheduled after 600 s of virtual time"):
        EndToEndRun(record, silent).run()

    assert not record.complete
    assert len(record.pods) == 2
