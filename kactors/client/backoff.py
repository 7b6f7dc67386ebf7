"""Pauses that grow from try to try, with jitter, so that many clients do not come in step."""

import attrs

from kactors.runtime import Random, current_time

__all__ = ["Backoff"]


@attrs.define
class Backoff:
    """Doubles from ``first`` to ``longest`` seconds; each pause is stretched by chance.

    Args:
        random: a stream of chance of its own.
        first: the shortest pause, seconds.
        longest: the longest pause, seconds, before it is stretched.
        jitter: a pause is stretched by up to this share of itself.
        reset_after: seconds without a failure after which it begins anew; 0 for never.

    Source: client-go ``NewReflectorWithOptions``, apimachinery ``wait.Backoff``.
    """

    random: Random
    first: float
    longest: float
    jitter: float = 1.0
    reset_after: float = 0.0
    _next: float = attrs.field(init=False, default=0.0)
    _last_at: float = attrs.field(init=False, default=0.0)

    def next(self) -> float:
        """Return the seconds to wait now."""
        now = current_time()
        if self._next == 0.0 or (0 < self.reset_after < now - self._last_at):
            self._next = self.first
        pause = self._next
        self._next = min(2 * pause, self.longest)
        self._last_at = now
        return pause * (1.0 + self.jitter * self.random.random())

    def reset(self) -> None:
        """Begin anew: something has succeeded."""
        self._next = 0.0
