"""A heap whose entries can be replaced and removed by name."""

import heapq
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

__all__ = ["Heap"]

T = TypeVar("T")


class Heap(Generic[T]):
    """Items by name, smallest key first; of equal keys the one that came first.

    A removed item stays in the heap, hollow, until it comes to the top or until hollow items are
    the majority.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[tuple[Any, ...], int, str]] = []
        self._items: dict[str, tuple[int, T]] = {}
        self._sequence = 0

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[T]:
        """Yield the items in the order in which they were added."""
        return iter([item for _, item in self._items.values()])

    def get(self, name: str) -> T | None:
        """Return an item; None if it is not there."""
        found = self._items.get(name)
        return None if found is None else found[1]

    def add(self, name: str, key: tuple[Any, ...], item: T) -> None:
        """Add an item, or replace the one of this name."""
        self._sequence += 1
        self._items.pop(name, None)
        self._items[name] = (self._sequence, item)
        heapq.heappush(self._heap, (key, self._sequence, name))

    def remove(self, name: str) -> T | None:
        """Remove an item and return it; None if it is not there."""
        found = self._items.pop(name, None)
        if found is None:
            return None
        if len(self._heap) > 16 + 2 * len(self._items):
            self._heap = [entry for entry in self._heap if self._is_live(entry)]
            heapq.heapify(self._heap)
        return found[1]

    def first_key(self) -> tuple[Any, ...] | None:
        """Return the smallest key."""
        self._drop_hollow()
        return self._heap[0][0] if self._heap else None

    def pop(self) -> T | None:
        """Remove and return the item with the smallest key; None if there is none."""
        heap, items = self._heap, self._items
        while heap:
            _, sequence, name = heapq.heappop(heap)
            found = items.get(name)
            if found is not None and found[0] == sequence:
                del items[name]
                return found[1]
        return None

    def _drop_hollow(self) -> None:
        while self._heap and not self._is_live(self._heap[0]):
            heapq.heappop(self._heap)

    def _is_live(self, entry: tuple[tuple[Any, ...], int, str]) -> bool:
        found = self._items.get(entry[2])
        return found is not None and found[0] == entry[1]
