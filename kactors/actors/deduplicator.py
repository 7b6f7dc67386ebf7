"""Recognises a request that the network has delivered twice.

Requests of one life of one host have rising numbers. Each is remembered in the slot
``number % SLOTS`` until a later one takes the slot: a copy that comes more than `SLOTS` requests
after its original is taken for new, and the network would have to be strange for that.
"""

from typing import Final

SLOTS: Final = 256


class Deduplicator:
    """The numbers seen lately from one life of one host."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen = [0] * SLOTS

    def is_copy(self, number: int) -> bool:
        """Tell whether ``number`` (1 or more) was seen before, and remember it."""
        slot = number % SLOTS
        if self._seen[slot] == number:
            return True
        self._seen[slot] = number
        return False
