"""The channel: writing without waiting, and every end as a typed one."""

import errno
import socket
from collections.abc import Iterator

import pytest
import trio  # noqa: TID251 - the live transports run on trio

from kactors.transport.channel import Channel, ended_by
from kactors.transport.errors import EndOfStream, PeerReset, PeerSilent
from tests.transport.stations import in_trio, tls_of

pytestmark = pytest.mark.live

MUCH = bytes(5 * 10**6)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two connected sockets."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@in_trio
async def test_more_than_the_kernel_takes_waits(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """What does not fit is kept, goes on when there is room, and arrives whole."""
    channel, other = Channel(pair[0]), Channel(pair[1])
    channel.push(MUCH)
    assert not channel.flush()
    assert channel.blocked
    assert 0 < channel.written_bytes < len(MUCH)

    received = 0
    while not channel.flush():
        received += len(await other.receive())
    assert channel.written_bytes == len(MUCH)
    while received < len(MUCH):
        received += len(await other.receive())

    assert received == len(MUCH)


@pytest.mark.parametrize("secure", [False, True])
@in_trio
async def test_sending_waits_for_room(
    pair: tuple[socket.socket, socket.socket], secure: bool
) -> None:
    """`send` returns when the kernel has everything, under TLS as without."""
    config = tls_of("a")
    sessions = [config.session(server_side=server) if secure else None for server in (False, True)]
    channel, other = (Channel(*each) for each in zip(pair, sessions, strict=True))
    received = bytearray()

    async def receive() -> None:
        certified = await other.secure()
        assert certified == (("a",) if secure else None)
        while len(received) < len(MUCH):
            received.extend(await other.receive())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(receive)
        await channel.secure()
        await channel.send(MUCH)

    assert bytes(received) == MUCH


@in_trio
async def test_the_end_of_the_stream(pair: tuple[socket.socket, socket.socket]) -> None:
    """A peer that closed is noticed by reading, and by writing as well."""
    channel = Channel(pair[0])
    pair[1].close()

    with pytest.raises(EndOfStream):
        await channel.receive()
    channel.push(b"x")
    with pytest.raises(PeerReset, match="broken"):
        channel.flush()


@in_trio
async def test_closing_twice_is_fine(pair: tuple[socket.socket, socket.socket]) -> None:
    """A channel that is closed can be closed."""
    channel = Channel(pair[0])

    channel.close()
    channel.close()

    assert pair[0].fileno() == -1


def test_what_the_kernel_says() -> None:
    """A kernel that gave up on the peer reports silence, everything else is a reset."""
    assert isinstance(ended_by(OSError(errno.ETIMEDOUT, "timed out")), PeerSilent)
    assert isinstance(ended_by(OSError(errno.ECONNRESET, "reset")), PeerReset)
    assert isinstance(ended_by(OSError(errno.EHOSTUNREACH, "no route")), PeerReset)
