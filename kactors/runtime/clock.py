"""A host's view of time: true time seen through an offset, jumps and a drift."""

from collections.abc import Callable
from math import floor

NANOSECONDS = 1_000_000_000
MILLION = 1_000_000

EXACT_SECONDS = 9.0e6
"""Up to here, 104 days, a double holds nanoseconds exactly."""


def first_ns_at(seconds: float) -> int:
    """Return the first instant, in nanoseconds, that is not before ``seconds`` when read as such.

    Raises:
        ValueError: ``seconds`` is not a number.
        OverflowError: it is infinite.
    """
    if abs(seconds) < EXACT_SECONDS:
        ns = floor(seconds * 1e9)
    else:
        numerator, denominator = seconds.as_integer_ratio()
        ns = numerator * NANOSECONDS // denominator
    return ns if ns / NANOSECONDS >= seconds else ns + 1


class Clock:
    """One host's clocks, in integer nanoseconds.

    The monotonic clock never goes back and runs at ``1 + drift_ppm / 1e6`` of true time.
    The wall clock is the monotonic one plus an offset that may jump either way.

    Args:
        true_ns: reads true time.
        offset_ns: wall minus monotonic time at the beginning.
        drift_ppm: parts per million by which the clock runs fast (slow if negative).
    """

    __slots__ = (
        "_anchor_local_ns",
        "_anchor_true_ns",
        "_drift_ppm",
        "_offset_ns",
        "_true_ns",
        "skewed",
    )

    def __init__(
        self, true_ns: Callable[[], int], *, offset_ns: int = 0, drift_ppm: int = 0
    ) -> None:
        self._true_ns = true_ns
        self._offset_ns = offset_ns
        self._drift_ppm = drift_ppm
        self._anchor_true_ns = self._anchor_local_ns = true_ns()
        #: Whether monotonic time differs, or may come to differ, from true time.
        self.skewed = drift_ppm != 0

    @property
    def drift_ppm(self) -> int:
        """How many parts per million the clock runs fast."""
        return self._drift_ppm

    @property
    def offset_ns(self) -> int:
        """Wall time minus monotonic time."""
        return self._offset_ns

    def monotonic_ns(self) -> int:
        """Return nanoseconds that never go back, whatever is done to the clock."""
        return self.local_ns(self._true_ns())

    def wall_ns(self) -> int:
        """Return nanoseconds since the epoch as this host believes them to be."""
        return self.monotonic_ns() + self._offset_ns

    def jump(self, by_ns: int) -> None:
        """Set the wall clock forward, or back if ``by_ns`` is negative."""
        self._offset_ns += by_ns

    def set_drift(self, drift_ppm: int) -> None:
        """Let both clocks run fast or slow from now on, without a step.

        Raises:
            ValueError: the clock would stand still or run backwards.
        """
        if drift_ppm <= -MILLION:
            raise ValueError(f"a drift of {drift_ppm} ppm stops the clock; more than {-MILLION}")
        true = self._true_ns()
        self._anchor_local_ns = self.local_ns(true)
        self._anchor_true_ns = true
        self._drift_ppm = drift_ppm
        self.skewed = True

    def local_ns(self, true_ns: int) -> int:
        """Convert an instant of true time into this clock's monotonic time."""
        if not self.skewed:
            return true_ns
        elapsed = true_ns - self._anchor_true_ns
        return self._anchor_local_ns + elapsed * (MILLION + self._drift_ppm) // MILLION

    def true_ns_of(self, local_ns: int) -> int:
        """Return the first instant of true time at which `monotonic_ns` is ``local_ns``."""
        if not self.skewed:
            return local_ns
        elapsed = local_ns - self._anchor_local_ns
        return self._anchor_true_ns - (-elapsed * MILLION // (MILLION + self._drift_ppm))
