"""Hostile and broken peers over real sockets: each ends alone, for a counted reason.

Every test has an honest station beside the hostile peer, and in the end that station
still exchanges envelopes over the connection it had all the time.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import msgpack
import pytest
import trio  # noqa: TID251 - the live transports run on trio

from kactors.runtime.random import stream
from kactors.transport.framing import GOODBYE, HEADER, PING, Control, FrameEncoder, frame
from kactors.transport.hello import Hello, encode_hello
from tests.transport.envelopes import envelope
from tests.transport.stations import (
    KINDS,
    QUICK,
    Place,
    Station,
    Stranger,
    in_trio,
    place,
    stranger,
    tls_of,
)

pytestmark = [pytest.mark.live, pytest.mark.parametrize("kind", KINDS)]

OPTIONS = attrs.evolve(QUICK, frame_bytes_max=100_000)


@attrs.define
class Scene:
    """A server under attack, an honest client of it, and the place they are in."""

    here: Place
    server: Station
    honest: Station

    @asynccontextmanager
    async def attack(self, host: str = "mallory") -> AsyncIterator[Stranger]:
        """Connect with a bare socket; under TLS with a certificate for ``host``."""
        tls = tls_of(host) if self.here.kind == "tls" else None
        async with stranger(self.server.endpoint, tls) as mallory:
            yield mallory

    async def exchange(self, count: int) -> None:
        """Send an envelope from the honest client and wait until the server has it."""
        self.honest.transport.send(envelope("honest", "server", count))
        await self.server.wait_received(count)


@asynccontextmanager
async def scene(kind: str, directory: Path) -> AsyncIterator[Scene]:
    """Open a server with an honest client; in the end see that nobody else noticed."""
    async with place(kind, directory) as here:
        server = await here.open("server", options=OPTIONS)
        honest = await here.open("honest", listen=None, peers={"server": server.endpoint})
        scene = Scene(here, server, honest)
        await scene.exchange(1)
        yield scene
        await scene.exchange(len(server.received) + 1)
        assert honest.count("dialled") == 1, "the honest client lost its connection"
        assert honest.count("open") == 1


@in_trio
async def test_noise(kind: str, tmp_path: Path) -> None:
    """Random bytes are no hello."""
    async with scene(kind, tmp_path) as here, here.attack() as mallory:
        noise = stream(1, "noise").randbytes(10_000)
        await mallory.say(noise)
        await mallory.wait_closed()

        await here.server.wait_counted("failed: not kactors")


@in_trio
async def test_another_protocol(kind: str, tmp_path: Path) -> None:
    """A web browser that errs is turned away by its first four bytes."""
    async with scene(kind, tmp_path) as here, here.attack() as mallory:
        await mallory.say(b"GET / HTTP/1.1\r\nHost: server\r\n\r\n")
        await mallory.wait_closed()

        await here.server.wait_counted("failed: not kactors")


@in_trio
async def test_an_envelope_before_the_hello(kind: str, tmp_path: Path) -> None:
    """Whoever does not say hello first is not heard."""
    async with scene(kind, tmp_path) as here, here.attack() as mallory:
        await mallory.send(envelope("mallory", "server"))
        await mallory.wait_closed()

        await here.server.wait_counted("failed: not kactors")
        assert len(here.server.received) == 1


@in_trio
async def test_another_version(kind: str, tmp_path: Path) -> None:
    """A peer of another version is told ours, and both know why they part."""
    async with scene(kind, tmp_path) as here, here.attack() as mallory:
        answer = await mallory.say_hello("mallory", "server", version=2)
        await mallory.wait_closed()

        assert answer.host == "server"
        await here.server.wait_counted("failed: version mismatch")
        ending = here.server.transport.endings()[-1]
        assert ending.text.startswith("the peer speaks version 2 of the protocol, this host ver")


@in_trio
async def test_a_hello_for_another_host(kind: str, tmp_path: Path) -> None:
    """A peer that looks for somebody else hears who is here, and is closed."""
    async with scene(kind, tmp_path) as here, here.attack() as mallory:
        answer = await mallory.say_hello("mallory", "somebody-else")
        await mallory.wait_closed()

        assert answer.host == "server"
        await here.server.wait_counted("failed: wrong host")


@in_trio
async def test_a_claimed_source(kind: str, tmp_path: Path) -> None:
    """A frame that says it comes from another host than its connection does is refused."""
    async with scene(kind, tmp_path) as here, here.attack() as mallory:
        await mallory.say_hello("mallory", "server")
        await mallory.send(envelope("mallory", "server"), envelope("honest", "server"))
        await mallory.wait_closed()

        await here.server.wait_counted("closed: source mismatch")
        assert [each.source.host for each in here.server.received] == ["honest", "mallory"]


@in_trio
async def test_a_frame_for_another_host(kind: str, tmp_path: Path) -> None:
    """Nobody forwards: a frame for another host ends the connection."""
    async with scene(kind, tmp_path) as here, here.attack() as mallory:
        await mallory.say_hello("mallory", "server")
        await mallory.send(envelope("mallory", "honest"))
        await mallory.wait_closed()

        await here.server.wait_counted("closed: target mismatch")


@in_trio
async def test_garbage_after_good_frames(kind: str, tmp_path: Path) -> None:
    """What came before the garbage is delivered, the garbage ends the connection."""
    async with scene(kind, tmp_path) as here, here.attack() as mallory:
        await mallory.say_hello("mallory", "server")
        await mallory.send(*[envelope("mallory", "server", number) for number in range(10)])
        await mallory.say(frame(b"\xc1" * 40))
        await mallory.wait_closed()

        await here.server.wait_counted("closed: malformed frame")
        assert [each.number for each in here.server.received[1:]] == list(range(10))


@in_trio
async def test_a_second_hello(kind: str, tmp_path: Path) -> None:
    """Who somebody is does not change while a connection lasts."""
    async with scene(kind, tmp_path) as here, here.attack() as mallory:
        await mallory.say_hello("mallory", "server")
        await mallory.say(encode_hello(Hello("honest", 1, "server")))
        await mallory.wait_closed()

        await here.server.wait_counted("closed: malformed frame")


@in_trio
async def test_an_oversized_frame(kind: str, tmp_path: Path) -> None:
    """A header that announces too much ends the connection; nothing waits for the rest."""
    async with scene(kind, tmp_path) as here, here.attack() as mallory:
        await mallory.say_hello("mallory", "server")
        await mallory.say(HEADER.pack(OPTIONS.frame_bytes_max + 1))
        await mallory.wait_closed()

        await here.server.wait_counted("closed: frame too large")


@in_trio
async def test_partial_frames(kind: str, tmp_path: Path) -> None:
    """Hello and frames that come byte by byte are understood."""
    async with scene(kind, tmp_path) as here, here.attack() as slow:
        data = encode_hello(Hello("mallory", 1, "server"))
        data += FrameEncoder().encode(envelope("mallory", "server", payload=b"x" * 50)) + PING
        for byte in data:
            await slow.say(bytes([byte]))

        await slow.hear_hello()
        assert await slow.hear() is Control.PONG
        assert here.server.received[1:] == [envelope("mallory", "server", payload=b"x" * 50)]


@in_trio
async def test_an_end_in_the_middle_of_a_frame(kind: str, tmp_path: Path) -> None:
    """Half a frame is not delivered, and its end is counted as what it is."""
    async with scene(kind, tmp_path) as here, here.attack() as mallory:
        await mallory.say_hello("mallory", "server")
        await mallory.say(FrameEncoder().encode(envelope("mallory", "server"))[:-1])
        await mallory.stream.aclose()

        await here.server.wait_counted("closed: end of stream")
        assert len(here.server.received) == 1


@in_trio
async def test_an_end_before_the_hello(kind: str, tmp_path: Path) -> None:
    """A port scanner that connects and leaves is counted, no more."""
    async with scene(kind, tmp_path) as here:
        async with stranger(here.server.endpoint):
            pass

        await here.server.wait_counted("failed: end of stream")


@in_trio
async def test_a_reset(kind: str, tmp_path: Path) -> None:
    """A connection that is reset ends, whatever it was doing."""
    async with scene(kind, tmp_path) as here, here.attack() as mallory:
        await mallory.say_hello("mallory", "server")
        await mallory.ping()
        mallory.reset()

        # A unix socket knows no reset unless something was left unread.
        await here.server.wait_counted(
            "closed: end of stream" if kind == "unix" else "closed: reset"
        )


@in_trio
async def test_a_reset_before_the_hello(kind: str, tmp_path: Path) -> None:
    """A reset in the middle of the handshake ends the attempt."""
    async with scene(kind, tmp_path) as here:
        async with stranger(here.server.endpoint) as mallory:
            mallory.reset()

        await here.server.wait_counted(
            "failed: end of stream" if kind == "unix" else "failed: reset"
        )


@in_trio
async def test_goodbye_and_gone(kind: str, tmp_path: Path) -> None:
    """A peer that closes in good order is counted as such."""
    async with scene(kind, tmp_path) as here, here.attack() as polite:
        await polite.say_hello("mallory", "server")
        await polite.say(GOODBYE)
        await polite.wait_closed()

        await here.server.wait_counted("closed: goodbye")


@in_trio
async def test_silence_instead_of_a_handshake(kind: str, tmp_path: Path) -> None:
    """Whoever connects and says nothing is given up after the time for handshakes."""
    options = attrs.evolve(OPTIONS, handshake_seconds=0.05)
    async with place(kind, tmp_path) as here:
        server = await here.open("server", options=options)
        async with stranger(server.endpoint) as mallory:
            await mallory.wait_closed()

            await server.wait_counted("failed: handshake timeout")


@in_trio
async def test_a_listener_that_says_nothing(kind: str, tmp_path: Path) -> None:
    """Whoever is dialled and does not answer is given up, and dialled again later."""
    options = attrs.evolve(OPTIONS, handshake_seconds=0.02)
    async with place(kind, tmp_path) as here:
        a = await here.open("a", options=options)
        [mute] = await a.transport._listen(here.listen_at("mute"))
        a.transport.set_peer("mute", a.transport._name(mute))

        a.transport.send(envelope("a", "mute"))
        await a.wait_counted("failed: handshake timeout", 2)

        await a.transport.aclose()
        a.transport._unlisten(mute)


@in_trio
async def test_more_connections_than_allowed(kind: str, tmp_path: Path) -> None:
    """One connection too many is closed at once, those that are there go on, and room returns."""
    options = attrs.evolve(OPTIONS, connections_max=2)
    async with place(kind, tmp_path) as here:
        server = await here.open("server", options=options)
        honest = await here.open("honest", listen=None, peers={"server": server.endpoint})
        honest.transport.send(envelope("honest", "server"))
        await server.wait_received(1)

        async with stranger(server.endpoint), stranger(server.endpoint) as third:
            await third.wait_closed()
            await server.wait_counted("failed: too many connections")
            honest.transport.send(envelope("honest", "server"))
            await server.wait_received(2)
        await server.wait_counted("failed: end of stream")
        other = await here.open("other", listen=None, peers={"server": server.endpoint})
        other.transport.send(envelope("other", "server"))

        await server.wait_received(3)


@in_trio
async def test_a_half_open_connection(kind: str, tmp_path: Path) -> None:
    """A peer that neither answers nor closes is found out by pings, on either side."""
    options = attrs.evolve(OPTIONS, ping_seconds=0.01, silence_seconds=0.05)
    async with place(kind, tmp_path) as here:
        server = await here.open("server", options=options)
        tls = tls_of("mallory") if kind == "tls" else None
        async with stranger(server.endpoint, tls) as mute:
            await mute.say_hello("mallory", "server")

            await server.wait_counted("closed: silent")
            assert await mute.hear() is Control.PING


@in_trio
async def test_a_slow_reader_holds_up_nobody(kind: str, tmp_path: Path) -> None:
    """A guest that does not read fills its own queue; the others are served meanwhile."""
    options = attrs.evolve(OPTIONS, queue_frames_max=100)
    async with place(kind, tmp_path) as here:
        server = await here.open("server", options=options)
        honest = await here.open("honest", listen=None, peers={"server": server.endpoint})
        tls = tls_of("mallory") if kind == "tls" else None
        async with stranger(server.endpoint, tls) as slow:
            await slow.say_hello("mallory", "server")
            await slow.ping()
            while server.count("dropped: queue full") == 0:
                for _ in range(100):
                    server.transport.send(envelope("server", "mallory", payload=bytes(50_000)))
                await trio.lowlevel.checkpoint()

            honest.transport.send(envelope("honest", "server", 1))
            await server.wait_received(1)
            server.transport.send(envelope("server", "honest", 2))
            await honest.wait_received(1)
            assert server.count("closed: stalled") == 0
        await server.wait_counted("accepted", 2)


@in_trio
async def test_a_body_that_is_msgpack_but_no_envelope(kind: str, tmp_path: Path) -> None:
    """Well-formed msgpack of another shape is malformed all the same."""
    async with scene(kind, tmp_path) as here, here.attack() as mallory:
        await mallory.say_hello("mallory", "server")
        await mallory.say(frame(msgpack.packb({"kind": "send", "payload": b""})))
        await mallory.wait_closed()

        await here.server.wait_counted("closed: malformed frame")


@in_trio
async def test_a_crowd_of_strangers(kind: str, tmp_path: Path) -> None:
    """Many broken connections at one time end for themselves."""
    async with scene(kind, tmp_path) as here:

        async def intrude(number: int) -> None:
            async with stranger(here.server.endpoint) as mallory:
                await mallory.say(stream(number, "noise").randbytes(200))
                await mallory.wait_closed()

        async with trio.open_nursery() as nursery:
            for number in range(50):
                nursery.start_soon(intrude, number)

        reason = "failed: tls failed" if kind == "tls" else "failed: not kactors"
        await here.server.wait_counted(reason, 50)
        assert here.server.count("open") == 1
