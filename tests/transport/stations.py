"""What the tests of the live transports share: stations, strangers, and waiting.

A *station* is a transport with a list of what arrived. A *stranger* is a bare socket that
says to a station whatever a test wants. Nothing sleeps for a fixed time: `eventually`
polls until a condition holds, and fails with what it saw when it never does.
"""

import functools
import os
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ParamSpec

import attrs
import pytest
import trio  # noqa: TID251 - the live transports run on trio
import trustme

from kactors.runtime import Nursery, live, open_nursery
from kactors.transport.envelope import Envelope
from kactors.transport.framing import PING, Control, FrameDecoder, FrameEncoder
from kactors.transport.hello import Hello, encode_hello, next_hello
from kactors.transport.stream_options import StreamOptions
from kactors.transport.stream_transport import StreamTransport
from kactors.transport.tcp import TcpTransport, split_endpoint
from kactors.transport.tls import TlsConfig, empty_contexts
from kactors.transport.unix import UnixTransport, socket_path

P = ParamSpec("P")

KINDS = ("unix", "tcp", "tls")
PATIENCE_SECONDS = 20.0

QUICK = StreamOptions(backoff_seconds=0.002, backoff_seconds_max=0.02)
"""Dials again without much ado; the other times are long enough for a busy machine."""


def in_trio(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Run an async test in the live world, and fail it when it hangs."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def bounded() -> None:
            with trio.fail_after(3 * PATIENCE_SECONDS):
                await test(*args, **kwargs)

        live.run(bounded)

    return run


async def eventually(condition: Callable[[], object], what: Callable[[], object]) -> None:
    """Wait until ``condition()`` holds; fail with ``what()`` when it never does."""
    with trio.move_on_after(PATIENCE_SECONDS):
        while not condition():
            await trio.sleep(0.001)
        return
    pytest.fail(f"still not so after {PATIENCE_SECONDS} s: {what()}")


def descriptors() -> int:
    """Count this process's open files."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counts, needs no paths


def tasks() -> int:
    """Count the tasks of this run."""
    return trio.lowlevel.current_statistics().tasks_living


@functools.cache
def authority() -> trustme.CA:
    """Return the authority of all tests' certificates; making one takes a while."""
    return trustme.CA()


def tls_of(*names: str, ca: trustme.CA | None = None) -> TlsConfig:
    """Return the TLS of a host whose certificate has these names."""
    config = empty_contexts()
    issued = (ca or authority()).issue_cert(*names)
    for context in (config.client, config.server):
        (ca or authority()).configure_trust(context)
        issued.configure_cert(context)
    return config


@attrs.define
class Station:
    """A transport and what arrived at it."""

    transport: StreamTransport
    received: list[Envelope] = attrs.field(factory=list)

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        assert self.transport.endpoint is not None, "this station does not listen"
        return self.transport.endpoint

    def count(self, what: str) -> int:
        """Return one number of its statistics."""
        return self.transport.statistics().get(what, 0)

    async def wait_received(self, count: int) -> None:
        """Wait until so many envelopes have arrived."""
        await eventually(
            lambda: len(self.received) >= count,
            lambda: f"{len(self.received)} of {count} at {self.transport.statistics()}",
        )

    async def wait_counted(self, what: str, count: int = 1) -> None:
        """Wait until one number of its statistics is at least ``count``."""
        await eventually(
            lambda: self.count(what) >= count,
            lambda: f"no {count} of {what!r} in {self.transport.statistics()}",
        )


@attrs.define
class Place:
    """Where stations of one kind listen."""

    kind: str
    directory: Path
    nursery: Nursery
    stations: list[Station] = attrs.field(factory=list)

    def listen_at(self, host: str) -> str:
        """Return an endpoint for ``host``, fresh where ports are."""
        return f"unix:{self.directory}/{host}" if self.kind == "unix" else "127.0.0.1:0"

    def make(
        self,
        host: str,
        *,
        peers: Mapping[str, str] | None = None,
        listen: str | None = "",
        options: StreamOptions = QUICK,
        tls: TlsConfig | None = None,
        incarnation: int = 1,
    ) -> Station:
        """Return a station that has not started; it listens at a place of its own unless told."""
        at = self.listen_at(host) if listen == "" else listen
        book = peers or {}
        transport: StreamTransport
        if self.kind == "unix":
            transport = UnixTransport(
                host=host, incarnation=incarnation, listen=at, peers=book, options=options
            )
        else:
            config = None if self.kind == "tcp" else tls or tls_of(host)
            transport = TcpTransport(
                host=host,
                incarnation=incarnation,
                listen=at,
                peers=book,
                tls=config,
                options=options,
            )
        station = Station(transport)
        self.stations.append(station)
        return station

    async def open(
        self,
        host: str,
        *,
        peers: Mapping[str, str] | None = None,
        listen: str | None = "",
        options: StreamOptions = QUICK,
        tls: TlsConfig | None = None,
        incarnation: int = 1,
    ) -> Station:
        """Return a station that has started."""
        station = self.make(
            host, peers=peers, listen=listen, options=options, tls=tls, incarnation=incarnation
        )
        await station.transport.start(station.received.append, self.nursery)
        return station

    async def pair(self, *, options: StreamOptions = QUICK) -> tuple[Station, Station]:
        """Return stations ``a`` and ``b`` that know each other."""
        a = await self.open("a", options=options)
        b = await self.open("b", options=options)
        a.transport.set_peer("b", b.endpoint)
        b.transport.set_peer("a", a.endpoint)
        return a, b


@asynccontextmanager
async def place(kind: str, directory: Path) -> AsyncIterator[Place]:
    """Open a place; in the end close its stations, and see that nothing of them is left."""
    before, tasks_before = descriptors(), tasks()
    async with open_nursery() as nursery:
        here = Place(kind, directory, nursery)
        yield here
        for station in here.stations:
            await station.transport.aclose()
        assert tasks() == tasks_before, "tasks left after all transports closed"
    # Fewer may be: a failed test's leftovers are collected at any time.
    assert descriptors() <= before, "descriptors left after all transports closed"


class Stranger:
    """A bare socket connected to a station."""

    def __init__(self, connected: trio.socket.SocketType, session: ssl.SSLContext | None) -> None:
        plain = trio.SocketStream(connected)
        self.socket = connected
        self.stream: trio.abc.Stream = (
            plain
            if session is None
            else trio.SSLStream(plain, session, server_hostname="any", https_compatible=True)
        )
        self.decoder = FrameDecoder()

    async def say(self, data: bytes) -> None:
        """Send bytes."""
        await self.stream.send_all(data)

    async def say_hello(
        self, host: str, target: str, *, version: int = 1, incarnation: int = 1
    ) -> Hello:
        """Say hello and return the answer."""
        await self.say(encode_hello(Hello(host, incarnation, target), version=version))
        return await self.hear_hello()

    async def hear_hello(self) -> Hello:
        """Return the hello that comes first."""
        while (hello := next_hello(self.decoder)) is None:
            self.decoder.feed(await self._receive())
        return hello

    async def hear(self) -> Envelope | Control:
        """Return the frame that comes next."""
        while (frame := self.decoder.next_frame()) is None:
            self.decoder.feed(await self._receive())
        return frame

    async def send(self, *envelopes: Envelope) -> None:
        """Send envelopes."""
        encoder = FrameEncoder()
        await self.say(b"".join(encoder.encode(each) for each in envelopes))

    async def ping(self) -> None:
        """Send a ping and wait for the pong: all that was sent before has been judged."""
        await self.say(PING)
        while await self.hear() is not Control.PONG:
            pass

    async def wait_closed(self) -> None:
        """Wait until the station has closed the connection, orderly or not."""
        with trio.fail_after(PATIENCE_SECONDS):
            try:
                while await self.stream.receive_some():
                    pass
            except trio.BrokenResourceError:
                pass

    def reset(self) -> None:
        """Close so that the other side sees a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    async def _receive(self) -> bytes:
        with trio.fail_after(PATIENCE_SECONDS):
            data = bytes(await self.stream.receive_some())
        assert data, "the station closed the connection"
        return data


@asynccontextmanager
async def stranger(endpoint: str, tls: TlsConfig | None = None) -> AsyncIterator[Stranger]:
    """Connect to a station with a bare socket, under TLS if a configuration is given."""
    if endpoint.startswith("unix:"):
        connected = (await trio.open_unix_socket(str(socket_path(endpoint)))).socket
    else:
        connected = (await trio.open_tcp_stream(*split_endpoint(endpoint))).socket
    with connected:
        yield Stranger(connected, None if tls is None else tls.client)
