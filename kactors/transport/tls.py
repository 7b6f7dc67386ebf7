"""Mutual TLS: whom a host believes, how it shows who it is, and the records themselves.

Python's own TLS sockets would do, but a session without I/O (`TlsSession`) can be driven
by the same few lines that drive a plain socket, writes without waiting when the kernel
has room, and costs about half of a stream wrapper.
"""

import ssl
from collections.abc import Mapping
from typing import Any, Final

import attrs

from kactors.transport.errors import (
    CertificateRefused,
    ConnectionEnded,
    EndOfStream,
    TlsError,
    TlsFailed,
)

HOST_URI: Final = "kactors://"
"""The scheme of a subject alternative name that names a host by URI."""

_READ_BYTES: Final = 256 * 1024


def _trusts(instance: object, attribute: "attrs.Attribute[ssl.SSLContext]", value: object) -> None:
    del instance
    if not isinstance(value, ssl.SSLContext):
        raise TlsError(f"the {attribute.name} side is an ssl.SSLContext, not {value!r:.80}")
    if value.verify_mode is not ssl.CERT_REQUIRED:
        raise TlsError(
            f"the {attribute.name} side must ask its peer for a certificate: "
            "set verify_mode to ssl.CERT_REQUIRED"
        )
    if value.minimum_version < ssl.TLSVersion.TLSv1_3:
        raise TlsError(
            f"the {attribute.name} side must insist on TLS 1.3: "
            "set minimum_version to ssl.TLSVersion.TLSv1_3"
        )


@attrs.frozen
class TlsConfig:
    """The two contexts of one host: it dials with one and accepts with the other.

    Both must hold the host's certificate and require the peer's, under TLS 1.3.

    Raises:
        TlsError: one of them does not.
    """

    client: ssl.SSLContext = attrs.field(validator=_trusts)
    server: ssl.SSLContext = attrs.field(validator=_trusts)

    def session(self, *, server_side: bool) -> "TlsSession":
        """Begin the TLS side of one connection."""
        return TlsSession(self.server if server_side else self.client, server_side=server_side)


def empty_contexts() -> TlsConfig:
    """Return contexts that are set up as they must be, and hold no certificate yet."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # `certified_hosts` is compared instead, in both directions alike: it takes no
    # wildcards, and knows the names that are URIs.
    client.check_hostname = False
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for context in (client, server):
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
    # Tickets would only serve to resume sessions, which we never do.
    server.num_tickets = 0
    return TlsConfig(client, server)


def certified_hosts(certificate: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the hosts that a peer's certificate names.

    Args:
        certificate: in the form of `ssl.SSLSocket.getpeercert`.

    Returns:
        Its subject alternative names of the forms ``DNS:<host>`` and
        ``URI:kactors://<host>``, in the certificate's order.
    """
    hosts: list[str] = []
    for kind, name in certificate.get("subjectAltName", ()):
        if kind == "DNS":
            hosts.append(name)
        elif kind == "URI" and name.startswith(HOST_URI):
            hosts.append(name.removeprefix(HOST_URI))
    return tuple(hosts)


class TlsSession:
    """One connection's TLS, from bytes to bytes. Does no I/O.

    Whatever a method does, `outgoing` then holds what is to be sent.
    """

    __slots__ = ("_incoming", "_object", "_outgoing")

    def __init__(self, context: ssl.SSLContext, *, server_side: bool) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=server_side)

    def handshake(self, data: bytes = b"") -> bool:
        """Take the peer's bytes, go on, and answer whether the handshake is done.

        Raises:
            CertificateRefused: one side does not accept the other's certificate.
            TlsFailed: the peer does not speak TLS, or not ours.
        """
        self._incoming.write(data)
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            raise _ended(error) from error
        return True

    def decrypt(self, data: bytes) -> bytes:
        """Take the peer's bytes and return what they say, as far as their records are complete.

        Raises:
            CertificateRefused: the peer does not accept our certificate, and says so late.
            EndOfStream: the peer has closed.
            TlsFailed: the bytes are not what the peer can have sent.
        """
        self._incoming.write(data)
        parts: list[bytes] = []
        try:
            # Asking before reading spares the exception that a read too many raises.
            while self._incoming.pending or self._object.pending():
                part = self._object.read(_READ_BYTES)
                if not part:
                    if parts:
                        break  # the socket's own end comes next
                    raise EndOfStream("the peer closed its TLS session")
                parts.append(part)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            raise _ended(error) from error
        return b"".join(parts)

    def encrypt(self, data: bytes) -> None:
        """Add ``data`` to `outgoing`."""
        view = memoryview(data)
        while view:
            view = view[self._object.write(view) :]

    def outgoing(self) -> bytes:
        """Remove what is to be sent, and return it."""
        return self._outgoing.read()

    def peer_hosts(self) -> tuple[str, ...]:
        """Return the hosts that the peer's certificate names; call it after the handshake."""
        certificate = self._object.getpeercert()
        return certified_hosts(certificate or {})


def _ended(error: ssl.SSLError) -> ConnectionEnded:
    """Return the end that ``error`` means; alerts about certificates come from the peer."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return CertificateRefused(f"the peer's certificate is not valid: {error.verify_message}")
    reason = error.reason or str(error)
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        return CertificateRefused(f"the peer does not accept our certificate: {reason}")
    return TlsFailed(f"TLS broke down: {reason}")
