"""Frames: what goes in comes out, whatever the pieces; what is no frame says so."""

from contextlib import suppress
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.transport.envelope import Address, Envelope, Kind
from kactors.transport.errors import (
    ConnectionEnded,
    FrameTooLarge,
    InvalidEnvelopeError,
    MalformedFrame,
)
from kactors.transport.framing import (
    GOODBYE,
    HEADER,
    HOST_LENGTH_MAX,
    NAME_LENGTH_MAX,
    PING,
    PONG,
    Control,
    FrameDecoder,
    FrameEncoder,
    frame,
)
from tests.transport.envelopes import any_envelope, envelope

Frame = Envelope | Control

CONTROLS = {Control.PING: PING, Control.PONG: PONG, Control.GOODBYE: GOODBYE}
any_frame: st.SearchStrategy[Frame] = any_envelope | st.sampled_from(list(Control))


def encode(frames: list[Frame]) -> bytes:
    """Return the stream of ``frames``."""
    encoder = FrameEncoder()
    return b"".join(
        CONTROLS[each] if isinstance(each, Control) else encoder.encode(each) for each in frames
    )


def drain(decoder: FrameDecoder) -> list[Frame]:
    """Return all the frames that ``decoder`` has complete."""
    frames: list[Frame] = []
    while (each := decoder.next_frame()) is not None:
        frames.append(each)
    return frames


def decode(data: bytes) -> list[Frame]:
    """Return the frames of ``data``, fed at once."""
    decoder = FrameDecoder()
    decoder.feed(data)
    return drain(decoder)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut ``data`` at the places ``cuts``, wherever they fall."""
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[begin:end] for begin, end in zip([0, *places], [*places, len(data)], strict=True)]


@given(any_envelope)
def test_round_trip(original: Envelope) -> None:
    """Decoding inverts encoding, for every envelope that can be built."""
    (decoded,) = decode(FrameEncoder().encode(original))

    assert decoded == original
    assert isinstance(decoded, Envelope)
    assert isinstance(decoded.source, Address)
    assert isinstance(decoded.target, Address)


@given(st.lists(any_frame, max_size=6), st.lists(st.integers(min_value=0), max_size=12))
def test_cuts_do_not_matter(frames: list[Frame], cuts: list[int]) -> None:
    """The same frames come out however the stream was cut into pieces."""
    decoder = FrameDecoder()

    decoded: list[Frame] = []
    for piece in pieces(encode(frames), cuts):
        decoder.feed(piece)
        decoded += drain(decoder)

    assert decoded == frames
    assert decoder.held_bytes == 0


def test_byte_by_byte() -> None:
    """A stream that comes in single bytes is understood, each frame with its last byte."""
    frames: list[Frame] = [envelope("a", "b", 1, b"x" * 100), Control.PING, envelope("a", "b", 2)]
    decoder = FrameDecoder()

    decoded: list[Frame] = []
    for byte in encode(frames):
        decoder.feed(bytes([byte]))
        decoded += drain(decoder)

    assert decoded == frames


def test_single_bytes_of_a_long_frame_are_not_copied_again_and_again() -> None:
    """While a frame is incomplete its bytes are stored, and looked at only when it is whole."""
    data = encode([envelope("a", "b", payload=bytes(2**20))])
    decoder = FrameDecoder()
    decoder.feed(data[:10])
    assert decoder.next_frame() is None

    # A copy of everything for each piece would be some 50 GB here, and minutes.
    for begin in range(10, len(data), 16):
        decoder.feed(data[begin : begin + 16])
        if begin + 16 < len(data):
            assert decoder.next_frame() is None

    assert decoder.next_frame() == envelope("a", "b", payload=bytes(2**20))


@given(st.lists(any_frame, min_size=1, max_size=4), st.data())
def test_mutated_bytes_raise_nothing_else(frames: list[Frame], data: st.DataObject) -> None:
    """A damaged stream is understood, waits for more, or raises the typed error."""
    stream = bytearray(encode(frames))
    for _ in range(data.draw(st.integers(min_value=1, max_value=4))):
        place = data.draw(st.integers(min_value=0, max_value=len(stream) - 1))
        match data.draw(st.sampled_from(["change", "insert", "remove"])):
            case "change":
                stream[place] = data.draw(st.integers(min_value=0, max_value=255))
            case "insert":
                stream[place:place] = data.draw(st.binary(min_size=1, max_size=8))
            case _:
                if len(stream) > 1:
                    del stream[place]
    decoder = FrameDecoder(frame_bytes_max=4096)
    decoder.feed(bytes(stream))

    try:
        decoded = drain(decoder)
    except ConnectionEnded:
        return

    assert all(isinstance(each, Envelope | Control) for each in decoded)
    assert decoder.held_bytes <= len(stream)


@given(st.binary(max_size=200))
def test_random_bodies_raise_nothing_else(body: bytes) -> None:
    """A body of random bytes is a frame or raises the typed error."""
    with suppress(MalformedFrame):
        assert len(decode(frame(body))) == 1


@given(st.lists(any_frame, max_size=3), st.lists(st.integers(min_value=0), max_size=6))
def test_frames_before_a_bad_one_come_out(frames: list[Frame], cuts: list[int]) -> None:
    """What came before a bad frame is delivered, and nothing after it, however it was cut."""
    stream = encode(frames) + frame(b"\xc1") + encode([Control.PING])
    decoder = FrameDecoder()

    decoded: list[Frame] = []
    errors = 0
    for piece in pieces(stream, cuts):
        decoder.feed(piece)
        try:
            decoded += iter(decoder.next_frame, None)
        except MalformedFrame:
            errors += 1

    assert decoded == frames
    assert errors >= 1


def test_a_bad_frame_is_never_got_past() -> None:
    """Asked again, the decoder raises the same error again."""
    decoder = FrameDecoder()
    decoder.feed(frame(b"\xc1") + PING)

    for _ in range(2):
        with pytest.raises(MalformedFrame):
            decoder.next_frame()


def test_an_oversized_frame_is_refused_by_its_header() -> None:
    """Four bytes are enough to refuse a frame that would be too long."""
    decoder = FrameDecoder(frame_bytes_max=100)
    decoder.feed(HEADER.pack(101))

    with pytest.raises(FrameTooLarge, match="announces 101 bytes where 100 are allowed"):
        decoder.next_frame()


def test_a_frame_of_just_the_bound_passes() -> None:
    """The bound is inclusive, and counts the body alone."""
    data = FrameEncoder().encode(envelope("a", "b", payload=b"x" * 50))
    decoder = FrameDecoder(frame_bytes_max=len(data) - HEADER.size)
    decoder.feed(data)

    assert decoder.next_frame() == envelope("a", "b", payload=b"x" * 50)


def test_an_array_that_claims_to_be_huge_takes_no_memory() -> None:
    """Lengths inside a body are bounded too: nested claims would multiply."""
    body = b"\xdd\x7f\xff\xff\xff" * 100

    with pytest.raises(MalformedFrame):
        decode(frame(body))


GOOD: tuple[Any, ...] = (0, ("a", "x"), 1, ("b", "y"), 0, 0, 0, -1, b"")
BAD_FIELDS = [
    (0, -1),
    (0, max(Kind) + 1),
    (0, True),
    (0, "send"),
    (1, "a/x"),
    (1, ("a",)),
    (1, ("a", "x", "y")),
    (1, ("", "x")),
    (1, ("a", "")),
    (1, ("a/b", "x")),
    (1, ("a", b"x")),
    (1, ("h" * (HOST_LENGTH_MAX + 1), "x")),
    (1, ("a", "n" * (NAME_LENGTH_MAX + 1))),
    (1, {}),
    (1, ({}, {})),
    (1, None),
    (2, -1),
    (2, 2**63),
    (2, 1.0),
    (3, ("b", 1)),
    (4, -1),
    (4, None),
    (5, -1),
    (5, 2**64 - 1),
    (6, -1),
    (6, False),
    (7, -2),
    (7, 2**63),
    (7, 0.5),
    (8, "text"),
    (8, None),
    (8, ()),
]


@pytest.mark.parametrize(("place", "value"), BAD_FIELDS)
def test_every_field_is_checked(place: int, value: object) -> None:
    """A field of another type, or out of its range, makes the frame malformed."""
    fields = [*GOOD[:place], value, *GOOD[place + 1 :]]

    with pytest.raises(MalformedFrame):
        decode(frame(msgpack.packb(fields)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        msgpack.packb(None),
        msgpack.packb(0),
        msgpack.packb(4),
        msgpack.packb(True),
        msgpack.packb("hello"),
        msgpack.packb({}),
        msgpack.packb({"kind": 0}),
        msgpack.packb([]),
        msgpack.packb(GOOD[:-1]),
        msgpack.packb([*GOOD, 0]),
        msgpack.packb(GOOD) + b"\x00",
        msgpack.packb(GOOD)[:-1],
        msgpack.packb(msgpack.ExtType(1, b"")),
        msgpack.packb(msgpack.Timestamp(1)),
        b"\xa1\xff",
    ],
)
def test_other_bodies_are_malformed(body: bytes) -> None:
    """Whatever is neither nine fields nor a control is no frame."""
    with pytest.raises(MalformedFrame):
        decode(frame(body))


HASHABLE = [(place, value) for place, value in BAD_FIELDS if value not in ({}, ({}, {}))]


@pytest.mark.parametrize(("place", "value"), HASHABLE)
def test_the_encoder_refuses_what_the_decoder_would(place: int, value: object) -> None:
    """A bad envelope is the sender's bug, and is found where it can be mended."""
    fields: list[Any] = [*GOOD[:place], value, *GOOD[place + 1 :]]

    with pytest.raises(InvalidEnvelopeError, match="build the envelope accordingly"):
        FrameEncoder().encode(Envelope(*fields))


def test_many_addresses_do_not_fill_the_memory() -> None:
    """Known addresses are remembered for speed, up to a bound, and never wrongly."""
    encoder, decoder = FrameEncoder(), FrameDecoder()

    for number in range(10_000):
        original = envelope(f"host-{number}", "b", number)
        decoder.feed(encoder.encode(original))
        assert decoder.next_frame() == original

    assert decoder.held_bytes == 0
