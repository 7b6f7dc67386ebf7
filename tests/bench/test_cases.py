"""Cases by name."""

import pytest

from kactors.bench.cases import CASES, workload_of
from kactors.bench.errors import BenchError


@pytest.mark.parametrize("name", CASES)
def test_every_case_comes_in_every_size(name: str) -> None:
    """As many nodes and measured pods as are asked for."""
    workload = workload_of(name, 30, 20)

    assert workload.pods == 20
    assert workload.name == "30Nodes_20Pods"


def test_the_size_of_upstreams_own_runs_has_their_threshold() -> None:
    """Others have none: nobody has measured them."""
    assert workload_of("basic", 5000, 10000).threshold == 680
    assert workload_of("basic", 50, 10).threshold is None


@pytest.mark.parametrize(("name", "pods"), [("basic", 4000), ("preemption", 11)])
def test_more_pods_than_nodes_can_hold_are_refused(name: str, pods: int) -> None:
    """The error says how many there is room for."""
    with pytest.raises(BenchError, match=r"do not fit on 10 nodes, which hold"):
        workload_of(name, 10, pods)
