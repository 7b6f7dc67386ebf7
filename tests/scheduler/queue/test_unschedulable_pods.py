"""Waiting pods, found by who refused them."""

from kactors.scheduler.queue.queued_pod import QueuedPod
from kactors.scheduler.queue.unschedulable_pods import UnschedulablePods
from tests.scheduler.making import info


def waiting(name: str, *plugins: str) -> QueuedPod:
    """Return a pod that some plugins refused."""
    return QueuedPod(info(name), 0, 0, rejected_by=frozenset(plugins))


def names(pods: list[QueuedPod]) -> list[str]:
    """Return their names."""
    return [each.pod.name for each in pods]


def test_pods_are_found_by_plugin() -> None:
    """A pod is found once, however many of the plugins refused it, in the order of arrival."""
    pods = UnschedulablePods()
    for each in (waiting("c", "Fit"), waiting("a", "Spread", "Fit"), waiting("b", "Taint")):
        pods.add(each)

    assert names(pods.refused_by(["Spread", "Fit"])) == ["c", "a"]
    assert names(pods.refused_by(["Taint", "Nobody"])) == ["b"]
    assert names(list(pods)) == ["c", "a", "b"]


def test_pods_that_went_are_not_found() -> None:
    """Whoever leaves is in no index any more; whoever comes again waits anew."""
    pods = UnschedulablePods()
    pods.add(waiting("a", "Fit"))
    pods.add(waiting("b", "Fit"))

    pods.add(waiting("a", "Spread"))
    gone = pods.remove("default-b")

    assert gone is not None
    assert pods.remove("default-b") is None
    assert pods.refused_by(["Fit"]) == []
    assert names(pods.refused_by(["Spread"])) == ["a"]
    assert (len(pods), "default-a" in pods, pods.get("default-b")) == (1, True, None)
