"""Requests to etcd's gRPC interface over a bare socket: HTTP/2 frames, and no HTTP/2 library.

A Python gRPC client is many times slower than etcd and would only measure itself.
"""

import socket
from collections.abc import Callable, Iterable, Iterator
from struct import Struct

Make = Callable[[int], bytes]

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _ACK, _END_HEADERS = 1, 1, 4
_FRAME = Struct(">BHBBI")
_U32 = Struct(">I")


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    size = len(payload)
    return _FRAME.pack(size >> 16, size & 0xFFFF, kind, flags, stream) + payload


def _literal(prefix: bytes, text: bytes) -> bytes:
    """Return an HPACK literal without indexing and without Huffman's code."""
    return prefix + bytes([len(text)]) + text


def _field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2, len(data)]) + data


def put(number: int) -> bytes:
    """Make a put of a small value."""
    return _field(1, b"key-%04d" % (number % 1000)) + _field(2, b"value-%08d" % number)


def linearizable(number: int) -> bytes:
    """Make a linearizable read."""
    return _field(1, b"key-%04d" % (number % 1000))


def serializable(number: int) -> bytes:
    """Make a serializable read."""
    return linearizable(number) + bytes([7 << 3, 1])


class GrpcWire:
    """A connection to one member of etcd, in the clear."""

    def __init__(self, endpoint: str, method: str, make: Make) -> None:
        address, _, port = endpoint.rpartition(":")
        self._socket = socket.create_connection((address, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._make = make
        self._headers = (
            b"\x83\x86"
            + _literal(b"\x04", f"/etcdserverpb.KV/{method}".encode())
            + _literal(b"\x01", endpoint.encode())
            + _literal(b"\x0f\x10", b"application/grpc")
            + _literal(_literal(b"\x00", b"te"), b"trailers")
        )
        self._buffer = b""
        self._window = 65535
        self._answered: set[int] = set()
        self._held = b""
        settings = _frame(_SETTINGS, 0, 0, b"")
        self._socket.sendall(_PREFACE + settings + _frame(_WINDOW_UPDATE, 0, 0, _U32.pack(1 << 30)))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def request(self, number: int) -> bytes:
        """Return a request's frames; request n is stream 2n - 1."""
        body = self._make(number)
        stream = 2 * number - 1
        message = b"\0" + _U32.pack(len(body)) + body
        self._window -= len(message)
        return _frame(_HEADERS, _END_HEADERS, stream, self._headers) + _frame(
            _DATA, _END_STREAM, stream, message
        )

    def exchange(self, data: bytes) -> Iterable[int]:
        """Send as far as the server's window allows, and return which requests were answered."""
        self._held += data
        if self._window > 0 and self._held:
            self._socket.sendall(self._held)
            self._held = b""
        received = self._socket.recv(1 << 18)
        if not received:
            raise RuntimeError("etcd has hung up")
        self._buffer += received
        return list(self._answers())

    def _answers(self) -> Iterator[int]:
        buffer, place = self._buffer, 0
        while place + 9 <= len(buffer):
            high, low, kind, flags, stream = _FRAME.unpack_from(buffer, place)
            end = place + 9 + (high << 16 | low)
            if end > len(buffer):
                break
            payload = buffer[place + 9 : end]
            place = end
            if kind == _DATA:
                self._answered.add(stream)
            elif kind == _HEADERS and flags & _END_STREAM:
                if stream not in self._answered:
                    raise RuntimeError(f"request {(stream + 1) // 2} was refused: {payload!r}")
                self._answered.discard(stream)
                yield (stream + 1) // 2
            elif kind in (_RST, _GOAWAY):
                raise RuntimeError(f"etcd broke off: {payload!r}")
            elif kind == _SETTINGS and not flags & _ACK:
                self._socket.sendall(_frame(_SETTINGS, _ACK, 0, b""))
            elif kind == _PING and not flags & _ACK:
                self._socket.sendall(_frame(_PING, _ACK, 0, payload))
            elif kind == _WINDOW_UPDATE and stream == 0:
                self._window += _U32.unpack(payload)[0]
        self._buffer = buffer[place:]
