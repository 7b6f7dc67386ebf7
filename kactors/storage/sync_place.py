"""Where a sync runs: on the event loop while the disk is quick, in a thread while it is not.

A sync in a thread takes two changes of thread, which cost more than the sync itself on a disk that
confirms within a fraction of a millisecond. On the loop it costs nothing besides, but everything
else waits meanwhile, and no system call can be given a bound. So the disk's recent past decides.
"""

import math
from typing import Final

LOOP_SECONDS: Final = 0.01
"""Syncs run on the loop while they take no longer than this on average: a tenth of the time
between two of a leader's signs of life. That is far more than a fast disk needs, since a machine
that is busy makes every disk look slow, and changes of thread take longer there, too."""

AT_ONCE_SECONDS: Final = 0.001
"""Where syncs take no longer than this on average, a change of tasks is worth sparing, too; where
they take longer, company in the next one is worth more."""

_STALL: Final = 5.0
_WATCHED: Final = 64
_WEIGHT: Final = 1 / 16


class SyncPlace:
    """Decides for one disk, from how long its syncs have taken.

    A disk must show its speed first, and a single sync that takes five times what one may take on
    average sends the next 64 to a thread: then the disk has to show it anew. So one that stalls
    again and again holds the loop up once in 65 syncs at most.

    Args:
        loop_seconds: what a sync may take on average; 0 lets none run on the loop, ``math.inf``
            every one.
    """

    __slots__ = ("_loop_seconds", "_mean", "_watched")

    def __init__(self, loop_seconds: float) -> None:
        self._loop_seconds = loop_seconds
        self._mean = 0.0
        self._watched = 0 if loop_seconds == math.inf else _WATCHED

    def on_loop(self) -> bool:
        """Tell whether the next sync should run on the event loop."""
        return self._watched == 0 and self._mean <= self._loop_seconds

    def at_once(self) -> bool:
        """Tell whether the next sync should run on the loop, and hardly be noticed there."""
        return self._mean <= AT_ONCE_SECONDS and self.on_loop()

    def note(self, seconds: float) -> None:
        """Take in how long a sync has taken, wherever it ran."""
        self._mean += (seconds - self._mean) * _WEIGHT
        if seconds > _STALL * self._loop_seconds:
            self._watched = _WATCHED
        elif self._watched:
            self._watched -= 1
