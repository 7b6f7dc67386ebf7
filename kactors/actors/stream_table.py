"""The streams that end on one host, whichever end it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from kactors.actors.inbox import Inbox
from kactors.actors.outbox import Outbox, StreamKey, StreamTiming
from kactors.actors.request import StreamRequest
from kactors.runtime import CancelScope, Waiter, sleep, waiter
from kactors.transport.envelope import Address, Envelope, Kind

Emit = Callable[[Kind, Address, Address, int, int, int, bytes], None]

FROM_SERVER: Final = {
    Kind.STREAM_EVENT,
    Kind.STREAM_END,
    Kind.STREAM_BREAK,
    Kind.STREAM_HEARTBEAT,
}


class StreamTable:
    """Routes what arrives to the ends of streams, and keeps their clockwork going.

    Args:
        emit: sends (kind, source, target, target's incarnation, id, number, payload).
        now: reads the host's monotonic clock, in seconds.
        timing: the clockwork.

    Attributes:
        emit, now, timing: see above.
    """

    def __init__(self, emit: Emit, now: Callable[[], float], timing: StreamTiming) -> None:
        self.emit = emit
        self.timing = timing
        self.now = now
        self._outboxes: dict[StreamKey, Outbox[Any]] = {}
        self._inboxes: dict[int, Inbox[Any]] = {}
        self._busy: dict[Outbox[Any] | Inbox[Any], None] = {}
        self._idle: Waiter[bool] | None = None

    @property
    def count(self) -> int:
        """How many ends of streams there are."""
        return len(self._outboxes) + len(self._inboxes)

    @property
    def ends(self) -> tuple[Outbox[Any] | Inbox[Any], ...]:
        """All of them, the serving ones first, each kind in the order of its opening."""
        return (*self._outboxes.values(), *self._inboxes.values())

    def inbox(
        self, number: int, source: Address, target: Address, request: StreamRequest[Any]
    ) -> Inbox[Any]:
        """Make the reading end of a stream."""
        return Inbox(self, number, source, target, request)

    def outbox(
        self, key: StreamKey, source: Address, reader: Address, scope: CancelScope, *, window: int
    ) -> Outbox[Any]:
        """Make the serving end of a stream, and let the reader know."""
        outbox: Outbox[Any] = Outbox(self, key, source, reader, scope, window)
        self._outboxes[key] = outbox
        outbox.welcome()
        self._wake()
        return outbox

    def add_inbox(self, inbox: Inbox[Any]) -> None:
        """Let arrivals find an inbox."""
        self._inboxes[inbox.id] = inbox
        self.busy(inbox)

    def forget_inbox(self, inbox: Inbox[Any]) -> None:
        """Let arrivals for an inbox come to nothing."""
        self._inboxes.pop(inbox.id, None)
        self._busy.pop(inbox, None)

    def forget_outbox(self, outbox: Outbox[Any]) -> None:
        """Let arrivals for an outbox come to nothing."""
        self._outboxes.pop(outbox.key, None)
        self._busy.pop(outbox, None)

    def busy(self, end: Outbox[Any] | Inbox[Any]) -> None:
        """Have an end looked after more often, until nothing of it is unconfirmed."""
        if end not in self._busy:
            self._busy[end] = None
            self._wake()

    # -- what arrives -------------------------------------------------------------------

    def deliver(self, envelope: Envelope) -> None:
        """Hand an envelope of a stream to its end."""
        if envelope.kind not in FROM_SERVER:
            self._from_reader(envelope)
            return
        inbox = self._inboxes.get(envelope.id)
        if inbox is not None and inbox.target == envelope.source:
            inbox.on_envelope(envelope)
        else:
            self.refuse(envelope)

    def _from_reader(self, envelope: Envelope) -> None:
        key = StreamKey(envelope.source.host, envelope.source_incarnation, envelope.id)
        outbox = self._outboxes.get(key)
        if outbox is None:
            self.refuse(envelope)
            return
        outbox.heard = True
        match envelope.kind:
            case Kind.STREAM_OPEN:
                outbox.welcome()
            case Kind.STREAM_CREDIT:
                outbox.on_credit(envelope.number)
            case Kind.STREAM_RESEND:
                outbox.on_resend(envelope.number)
            case Kind.STREAM_CONFIRM:
                self.forget_outbox(outbox)
            case _:
                outbox.on_break("the reader has left")

    def refuse(self, envelope: Envelope) -> None:
        """Tell the sender that its stream is no more, or confirm its last word once again."""
        match envelope.kind:
            case Kind.STREAM_END | Kind.STREAM_BREAK:
                self._answer(Kind.STREAM_CONFIRM, envelope)
            case Kind.STREAM_EVENT | Kind.STREAM_HEARTBEAT:
                self._answer(Kind.STREAM_LEAVE, envelope)
            case Kind.STREAM_OPEN | Kind.STREAM_CREDIT | Kind.STREAM_RESEND:
                self._answer(Kind.STREAM_BREAK, envelope)

    def refuse_for_earlier_life(self, envelope: Envelope) -> None:
        """Tell the sender that its stream is no more because the life it was with is over.

        A reader's life numbers its streams and requests by itself: an answer under the number of
        an earlier life's stream would be taken for one of this life's. That there is an answer
        tells a server enough, so it has no number.
        """
        self.refuse(envelope._replace(id=0) if envelope.kind in FROM_SERVER else envelope)

    def _answer(self, kind: Kind, envelope: Envelope) -> None:
        self.emit(
            kind,
            envelope.target,
            envelope.source,
            envelope.source_incarnation,
            envelope.id,
            envelope.number,
            b"",
        )

    def on_new_life(self, host: str, incarnation: int) -> None:
        """Break the streams to and from a host's earlier lives: a later one was heard of."""
        self._end_lives(host, incarnation - 1, "has restarted")

    def on_life_over(self, host: str, incarnation: int) -> None:
        """Break the streams to and from a life of a host, and earlier ones: it is over."""
        self._end_lives(host, incarnation, "is gone")

    def _end_lives(self, host: str, last: int, what: str) -> None:
        for outbox in tuple(self._outboxes.values()):
            if outbox.key.host == host and outbox.key.incarnation <= last:
                outbox.on_break(f"the reader's host {what}")
        for inbox in tuple(self._inboxes.values()):
            inbox.on_life_over(host, last, what)

    def close(self, reason: str) -> None:
        """Break every stream that is read here: the host's actors are being stopped."""
        for inbox in tuple(self._inboxes.values()):
            inbox.on_lost(reason)

    # -- the clockwork ------------------------------------------------------------------

    async def keep(self) -> None:
        """Look after all ends, for ever: the busy ones often, the others now and then."""
        timing = self.timing
        pause = timing.heartbeat / 2  # an end that has spoken lately is passed over once
        next_round = self.now() + pause
        while True:
            if self._busy:
                await sleep(timing.retry)
                self._look_after_busy()
            elif not self.count:
                await self._wait(math.inf)
                next_round = self.now() + pause
            elif await self._wait(max(0.0, next_round - self.now())):
                next_round = 0.0  # the clock may be a rounding error before it
            now = self.now()
            if now >= next_round:
                next_round = now + pause
                for end in self.ends:
                    end.on_round(now, timing)

    def _look_after_busy(self) -> None:
        for end in tuple(self._busy):
            if end.unconfirmed:
                end.on_retry()
            else:
                self._busy.pop(end, None)

    async def _wait(self, seconds: float) -> bool:
        """Wait until there is something to do; return whether that took as long as it may."""
        idle: Waiter[bool] = waiter()
        self._idle = idle
        return await idle.wait_for(seconds, late=True)

    def _wake(self) -> None:
        if self._idle is not None:
            self._idle.wake(False)
            self._idle = None
