"""What the transports raise, and why their connections end.

`ConnectionEnded` and its children are raised and caught inside a transport: each end is
counted in `Transport.statistics` as ``closed: <reason>`` (a dial that came to nothing as
``failed: <reason>``), and no caller ever sees it as an exception.
"""

from typing import ClassVar

from kactors.errors import KactorsError


class TransportError(KactorsError):
    """Base of what a transport raises; never raised itself."""


class InvalidEnvelopeError(TransportError, ValueError):
    """*You* handed over an envelope that no peer would accept."""


class EndpointError(TransportError, ValueError):
    """An endpoint's text, or the place that it names, cannot be used."""


class TlsError(TransportError):
    """A certificate, a key or a TLS context cannot be used as it is."""


class CertificateFileError(TlsError):
    """A PEM file is missing, unreadable, or holds something else."""


class CertificateExpiredError(TlsError):
    """A certificate is not valid at the time given: not yet, or no longer."""


class CertificateMismatchError(TlsError):
    """A certificate does not belong to the host, the key or the authority given."""


class ConnectionEnded(TransportError):
    """A connection has ended; never raised itself.

    Attributes:
        reason: the few words under which the end is counted.
    """

    reason: ClassVar[str]


class FrameTooLarge(ConnectionEnded):
    """A frame announces more bytes than are allowed."""

    reason = "frame too large"


class MalformedFrame(ConnectionEnded):
    """A frame is not a msgpack array of an envelope's fields, each in its range."""

    reason = "malformed frame"


class NotKactors(ConnectionEnded):
    """The first bytes are no hello: some other program, or noise."""

    reason = "not kactors"


class VersionMismatch(ConnectionEnded):
    """The peer speaks another version of the protocol."""

    reason = "version mismatch"


class WrongHost(ConnectionEnded):
    """The one who was dialled is not the one who answered."""

    reason = "wrong host"


class SourceMismatch(ConnectionEnded):
    """A hello or a frame claims to come from another host than its connection does."""

    reason = "source mismatch"


class TargetMismatch(ConnectionEnded):
    """A frame is meant for another host."""

    reason = "target mismatch"


class CertificateRefused(ConnectionEnded):
    """One side does not accept the other's certificate."""

    reason = "certificate refused"


class TlsFailed(ConnectionEnded):
    """The TLS protocol broke down for another reason than a certificate."""

    reason = "tls failed"


class OtherUser(ConnectionEnded):
    """The process at the other end of a unix socket belongs to another user."""

    reason = "other user"


class Unreachable(ConnectionEnded):
    """Nobody answers at the peer's endpoint."""

    reason = "unreachable"


class NobodyListens(Unreachable):
    """The operating system of the peer's endpoint says that no process listens there."""


class HandshakeTimeout(ConnectionEnded):
    """The peer was not done with TLS and hello in time."""

    reason = "handshake timeout"


class EndOfStream(ConnectionEnded):
    """The peer closed without a goodbye."""

    reason = "end of stream"


class Goodbye(ConnectionEnded):
    """The peer said that it is closing in good order."""

    reason = "goodbye"


class PeerReset(ConnectionEnded):
    """The operating system reports the connection as broken."""

    reason = "reset"


class PeerSilent(ConnectionEnded):
    """Nothing was heard for too long, though pings asked: a half-open connection."""

    reason = "silent"


class PeerStalled(ConnectionEnded):
    """The peer has taken no byte of what waits for it for too long."""

    reason = "stalled"


class TooManyConnections(ConnectionEnded):
    """As many connections as are allowed are open already."""

    reason = "too many connections"


class EndpointChanged(ConnectionEnded):
    """The address book now says something else about the peer."""

    reason = "endpoint changed"


class TransportClosed(ConnectionEnded):
    """This side closed."""

    reason = "closed"
