"""The reading end of a stream; see `kactors.actors.outbox` for how it works."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from kactors.actors.errors import StreamBrokenError
from kactors.actors.outbox import StreamTiming
from kactors.runtime import EndOfChannel, Waiter, checkpoint, waiter
from kactors.transport.envelope import Address, Envelope, Kind
from kactors.wire import WireError, decode, encode

if TYPE_CHECKING:
    from kactors.actors.stream_table import StreamTable

EventT = TypeVar("EventT")


class Inbox(Generic[EventT]):
    """The events of one stream, in order and without a gap, until its end or its breaking.

    Use it with ``async with``, which asks for the stream, and ``async for``. Leaving it tells
    the server to stop.
    """

    def __init__(
        self,
        streams: StreamTable,
        number: int,
        source: Address,
        target: Address,
        request: object,
    ) -> None:
        self.id = number
        self.target = target
        self._streams = streams
        self._source = source
        self._request = encode(request)
        self._window = streams.timing.window
        self._incarnation = 0  # of the server, 0 until it has answered
        self._arrived: deque[bytes] = deque()
        self._early: dict[int, bytes] = {}
        self._received = 0  # events that arrived without a gap
        self._consumed = 0
        self._granted = self._window
        self._last: int | None = None
        self._failure: Exception | None = None
        self._waiting: Waiter[None] | None = None
        self._asked_again = -1.0
        self.heard = self.said = 0.0

    @property
    def unconfirmed(self) -> bool:
        """Whether the server has not answered yet, or events are known to be missing."""
        return not self._incarnation or bool(self._early) or self._gap

    @property
    def _gap(self) -> bool:
        return self._last is not None and self._received < self._last

    @property
    def _over(self) -> bool:
        return self._failure is not None or self._last == self._received

    async def __aenter__(self) -> Self:
        self.heard = self._streams.now()
        self._streams.add_inbox(self)
        self._ask()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._over:
            self._say(Kind.STREAM_LEAVE, 0)
        self._failure = self._failure or StreamBrokenError(str(self.target), "it was left")
        self._streams.forget_inbox(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> EventT:
        try:
            return await self.receive()
        except EndOfChannel:
            raise StopAsyncIteration from None

    async def receive(self) -> EventT:
        """Return the next event.

        Raises:
            EndOfChannel: the server has sent all there is.
            StreamBrokenError: the stream will not come to its end.
            KactorsError: what the server has raised.
        """
        if self._arrived:
            await checkpoint()
        while not self._arrived:
            if self._failure is not None:
                raise self._failure
            if self._last == self._received:
                raise EndOfChannel(f"the stream from {self.target} is over")
            waiting = self._waiting = waiter()
            await waiting.wait()
        payload = self._arrived.popleft()
        self._consumed += 1
        if self._consumed + self._window - self._granted >= self._window // 2:
            self._grant()
        return cast("EventT", decode(payload))

    def on_envelope(self, envelope: Envelope) -> None:
        """Take whatever the server says."""
        self.heard = self._streams.now()
        if not self._incarnation:
            self._incarnation = envelope.source_incarnation
        elif self._incarnation != envelope.source_incarnation:
            self._break("the server has restarted")
            return
        match envelope.kind:
            case Kind.STREAM_EVENT:
                self._on_event(envelope.number, envelope.payload)
            case Kind.STREAM_HEARTBEAT:
                if envelope.number > self._received:
                    self._ask_again()
                else:
                    self._grant()
            case Kind.STREAM_END:
                self._last = envelope.number
                self._on_progress()
            case _:
                self._on_break(envelope.payload)

    def _on_event(self, number: int, payload: bytes) -> None:
        if number <= self._received or number > self._granted:
            return
        if number > self._received + 1:
            self._early[number] = payload
            self._ask_again()
            return
        self._arrived.append(payload)
        self._received = number
        while (following := self._early.pop(self._received + 1, None)) is not None:
            self._arrived.append(following)
            self._received += 1
        self._on_progress()

    def _on_progress(self) -> None:
        if self._last == self._received:
            self._say(Kind.STREAM_CONFIRM, self._received)
            self._streams.forget_inbox(self)
        elif self._gap:
            self._ask_again()
        self._wake()

    def _on_break(self, payload: bytes) -> None:
        if payload:
            try:
                error = decode(payload)
            except WireError as problem:
                self._break(f"its error cannot be read: {problem}")
                return
            if isinstance(error, Exception):
                self._fail(error)
                return
        self._break("the server knows nothing of it any more")

    def on_tick(self, now: float, timing: StreamTiming) -> None:
        """Repeat what was not answered, say that we are here, notice that nobody else is."""
        if now - self.heard > timing.silence:
            self._break(f"nothing was heard for {timing.silence} s")
        elif now - self.said >= (timing.retry if self.unconfirmed else timing.heartbeat):
            if not self._incarnation:
                self._ask()
            elif self.unconfirmed:
                self._ask_again(at_once=True)
            else:
                self._grant()

    def on_lost(self, reason: str) -> None:
        """End the stream because this host's own part of it is gone."""
        self._break(reason)

    def _ask(self) -> None:
        self._say(Kind.STREAM_OPEN, self._window, self._request)

    def _ask_again(self, *, at_once: bool = False) -> None:
        """Ask for what is missing, but not once for each early event."""
        now = self._streams.now()
        if (
            at_once
            or self._asked_again < 0
            or now - self._asked_again >= self._streams.timing.retry
        ):
            self._asked_again = now
            self._say(Kind.STREAM_RESEND, self._received + 1)
        self._streams.busy(self)

    def _grant(self) -> None:
        self._granted = self._consumed + self._window
        self._say(Kind.STREAM_CREDIT, self._granted)

    def _break(self, problem: str) -> None:
        self._fail(StreamBrokenError(address=str(self.target), problem=problem))

    def _fail(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
            self._streams.forget_inbox(self)
            self._wake()

    def _wake(self) -> None:
        if self._waiting is not None:
            self._waiting.wake(None)
            self._waiting = None

    def _say(self, kind: Kind, number: int, payload: bytes = b"") -> None:
        self.said = self._streams.now()
        self._streams.emit(
            kind, self._source, self.target, self._incarnation, self.id, number, payload
        )


AnyInbox = Inbox[Any]
