"""What a hostile peer says to a listener: drawn from a seed, with the end it must come to.

A session is one connection's worth of bytes. It goes on until its first frame that must be
refused, so that every frame drawn is also judged. The end that a session must come to is
known beforehand, which makes the listener's own counts checkable to the last connection.
"""

from enum import Enum
from typing import Final, NamedTuple

import msgpack

from kactors.runtime.random import Random
from kactors.transport.envelope import Address, Envelope, Kind
from kactors.transport.errors import ConnectionEnded
from kactors.transport.framing import (
    GOODBYE,
    HEADER,
    PING,
    PONG,
    Control,
    FrameDecoder,
    FrameEncoder,
    frame,
)
from kactors.transport.hello import HELLO_BYTES_MAX, Hello, encode_hello, next_hello

ME: Final = "mallory"
FRAMES_MAX: Final = 64

_WRONG_SHAPES: Final[tuple[object, ...]] = (
    None,
    0,
    255,
    True,
    "text",
    b"bytes",
    [],
    {},
    [1] * 9,
    {"kind": 0},
    [[]] * 9,
)
_encode = FrameEncoder().encode


class Ending(Enum):
    """How the session ends, if the listener does not end it."""

    REFUSED = "the listener closes"
    GOODBYE = "goodbye"
    EOF = "end of stream"
    RESET = "reset"


class Session(NamedTuple):
    """One connection of a hostile peer.

    Attributes:
        pieces: what is sent, in so many writes.
        frames: how many frames, good and bad, hellos and noise included, that are.
        ending: what the peer does after that.
        counted: under what the listener must count the end of the connection.
    """

    pieces: list[bytes]
    frames: int
    ending: Ending
    counted: str


def draw_session(chance: Random, *, target: str, frame_bytes_max: int) -> Session:
    """Draw one session against the host ``target``."""
    sort = chance.random()
    if sort < 0.05:
        noise = chance.randbytes(chance.randint(HEADER.size, 300))
        return _strange(chance, noise, target, frame_bytes_max)
    hello = encode_hello(Hello(ME, chance.below(5), target))
    if sort < 0.10:
        return _strange(chance, _mutated(chance, hello), target, frame_bytes_max)
    return _acquainted(chance, hello, target, frame_bytes_max)


def _strange(chance: Random, beginning: bytes, target: str, frame_bytes_max: int) -> Session:
    """A session that begins with noise, or with a hello that was tampered with."""
    decoder = FrameDecoder(frame_bytes_max=HELLO_BYTES_MAX)
    decoder.feed(beginning)
    try:
        hello = next_hello(decoder)
    except ConnectionEnded as why:
        return Session([beginning], 1, Ending.REFUSED, f"failed: {why.reason}")
    if hello is None:  # it waits for more
        return Session([beginning], 1, Ending.EOF, "failed: end of stream")
    if hello.target != target:
        return Session([beginning], 1, Ending.REFUSED, "failed: wrong host")
    # It became another hello, of another host or life: good enough on a plain connection.
    decoder.frame_bytes_max = frame_bytes_max
    reason = _refusal(decoder, hello.host, target)
    if reason is not None:
        return Session([beginning], 1, Ending.REFUSED, f"closed: {reason}")
    ending = Ending.EOF if decoder.held_bytes else chance.choice([Ending.EOF, Ending.RESET])
    return Session([beginning], 1, ending, f"closed: {ending.value}")


def _acquainted(chance: Random, hello: bytes, target: str, frame_bytes_max: int) -> Session:
    """A session with a good hello and then frames, up to the first one to be refused."""
    decoder = FrameDecoder(frame_bytes_max=frame_bytes_max)
    said = [hello]
    for _ in range(chance.randint(1, FRAMES_MAX)):
        said.append(_hostile_frame(chance, target, frame_bytes_max))
        decoder.feed(said[-1])
        reason = _refusal(decoder, ME, target)
        if reason is not None:
            pieces = _in_pieces(chance, b"".join(said))
            return Session(pieces, len(said), Ending.REFUSED, f"closed: {reason}")
    # After half a frame a ping would be taken for its other half, and no pong would come.
    endings = [Ending.EOF] if decoder.held_bytes else [Ending.GOODBYE, Ending.EOF, Ending.RESET]
    ending = chance.choice(endings)
    return Session(_in_pieces(chance, b"".join(said)), len(said), ending, f"closed: {ending.value}")


def _refusal(decoder: FrameDecoder, source: str, target: str) -> str | None:
    """Return why the listener must end the connection now, if it must."""
    try:
        while (each := decoder.next_frame()) is not None:
            if isinstance(each, Control):
                if each is Control.GOODBYE:
                    return "goodbye"
            elif each.source.host != source:
                return "source mismatch"
            elif each.target.host != target:
                return "target mismatch"
    except ConnectionEnded as why:
        return why.reason
    return None


def _hostile_frame(chance: Random, target: str, frame_bytes_max: int) -> bytes:
    draw = chance.choices(_DRAWS, _WEIGHTS)[0]
    return draw(chance, target, frame_bytes_max)


def _good(chance: Random, source: str, target: str) -> bytes:
    """Return a frame that is well-formed; whether its hosts are good is another matter."""
    envelope = Envelope(
        kind=chance.below(len(Kind)),
        source=Address(source, "actor"),
        source_incarnation=chance.below(2**63),
        target=Address(target, "actor"),
        target_incarnation=chance.below(2**63),
        id=chance.below(2**63),
        number=chance.below(2**63),
        deadline_ns=chance.randint(-1, 2**63 - 1),
        payload=chance.randbytes(chance.below(200)),
    )
    if source and "/" not in source:
        return _encode(envelope)
    return frame(msgpack.packb(envelope))


def _true(chance: Random, target: str, _frame_bytes_max: int) -> bytes:
    return _good(chance, ME, target)


def _tampered(chance: Random, target: str, _frame_bytes_max: int) -> bytes:
    return _mutated(chance, _good(chance, ME, target))


def _noise(chance: Random, _target: str, _frame_bytes_max: int) -> bytes:
    return frame(chance.randbytes(chance.below(300)))


def _other_shape(chance: Random, _target: str, _frame_bytes_max: int) -> bytes:
    return frame(msgpack.packb(chance.choice(_WRONG_SHAPES)))


def _oversized(chance: Random, _target: str, frame_bytes_max: int) -> bytes:
    return HEADER.pack(chance.randint(frame_bytes_max + 1, 2**32 - 1))


def _claimed(chance: Random, target: str, _frame_bytes_max: int) -> bytes:
    return _good(chance, chance.choice(["honest-0", target, "", "a/b"]), target)


def _misdirected(chance: Random, _target: str, _frame_bytes_max: int) -> bytes:
    return _good(chance, ME, chance.choice(["honest-0", ME]))


def _control(chance: Random, _target: str, _frame_bytes_max: int) -> bytes:
    return chance.choice([PING, PONG, PING, GOODBYE])


def _mutated(chance: Random, data: bytes) -> bytes:
    """Change, insert, remove or repeat a few bytes; seldom those of the length."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        first = 0 if chance.chance(0.1) else min(HEADER.size, len(changed) - 1)
        place = chance.randint(first, len(changed) - 1)
        match chance.below(6):
            case 0:
                changed[place:place] = chance.randbytes(chance.randint(1, 8))
            case 1:
                del changed[place : place + chance.randint(1, 8)]
            case 2:
                changed[place:place] = changed[place : place + chance.randint(1, 16)]
            case 3:
                changed[place] ^= 1 << chance.below(8)
            case _:
                changed[place] = chance.below(256)
        if not changed:
            return b"\0"
    return bytes(changed)


def _in_pieces(chance: Random, data: bytes) -> list[bytes]:
    """Cut ``data``, most often not at all."""
    if chance.chance(0.8):
        return [data]
    places = sorted(chance.below(len(data)) for _ in range(chance.randint(1, 4)))
    pieces = [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]
    return [piece for piece in pieces if piece]


_DRAWS: Final = (
    _true,
    _tampered,
    _noise,
    _other_shape,
    _oversized,
    _claimed,
    _misdirected,
    _control,
)
_WEIGHTS: Final = (45, 35, 5, 3, 2, 1, 1, 8)
