"""Envelopes over memory, unix sockets, TCP and TLS, against bare trio on the same bytes.

The baseline is what one would write by hand: a task that sends a frame's bytes with
``send_all``, one that reads them with ``receive_some``, over the same kind of socket, with no
framing, no codec, no queue and no checks. For memory it is a pair of trio's channels.

* *round trip*: one envelope there, one back, one after the other;
* *one way*: envelopes in one direction, at most 64 on their way, acknowledged 32 at a time;
* *request*: an actor asks, another answers; see `benchmarks.transport_requests`;
* *encode* and *decode* are against msgpack alone, on the same fields.

Both ends run in one process. CPU time is measured, which a busy machine changes little.
The budget: a round trip costs at most 1.5 times the baseline's, one way at most as much.

Run with ``python -m benchmarks.transports [--quick] [--json]``.
"""

import socket
import tempfile
import time  # noqa: TID251 - a benchmark measures the machine
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import attrs
import msgpack
import trio  # noqa: TID251 - the live transports run on trio

from benchmarks.report import Measure, Row, command, compare, cpu_ns_per_call
from benchmarks.transport_requests import our_requests, request_rows
from kactors.runtime import live, open_nursery
from kactors.transport.base import Transport
from kactors.transport.ca import Authority
from kactors.transport.certificate import load_tls
from kactors.transport.envelope import Address, Envelope, Kind
from kactors.transport.framing import FrameDecoder, FrameEncoder
from kactors.transport.memory import MemoryHub
from kactors.transport.tcp import TcpTransport
from kactors.transport.tls import TlsConfig
from kactors.transport.unix import UnixTransport

KINDS: Final = ("memory", "unix", "tcp", "tls")
WINDOW: Final = 64
ACKNOWLEDGED: Final = WINDOW // 2
WARM_UP: Final = 4 * WINDOW

_A, _B = Address("a", "asker"), Address("b", "answerer")
THERE: Final = Envelope(Kind.REQUEST, _A, 1, _B, 1, 12345, 0, 10**9, b"x" * 100)
BACK: Final = Envelope(Kind.REPLY, _B, 1, _A, 1, 12345, 0, -1, b"x" * 100)
FRAME: Final = FrameEncoder().encode(THERE)

Exchange = Callable[[int], Awaitable[None]]
"""Carries so many envelopes."""


class World:
    """What the runs of one benchmark share: a directory, and certificates."""

    def __init__(self, directory: Path) -> None:
        now = datetime.now(UTC)  # noqa: TID251 - TLS checks certificates against the real time
        authority = Authority.create("benchmark", now=now)
        for host in ("a", "b"):
            authority.issue(host, now=now).save(directory)
        self.directory = directory
        self.tls: dict[str, TlsConfig] = {
            host: load_tls(directory, host, now=now) for host in ("a", "b")
        }


# Ours.


@attrs.define
class End:
    """A transport, and what is done with what arrives there."""

    transport: Transport
    arrived: Callable[[Envelope], None] = lambda _envelope: None

    def deliver(self, envelope: Envelope) -> None:
        """Take an arrival."""
        self.arrived(envelope)


@asynccontextmanager
async def ends(kind: str, world: World) -> AsyncIterator[tuple[End, End]]:
    """Start hosts ``a`` and ``b``, which know each other."""
    async with open_nursery() as nursery:
        if kind == "memory":
            hub = MemoryHub()
            pair = End(hub.transport("a")), End(hub.transport("b"))
            for end in pair:
                await end.transport.start(end.deliver, nursery)
        else:
            book = {host: _free_endpoint(kind, host, world) for host in ("a", "b")}
            a, b = (_stream_transport(kind, host, world, book[host]) for host in ("a", "b"))
            pair = End(a), End(b)
            for end in pair:
                await end.transport.start(end.deliver, nursery)
            a.set_peer("b", book["b"])
            b.set_peer("a", book["a"])
        yield pair
        for end in pair:
            await end.transport.aclose()


def _stream_transport(
    kind: str, host: str, world: World, listen: str
) -> TcpTransport | UnixTransport:
    if kind == "unix":
        return UnixTransport(host=host, incarnation=1, listen=listen, peers={})
    tls = world.tls[host] if kind == "tls" else None
    return TcpTransport(host=host, incarnation=1, listen=listen, peers={}, tls=tls)


def _free_endpoint(kind: str, host: str, world: World) -> str:
    if kind == "unix":
        return f"unix:{world.directory}/{host}"
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


async def our_round_trips(kind: str, world: World, count: int) -> float:
    """Return the CPU nanoseconds of one envelope there and one back."""
    async with ends(kind, world) as (a, b):
        answered = trio.lowlevel.ParkingLot()

        def at_a(_envelope: Envelope) -> None:
            answered.unpark()

        a.arrived = at_a
        b.arrived = lambda _envelope: b.transport.send(BACK)

        async def exchange(trips: int) -> None:
            for _ in range(trips):
                a.transport.send(THERE)
                await answered.park()

        return await _cpu_ns_each(exchange, count)


async def our_one_way(kind: str, world: World, count: int) -> float:
    """Return the CPU nanoseconds of one envelope there, with a window."""
    async with ends(kind, world) as (a, b):
        acknowledged = trio.lowlevel.ParkingLot()
        outstanding = unacknowledged = 0

        def at_a(_envelope: Envelope) -> None:
            nonlocal outstanding
            outstanding -= ACKNOWLEDGED
            acknowledged.unpark()

        def at_b(_envelope: Envelope) -> None:
            nonlocal unacknowledged
            unacknowledged += 1
            if unacknowledged == ACKNOWLEDGED:
                unacknowledged = 0
                b.transport.send(BACK)

        a.arrived, b.arrived = at_a, at_b

        async def exchange(envelopes: int) -> None:
            nonlocal outstanding
            for _ in range(envelopes):
                while outstanding >= WINDOW:
                    await acknowledged.park()
                outstanding += 1
                a.transport.send(THERE)

        return await _cpu_ns_each(exchange, count)


# The baselines.

Bare = tuple[trio.abc.Stream, trio.abc.Stream]


async def bare_streams(kind: str, world: World) -> Bare:
    """Return two connected streams of a kind."""
    if kind == "unix":
        one, other = socket.socketpair()
        return (
            trio.SocketStream(trio.socket.from_stdlib_socket(one)),
            trio.SocketStream(trio.socket.from_stdlib_socket(other)),
        )
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        client = await trio.open_tcp_stream("127.0.0.1", listener.socket.getsockname()[1])
        server = await listener.accept()
    if kind == "tcp":
        return client, server
    secure_client = trio.SSLStream(client, world.tls["a"].client, server_hostname="b")
    secure_server = trio.SSLStream(server, world.tls["b"].server, server_side=True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(secure_client.do_handshake)
        nursery.start_soon(secure_server.do_handshake)
    return secure_client, secure_server


async def bare_round_trips(kind: str, world: World, count: int) -> float:
    """Return the CPU nanoseconds of a frame's bytes there and back."""
    a, b = await bare_streams(kind, world)

    async def echo() -> None:
        while data := await b.receive_some(65536):
            await b.send_all(data)

    async def exchange(trips: int) -> None:
        for _ in range(trips):
            await a.send_all(FRAME)
            await a.receive_some(65536)

    return await _beside(echo, exchange, count, a, b)


async def bare_one_way(kind: str, world: World, count: int) -> float:
    """Return the CPU nanoseconds of a frame's bytes there, with a window."""
    a, b = await bare_streams(kind, world)

    async def acknowledge() -> None:
        unacknowledged = 0
        while data := await b.receive_some(65536):
            unacknowledged += len(data)
            while unacknowledged >= ACKNOWLEDGED * len(FRAME):
                unacknowledged -= ACKNOWLEDGED * len(FRAME)
                await b.send_all(b"k")

    outstanding = 0

    async def exchange(envelopes: int) -> None:
        nonlocal outstanding
        for _ in range(envelopes):
            while outstanding >= WINDOW:
                outstanding -= ACKNOWLEDGED * len(await a.receive_some(65536))
            outstanding += 1
            await a.send_all(FRAME)

    return await _beside(acknowledge, exchange, count, a, b)


async def channel_round_trips(count: int) -> float:
    """Return the CPU nanoseconds of an object there and back through trio's channels."""
    to_b, at_b = trio.open_memory_channel[Envelope](WINDOW)
    to_a, at_a = trio.open_memory_channel[Envelope](WINDOW)

    async def echo() -> None:
        async for _ in at_b:
            await to_a.send(BACK)

    async def exchange(trips: int) -> None:
        for _ in range(trips):
            await to_b.send(THERE)
            await at_a.receive()

    return await _beside(echo, exchange, count, to_a, to_b)


async def channel_one_way(count: int) -> float:
    """Return the CPU nanoseconds of an object there through one of trio's channels."""
    to_b, at_b = trio.open_memory_channel[Envelope](WINDOW)

    async def take() -> None:
        async for _ in at_b:
            pass

    async def exchange(envelopes: int) -> None:
        for _ in range(envelopes):
            await to_b.send(THERE)

    return await _beside(take, exchange, count, to_b)


async def _beside(
    other: Callable[[], Awaitable[None]],
    exchange: Exchange,
    count: int,
    *resources: trio.abc.AsyncResource,
) -> float:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        each_ns = await _cpu_ns_each(exchange, count)
        nursery.cancel_scope.cancel()
    for resource in resources:
        await trio.aclose_forcefully(resource)
    return each_ns


async def _cpu_ns_each(exchange: Exchange, count: int) -> float:
    await exchange(WARM_UP)
    began_ns = time.thread_time_ns()
    await exchange(count)
    return (time.thread_time_ns() - began_ns) / count


# The rows.


def codec_rows(*, quick: bool) -> Iterator[Row]:
    """Compare frames with bare msgpack."""
    seconds, rounds = (0.005, 3) if quick else (0.1, 9)
    encode, decoder = FrameEncoder().encode, FrameDecoder()
    fields = (int(THERE.kind), tuple(_A), 1, tuple(_B), 1, 12345, 0, 10**9, THERE.payload)
    body, pack = FRAME[4:], msgpack.Packer().pack

    def decode() -> None:
        decoder.feed(FRAME)
        decoder.next_frame()

    for what, ours, bare in (
        ("encode an envelope", lambda: encode(THERE), lambda: pack(fields)),
        ("decode an envelope", decode, lambda: msgpack.unpackb(body, use_list=False)),
    ):
        yield compare(
            what,
            cpu_ns_per_call(ours, seconds=seconds),
            cpu_ns_per_call(bare, seconds=seconds),
            unit="ns/call",
            baseline_name="bare msgpack",
            rounds=rounds,
        )


def transport_rows(kind: str, world: World, *, quick: bool) -> Iterator[Row]:
    """Compare one kind of transport with bare trio."""
    count, rounds = (300, 3) if quick else (8000, 7)

    def ours(measured: Callable[[str, World, int], Awaitable[float]]) -> Measure:
        return lambda: live.run(measured, kind, world, count)

    def bare(measured: Callable[[str, World, int], Awaitable[float]]) -> Measure:
        return lambda: trio.run(measured, kind, world, count)

    if kind == "memory":
        name = "trio channels"
        baselines: tuple[Measure, Measure] = (
            lambda: trio.run(channel_round_trips, count),
            lambda: trio.run(channel_one_way, count),
        )
    else:
        name = "bare trio"
        baselines = bare(bare_round_trips), bare(bare_one_way)
    yield compare(
        f"{kind}, round trip",
        ours(our_round_trips),
        baselines[0],
        unit="ns/round trip",
        baseline_name=name,
        rounds=rounds,
    )
    yield compare(
        f"{kind}, one way",
        ours(our_one_way),
        baselines[1],
        unit="ns/envelope",
        baseline_name=name,
        rounds=rounds,
    )


def actor_rows(kind: str, world: World, *, quick: bool) -> Iterator[Row]:
    """Compare requests between actors with bare round trips."""
    count, rounds = (320, 3) if quick else (6400, 5)

    def pair() -> tuple[Transport, Transport]:
        if kind == "memory":
            hub = MemoryHub()
            return hub.transport("a"), hub.transport("b")
        book = {host: _free_endpoint(kind, host, world) for host in ("a", "b")}
        a, b = (_stream_transport(kind, host, world, book[host]) for host in ("a", "b"))
        a.set_peer("b", book["b"])
        b.set_peer("a", book["a"])
        return a, b

    bare = channel_round_trips if kind == "memory" else partial(bare_round_trips, kind, world)
    yield from request_rows(
        kind,
        lambda askers, count: trio.run(our_requests, pair, askers, count),
        lambda: trio.run(bare, count),
        "trio channels" if kind == "memory" else "bare trio",
        count=count,
        rounds=rounds,
    )


def rows(quick: bool) -> Iterator[Row]:
    """Measure everything."""
    yield from codec_rows(quick=quick)
    with tempfile.TemporaryDirectory() as directory:
        world = World(Path(directory))
        for kind in KINDS:
            yield from transport_rows(kind, world, quick=quick)
            yield from actor_rows(kind, world, quick=quick)


main = command("transports", rows, about=__doc__)

if __name__ == "__main__":
    main()
