"""What a transport counts, and what it remembers for people who ask why."""

from collections import Counter, deque
from typing import NamedTuple

from kactors.transport.errors import ConnectionEnded

_ENDINGS_KEPT = 64


class Ending(NamedTuple):
    """How one connection, or an attempt at one, came to its end.

    Attributes:
        peer: the host at the other end, or where it was dialled, or ``"?"``.
        reason: as it is counted.
        text: what was asked, what was found, what to do.
    """

    peer: str
    reason: str
    text: str


class Tally:
    """Counts by reason, and the latest endings.

    Attributes:
        counts: see `Transport.statistics`.
        endings: the latest, the newest last.
    """

    __slots__ = ("counts", "endings")

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.endings: deque[Ending] = deque(maxlen=_ENDINGS_KEPT)

    def dropped(self, reason: str, count: int = 1) -> None:
        """Count envelopes that will not arrive."""
        self.counts[f"dropped: {reason}"] += count

    def closed(self, peer: str, why: ConnectionEnded) -> None:
        """Count the end of a connection whose handshake was done."""
        self._ended("closed", peer, why)

    def failed(self, peer: str, why: ConnectionEnded) -> None:
        """Count a connection that never came to the end of its handshake."""
        self._ended("failed", peer, why)

    def _ended(self, how: str, peer: str, why: ConnectionEnded) -> None:
        self.counts[f"{how}: {why.reason}"] += 1
        self.endings.append(Ending(peer, why.reason, str(why)))
