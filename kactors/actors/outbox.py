"""The serving end of a stream.

Theory of operation
===================

Events are numbered from 1. The reader grants *credit* as a total: "up to event n". Since it
grants what it has consumed plus a fixed window, a grant also says what has been consumed, and
what is older is forgotten here. What is younger is kept and sent again when the reader
misses it. While something is unconfirmed the sender says every now and then how far it has
come (a heartbeat), so that the reader notices a loss at the end, too. The last word, an end or
an error, is repeated until the reader has confirmed it. An idle stream has a heartbeat and an
answer to it now and then; an end that misses one asks more often. A stream is broken when the other
end was silent for too long. Nothing is ever skipped.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

import attrs

from kactors.actors.checks import above, at_least
from kactors.actors.errors import PolicyError, StreamBrokenError
from kactors.runtime import CancelScope, Waiter, checkpoint, waiter
from kactors.transport.envelope import Address, Kind
from kactors.wire import encode

if TYPE_CHECKING:
    from kactors.actors.stream_table import StreamTable

EventT = TypeVar("EventT")

KEPT_MAX: Final = 4096
"""How many events are kept for one reader, however large a window it asks for."""


def _check_silence(timing: StreamTiming, _: Any, silence: float) -> None:
    if not silence >= 2 * timing.heartbeat:
        raise PolicyError(
            f"StreamTiming.silence is {silence!r}: give at least two heartbeats of "
            f"{timing.heartbeat} s each, or one lost message breaks a stream"
        )


def _check_retry(timing: StreamTiming, _: Any, retry: float) -> None:
    if not 0 < retry <= timing.heartbeat / 2:
        raise PolicyError(
            f"StreamTiming.retry is {retry!r}: give a number above 0 and at most half a "
            f"heartbeat, which is {timing.heartbeat} s"
        )


@attrs.frozen
class StreamTiming:
    """The clockwork of streams, in seconds of the host's monotonic clock.

    Attributes:
        heartbeat: how often an idle end says that it is there.
        silence: after how long without a word the other end is taken for gone; noticed up
            to a heartbeat later.
        retry: how often an end repeats what was not confirmed.
        window: how many events may be on their way, or unread, at the same time.

    Raises:
        PolicyError: a number makes no sense.
    """

    heartbeat: float = attrs.field(default=10.0, validator=above(0))
    silence: float = attrs.field(default=30.0, validator=_check_silence)
    retry: float = attrs.field(default=0.5, validator=_check_retry)
    window: int = attrs.field(default=64, validator=at_least(1))


class StreamKey(NamedTuple):
    """Names a stream on its serving host: who asked, in which life, under which number."""

    host: str
    incarnation: int
    id: int


class Outbox(Generic[EventT]):
    """Takes the events of one stream; given to the handler that serves it.

    Attributes:
        key: names the stream here.
        reader: who has asked for it.
        scope: what the handler runs in; cancelled when the reader is gone.
        heard: whether anything was heard of the reader since the last round.
    """

    def __init__(
        self,
        streams: StreamTable,
        key: StreamKey,
        source: Address,
        reader: Address,
        scope: CancelScope,
        window: int,
    ) -> None:
        self.key = key
        self.reader = reader
        self.scope = scope
        self.heard = True
        self._spoke_this_round = False
        self._spoke_lately = False
        self._heard_at = 0.0
        self._doubt = False  # a word of the reader is overdue
        self._streams = streams
        self._source = source
        self._window = max(1, window)
        self._granted = min(self._window, KEPT_MAX)
        self._sent = 0
        self._kept: deque[bytes] = deque()  # events _sent - len(_kept) + 1 .. _sent
        self._waiting: dict[Waiter[None], None] = {}
        self._last_word: tuple[Kind, bytes] | None = None
        self._broken: str | None = None

    def __repr__(self) -> str:
        return f"<stream {self.key.id} to {self.reader}, {self._sent} events sent>"

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
        """Whether the reader has not confirmed everything yet, or may be gone."""
        doubtful = self._doubt and not self.heard
        return doubtful or self._last_word is not None or bool(self._kept)

    # -- what the handler does ----------------------------------------------------------

    async def send(self, event: EventT) -> None:
        """Send the next event, once the reader has room for it.

        Returns at once as long as there is room. Any number of tasks may send.

        Raises:
            StreamBrokenError: the reader is gone, or the handler has returned.
            WireError: the event cannot be encoded; it takes no number then.
        """
        payload = encode(event)
        while self._sent >= self._granted and self._broken is None:
            await self._room()
        if self._broken is not None or self._last_word is not None:
            await checkpoint()
            problem = self._broken or "it has ended"
            raise StreamBrokenError(address=str(self.reader), problem=problem)
        self._sent += 1
        self._kept.append(payload)
        self._say(Kind.STREAM_EVENT, self._sent, payload)
        self._streams.busy(self)

    async def _room(self) -> None:
        mine: Waiter[None] = waiter()
        self._waiting[mine] = None
        try:
            await mine.wait()
        finally:
            self._waiting.pop(mine, None)

    def welcome(self) -> None:
        """Tell the reader that the stream is open."""
        self._say(Kind.STREAM_HEARTBEAT, self._sent)

    def end(self) -> None:
        """Say that there are no more events; kept until the reader has confirmed all."""
        self._finish(Kind.STREAM_END, b"")

    def fail(self, payload: bytes) -> None:
        """End the stream with an encoded error; the reader may miss the latest events."""
        if self._finish(Kind.STREAM_BREAK, payload):
            self._kept.clear()

    def _finish(self, kind: Kind, payload: bytes) -> bool:
        """Say the last word, unless it was said, or nobody listens."""
        open_still = self._broken is None and self._last_word is None
        if open_still:
            self._last_word = (kind, payload)
            self._say(kind, self._sent, payload)
            self._streams.busy(self)
            self._wake()
        return open_still

    # -- what the reader says -----------------------------------------------------------

    def on_credit(self, granted: int) -> None:
        """Take a grant, and with it the confirmation of what lies a window behind it."""
        consumed = granted - self._window
        while self._kept and self._sent - len(self._kept) < consumed:
            self._kept.popleft()
        granted = min(granted, consumed + KEPT_MAX, self._sent + KEPT_MAX)
        if granted > self._granted:
            self._granted = granted
            self._wake()

    def on_resend(self, first: int) -> None:
        """Send again everything from event ``first`` on, and say how far we are."""
        oldest = self._sent - len(self._kept) + 1
        for number in range(max(first, oldest), self._sent + 1):
            self._say(Kind.STREAM_EVENT, number, self._kept[number - oldest])
        self._repeat()

    def on_break(self, reason: str) -> None:
        """Stop: the reader is gone, or wants no more."""
        self._broken = reason
        self._streams.forget_outbox(self)
        self._wake()
        self.scope.cancel(reason)

    # -- the clockwork ------------------------------------------------------------------

    def on_round(self, now: float, timing: StreamTiming) -> None:
        """Say that we are here; notice that the reader is not."""
        if self.heard:
            self.heard = self._doubt = False
            self._heard_at = now
        elif now - self._heard_at >= timing.silence:
            self.on_break(f"nothing was heard for {timing.silence} s")
            return
        elif now - self._heard_at >= timing.heartbeat:
            self._doubt = True
            self._streams.busy(self)
        if not self._spoke_this_round:
            self._repeat()
        else:
            self._spoke_this_round = False

    def on_retry(self) -> None:
        """Repeat how far we are, unless something was said since this was last called."""
        if not self._spoke_lately:
            self._repeat()
        self._spoke_lately = False

    def _repeat(self) -> None:
        if self._last_word is None:
            self._say(Kind.STREAM_HEARTBEAT, self._sent)
        else:
            kind, payload = self._last_word
            self._say(kind, self._sent, payload)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for each in waiting:
            each.wake(None)

    def _say(self, kind: Kind, number: int, payload: bytes = b"") -> None:
        self._spoke_this_round = self._spoke_lately = True
        self._streams.emit(
            kind, self._source, self.reader, self.key.incarnation, self.key.id, number, payload
        )
