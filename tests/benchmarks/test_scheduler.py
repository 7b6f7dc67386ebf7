"""What the benchmark of the scheduler measures."""

from benchmarks import scheduler
from kactors.scheduler.pod_info import PodInfo


def test_every_workload_is_scheduled() -> None:
    """Each workload finds a node for each of its pods, in both forms."""
    for _, _, node, pod in scheduler.workloads():
        for vector in (True, False):
            assert scheduler.algorithm(vector, 20, node, pod, 5)() > 0


def test_the_core_confirms_its_pods() -> None:
    """The measure of the core ends with every pod bound."""
    assert scheduler.core(20, 10)() > 0


def test_kinds_of_pods() -> None:
    """Pods of one kind share what they ask for, pods of many kinds do not."""
    plain = {PodInfo.of(scheduler.plain_pod(number)).needs for number in range(20)}
    many = {PodInfo.of(scheduler.pod_of_many_kinds(number)).needs for number in range(20)}

    assert (len(plain), len(many)) == (1, 10)
