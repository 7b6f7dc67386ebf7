"""Prometheus' histograms, and what it reads out of them.

Source: kubernetes staging/src/k8s.io/component-base/metrics/testutil/metrics.go,
prometheus ``promql/quantile.go``.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

__all__ = ["PERCENTILES", "Histogram"]

#: Those that perfdash shows.
PERCENTILES: Final = (50, 90, 95, 99)
#: Upstream's smallest bucket for an attempt is a millisecond, in which twenty of ours have room.
_BOUNDS: Final = tuple(1e-6 * 2**power for power in range(30))


class Histogram:
    """Durations in seconds, counted in buckets.

    Args:
        bounds: the buckets' upper ends, ascending; by default from a microsecond on, each
            twice the one before.

    Attributes:
        count: of durations.
        total: their sum.
    """

    def __init__(self, bounds: Sequence[float] = _BOUNDS) -> None:
        self.count = 0
        self.total = 0.0
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)

    def observe(self, seconds: float) -> None:
        """Count one duration."""
        self.count += 1
        self.total += seconds
        self._counts[bisect_left(self._bounds, seconds)] += 1

    def quantile(self, part: float) -> float:
        """Return below what that part of the durations is, assuming that buckets are even.

        What is beyond the last bound counts as that bound. 0 if there are none.
        """
        rank = part * self.count
        below = 0
        start = 0.0
        for bound, here in zip(self._bounds, self._counts, strict=False):
            if here and below + here >= rank:
                return start + (bound - start) * (rank - below) / here
            below += here
            start = bound
        return start if self.count else 0.0

    def milliseconds(self) -> dict[str, float]:
        """Return the buckets of a data item: percentiles, and the mean."""
        found = {f"Perc{each}": self.quantile(each / 100) * 1000 for each in PERCENTILES}
        found["Average"] = self.total / self.count * 1000 if self.count else 0.0
        return found
