"""Requests to a member of ours over a bare socket: the frames of a client, and no client."""

import socket
from collections.abc import Callable, Iterable, Iterator

from kactors.etcd.messages import Put, Range
from kactors.transport.envelope import Address, Envelope, Kind
from kactors.transport.framing import PONG, Control, FrameDecoder, FrameEncoder
from kactors.transport.hello import Hello, encode_hello, next_hello
from kactors.wire import decode, encode

Make = Callable[[int], object]


def put(number: int) -> object:
    """Make a put of a small value."""
    return Put(b"key-%04d" % (number % 1000), b"value-%08d" % number)


def linearizable(number: int) -> object:
    """Make a linearizable read."""
    return Range(b"key-%04d" % (number % 1000))


def serializable(number: int) -> object:
    """Make a serializable read."""
    return Range(b"key-%04d" % (number % 1000), serializable=True)


class KactorsWire:
    """A connection to one member, in the clear."""

    def __init__(self, host: str, member: str, endpoint: str, make: Make, incarnation: int) -> None:
        address, _, port = endpoint.rpartition(":")
        self._socket = socket.create_connection((address, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._make = make
        self._incarnation = incarnation
        self._source, self._target = Address(host, "load"), Address(member, "etcd")
        self._encoder, self._decoder = FrameEncoder(), FrameDecoder()
        self._socket.sendall(encode_hello(Hello(host, incarnation, member)))
        while next_hello(self._decoder) is None:
            self._decoder.feed(self._socket.recv(65536))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def request(self, number: int) -> bytes:
        """Return a request's frame."""
        payload = encode(self._make(number))
        head = (Kind.REQUEST, self._source, self._incarnation, self._target, 0, number, 0)
        return self._encoder.encode(Envelope(*head, 20_000_000_000, payload))

    def exchange(self, data: bytes) -> Iterable[int]:
        """Send, and return which requests were answered."""
        if data:
            self._socket.sendall(data)
        received = self._socket.recv(1 << 18)
        if not received:
            raise RuntimeError("the member has hung up")
        self._decoder.feed(received)
        return list(self._answers())

    def _answers(self) -> Iterator[int]:
        while (frame := self._decoder.next_frame()) is not None:
            if isinstance(frame, Control):
                if frame is Control.PING:
                    self._socket.sendall(PONG)
            elif frame.kind == Kind.REPLY:
                yield frame.id
            else:
                raise RuntimeError(f"request {frame.id} was refused: {decode(frame.payload)}")
