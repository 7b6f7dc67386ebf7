"""One entry of the address book: dials when there is something to send, and dials again."""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import trio  # noqa: TID251 - live-only module

from kactors.runtime.random import Random
from kactors.transport.connection import Connection
from kactors.transport.errors import ConnectionEnded, EndpointChanged, TransportClosed
from kactors.transport.outbox import Outbox
from kactors.transport.stream_options import StreamOptions

Serve = Callable[["Peer", str], Awaitable[None]]
"""Connects to a peer at an endpoint and serves the connection to its end.

Calls `Peer.reached` between the two. Raises nothing when there is no connection to be had.
"""


_OUR_DOING: Final[tuple[type[ConnectionEnded], ...]] = (EndpointChanged, TransportClosed)
"""Ends of a connection that tell nothing of the peer."""


class News(Protocol):
    """Who wants to know what dialling has told; `kactors.transport.departures.Departures`."""

    def reached(self, host: str, before: int | None, now: int) -> None:
        """Take note that a host was reached, in which life, and in which before that."""
        ...

    def refused(self, host: str, life: int) -> None:
        """Take note that the connection to this life was lost, and nobody listens there now."""
        ...


class Peer:
    """A host that we dial. Its outbox outlives its connections.

    No connection is made before something waits in the outbox. When the peer has ended one, it
    is dialled again at once, to learn whether it is still there: somebody may wait for its
    answers. After a failure the dials become rarer, see `StreamOptions`.

    Attributes:
        host: its name.
        outbox: what waits for it.
        connection: the one that serves the outbox now, if there is one.
    """

    def __init__(
        self,
        host: str,
        endpoint: str,
        outbox: Outbox,
        *,
        chance: Random,
        options: StreamOptions,
        give_up: Callable[[Outbox], None],
        news: News,
    ) -> None:
        self.host = host
        self.outbox = outbox
        self._endpoint: str | None = endpoint  # None once forgotten
        self.connection: Connection | None = None
        self._chance = chance
        self._options = options
        self._give_up = give_up
        self._news = news
        self._life: int | None = None  # that was reached last, unless nobody listens any more
        self._missed = False  # it has ended the connection, and was not dialled since
        self._failures = 0  # dials in a row without success
        self._failed_at = 0.0  # when the last of them has failed
        self._out_of_reach_since: float | None = None
        self._reached_at: float | None = None
        self._lot = trio.lowlevel.ParkingLot()
        self._scope = trio.CancelScope()
        outbox.nudge = self._wake

    def move(self, endpoint: str | None) -> None:
        """Dial ``endpoint`` from now on, or never again; what leads elsewhere ends.

        Once the endpoint is None, `run` ends.
        """
        if endpoint == self._endpoint:
            return
        self._endpoint = endpoint
        self._failures = 0
        self._out_of_reach_since = None
        self._missed = False
        if self.connection is not None:
            self.connection.end(
                EndpointChanged(f"the address book now has {self.host!r} at {endpoint!r}")
            )
        else:
            self._scope.cancel()

    def reached(self, connection: Connection) -> None:
        """Note that the handshake is done and that ``connection`` serves the outbox."""
        self.connection = connection
        self._reached_at = trio.current_time()
        self._out_of_reach_since = None
        self._missed = False
        before, self._life = self._life, connection.incarnation
        self._news.reached(self.host, before, self._life)

    def refused(self) -> None:
        """Note that nobody listens at the endpoint."""
        if self._missed and self._life is not None:
            life, self._life, self._missed = self._life, None, False
            self._news.refused(self.host, life)

    async def run(self, serve: Serve) -> None:
        """Keep the peer connected while there is something to send; until forgotten."""
        while (endpoint := self._endpoint) is not None:
            with trio.CancelScope() as self._scope:
                await self._wait_for_work()
                await trio.sleep(self._pause())
                self._reached_at = None
                try:
                    await serve(self, endpoint)
                finally:
                    if self.connection is not None:
                        self._missed = not isinstance(self.connection.why, _OUR_DOING)
                    self.connection = None
                    self.outbox.nudge = self._wake
                self._judge()

    def _wake(self) -> None:
        self._lot.unpark_all()

    async def _wait_for_work(self) -> None:
        while len(self.outbox) == 0 and not self._missed:
            await self._lot.park()

    def _pause(self) -> float:
        """Return how long to wait before the next dial, in seconds.

        Time that has passed since the last one, because nothing was to be sent, counts.
        """
        if self._failures == 0:
            return 0.0
        options = self._options
        # The exponent is bounded lest the float overflow; the maximum is long reached then.
        longest = options.backoff_seconds * 2.0 ** min(self._failures - 1, 64)
        pause = min(longest, options.backoff_seconds_max) * (1.0 - 0.5 * self._chance.random())
        return max(0.0, self._failed_at + pause - trio.current_time())

    def _judge(self) -> None:
        """Learn from the connection, or the attempt at one, that has just ended."""
        now = trio.current_time()
        reached_at = self._reached_at
        if reached_at is not None:
            lasted = now - reached_at
            if lasted > self._options.backoff_seconds_max:
                self._failures = 0
                return
            if lasted > self._options.backoff_seconds:  # what was before is made good
                self._failures = 0
        self._failures += 1
        self._failed_at = now
        if reached_at is not None:
            return
        if self._out_of_reach_since is None:
            self._out_of_reach_since = now
        elif now - self._out_of_reach_since >= self._options.patience_seconds:
            self._missed = False
            self._give_up(self.outbox)
