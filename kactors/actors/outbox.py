"""The serving end of a stream.

Theory of operation
===================

Events are numbered from 1. The reader grants *credit* as a total: "up to event n". Since it
grants what it has consumed plus a fixed window, a grant also says what has arrived, and
what is older is forgotten here. What is younger is kept and sent again when the reader
misses it. While something is unconfirmed the sender says every now and then how far it has
come (a heartbeat), so that the reader notices a loss at the end, too. A stream is broken when the
other end was silent for too long. Nothing is ever skipped.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import attrs

from kactors.actors.errors import StreamBrokenError
from kactors.runtime import CancelScope, Waiter, checkpoint, waiter
from kactors.transport.envelope import Address, Kind
from kactors.wire import encode

if TYPE_CHECKING:
    from kactors.actors.stream_table import StreamTable

EventT = TypeVar("EventT")


class StreamKey(NamedTuple):
    """Names a stream on its serving host: who asked, in which life, under which number."""

    host: str
    incarnation: int
    id: int


@attrs.frozen
class StreamTiming:
    """The clockwork of streams, in seconds.

    Attributes:
        heartbeat: how often an idle end says that it is there.
        silence: after how long without a word the other end is taken for gone.
        retry: how often an end repeats what was not confirmed.
        window: how many events may be on their way, or unread, at the same time.
    """

    heartbeat: float = 10.0
    silence: float = 30.0
    retry: float = 0.5
    window: int = 64


class Outbox(Generic[EventT]):
    """Takes the events of one stream; given to the handler that serves it."""

    def __init__(
        self, streams: StreamTable, key: StreamKey, source: Address, reader: Address, credit: int
    ) -> None:
        self.key = key
        self.reader = reader
        self._streams = streams
        self._source = source
        self._window = credit
        self._granted = credit
        self._sent = 0
        self._kept: deque[bytes] = deque()  # events _sent - len(_kept) + 1 .. _sent
        self._waiting: Waiter[None] | None = None
        self._ended = False
        self._broken: str | None = None
        self.scope: CancelScope | None = None
        self.heard = streams.now()
        self.said = self.heard

    @property
    def sent(self) -> int:
        """How many events were sent."""
        return self._sent

    @property
    def broken(self) -> bool:
        """Whether the reader is gone."""
        return self._broken is not None

    @property
    def unconfirmed(self) -> bool:
        """Whether the reader has not confirmed all events, or the end, yet."""
        return self._ended or bool(self._kept)

    async def send(self, event: EventT) -> None:
        """Send the next event, once the reader has room for it.

        Raises:
            StreamBrokenError: the reader is gone.
        """
        while self._sent >= self._granted and self._broken is None:
            waiting = self._waiting = waiter()
            await waiting.wait()
        if self._broken is not None:
            await checkpoint()
            raise StreamBrokenError(address=str(self.reader), problem=self._broken)
        self._sent += 1
        payload = encode(event)
        self._kept.append(payload)
        self._say(Kind.STREAM_EVENT, self._sent, payload)
        self._streams.busy(self)

    def welcome(self) -> None:
        """Tell the reader that the stream is open."""
        self._say(Kind.STREAM_HEARTBEAT, self._sent)

    def end(self) -> None:
        """Say that there are no more events; kept until the reader has confirmed all."""
        if self._broken is None:
            self._ended = True
            self._say(Kind.STREAM_END, self._sent)
            self._streams.busy(self)

    def fail(self, payload: bytes) -> None:
        """End the stream with an encoded error."""
        self._broken = "the server failed"
        self._say(Kind.STREAM_BREAK, 0, payload)
        self._streams.forget_outbox(self)

    def on_credit(self, granted: int) -> None:
        """Take a grant, and with it the confirmation of what lies a window behind it."""
        self.heard = self._streams.now()
        confirmed = granted - self._window
        while self._kept and self._sent - len(self._kept) < confirmed:
            self._kept.popleft()
        if granted > self._granted:
            self._granted = granted
            if self._waiting is not None:
                self._waiting.wake(None)
                self._waiting = None

    def on_resend(self, first: int) -> None:
        """Send again everything from event ``first`` on."""
        self.heard = self._streams.now()
        oldest = self._sent - len(self._kept) + 1
        for number in range(max(first, oldest), self._sent + 1):
            self._say(Kind.STREAM_EVENT, number, self._kept[number - oldest])
        if self._ended:
            self._say(Kind.STREAM_END, self._sent)

    def on_break(self, reason: str) -> None:
        """Stop: the reader is gone, or wants no more."""
        self._broken = reason
        self._streams.forget_outbox(self)
        if self._waiting is not None:
            self._waiting.wake(None)
        if self.scope is not None:
            self.scope.cancel(reason)

    def on_tick(self, now: float, timing: StreamTiming) -> None:
        """Repeat what was not confirmed, say that we are here, notice that nobody else is."""
        if now - self.heard > timing.silence:
            self.on_break(f"nothing was heard for {timing.silence} s")
        elif now - self.said >= (timing.retry if self.unconfirmed else timing.heartbeat):
            self._say(Kind.STREAM_END if self._ended else Kind.STREAM_HEARTBEAT, self._sent)

    def _say(self, kind: Kind, number: int, payload: bytes = b"") -> None:
        self.said = self._streams.now()
        self._streams.emit(
            kind, self._source, self.reader, self.key.incarnation, self.key.id, number, payload
        )
