"""The times and bounds that the socket transports keep."""

import attrs
from attrs.validators import gt

from kactors.transport.framing import FRAME_BYTES_MAX


@attrs.frozen(kw_only=True)
class StreamOptions:
    """How patient a socket transport is, and how much it takes.

    Attributes:
        frame_bytes_max: of one envelope on the wire; should be the same on all hosts.
        queue_frames_max: frames that may wait for one peer; further ones are dropped.
        queue_bytes_max: bytes that may wait for one peer; further frames are dropped.
        connections_max: connections accepted at one time; further ones are closed at once.
        handshake_seconds: for connecting, and then again for TLS and hello together.
        ping_seconds: after so long a silence the peer is asked for a sign of life.
        silence_seconds: after so long a silence the connection counts as half-open, and
            after so long without taking a byte the peer counts as stalled.
        backoff_seconds: the first pause between two dials of one peer; each further one
            doubles it, and is then shortened by up to half, at random. A connection that
            lasts longer than this makes the next pause a first one.
        backoff_seconds_max: the longest pause; a connection that lasts longer is a
            success, after which the first dial comes without a pause.
        patience_seconds: how long envelopes wait for a peer that cannot be reached.
            After that, every dial that fails drops what waits: an answer from so long ago
            is of no use to anybody, and would keep new envelopes out of the queue.

    Raises:
        ValueError: one of them is not above 0.
    """

    frame_bytes_max: int = attrs.field(default=FRAME_BYTES_MAX, validator=gt(0))
    queue_frames_max: int = attrs.field(default=2**16, validator=gt(0))
    queue_bytes_max: int = attrs.field(default=4 * FRAME_BYTES_MAX, validator=gt(0))
    connections_max: int = attrs.field(default=4096, validator=gt(0))
    handshake_seconds: float = attrs.field(default=5.0, validator=gt(0))
    ping_seconds: float = attrs.field(default=1.0, validator=gt(0))
    silence_seconds: float = attrs.field(default=5.0, validator=gt(0))
    backoff_seconds: float = attrs.field(default=0.05, validator=gt(0))
    backoff_seconds_max: float = attrs.field(default=2.0, validator=gt(0))
    patience_seconds: float = attrs.field(default=5.0, validator=gt(0))
