"""How long to wait before something that fails is tried again: containers, and image pulls.

Source: client-go util/flowcontrol/backoff.go, as the kubelet uses it.
"""

from typing import Final

import attrs

__all__ = ["FIRST_SECONDS", "MAX_SECONDS", "BackOff"]  # fmt: skip

FIRST_SECONDS: Final = 10.0
MAX_SECONDS: Final = 300.0


@attrs.define
class _Entry:
    seconds: float
    updated: float


@attrs.define
class BackOff:
    """Pauses per key: 10 s, doubling to 5 min; forgotten after 10 min without trouble.

    The first trouble of a key makes nobody wait: what is tried again then is tried at once.

    Attributes:
        first, longest: seconds.
    """

    first: float = FIRST_SECONDS
    longest: float = MAX_SECONDS
    _entries: dict[str, _Entry] = attrs.field(factory=dict, init=False)

    def left(self, key: str, since: float, now: float) -> float:
        """Return how many seconds are to be waited yet; 0 if it may be tried.

        Args:
            key: of what.
            since: when it failed.
            now: on the same clock.
        """
        entry = self._entries.get(key)
        if entry is None or self._expired(entry, since):
            return 0.0
        return max(0.0, since + entry.seconds - now)

    def next(self, key: str, since: float, now: float) -> None:
        """Note that it is tried again now, after it has failed at ``since``."""
        entry = self._entries.get(key)
        if entry is None or self._expired(entry, since):
            self._entries[key] = _Entry(self.first, now)
        else:
            entry.seconds = min(2 * entry.seconds, self.longest)
            entry.updated = now

    def seconds(self, key: str) -> float:
        """Return the present pause of a key; 0 if it has none."""
        entry = self._entries.get(key)
        return 0.0 if entry is None else entry.seconds

    def forget(self, prefix: str) -> None:
        """Forget all keys that begin so: their pod is gone."""
        for key in [key for key in self._entries if key.startswith(prefix)]:
            del self._entries[key]

    def _expired(self, entry: _Entry, since: float) -> bool:
        return since - entry.updated > 2 * self.longest
