"""Notices when a life of another host is over, so that nobody waits for its answers.

Theory of operation
===================

A life is over for us once nothing of it can arrive any more. Two things prove that, both found
by dialling again after a connection was lost:

* a later life answers;
* nobody listens there any more, and every connection by which that life has sent to us has
  ended, too: what it said last may still have been on its way.

A connection that breaks is no proof, nor is silence: the same life may answer when it is dialled
again, and may have carried out, or be about to, what it was asked before.
"""

from collections.abc import Iterable

from kactors.transport.base import LifeOver
from kactors.transport.envelope import Envelope, Kind
from kactors.transport.framing import HEADER, FrameDecoder
from kactors.transport.routes import Routes


class Departures:
    """What one transport knows of the lives that are over.

    Args:
        routes: knows who is connected.

    Attributes:
        tell: who wants to know, if anybody does.
    """

    __slots__ = ("_gone", "_routes", "tell")

    def __init__(self, routes: Routes) -> None:
        self.tell: LifeOver | None = None
        self._routes = routes
        self._gone: dict[str, int] = {}  # lives that nobody listens for, but that we may still hear

    def reached(self, host: str, before: int | None, now: int) -> None:
        """Note that ``host`` has answered in its life ``now``, and ``before``, if ever."""
        before = self._gone.pop(host, before)
        if before is not None and before < now:
            self._over(host, before)

    def refused(self, host: str, life: int) -> None:
        """Note that this life of ``host`` has ended a connection, and listens no more."""
        self._gone[host] = life
        self.hung_up(host)

    def hung_up(self, host: str) -> None:
        """Note that an accepted connection may have ended that came from ``host``."""
        life = self._gone.get(host)
        if life is not None and not self._routes.hears(host, life):
            del self._gone[host]
            self._over(host, life)

    def _over(self, host: str, life: int) -> None:
        if self.tell is not None:
            self.tell(host, life, requests_in(self._routes.waiting(host)))


def requests_in(frames: Iterable[bytes]) -> frozenset[int]:
    """Return the numbers of the requests among frames of our own making."""
    numbers = []
    for frame in frames:
        decoder = FrameDecoder(frame_bytes_max=len(frame) - HEADER.size)
        decoder.feed(frame)
        envelope = decoder.next_frame()
        assert isinstance(envelope, Envelope), "what waits for a host was encoded as an envelope"
        if envelope.kind == Kind.REQUEST:
            numbers.append(envelope.id)
    return frozenset(numbers)
