"""The order in which nodes are tried: zone by zone in turn, so that a short scan sees all zones.

Source: kubernetes pkg/scheduler/backend/cache/node_tree.go.
"""

from itertools import zip_longest

__all__ = ["NodeTree"]


class NodeTree:
    """Node names by zone; zones and names in the order of their arrival."""

    def __init__(self) -> None:
        self._zones: dict[str, dict[str, None]] = {}

    def add(self, name: str, zone: str) -> None:
        """Add a node."""
        self._zones.setdefault(zone, {})[name] = None

    def remove(self, name: str, zone: str) -> None:
        """Remove a node; a zone without nodes loses its turn."""
        names = self._zones[zone]
        del names[name]
        if not names:
            del self._zones[zone]

    def order(self) -> list[str]:
        """Return all names: the first of each zone, the second of each zone, ..."""
        turns = zip_longest(*self._zones.values())
        return [name for turn in turns for name in turn if name is not None]
