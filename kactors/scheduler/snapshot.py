"""What one scheduling cycle sees of the cluster.

Upstream copies the cache before each cycle, because the cache changes while the cycle runs. Here
nothing waits within a cycle, so the snapshot shares its nodes with the cache and costs nothing.

Source: kubernetes pkg/scheduler/backend/cache/snapshot.go.
"""

from collections.abc import Iterable

from kactors.scheduler.node_info import NodeInfo

__all__ = ["Snapshot"]


class Snapshot:
    """The nodes in the order in which they are tried.

    Attributes:
        epoch: grows whenever nodes come or go; rows mean other nodes then.
        nodes: in order; the row of a node is its index.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.nodes: list[NodeInfo] = []
        self._by_name: dict[str, NodeInfo] = {}

    def __len__(self) -> int:
        return len(self.nodes)

    def get(self, name: str) -> NodeInfo | None:
        """Return a node; None if it is not known."""
        return self._by_name.get(name)

    def replace(self, nodes: Iterable[NodeInfo]) -> None:
        """Show these nodes from now on, in this order."""
        for node in self.nodes:
            node.row = -1
        self.epoch += 1
        self.nodes = list(nodes)
        self._by_name = {node.name: node for node in self.nodes}
        for row, node in enumerate(self.nodes):
            node.row = row
