"""Recognises a request that the network has delivered twice.

The numbers of one sender's life rise, but the network may reorder them. The latest few
thousand are remembered, in two generations: when the new one is full, the old one is
forgotten, and whatever is not above all that was forgotten counts as a copy from then on. So
nothing is ever carried out twice; a request that thousands of later ones have overtaken
is lost instead, as the network may lose any. Source: the window of RFC 4303, section 3.4.3.
"""

from typing import Final

GENERATION: Final = 4096
"""How many numbers make a generation; between one and two of them are remembered."""


class Deduplicator:
    """The numbers seen lately from one life of one host."""

    __slots__ = ("_floor", "_new", "_old")

    def __init__(self) -> None:
        self._new: dict[int, None] = {}
        self._old: dict[int, None] = {}
        self._floor = 0

    def __len__(self) -> int:
        return len(self._new) + len(self._old)

    def is_copy(self, number: int) -> bool:
        """Tell whether ``number`` (1 or more) was seen before, and remember it."""
        new = self._new
        if number in new or number <= self._floor or number in self._old:
            return True
        new[number] = None
        if len(new) >= GENERATION:
            self._floor = max(self._floor, max(self._old, default=0))
            self._old, self._new = new, {}
        return False

    def forget(self, number: int) -> None:
        """Take ``number`` for new when it comes again: nothing was done for it."""
        self._new.pop(number, None)
        self._old.pop(number, None)
