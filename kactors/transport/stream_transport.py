"""What the transports over stream sockets share: listening, dialling, serving, closing.

Each host dials the peers that its address book lists, and sends to them over the
connections that it dialled; over those that it accepted it only receives. One exception
makes clients possible, who listen nowhere: a host that the address book does not list is
answered over the connection by which it came, the newest if there are several.
"""

import socket
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import closing
from contextvars import copy_context

import trio  # noqa: TID251 - live-only module

from kactors.runtime.face import Nursery
from kactors.runtime.random import stream
from kactors.transport.base import Deliver, LifeOver
from kactors.transport.channel import Channel
from kactors.transport.connection import Connection
from kactors.transport.departures import Departures
from kactors.transport.envelope import Envelope
from kactors.transport.errors import (
    ConnectionEnded,
    InvalidEnvelopeError,
    NobodyListens,
    Unreachable,
)
from kactors.transport.framing import HEADER, FrameEncoder
from kactors.transport.handshake import Handshake, introduce, welcome
from kactors.transport.hello import Hello
from kactors.transport.listener import Listener
from kactors.transport.outbox import Outbox
from kactors.transport.peer import Peer
from kactors.transport.routes import Routes
from kactors.transport.stream_options import StreamOptions
from kactors.transport.tally import Ending, Tally
from kactors.transport.tls import TlsConfig


class StreamTransport(ABC):
    """Carries the envelopes of one host over stream sockets.

    Args:
        host: whose envelopes these are.
        incarnation: which life of the host this is.
        listen: the endpoint to listen at, or None for a host that only dials.
        peers: the address book, ``{host: endpoint}``.
        tls: the host's TLS, or None for plain connections, on which anybody may claim to
            be anybody.
        options: times and bounds.
        seed: from which the jitter of the backoff is drawn.

    Raises:
        EndpointError: an endpoint is not of the form that this transport takes.
    """

    def __init__(
        self,
        *,
        host: str,
        incarnation: int,
        listen: str | None,
        peers: Mapping[str, str],
        tls: TlsConfig | None,
        options: StreamOptions,
        seed: int,
    ) -> None:
        self.host = host
        self.incarnation = incarnation
        if listen is not None:
            self._check(listen)
        self._listen_at = listen
        self._endpoint: str | None = None
        self._tls = tls
        self._options = options
        self._seed = seed
        self._frame_bytes_max = HEADER.size + options.frame_bytes_max
        self._encode = FrameEncoder().encode
        self._tally = Tally()
        self._routes = Routes(self._new_peer, self._tally)
        self._departures = Departures(self._routes)
        self._listener = Listener(
            self._accept, connections_max=options.connections_max, tally=self._tally
        )
        self._deliver: Deliver | None = None
        self._changed = trio.lowlevel.ParkingLot()  # where draining waits for news
        self._scope = trio.CancelScope()  # around all tasks
        self._tasks: trio.Nursery | None = None
        self._context = copy_context()  # of the tasks: who calls `set_peer` may be of another host
        self._ended: trio.Event | None = None  # exists once started; set when no task is left
        for peer, endpoint in peers.items():
            self.set_peer(peer, endpoint)

    # What the kinds of socket differ in.

    @abstractmethod
    def _check(self, endpoint: str) -> None:
        """Raise EndpointError unless ``endpoint`` has the form that this transport takes."""

    @abstractmethod
    async def _listen(self, endpoint: str) -> list[socket.socket]:
        """Return listening sockets; raises EndpointError when the place cannot be had."""

    @abstractmethod
    async def _connect(self, endpoint: str) -> socket.socket:
        """Return a connected socket; raises OSError when there is none to be had."""

    @abstractmethod
    def _tune(self, connected: socket.socket) -> None:
        """Set a new connection's options; raises ConnectionEnded to refuse the peer."""

    @abstractmethod
    def _name(self, listening: socket.socket) -> str:
        """Return the endpoint at which ``listening`` can be dialled."""

    @abstractmethod
    def _unlisten(self, listening: socket.socket) -> None:
        """Close ``listening`` and remove what it left."""

    # The face.

    @property
    def endpoint(self) -> str | None:
        """Where this host can be dialled: known once started, with the port really bound."""
        return self._endpoint

    async def start(self, deliver: Deliver, nursery: Nursery) -> None:
        """Listen; from now on arrivals are handed to ``deliver`` by tasks of ``nursery``.

        Raises:
            EndpointError: the place to listen at cannot be had.
        """
        assert self._ended is None, "a transport is started once"
        listening = [] if self._listen_at is None else await self._listen(self._listen_at)
        if listening:
            self._endpoint = self._name(listening[0])
        self._deliver = deliver
        self._ended = trio.Event()
        nursery.start_soon(self._run, listening, name=f"transport of {self.host}")

    def send(self, envelope: Envelope) -> None:
        """Hand over one envelope for delivery; never waits.

        It is dropped and counted when its target's host is not known, its frame is too
        large, the queue for the host is full, or the transport is closed.

        Raises:
            InvalidEnvelopeError: a field is out of its range, or the source is another host,
                for which the peer would end the connection; a bug of the caller.
        """
        if envelope.source.host != self.host:
            raise InvalidEnvelopeError(
                f"{self.host!r} cannot send for {envelope.source.host!r}: each host has its own "
                "transport"
            )
        outbox = self._routes.outboxes.get(envelope.target.host)
        if outbox is None:
            self._tally.dropped("closed" if self._routes.closed else "no such host")
            return
        frame = self._encode(envelope)
        if len(frame) > self._frame_bytes_max:
            self._tally.dropped("frame too large")
        elif not outbox.put(frame):
            self._tally.dropped("queue full")

    def set_peer(self, host: str, endpoint: str | None) -> None:
        """Enter ``host`` into the address book, move it, or, with None, strike it out.

        Raises:
            EndpointError: the endpoint is not of the form that this transport takes.
        """
        if endpoint is not None:
            self._check(endpoint)
        new = self._routes.set_peer(host, endpoint)
        if new is not None:
            self._begin(new)

    def watch_lives(self, tell: LifeOver) -> None:
        """Have ``tell`` called when a life of a host of the address book is over.

        It is noticed when a connection that the host has ended is dialled again, which happens
        at once: see `kactors.transport.departures`.
        """
        self._departures.tell = tell

    def statistics(self) -> dict[str, int]:
        """Count by reason, as `Transport.statistics`; plus how things stand.

        Beyond the common keys: ``dialled`` and ``accepted`` connections whose handshake was
        done, ``failed: <reason>`` for those that did not get so far, and the gauges
        ``open`` (connections) and ``pending`` (frames).
        """
        counts = {
            "sent": 0,
            "received": 0,
            "open": len(self._routes.connections()),
            "pending": self._routes.pending(),
        }
        return counts | {what: count for what, count in self._tally.counts.items() if count}

    def endings(self) -> list[Ending]:
        """Return how the latest connections ended, the newest last."""
        return list(self._tally.endings)

    async def aclose(self, *, drain_seconds: float = 0.0) -> None:
        """Stop listening, give queued envelopes up to ``drain_seconds`` to leave, then close.

        A drained connection ends with a goodbye, which the peer answers by closing, so that
        nothing on its way is destroyed. Again is fine.
        """
        self._routes.close()
        if self._ended is None:
            self._routes.discard()
            return
        self._listener.stop()
        if drain_seconds > 0:
            with trio.move_on_after(drain_seconds):
                await self._drain()
        self._scope.cancel()
        with trio.CancelScope(shield=True):  # short: all that is waited for is cancelled
            await self._ended.wait()

    async def _drain(self) -> None:
        """Say goodbye on every connection, until nothing waits and no connection is left."""
        while self._routes.pending() or self._routes.connections():
            for connection in self._routes.connections():
                connection.say_goodbye()
            await self._changed.park()

    # The tasks.

    async def _run(self, listening: list[socket.socket]) -> None:
        assert self._ended is not None, "start makes the event"
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    self._tasks, self._context = nursery, copy_context()
                    for peer in self._routes.peers():
                        self._begin(peer)
                    nursery.start_soon(self._beat)
                    try:
                        await self._listener.run(listening, nursery)
                    finally:
                        for place in listening:
                            self._unlisten(place)
        finally:
            self._tasks = None
            self._routes.close()
            self._routes.discard()
            self._ended.set()

    async def _beat(self) -> None:
        """Let every connection look after its peer.

        The time that passes is counted, not measured: a process that was stopped and goes
        on does not take its own sleep for the silence of the others.
        """
        seconds = self._options.ping_seconds
        while True:
            await trio.sleep(seconds)
            for connection in self._routes.connections():
                connection.beat(seconds)

    def _begin(self, peer: Peer) -> None:
        tasks = self._tasks
        if tasks is not None:
            name = f"{self.host} to {peer.host}"
            self._context.run(lambda: tasks.start_soon(peer.run, self._dial, name=name))

    async def _dial(self, peer: Peer, endpoint: str) -> None:
        """Connect to ``peer`` and serve the connection to its end."""
        try:
            with closing(await self._reach(endpoint)) as channel:
                handshake = await introduce(
                    channel,
                    Hello(self.host, self.incarnation, peer.host),
                    seconds=self._options.handshake_seconds,
                    frame_bytes_max=self._options.frame_bytes_max,
                )
                connection = self._connection(channel, handshake, peer.outbox)
                peer.reached(connection)
                await self._serve(connection, "dialled")
        except ConnectionEnded as why:
            self._tally.failed(f"{peer.host} at {endpoint}", why)
            if isinstance(why, NobodyListens):
                peer.refused()

    async def _reach(self, endpoint: str) -> Channel:
        seconds = self._options.handshake_seconds
        try:
            with trio.fail_after(seconds):
                connected = await self._connect(endpoint)
        except OSError as error:
            kind = NobodyListens if _is_refusal(error) else Unreachable
            raise kind(f"nobody can be reached at {endpoint}: {error}") from error
        except trio.TooSlowError as error:
            raise Unreachable(f"nobody answered at {endpoint} within {seconds} s") from error
        return self._channel(connected, server_side=False)

    async def _accept(self, accepted: socket.socket) -> None:
        """Shake hands with whoever has dialled us, and serve the connection to its end."""
        try:
            with closing(self._channel(accepted, server_side=True)) as channel:
                handshake = await welcome(
                    channel,
                    self.host,
                    self.incarnation,
                    seconds=self._options.handshake_seconds,
                    frame_bytes_max=self._options.frame_bytes_max,
                )
                guest = self._connection(channel, handshake, self._new_outbox())
                self._routes.admit(guest)
                try:
                    await self._serve(guest, "accepted")
                finally:
                    self._routes.dismiss(guest)
                    self._departures.hung_up(guest.peer)
        except ConnectionEnded as why:
            self._tally.failed("?", why)

    async def _serve(self, connection: Connection, how: str) -> None:
        self._tally.counts[how] += 1
        self._changed.unpark_all()
        try:
            await connection.run()
        finally:
            assert connection.why is not None, "run says why before it returns or raises"
            self._tally.closed(connection.peer, connection.why)
            self._changed.unpark_all()

    # What the tasks work with.

    def _channel(self, connected: socket.socket, *, server_side: bool) -> Channel:
        try:
            self._tune(connected)
        except BaseException:
            connected.close()
            raise
        session = None if self._tls is None else self._tls.session(server_side=server_side)
        return Channel(connected, session)

    def _connection(self, channel: Channel, handshake: Handshake, outbox: Outbox) -> Connection:
        assert self._deliver is not None, "connections come after start"
        return Connection(
            channel,
            handshake,
            outbox,
            host=self.host,
            deliver=self._deliver,
            tally=self._tally,
            options=self._options,
        )

    def _new_outbox(self) -> Outbox:
        return Outbox(
            frames_max=self._options.queue_frames_max, bytes_max=self._options.queue_bytes_max
        )

    def _new_peer(self, host: str, endpoint: str) -> Peer:
        return Peer(
            host,
            endpoint,
            self._new_outbox(),
            chance=stream(self._seed, "reconnect", self.host, self.incarnation, host),
            options=self._options,
            give_up=self._give_up,
            news=self._departures,
        )

    def _give_up(self, outbox: Outbox) -> None:
        """Drop what waits for a peer that has been out of reach for too long."""
        self._tally.dropped("unreachable", outbox.discard())
        self._changed.unpark_all()


def _is_refusal(error: OSError) -> bool:
    """Tell whether an attempt to connect has failed because no process listens there."""
    attempts = error.__cause__  # one for each address of a name
    causes = attempts.exceptions if isinstance(attempts, BaseExceptionGroup) else (error,)
    return all(isinstance(each, ConnectionRefusedError | FileNotFoundError) for each in causes)
