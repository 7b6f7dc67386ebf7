"""One connected socket, plain or under TLS: bytes in, bytes out, and how it can break.

Every end comes as a `ConnectionEnded`; nothing else escapes. Writing never waits: `push`
takes bytes, `flush` gives the kernel what it takes, `wait_writable` is for the rest.
"""

import errno
import socket

import trio  # noqa: TID251 - live-only module

from kactors.transport.errors import (
    ConnectionEnded,
    EndOfStream,
    PeerReset,
    PeerSilent,
)
from kactors.transport.tls import TlsSession

READ_BYTES = 64 * 1024
"""How much is read at once; bounds how long one peer keeps the others waiting."""


def ended_by(error: OSError) -> ConnectionEnded:
    """Return the end that the operating system's ``error`` means."""
    if error.errno == errno.ETIMEDOUT:
        return PeerSilent(f"the peer's kernel has stopped answering: {error}")
    return PeerReset(f"the connection is broken: {error}")


class Channel:
    """A connected socket without blocking, and the TLS session on it if there is one.

    Attributes:
        written_bytes: how much the kernel has taken so far.
    """

    __slots__ = ("_session", "_socket", "_unsent", "written_bytes")

    def __init__(self, connected: socket.socket, session: TlsSession | None = None) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._session = session
        self._unsent: bytes | memoryview = b""
        self.written_bytes = 0

    async def secure(self) -> tuple[str, ...] | None:
        """Shake hands over TLS; return the hosts certified by the peer, or None without TLS.

        Raises:
            CertificateRefused, TlsFailed, EndOfStream, PeerReset: the end of the connection.
        """
        session = self._session
        if session is None:
            return None
        data = b""
        try:
            while not session.handshake(data):
                await self._send_out(session)
                data = await self._receive_some()
        finally:
            # On failure this holds the alert, by which the peer learns why.
            self._unsent = bytes(self._unsent) + session.outgoing()
            self.flush()
        return session.peer_hosts()

    async def _send_out(self, session: TlsSession) -> None:
        self._unsent = bytes(self._unsent) + session.outgoing()
        while not self.flush():
            await self.wait_writable()

    async def _receive_some(self) -> bytes:
        while True:
            await trio.lowlevel.wait_readable(self._socket)
            try:
                data = self._socket.recv(READ_BYTES)
            except BlockingIOError:
                continue
            except OSError as error:
                raise ended_by(error) from error
            if not data:
                raise EndOfStream("the peer closed the connection without a goodbye")
            return data

    async def receive(self) -> bytes:
        """Wait for bytes from the peer and return them; at least one.

        Raises:
            CertificateRefused, TlsFailed, EndOfStream, PeerReset: the end of the connection.
        """
        session = self._session
        if session is None:
            return await self._receive_some()
        data = b""  # first of all, what came together with the end of the handshake
        while True:
            plain = session.decrypt(data)
            if out := session.outgoing():  # TLS answers by itself, to a key update for instance
                self._unsent = bytes(self._unsent) + out
                self.flush()
            if plain:
                return plain
            data = await self._receive_some()

    def push(self, data: bytes) -> None:
        """Take ``data`` for the peer; only once `flush` has answered True."""
        assert not self._unsent, "push before all that came earlier was flushed"
        if self._session is not None:
            self._session.encrypt(data)
            data = self._session.outgoing()
        self._unsent = data

    def flush(self) -> bool:
        """Give the kernel what it takes; answer whether nothing is left.

        Raises:
            PeerReset, PeerSilent: the connection is broken.
        """
        unsent = self._unsent
        while unsent:
            try:
                count = self._socket.send(unsent)
            except BlockingIOError:
                return False
            except OSError as error:
                raise ended_by(error) from error
            self.written_bytes += count
            unsent = self._unsent = b"" if count == len(unsent) else memoryview(unsent)[count:]
        return True

    @property
    def blocked(self) -> bool:
        """Whether something was pushed that the kernel has not taken."""
        return bool(self._unsent)

    async def wait_writable(self) -> None:
        """Wait until the kernel takes more."""
        await trio.lowlevel.wait_writable(self._socket)

    async def send(self, data: bytes) -> None:
        """Push ``data`` and wait until the kernel has all of it.

        Raises:
            PeerReset, PeerSilent: the connection is broken.
        """
        self.push(data)
        while not self.flush():
            await self.wait_writable()

    def close(self) -> None:
        """Close the socket; again is fine."""
        if self._socket.fileno() != -1:
            trio.lowlevel.notify_closing(self._socket)
            self._socket.close()
