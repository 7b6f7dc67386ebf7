"""Lets a simulated cluster run until it is as a test wants it."""

from collections.abc import Callable

from kactors.api.meta import is_being_deleted, is_true
from kactors.api.objects import Object
from kactors.cluster.simulated import SimulatedCluster

__all__ = ["all_run", "ready_pods", "run_until"]


def run_until(cluster: SimulatedCluster, holds: Callable[[], bool], seconds: float) -> None:
    """Run until something holds; fail if it does not within ``seconds`` of virtual time."""
    until = cluster.world.time + seconds
    while not holds():
        assert cluster.world.time < until, f"not within {seconds} s"
        cluster.world.run_for(0.5)


def ready_pods(cluster: SimulatedCluster, namespace: str = "default") -> list[Object]:
    """Return the pods of a namespace that are ready and stay, as they are stored."""
    return [
        pod
        for pod in cluster.observer.objects("pods", namespace)
        if is_true(pod, "Ready") and not is_being_deleted(pod)
    ]


def all_run(cluster: SimulatedCluster, count: int, image: str) -> bool:
    """Tell whether there are so many pods in the default namespace, all ready, and of one image."""
    pods = ready_pods(cluster)
    images = {pod["spec"]["containers"][0]["image"] for pod in pods}
    return len(cluster.observer.objects("pods", "default")) == len(pods) == count and images == {
        image
    }
