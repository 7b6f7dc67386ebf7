"""A host's view of the machine's clocks."""

import time  # noqa: TID251 - live-only module: the wall clock of the machine

import trio  # noqa: TID251 - live-only module

from kactors.runtime.clock import NANOSECONDS, Clock


class LiveClock(Clock):
    """The machine's clocks as one host sees them; make it where trio runs.

    Monotonic time is trio's own, so that its deadlines need no conversion as long as the
    clock does not drift. Wall time follows the machine's, corrections included, but for
    the jumps and the drift that this host was given.
    """

    __slots__ = ("_jumped_ns",)

    def __init__(self, *, drift_ppm: int = 0) -> None:
        clock = trio.lowlevel.current_clock()  # may be read outside of tasks, and in threads
        super().__init__(
            lambda: round(clock.current_time() * NANOSECONDS), offset_ns=0, drift_ppm=drift_ppm
        )
        self._jumped_ns = 0

    @property
    def offset_ns(self) -> int:
        """Wall time minus monotonic time."""
        return self.wall_ns() - self.monotonic_ns()

    def wall_ns(self) -> int:
        """Return nanoseconds since the epoch as this host believes them to be."""
        true_ns = self._true_ns()
        return time.time_ns() + self._jumped_ns + self.local_ns(true_ns) - true_ns

    def jump(self, by_ns: int) -> None:
        """Set the wall clock forward, or back if ``by_ns`` is negative."""
        self._jumped_ns += by_ns

    def trio_deadline(self, deadline: float) -> float:
        """Convert seconds of this clock's monotonic time into trio's."""
        if not self.skewed or abs(deadline) == float("inf"):
            return deadline
        return self.true_ns_of(round(deadline * NANOSECONDS)) / NANOSECONDS

    def local_deadline(self, deadline: float) -> float:
        """Convert seconds of trio's time into this clock's monotonic time."""
        if not self.skewed or abs(deadline) == float("inf"):
            return deadline
        return self.local_ns(round(deadline * NANOSECONDS)) / NANOSECONDS
