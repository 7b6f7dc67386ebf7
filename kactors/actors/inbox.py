"""The reading end of a stream; see `kactors.actors.outbox` for how it works."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar, cast

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
    the server to stop. One task reads.

    Attributes:
        id: its number on this host.
        target: who serves it.
        heard: whether anything was heard of the server since the last round.
        heard_at: when anything was heard of it last, by the host's monotonic clock in seconds;
            until then, when the stream was asked for.
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
        self.heard = True
        self.heard_at = 0.0
        self._doubt = False  # a word of the server is overdue
        self._streams = streams
        self._source = source
        self._request = encode(request)
        self._window = streams.timing.window
        self._incarnation = 0  # of the server, 0 until it has answered
        self._arrived: deque[bytes] = deque()
        self._early: dict[int, bytes] = {}
        self._received = 0  # events that arrived without a gap
        self._announced = 0  # events that are known to have been sent
        self._consumed = 0
        self._granted = self._window
        self._last: int | None = None
        self._failure: Exception | None = None
        self._waiting: Waiter[None] | None = None
        self._asked = False  # for what is missing, since it was last looked after

    def __repr__(self) -> str:
        return f"<stream {self.id} from {self.target}, {self._received} events received>"

    @property
    def unconfirmed(self) -> bool:
        """Whether events are missing, a grant is owed, or the server may be gone."""
        doubtful = self._doubt and not self.heard
        return doubtful or not self._incarnation or self._misses or self._owes

    @property
    def _misses(self) -> bool:
        return self._received < self._announced

    @property
    def _owes(self) -> bool:
        return self._last is None and self._consumed + self._window != self._granted

    @property
    def _complete(self) -> bool:
        return self._last == self._received

    # -- what the reader does -----------------------------------------------------------

    async def __aenter__(self) -> Self:
        self.heard_at = self._streams.now()
        self._streams.add_inbox(self)
        self._ask()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._failure is None:
            if not self._complete:
                self._say(Kind.STREAM_LEAVE, 0)
            self._break("it was left")

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
            if self._complete:
                raise EndOfChannel(f"the stream from {self.target} is over")
            await self._arrival()
        payload = self._arrived.popleft()
        self._consumed += 1
        if self._last is None:
            if self._consumed + self._window - self._granted >= self._window // 2:
                self._grant()
            else:
                self._streams.busy(self)  # the grant that is owed is made a little later
        try:
            return cast("EventT", decode(payload))
        except WireError as problem:
            self._say(Kind.STREAM_LEAVE, 0)
            self._arrived.clear()
            self._break(f"event {self._consumed} cannot be read: {problem}")
            raise self._failure from problem  # type: ignore[misc]  # it was set just now

    def ask_for_word(self) -> None:
        """Let the server say that it is there, whether or not it has an event; do not wait for it.

        Asked again until something is heard, which `heard_at` tells.
        """
        if self._failure is None and not self._complete:
            self.heard, self._doubt = False, True
            if self._incarnation:  # or else the stream itself is still asked for
                self._ask_again()

    async def _arrival(self) -> None:
        assert self._waiting is None, f"two tasks read {self!r}: let one read for both"
        waiting = self._waiting = waiter()
        try:
            await waiting.wait()
        finally:
            self._waiting = None

    # -- what the server says -----------------------------------------------------------

    def on_envelope(self, envelope: Envelope) -> None:
        """Take whatever the server says."""
        self.heard = True
        self.heard_at = self._streams.now()
        if not self._incarnation:
            self._incarnation = envelope.source_incarnation
        match envelope.kind:
            case Kind.STREAM_EVENT:
                self._on_event(envelope.number, envelope.payload)
            case Kind.STREAM_HEARTBEAT:
                self._announced = max(self._announced, envelope.number)
                if self._misses:
                    self._ask_again()
                else:
                    self._grant()
            case Kind.STREAM_END:
                if envelope.number < self._received:
                    self._break("the server has forgotten events that it has sent")
                else:
                    self._last = self._announced = envelope.number
                    self._on_progress()
            case _:
                self._say(Kind.STREAM_CONFIRM, 0)
                self._on_break(envelope.payload)

    def on_life_over(self, host: str, last: int, what: str) -> None:
        """Break, if the life of a host that served this stream was the last that is over."""
        if host == self.target.host and 0 < self._incarnation <= last:
            self._break(f"the server's host {what}")

    def _on_event(self, number: int, payload: bytes) -> None:
        if number <= self._received or number > self._granted:
            return
        self._announced = max(self._announced, number)
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
        if self._complete:
            self._say(Kind.STREAM_CONFIRM, self._received)
            self._streams.forget_inbox(self)
        elif self._misses:
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

    # -- the clockwork ------------------------------------------------------------------

    def on_round(self, now: float, timing: StreamTiming) -> None:
        """Notice that the server is not there; that we are, our answers to it say."""
        if self.heard:
            self.heard = self._doubt = False
        elif now - self.heard_at >= timing.silence:
            self._break(f"nothing was heard for {timing.silence} s")
        elif now - self.heard_at >= timing.heartbeat:
            self._doubt = True
            self._streams.busy(self)

    def on_retry(self) -> None:
        """Repeat what was not answered, and grant what is owed."""
        self._asked = False
        if not self._incarnation:
            self._ask()
        elif self._owes and not self._misses:
            self._grant()
        else:
            self._ask_again()

    def on_lost(self, reason: str) -> None:
        """End the stream because this host's own part of it is gone."""
        self._break(reason)

    def _ask(self) -> None:
        self._say(Kind.STREAM_OPEN, self._window, self._request)

    def _ask_again(self) -> None:
        """Ask for what is missing, but not once for each event that comes too early."""
        if not self._asked:
            self._asked = True
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

    def _say(self, kind: Kind, number: int, payload: bytes = b"") -> None:
        self._streams.emit(
            kind, self._source, self.target, self._incarnation, self.id, number, payload
        )
