"""One watch: the changes of one resource as they happen, until the stream ends."""

import math
from collections import deque
from collections.abc import Callable
from typing import Self

import attrs

from kactors.actors.errors import RequestError, StreamBrokenError
from kactors.actors.inbox import Inbox
from kactors.api.codec import decode
from kactors.api.errors import from_status
from kactors.api.objects import Object
from kactors.api.requests import ApiWatch, WatchBatch
from kactors.client.balancer import Attempt
from kactors.client.connection import Connection
from kactors.client.errors import WatchBroken
from kactors.client.session import Session
from kactors.runtime import CancelScope, EndOfChannel, move_on_at

__all__ = ["ADDED", "BOOKMARK", "DELETED", "ERROR", "MODIFIED", "Event", "Watch"]

ADDED, MODIFIED, DELETED = "ADDED", "MODIFIED", "DELETED"
BOOKMARK, ERROR = "BOOKMARK", "ERROR"


@attrs.frozen
class Event:
    """One change.

    Attributes:
        type: `ADDED`, `MODIFIED`, `DELETED` or `BOOKMARK`.
        object: after the change; before it, if deleted; with little but its revision, if bookmark.
        revision: of the change.
    """

    type: str
    object: Object
    revision: int


class Watch:
    """The events of one watch; ``async with`` opens it, ``async for`` reads it.

    The iteration ends when the apiserver ends the watch; going on from the last revision is the
    reader's affair.

    Args:
        session: the way to the apiservers.
        request: what to watch.
        on_revision: told the revision of each batch when it is handed out.
    """

    def __init__(
        self, session: Session, request: ApiWatch, on_revision: Callable[[int], None]
    ) -> None:
        self._session = session
        self._request = request
        self._on_revision = on_revision
        self._stream: Inbox[WatchBatch] | None = None
        self._attempt: Attempt | None = None
        self._events: deque[Event] = deque()
        self._waiting: CancelScope | None = None
        self._cut = False

    async def __aenter__(self) -> Self:
        self._attempt = self._session.balancer.begin()
        self._attempt.abandoned()  # a watch owes no answer: it may have nothing to say
        self._stream = self._session.asker.open_stream(self._attempt.address, self._request)
        await self._stream.__aenter__()
        self._attempt.connection.join(self)
        return self

    async def __aexit__(self, *problem: object) -> None:
        stream, self._stream = self._stream, None
        if stream is not None and self._attempt is not None:
            self._attempt.connection.leave(self)
            await stream.__aexit__(None, None, None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """Return the next event.

        Raises:
            ApiError: the apiserver has said why it ends the watch; `Expired`, as a rule.
            WatchBroken: the watch was cut off.
        """
        while not self._events:
            batch = await self.receive()
            if batch is None:
                raise StopAsyncIteration
            self._events.extend(batch)
        return self._events.popleft()

    async def receive(self) -> tuple[Event, ...] | None:
        """Return events that came together, not empty; ``None`` if the watch has ended.

        Do not mix it with ``async for``. Raises: as the iteration.
        """
        assert self._stream is not None, "a watch is used with 'async with'"
        assert self._attempt is not None, "it was opened"
        events: list[Event] = []
        while not events:
            try:
                batch = await self._receive(self._stream, self._attempt.connection)
            except EndOfChannel:
                return None
            except RequestError as problem:
                self._attempt.failed()
                raise WatchBroken(
                    f"the watch of {self._request.resource} at {self._attempt.address} was cut "
                    f"off: {problem}; watch again from the last revision"
                ) from problem
            for change in batch.events:
                if change.type == ERROR:
                    # What came before it in the same batch is not handed out: it comes again.
                    error = from_status(decode(change.body))
                    if error.code == 503:
                        self._attempt.failed()
                    raise error
                found = decode(change.body, change.revision)
                events.append(Event(change.type, found, change.revision))
        self._on_revision(events[-1].revision)
        return tuple(events)

    async def _receive(self, stream: Inbox[WatchBatch], connection: Connection) -> WatchBatch:
        """Return the next batch. Raises: `StreamBrokenError`, also if the replica is lost."""
        while not self._cut:
            with move_on_at(connection.deadline(self)) as self._waiting:
                return await stream.receive()
            connection.look()
        raise StreamBrokenError(address=str(stream.target), problem="the replica says nothing")

    # -- what the connection asks and says -----------------------------------------------------

    @property
    def heard_at(self) -> float:
        """When anything was heard of the watch last, by the host's monotonic clock."""
        return self._stream.heard_at if self._stream is not None else -math.inf

    def ask_for_word(self) -> None:
        """Let the replica say that it is there."""
        if self._stream is not None:
            self._stream.ask_for_word()

    def wake(self) -> None:
        """Wait no longer than the connection says now."""
        if self._waiting is not None:
            self._waiting.cancel("the connection has another deadline")

    def cut(self) -> None:
        """Break: the replica is lost."""
        self._cut = True
        self.wake()
