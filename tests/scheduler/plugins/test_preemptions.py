"""Whose victims are still to go."""

from kactors.scheduler.cache import Cache
from kactors.scheduler.plugins.preemptions import Preemptions
from tests.scheduler.making import info

ENDING = {"deletionTimestamp": "2026-01-01T00:00:00Z"}


def test_until_all_are_gone_or_going() -> None:
    """A victim that is there keeps the pod waiting; one that ends, or is gone, does not."""
    cache = Cache()
    for name in ("a", "b"):
        cache.add_pod(info(name, node_name="n"))
    preemptions = Preemptions(cache)
    preemptions.begin("large", ["default-a", "default-b"])

    assert preemptions.goes_on("large")
    cache.remove_pod("default-b")
    assert preemptions.goes_on("large")
    cache.add_pod(info("a", node_name="n", metadata=ENDING))
    assert not preemptions.goes_on("large")
    assert len(preemptions) == 0


def test_pods_that_are_never_asked_about_again_are_forgotten() -> None:
    """Of pods that were deleted while they waited nothing is left in the end."""
    cache = Cache()
    cache.add_pod(info("there", node_name="n"))
    preemptions = Preemptions(cache)

    for number in range(1000):
        victim = "there" if number == 0 else "gone"
        preemptions.begin(f"pod-{number}", [f"default-{victim}"])

    assert len(preemptions) < 200
    assert preemptions.goes_on("pod-0")
    preemptions.end("pod-0")
    assert not preemptions.goes_on("pod-0")
