"""How long an item waits before it is worked on once more.

Source: client-go ``util/workqueue/default_rate_limiters.go``; names and numbers are upstream's.
"""

from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

import attrs

from kactors.runtime import current_time

__all__ = [
    "BucketRateLimiter",
    "ItemExponentialFailureRateLimiter",
    "ItemFastSlowRateLimiter",
    "MaxOfRateLimiter",
    "RateLimiter",
    "default_controller_rate_limiter",
]

ItemT = TypeVar("ItemT", bound=Hashable)
AnyItemT_contra = TypeVar("AnyItemT_contra", bound=Hashable, contravariant=True)


class RateLimiter(Protocol[AnyItemT_contra]):
    """Says when an item may be worked on once more."""

    def when(self, item: AnyItemT_contra) -> float:
        """Return how many seconds the item has to wait; counts as one more failure."""
        ...

    def forget(self, item: AnyItemT_contra) -> None:
        """Begin anew with the item: it has succeeded, or was given up."""
        ...

    def num_requeues(self, item: AnyItemT_contra) -> int:
        """Return how many failures of the item are remembered."""
        ...


class ItemExponentialFailureRateLimiter(Generic[ItemT]):
    """Doubles an item's pause with each of its failures.

    Args:
        base_delay: seconds after the first failure.
        max_delay: seconds, at most.
    """

    def __init__(self, base_delay: float = 0.005, max_delay: float = 1000.0) -> None:
        self._base_delay = base_delay
        self._max_delay = max_delay
        self._failures: dict[ItemT, int] = {}

    def when(self, item: ItemT) -> float:
        """Return ``base_delay * 2 ** failures``, or ``max_delay`` if that is less."""
        failures = self._failures.get(item, 0)
        self._failures[item] = failures + 1
        if failures >= 64:  # where the power would outgrow any delay
            return self._max_delay
        return min(self._base_delay * 2.0**failures, self._max_delay)

    def forget(self, item: ItemT) -> None:
        """Begin anew with the item."""
        self._failures.pop(item, None)

    def num_requeues(self, item: ItemT) -> int:
        """Return the failures of the item since it was forgotten."""
        return self._failures.get(item, 0)


class ItemFastSlowRateLimiter(Generic[ItemT]):
    """Tries an item quickly a few times, then slowly.

    Args:
        fast_delay, slow_delay: seconds.
        max_fast_attempts: how many times the fast one holds.
    """

    def __init__(self, fast_delay: float, slow_delay: float, max_fast_attempts: int) -> None:
        self._fast_delay = fast_delay
        self._slow_delay = slow_delay
        self._max_fast_attempts = max_fast_attempts
        self._failures: dict[ItemT, int] = {}

    def when(self, item: ItemT) -> float:
        """Return the fast delay for the first attempts, then the slow one."""
        failures = self._failures[item] = self._failures.get(item, 0) + 1
        return self._fast_delay if failures <= self._max_fast_attempts else self._slow_delay

    def forget(self, item: ItemT) -> None:
        """Begin anew with the item."""
        self._failures.pop(item, None)

    def num_requeues(self, item: ItemT) -> int:
        """Return the failures of the item since it was forgotten."""
        return self._failures.get(item, 0)


class BucketRateLimiter:
    """A token bucket over all items together; time is the host's monotonic clock.

    Args:
        qps: tokens that come in per second.
        burst: tokens that the bucket holds, and holds at the beginning.
    """

    def __init__(self, qps: float = 10.0, burst: int = 100) -> None:
        self._qps = qps
        self._burst = burst
        self._tokens = float(burst)
        self._last: float | None = None

    def _fill(self) -> None:
        now = current_time()
        if self._last is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._last) * self._qps)
        self._last = now

    def when(self, item: object) -> float:
        """Take a token, also one that is yet to come; return the seconds until it is there."""
        del item
        self._fill()
        self._tokens -= 1.0
        return max(0.0, -self._tokens / self._qps)

    def try_accept(self) -> bool:
        """Take a token if one is there, and tell whether it was."""
        self._fill()
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def forget(self, item: object) -> None:
        """Do nothing: the bucket does not know one item from another."""

    def num_requeues(self, item: object) -> int:
        """Return 0: the bucket does not know one item from another."""
        del item
        return 0


@attrs.frozen
class MaxOfRateLimiter(Generic[ItemT]):
    """The longest of several pauses."""

    limiters: tuple[RateLimiter[ItemT], ...]

    def when(self, item: ItemT) -> float:
        """Return the longest pause; counts with every limiter."""
        return max(limiter.when(item) for limiter in self.limiters)

    def forget(self, item: ItemT) -> None:
        """Begin anew with the item everywhere."""
        for limiter in self.limiters:
            limiter.forget(item)

    def num_requeues(self, item: ItemT) -> int:
        """Return the most failures that any limiter remembers."""
        return max(limiter.num_requeues(item) for limiter in self.limiters)


def default_controller_rate_limiter() -> RateLimiter[str]:
    """Return 5 ms to 1000 s per item, and 10 a second with bursts of 100 overall.

    Source: client-go ``DefaultTypedControllerRateLimiter``.
    """
    return MaxOfRateLimiter((ItemExponentialFailureRateLimiter(), BucketRateLimiter()))
