"""Pods a second, sampled as upstream samples them.

Once a second it is noted how many pods have got their nodes. The first sample that is not empty
only starts the clock. A second without pods prolongs the next sample, which then counts for both.

Source: kubernetes test/integration/scheduler_perf/util.go (``throughputCollector``).
"""

from math import ceil
from typing import Final

from kactors.bench.histogram import PERCENTILES

__all__ = ["Throughput"]

_SECOND: Final = 1_000_000_000


class Throughput:
    """Counts pods in time.

    Args:
        began_ns: when the first of them may be scheduled.

    Attributes:
        count: of pods so far.
        began_ns, ended_ns: of the whole; the latter is when the last pod so far was scheduled.
    """

    def __init__(self, began_ns: int) -> None:
        self.count = 0
        self.began_ns = self.ended_ns = began_ns
        self._samples: list[float] = []
        self._next_ns = began_ns + _SECOND
        self._sampled: int | None = None
        self._empty = 0

    def scheduled(self, now_ns: int) -> None:
        """Count a pod."""
        while now_ns >= self._next_ns:
            self._sample()
            self._next_ns += _SECOND
        self.count += 1
        self.ended_ns = now_ns

    def _sample(self) -> None:
        if self._sampled is None:
            if self.count:
                self._sampled = self.count
            return
        new = self.count - self._sampled
        if not new:
            self._empty += 1
            return
        intervals = self._empty + 1
        self._samples += [new / intervals] * intervals
        self._sampled, self._empty = self.count, 0

    @property
    def seconds(self) -> float:
        """How long it took until the last pod was scheduled."""
        return (self.ended_ns - self.began_ns) / 1e9

    @property
    def overall(self) -> float:
        """Pods a second over the whole time."""
        return self.count / self.seconds if self.seconds else 0.0

    @property
    def samples(self) -> list[float]:
        """The samples in ascending order; if it was over too soon for any, the whole is one."""
        if self._samples:
            return sorted(self._samples)
        return [self.overall] if self.count else []

    def buckets(self) -> dict[str, float]:
        """Return the buckets of a data item; none if nothing was counted."""
        found = self.samples
        if not found:
            return {}
        data = {f"Perc{each}": found[ceil(len(found) * each / 100) - 1] for each in PERCENTILES}
        return {"Average": sum(found) / len(found), **data}
