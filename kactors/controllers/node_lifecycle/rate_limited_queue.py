"""Names that are dealt with one after the other, not faster than so many a second.

Source: kubernetes pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go.
"""

from math import inf

__all__ = ["RateLimitedQueue"]


class RateLimitedQueue:
    """A queue of names, each taken once until it is removed; time is told by the caller.

    Args:
        rate: names a second; 0 for none at all.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free_at = -inf  # when the next name may be taken
        self._waiting: dict[str, None] = {}
        self._taken: dict[str, None] = {}

    def __len__(self) -> int:
        """Return how many names wait."""
        return len(self._waiting)

    @property
    def rate(self) -> float:
        """Names a second."""
        return self._rate

    def set_rate(self, rate: float, now: float) -> None:
        """Change the rate; what has been taken lately counts at the new one."""
        if rate == self._rate:
            return
        if self._free_at > now and rate:
            self._free_at = now + 1 / rate
        self._rate = rate

    def add(self, name: str) -> bool:
        """Let a name wait; return False, and do nothing, if it waits or was taken already."""
        if name in self._waiting or name in self._taken:
            return False
        self._waiting[name] = None
        return True

    def remove(self, name: str) -> None:
        """Forget a name: it may be added again."""
        self._waiting.pop(name, None)
        self._taken.pop(name, None)

    def retry(self, name: str) -> None:
        """Let a name that was taken wait again, behind all others: it did not work."""
        if name in self._taken:
            del self._taken[name]
            self._waiting[name] = None

    def next_at(self) -> float:
        """Return when `take` will return a name, by itself; infinity if it will not."""
        return self._free_at if self._waiting and self._rate else inf

    def take(self, now: float) -> str | None:
        """Return the next name; ``None`` if there is none, or it is too early."""
        if self.next_at() > now:
            return None
        name = next(iter(self._waiting))
        del self._waiting[name]
        self._taken[name] = None
        self._free_at = now + 1 / self._rate
        return name
