"""How a new connection becomes one that is known to lead to a certain host.

The dialler shakes hands over TLS, says hello and hears the other's; the accepter the other
way round. Under TLS, both believe the certificate and nothing else.
"""

from typing import NamedTuple

import trio  # noqa: TID251 - live-only module

from kactors.transport.channel import Channel
from kactors.transport.errors import (
    HandshakeTimeout,
    SourceMismatch,
    VersionMismatch,
    WrongHost,
)
from kactors.transport.framing import FrameDecoder
from kactors.transport.hello import HELLO_BYTES_MAX, Hello, encode_hello, next_hello


class Handshake(NamedTuple):
    """What a handshake leads to.

    Attributes:
        hello: what the peer said of itself, and was believed.
        decoder: holds what the peer sent after its hello.
    """

    hello: Hello
    decoder: FrameDecoder


async def introduce(
    channel: Channel, me: Hello, *, seconds: float, frame_bytes_max: int
) -> Handshake:
    """Shake hands as the one who dialled ``me.target``.

    Raises:
        ConnectionEnded: of many kinds: it came to nothing.
    """
    with trio.move_on_after(seconds):
        certified = await channel.secure()
        if certified is not None and me.target not in certified:
            raise WrongHost(
                f"dialled {me.target!r}, found a certificate that names {list(certified)}: "
                "correct the address book or the certificate"
            )
        await channel.send(encode_hello(me))
        heard = await _hear(channel, frame_bytes_max)
        if heard.hello.host != me.target:
            raise WrongHost(
                f"dialled {me.target!r}, found {heard.hello.host!r}: correct the address book"
            )
        return heard
    raise HandshakeTimeout(f"{me.target!r} was not done with the handshake within {seconds} s")


async def welcome(
    channel: Channel, host: str, incarnation: int, *, seconds: float, frame_bytes_max: int
) -> Handshake:
    """Shake hands as ``host``, who was dialled.

    Raises:
        ConnectionEnded: of many kinds: it came to nothing.
    """
    with trio.move_on_after(seconds):
        certified = await channel.secure()
        try:
            heard = await _hear(channel, frame_bytes_max)
        except VersionMismatch:
            # A stranger of another version learns from our hello why we part.
            await channel.send(encode_hello(Hello(host, incarnation, "*")))
            raise
        await channel.send(encode_hello(Hello(host, incarnation, heard.hello.host)))
        if certified is not None and heard.hello.host not in certified:
            raise SourceMismatch(
                f"the peer says that it is {heard.hello.host!r}, its certificate names "
                f"{list(certified)}"
            )
        if heard.hello.target != host:
            raise WrongHost(
                f"{heard.hello.host!r} dialled {heard.hello.target!r} and found {host!r}: "
                "its address book is wrong"
            )
        return heard
    raise HandshakeTimeout(f"the one who dialled was not done with the handshake in {seconds} s")


async def _hear(channel: Channel, frame_bytes_max: int) -> Handshake:
    decoder = FrameDecoder(frame_bytes_max=HELLO_BYTES_MAX)
    while (hello := next_hello(decoder)) is None:
        decoder.feed(await channel.receive())
    decoder.frame_bytes_max = frame_bytes_max
    return Handshake(hello, decoder)
