"""One established connection: what comes in is checked and delivered, what waits goes out."""

import trio  # noqa: TID251 - live-only module

from kactors.transport.base import Deliver
from kactors.transport.channel import Channel
from kactors.transport.errors import (
    ConnectionEnded,
    EndOfStream,
    Goodbye,
    PeerSilent,
    PeerStalled,
    SourceMismatch,
    TargetMismatch,
    TransportClosed,
)
from kactors.transport.framing import GOODBYE, PING, PONG, Control
from kactors.transport.handshake import Handshake
from kactors.transport.outbox import Outbox
from kactors.transport.stream_options import StreamOptions
from kactors.transport.tally import Tally

BURST_SECONDS = 25e-6
"""A frame that comes so soon after another waits for the writer and goes with those that
follow it; one that comes alone goes at once, which spares a task switch."""


class Connection:
    """Serves one channel whose handshake is done.

    It ends once, for one reason: the first that is found. Whoever finds one calls `end`.

    Attributes:
        peer: the host at the other end.
        incarnation: which life of it.
        outbox: what it sends from.
        why: why it has ended, or None while it has not.
    """

    def __init__(
        self,
        channel: Channel,
        handshake: Handshake,
        outbox: Outbox,
        *,
        host: str,
        deliver: Deliver,
        tally: Tally,
        options: StreamOptions,
    ) -> None:
        self.peer = handshake.hello.host
        self.incarnation = handshake.hello.incarnation
        self.outbox = outbox
        self.why: ConnectionEnded | None = None
        self._channel = channel
        self._decoder = handshake.decoder
        self._host = host
        self._deliver = deliver
        self._counts = tally.counts
        self._options = options
        self._scope = trio.CancelScope()
        # Control frames that go before the outbox's; flags, so that no peer can pile them up.
        self._ping_due = self._pong_due = self._goodbye_due = False
        self._goodbye_said = False
        self._writer_lot = trio.lowlevel.ParkingLot()
        self._writer_awake = True  # so that it needs no nudge; False only while it is parked
        self._wrote_at = 0.0  # when a nudge last wrote by itself
        # For `beat`: what has changed since the last one?
        self._heard = True
        self._silent_seconds = 0.0
        self._written_bytes = 0
        self._stalled_seconds = 0.0

    async def run(self) -> ConnectionEnded:
        """Serve until the connection ends; return why it did."""
        self.outbox.nudge = self._nudge
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._write_loop)
                    await self._read_loop()
        finally:
            self.end(TransportClosed("this side closed the connection"))
            self._counts["dropped: connection lost"] += self.outbox.settle()
        assert self.why is not None, "end was called above at the latest"
        return self.why

    def end(self, why: ConnectionEnded) -> None:
        """End the connection, unless it has ended already."""
        if self.why is None:
            self.why = why
            self._writer_awake = True  # nobody needs to write any more
            self._scope.cancel()

    def beat(self, seconds: float) -> None:
        """Note that ``seconds`` have passed: ask a silent peer for a sign, give up a dead one."""
        if self._heard:
            self._heard = False
            self._silent_seconds = 0.0
        else:
            self._silent_seconds += seconds
            if self._silent_seconds >= self._options.silence_seconds:
                self.end(PeerSilent(f"heard nothing for {self._silent_seconds} s, despite pings"))
                return
            self._ping_due = True
        if self._channel.blocked and self._channel.written_bytes == self._written_bytes:
            self._stalled_seconds += seconds
            if self._stalled_seconds >= self._options.silence_seconds:
                self.end(PeerStalled(f"the peer took no byte for {self._stalled_seconds} s"))
                return
        else:
            self._stalled_seconds = 0.0
        self._written_bytes = self._channel.written_bytes
        if self._ping_due:
            self._nudge()

    def say_goodbye(self) -> None:
        """Tell the peer, after what waits, that this side is closing; the peer then closes.

        Again is fine, and says it once.
        """
        self._goodbye_due = not self._goodbye_said
        self._nudge()

    def _nudge(self) -> None:
        """See to it that what waits goes out."""
        if self._writer_awake:
            return
        now = trio.current_time()
        if now - self._wrote_at >= BURST_SECONDS:
            self._wrote_at = now
            if self._write_some():
                return
        self._writer_awake = True
        self._writer_lot.unpark()

    async def _write_loop(self) -> None:
        while True:
            while not self._write_some():
                await self._channel.wait_writable()
            if self.why is None:
                self._writer_awake = False
            await self._writer_lot.park()

    def _write_some(self) -> bool:
        """Write what waits; answer False when the kernel takes no more for now."""
        channel, outbox = self._channel, self.outbox
        try:
            while channel.flush():
                self._counts["sent"] += outbox.settle()
                data = self._control_frames() + outbox.take()
                if self._goodbye_due and len(outbox) == 0:
                    self._goodbye_due, self._goodbye_said = False, True
                    data += GOODBYE
                if not data:
                    return True
                channel.push(data)
        except ConnectionEnded as why:
            self.end(why)
            return True
        return False

    def _control_frames(self) -> bytes:
        frames = b""
        if self._ping_due:
            self._ping_due = False
            frames += PING
        if self._pong_due:
            self._pong_due = False
            frames += PONG
        return frames

    async def _read_loop(self) -> None:
        try:
            while True:
                self._read_frames()
                self._decoder.feed(await self._channel.receive())
                self._heard = True
        except EndOfStream as why:
            # Whoever says goodbye is answered by a close.
            self.end(Goodbye(f"{self.peer!r} has closed as asked") if self._goodbye_said else why)
        except ConnectionEnded as why:
            self.end(why)

    def _read_frames(self) -> None:
        """Deliver what the decoder holds; raises what a frame says about the connection."""
        next_frame, peer, host = self._decoder.next_frame, self.peer, self._host
        while (frame := next_frame()) is not None:
            if isinstance(frame, Control):
                if frame is Control.PING:
                    self._pong_due = True
                    self._nudge()
                elif frame is Control.GOODBYE:
                    raise Goodbye(f"{peer!r} is closing")
                continue
            if frame.source.host != peer:
                raise SourceMismatch(
                    f"a frame from {peer!r} claims to come from {frame.source.host!r}"
                )
            if frame.target.host != host:
                raise TargetMismatch(
                    f"a frame from {peer!r} is meant for {frame.target.host!r}, this is {host!r}"
                )
            self._counts["received"] += 1
            self._deliver(frame)
