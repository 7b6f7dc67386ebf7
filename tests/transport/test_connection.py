"""One connection over a socket pair: beats, pings, silence, stalls, goodbyes.

Time passes by calling `beat`, so that no test waits for it.
"""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest
import trio  # noqa: TID251 - the live transports run on trio

from kactors.transport.channel import Channel
from kactors.transport.connection import Connection
from kactors.transport.envelope import Envelope
from kactors.transport.framing import GOODBYE, PING, PONG, Control, FrameDecoder, FrameEncoder
from kactors.transport.handshake import Handshake
from kactors.transport.hello import Hello
from kactors.transport.outbox import Outbox
from kactors.transport.stream_options import StreamOptions
from kactors.transport.tally import Tally
from tests.transport.envelopes import envelope
from tests.transport.stations import eventually, in_trio

pytestmark = pytest.mark.live

OPTIONS = StreamOptions(ping_seconds=1, silence_seconds=3)


@attrs.define
class Scene:
    """A running connection of host ``a``, and the bare other end, which is host ``b``."""

    connection: Connection
    other: trio.SocketStream
    tally: Tally
    received: list[Envelope]
    decoder: FrameDecoder = attrs.field(factory=FrameDecoder)

    async def hear(self) -> Envelope | Control:
        """Return the frame that the connection sent next."""
        while (frame := self.decoder.next_frame()) is None:
            self.decoder.feed(bytes(await self.other.receive_some()))
        return frame

    async def wait_ended(self) -> str:
        """Return the reason for which the connection has ended."""
        await eventually(lambda: self.connection.why, lambda: "the connection goes on")
        assert self.connection.why is not None, "it was just there"
        return self.connection.why.reason


@asynccontextmanager
async def scene(*, early: bytes = b"") -> AsyncIterator[Scene]:
    """Run a connection; ``early`` came together with the peer's hello."""
    ours, theirs = socket.socketpair()
    channel, tally, received = Channel(ours), Tally(), list[Envelope]()
    decoder = FrameDecoder()
    decoder.feed(early)
    connection = Connection(
        channel,
        Handshake(Hello("b", 1, "a"), decoder),
        Outbox(frames_max=1000, bytes_max=10**8),
        host="a",
        deliver=received.append,
        tally=tally,
        options=OPTIONS,
    )
    other = trio.SocketStream(trio.socket.from_stdlib_socket(theirs))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(connection.run)
        await trio.testing.wait_all_tasks_blocked()
        yield Scene(connection, other, tally, received)
        nursery.cancel_scope.cancel()
    channel.close()
    await other.aclose()


@in_trio
async def test_a_silent_peer_is_asked_and_then_given_up() -> None:
    """After the first silent beat a ping goes out; after as many seconds as allowed, the end."""
    async with scene() as here:
        here.connection.beat(1)  # the handshake counts as heard
        here.connection.beat(1)
        assert await here.hear() is Control.PING

        here.connection.beat(1)
        assert here.connection.why is None
        here.connection.beat(1)

        assert await here.wait_ended() == "silent"


@in_trio
async def test_any_byte_is_a_sign_of_life() -> None:
    """A peer that answers pings, or sends anything at all, is kept."""
    async with scene() as here:
        for data in (PONG, PING, b"\x00") * 4:
            here.connection.beat(1)
            await here.other.send_all(data)
            await trio.testing.wait_all_tasks_blocked()
            if data == b"\x00":
                break  # half a frame: enough to be alive, but nothing may follow it here
            here.connection.beat(1)

        assert here.connection.why is None


@in_trio
async def test_a_ping_is_answered() -> None:
    """Whoever asks for a sign of life gets one."""
    async with scene() as here:
        await here.other.send_all(PING)

        assert await here.hear() is Control.PONG


@in_trio
async def test_a_flood_of_pings_is_answered_in_few_pongs() -> None:
    """Pongs do not pile up for a peer that asks faster than it listens."""
    async with scene() as here:
        await here.other.send_all(PING * 10_000)
        await trio.testing.wait_all_tasks_blocked()

        here.decoder.feed(bytes(await here.other.receive_some()))
        assert 0 < here.decoder.held_bytes < 1000 * len(PONG)


@in_trio
async def test_a_peer_that_takes_nothing_is_given_up() -> None:
    """A peer that sends but does not read stalls, and is not waited for for ever."""
    async with scene() as here:
        frame = FrameEncoder().encode(envelope("a", "b", payload=bytes(10**6)))
        while here.connection.outbox.put(frame) and here.connection.outbox.pending < 20:
            pass
        await trio.testing.wait_all_tasks_blocked()

        for _ in range(4):
            await here.other.send_all(PONG)
            await trio.testing.wait_all_tasks_blocked()
            here.connection.beat(1)

        assert await here.wait_ended() == "stalled"


@in_trio
async def test_a_slow_reader_is_not_stalled() -> None:
    """A peer that takes a little from time to time is kept."""
    async with scene() as here:
        frame = FrameEncoder().encode(envelope("a", "b", payload=bytes(10**6)))
        for _ in range(20):
            here.connection.outbox.put(frame)
        await trio.testing.wait_all_tasks_blocked()

        for _ in range(6):
            await here.other.send_all(PONG)
            taken = 0
            while taken < 400_000:
                taken += len(await here.other.receive_some())
            await trio.testing.wait_all_tasks_blocked()
            here.connection.beat(1)

        assert here.connection.why is None


@in_trio
async def test_a_ping_overtakes_what_waits() -> None:
    """A sign of life is asked for before a long queue, not behind it."""
    async with scene() as here:
        frame = FrameEncoder().encode(envelope("a", "b", payload=bytes(10**6)))
        for _ in range(20):
            here.connection.outbox.put(frame)
        await trio.testing.wait_all_tasks_blocked()
        here.connection.beat(1)
        here.connection.beat(1)

        before = 0
        while await here.hear() is not Control.PING:
            before += 1

        assert before < 10


@in_trio
async def test_goodbye_comes_after_what_waits() -> None:
    """A connection says goodbye once, after the last frame, and ends when the peer closes."""
    async with scene() as here:
        frame = FrameEncoder().encode(envelope("a", "b", 5))
        here.connection.outbox.put(frame)
        here.connection.outbox.put(frame)
        here.connection.say_goodbye()
        here.connection.say_goodbye()

        heard = [await here.hear() for _ in range(3)]
        assert heard == [envelope("a", "b", 5)] * 2 + [Control.GOODBYE]
        here.connection.say_goodbye()
        await trio.testing.wait_all_tasks_blocked()
        await here.other.send_eof()

        assert await here.wait_ended() == "goodbye"
        assert here.decoder.held_bytes == 0


@in_trio
async def test_a_goodbye_is_answered_by_closing() -> None:
    """What the peer sent before its goodbye is delivered, nothing after it."""
    async with scene() as here:
        frame = FrameEncoder().encode(envelope("b", "a"))
        await here.other.send_all(frame + GOODBYE + frame)

        assert await here.wait_ended() == "goodbye"
        assert here.received == [envelope("b", "a")]


@in_trio
async def test_what_came_with_the_hello_is_delivered() -> None:
    """Frames that arrived in one piece with the hello are not left lying."""
    async with scene(early=FrameEncoder().encode(envelope("b", "a"))) as here:
        await eventually(lambda: here.received, lambda: "nothing was delivered")

        assert here.tally.counts["received"] == 1


@in_trio
async def test_the_first_reason_counts() -> None:
    """A connection ends once."""
    async with scene() as here:
        await here.other.send_all(GOODBYE)
        await here.wait_ended()
        first = here.connection.why
        for _ in range(10):
            here.connection.beat(1)

        assert here.connection.why is first


@in_trio
async def test_a_broken_pipe_found_while_sending_ends_it() -> None:
    """Sending never raises: a connection found broken ends, and its frame is counted as lost."""
    async with scene() as here:
        await here.other.aclose()
        here.connection.outbox.put(FrameEncoder().encode(envelope("a", "b")))

        assert await here.wait_ended() in ("reset", "end of stream")
        await eventually(lambda: here.connection.outbox.pending <= 1, lambda: "still pending")


@in_trio
async def test_frames_in_a_burst_go_together() -> None:
    """Of many frames put at once the first goes alone, the others in one write."""
    async with scene() as here:
        frame = FrameEncoder().encode(envelope("a", "b"))

        for _ in range(100):
            here.connection.outbox.put(frame)
        assert 0 < here.connection.outbox.pending < 100
        await trio.testing.wait_all_tasks_blocked()

        assert here.connection.outbox.pending == 0
        assert here.tally.counts["sent"] == 100
