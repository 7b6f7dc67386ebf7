"""Accepts connections, however fast they come and whatever the system runs short of."""

import errno
import socket
from collections.abc import Awaitable, Callable, Sequence

import trio  # noqa: TID251 - live-only module

from kactors.transport.errors import TooManyConnections
from kactors.transport.tally import Tally

Welcome = Callable[[socket.socket], Awaitable[None]]
"""Serves one accepted connection to its end, and closes it."""

_PAUSE_SECONDS = 0.05
_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Listener:
    """Serves what comes to some listening sockets, up to a number at one time."""

    def __init__(self, welcome: Welcome, *, connections_max: int, tally: Tally) -> None:
        self._welcome = welcome
        self._connections_max = connections_max
        self._tally = tally
        self._open = 0
        self._accepting = trio.CancelScope()

    def stop(self) -> None:
        """Accept no more; what was accepted goes on."""
        self._accepting.cancel()

    async def run(self, listening: Sequence[socket.socket], connections: trio.Nursery) -> None:
        """Accept until stopped or cancelled; the connections are tasks of ``connections``."""
        with self._accepting:
            async with trio.open_nursery() as nursery:
                for place in listening:
                    nursery.start_soon(self._accept, place, connections)

    async def _accept(self, place: socket.socket, connections: trio.Nursery) -> None:
        while True:
            await trio.lowlevel.wait_readable(place)
            try:
                accepted, _ = place.accept()
            except OSError as error:
                await self._after(error)
                continue
            if self._open >= self._connections_max:
                accepted.close()
                self._tally.failed("?", self._too_many())
                continue
            self._open += 1
            connections.start_soon(self._serve, accepted)

    async def _after(self, error: OSError) -> None:
        """Wait a little where trying again at once would only spin."""
        if error.errno in _OUT_OF_RESOURCES:
            self._tally.counts[f"failed: accept: {errno.errorcode[error.errno]}"] += 1
            await trio.sleep(_PAUSE_SECONDS)
        # Anything else concerns a connection that was gone before we got to it.

    async def _serve(self, accepted: socket.socket) -> None:
        try:
            await self._welcome(accepted)
        finally:
            self._open -= 1

    def _too_many(self) -> TooManyConnections:
        return TooManyConnections(
            f"{self._connections_max} connections are open: raise connections_max or close some"
        )
