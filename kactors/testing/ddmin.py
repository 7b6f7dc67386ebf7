"""Delta debugging of a sequence: which of its items are needed?

Source: Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, IEEE TSE 28(2),
2002; only the half that tries complements, which is the half that pays when most items are noise.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["ddmin"]

T = TypeVar("T")


def ddmin(items: Sequence[T], fails: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """Return a subsequence of ``items`` that still fails, and of which no single item can go.

    Args:
        items: they fail together.
        fails: tells whether a subsequence does; False also where no more should be tried.

    Example:
        >>> ddmin("abcdefgh", lambda kept: "b" in kept and "g" in kept)
        ('b', 'g')
    """
    kept = tuple(items)
    if kept and fails(()):
        return ()
    size = max(1, len(kept) // 2)
    while True:
        place, before = 0, len(kept)
        while place < len(kept):
            fewer = kept[:place] + kept[place + size :]
            if fewer and fails(fewer):
                kept = fewer
            else:
                place += size
        if size == 1 and len(kept) == before:
            return kept
        size = max(1, size // 2)
