"""Which of several equal pods is deleted first.

Source: kubernetes pkg/controller/controller_utils.go, ActivePodsWithRanks; KEP-2185 for the
logarithm: among pods of about the same age the victim is as good as random, by uid, so that a
scale-down after a scale-up does not take all from the zone that was filled last. Upstream goes by
the uid as soon as two logarithms are equal, and so compares in circles; here it is the last resort.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from kactors.api.meta import annotations_of, creation_time_of, uid_of
from kactors.api.objects import Object, field
from kactors.controllers.pods import is_ready, node_of, phase_of, ready_since

__all__ = ["DELETION_COST", "deletion_order", "pods_to_delete"]

DELETION_COST: Final = "controller.kubernetes.io/pod-deletion-cost"

_PHASES: Final = {"Pending": 0, "Unknown": 1, "Running": 2}


def pods_to_delete(pods: Iterable[Object], related: Iterable[Object], count: int,
                   now_ns: int) -> list[Object]:  # fmt: skip
    """Return the ``count`` of ``pods`` that are missed least.

    Args:
        pods: active pods of one owner.
        related: pods of all owners that serve the same purpose; a node that has many of these
            loses one first.
        count: how many.
        now_ns: nanoseconds since 1970.
    """
    on_node: dict[str, int] = {}
    for pod in related:
        node = node_of(pod)
        on_node[node] = on_node.get(node, 0) + 1
    return sorted(pods, key=deletion_order(on_node, now_ns))[:count]


def deletion_order(on_node: dict[str, int], now_ns: int) -> Callable[[Object], Any]:
    """Return a sort key that puts first what should be deleted first.

    Args:
        on_node: how many related pods each node has.
        now_ns: nanoseconds since 1970.
    """

    def age(since_ns: int) -> int:
        """Return the logarithm of an age; of an unknown time, less than any."""
        if not since_ns:
            return -1
        return max(0, now_ns - since_ns).bit_length()

    def key(pod: Object) -> Any:
        ready = is_ready(pod)
        return (
            bool(node_of(pod)),
            _PHASES.get(phase_of(pod), 2),
            ready,
            deletion_cost(pod),
            -on_node.get(node_of(pod), 0),
            age(ready_since(pod)) if ready else 0,
            tuple(-count for count in restart_counts(pod)),
            age(creation_time_of(pod)),
            uid_of(pod),
        )

    return key


def deletion_cost(pod: Object) -> int:
    """Return what the pod's annotation says its deletion costs; 0 if it says nothing sensible."""
    text = annotations_of(pod).get(DELETION_COST, "")
    try:
        return int(text)
    except ValueError:
        return 0


def restart_counts(pod: Object) -> tuple[int, int]:
    """Return the largest restart count of its containers, and of its sidecars."""
    sidecars = {
        each.get("name")
        for each in field(pod, "spec", "initContainers", default=())
        if each.get("restartPolicy") == "Always"
    }
    regular = (each.get("restartCount", 0)
               for each in field(pod, "status", "containerStatuses", default=()))  # fmt: skip
    initial = (each.get("restartCount", 0)
               for each in field(pod, "status", "initContainerStatuses", default=())
               if each.get("name") in sidecars)  # fmt: skip
    return max(regular, default=0), max(initial, default=0)
