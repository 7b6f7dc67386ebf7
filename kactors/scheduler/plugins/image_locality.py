"""ImageLocality: prefers nodes that have the pod's images, the larger the better.

Source: kubernetes pkg/scheduler/framework/plugins/imagelocality/image_locality.go.
"""

from collections.abc import Mapping
from typing import Final

from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.handle import Handle
from kactors.scheduler.framework.plugin import MAX_NODE_SCORE, ScorePlugin
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.pod_info import PodInfo

__all__ = ["ImageLocality", "priority", "spread_size"]

MIB: Final = 1024 * 1024
#: Bytes; less is not worth considering, more (for each container) is all the same.
SMALLEST: Final = 23 * MIB
LARGEST: Final = 1000 * MIB


class ImageLocality(ScorePlugin):
    """Prefers nodes with the images."""

    name = "ImageLocality"

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def image_counts(self) -> Mapping[str, int]:
        """Return on how many nodes each image is."""
        return self._handle.cache.images

    def score(self, _state: CycleState, pod: PodInfo, node: NodeInfo, /) -> int:
        """Return 0 to 100 by the size of those of the pod's images that the node has."""
        images = node.known.images
        if not images:
            return 0
        cache = self._handle.cache
        total = len(cache.snapshot())
        size = sum(
            spread_size(images[name], cache.images[name], total)
            for name in pod.needs.images
            if name in images
        )
        return priority(size, pod.needs.containers)


def spread_size(size: int, nodes_with_image: int, nodes: int) -> int:
    """Return how many bytes an image counts for: fewer if only few nodes have it.

    Else pods of a new image would all go to the first node that has it.
    """
    return int(size * (nodes_with_image / nodes))


def priority(size: int, containers: int) -> int:
    """Return the score of that many bytes."""
    largest = LARGEST * containers
    size = max(SMALLEST, min(size, largest))
    return MAX_NODE_SCORE * (size - SMALLEST) // (largest - SMALLEST)
