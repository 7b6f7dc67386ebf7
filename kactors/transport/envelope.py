"""What a transport carries: a payload and who sends it to whom, for what."""

from enum import IntEnum
from typing import NamedTuple


class Address(NamedTuple):
    """Where an actor lives: ``host/name``."""

    host: str
    name: str

    def __str__(self) -> str:
        return f"{self.host}/{self.name}"


class Kind(IntEnum):
    """What an envelope is for; the numbers are part of the wire format."""

    SEND = 0
    REQUEST = 1
    REPLY = 2
    FAILURE = 3
    CANCEL = 4
    STREAM_OPEN = 5
    STREAM_EVENT = 6
    STREAM_END = 7
    STREAM_BREAK = 8
    STREAM_CREDIT = 9
    STREAM_HEARTBEAT = 10
    STREAM_RESEND = 11
    STREAM_LEAVE = 12
    STREAM_CONFIRM = 13


class Envelope(NamedTuple):
    """One message on its way.

    On a wire it is the msgpack array of its fields, addresses being arrays too.

    Attributes:
        kind: a `Kind`.
        source: who sends.
        source_incarnation: which life of the source's host or actor sends; answers to an
            earlier life are dropped.
        target: who shall receive.
        target_incarnation: the life that is meant, or 0 for whichever is there.
        id: correlates a request with its answer, a stream with its events; 0 for a send.
        number: the sequence number of a stream's event, or the credit granted; else 0.
        deadline_ns: how long the asker still waits, counted from sending; -1 for ever.
        payload: an encoded message (`kactors.wire`), or nothing.
    """

    kind: int
    source: Address
    source_incarnation: int
    target: Address
    target_incarnation: int
    id: int
    number: int
    deadline_ns: int
    payload: bytes
