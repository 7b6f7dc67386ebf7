"""The face of every transport."""

from collections.abc import Callable, Set
from typing import Protocol

from kactors.runtime.face import Nursery
from kactors.transport.envelope import Envelope

Deliver = Callable[[Envelope], None]
"""Takes one envelope that has arrived; never waits, never raises."""

LifeOver = Callable[[str, int, Set[int]], None]
"""Told a host, the incarnation of a life of it that is over, as are those before it, and the
numbers of the requests to the host that have not left yet, or whose answer is here but not
delivered yet. Every other request that was sent to it so far will never be answered."""


class Transport(Protocol):
    """Carries the envelopes of one host, at most once each.

    Found by name through the entry points of the group ``kactors.transports``.
    """

    async def start(self, deliver: Deliver, nursery: Nursery) -> None:
        """Begin to listen; from now on arrivals are handed to ``deliver``.

        Background tasks live in ``nursery``: none outlives it, and `aclose` ends them all.
        """
        ...

    def send(self, envelope: Envelope) -> None:
        """Hand over one envelope for delivery; never waits.

        What cannot be sent (no such host, a full queue, a closed transport) is dropped
        and counted in `statistics` under a reason.
        """
        ...

    def watch_lives(self, tell: LifeOver) -> None:
        """Have ``tell`` called, before later envelopes leave, when a life of another host is over.

        A transport that cannot notice never calls it.
        """
        ...

    def statistics(self) -> dict[str, int]:
        """Count by reason: ``sent``, ``received``, ``dropped: <reason>``, ``closed: <reason>``."""
        ...

    async def aclose(self, *, drain_seconds: float = 0.0) -> None:
        """Stop listening, give queued envelopes up to ``drain_seconds`` to leave, then close."""
        ...
