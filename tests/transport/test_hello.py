"""Hellos: who speaks which version to whom, and what is no hello."""

from contextlib import suppress
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.transport.errors import NotKactors, VersionMismatch
from kactors.transport.framing import HEADER, PING, FrameDecoder, frame
from kactors.transport.hello import HELLO_BYTES_MAX, Hello, encode_hello, next_hello
from tests.transport.envelopes import hosts

HELLO = Hello("a", 3, "b")


def fed(data: bytes) -> FrameDecoder:
    """Return a decoder as a new connection has it, with ``data`` in it."""
    decoder = FrameDecoder(frame_bytes_max=HELLO_BYTES_MAX)
    decoder.feed(data)
    return decoder


@given(st.builds(Hello, hosts, st.integers(min_value=0, max_value=2**63 - 1), hosts))
def test_round_trip(hello: Hello) -> None:
    """Decoding inverts encoding."""
    assert next_hello(fed(encode_hello(hello))) == hello


def test_an_incomplete_hello_waits() -> None:
    """Until the last byte has come there is no hello, and no error."""
    data = encode_hello(HELLO)
    decoder = fed(data[:-1])

    assert next_hello(decoder) is None
    decoder.feed(data[-1:])

    assert next_hello(decoder) == HELLO


def test_what_follows_a_hello_stays() -> None:
    """A frame that came with the hello is there afterwards."""
    decoder = fed(encode_hello(HELLO) + PING)

    next_hello(decoder)

    assert decoder.held_bytes == len(PING)


def test_another_version_is_named() -> None:
    """Both versions are in the error, so that the operator knows which side is older."""
    with pytest.raises(VersionMismatch, match=r"speaks version 2 of the protocol.*version 1"):
        next_hello(fed(encode_hello(HELLO, version=2)))


def test_a_later_hello_may_look_different() -> None:
    """Only magic and version keep their places; the rest of a later hello is not looked at."""
    body = msgpack.packb(["kactors", 9, ["something", "else"], 1, 2, 3, 4, 5, 6, b"more"])

    with pytest.raises(VersionMismatch):
        next_hello(fed(frame(body)))


@pytest.mark.parametrize(
    "fields",
    [
        None,
        [],
        ["kactors"],
        ["cactors", 1, "a", 1, "b"],
        ["kactors", 1, "a", 1],
        ["kactors", 1, "a", 1, "b", 0],
        ["kactors", 1, "", 1, "b"],
        ["kactors", 1, "a/b", 1, "b"],
        ["kactors", 1, b"a", 1, "b"],
        ["kactors", 1, "a", -1, "b"],
        ["kactors", 1, "a", True, "b"],
        ["kactors", 1, "a", 2**63, "b"],
        ["kactors", 1, "a", 1, None],
    ],
)
def test_bad_hellos_are_not_ours(fields: Any) -> None:
    """A hello of our version has exactly its fields, each of its type."""
    with pytest.raises(NotKactors):
        next_hello(fed(frame(msgpack.packb(fields))))


@pytest.mark.parametrize("version", [True, None, "1", 1.0])
def test_a_version_is_an_integer(version: Any) -> None:
    """A version that is no integer is another version."""
    with pytest.raises(VersionMismatch):
        next_hello(fed(frame(msgpack.packb(["kactors", version, "a", 1, "b"]))))


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n", HEADER.pack(HELLO_BYTES_MAX + 1)]
)
def test_other_protocols_are_recognised_at_once(data: bytes) -> None:
    """Text read as a length is far beyond what a stranger may announce."""
    with pytest.raises(NotKactors, match="no hello"):
        next_hello(fed(data))


@given(st.binary(min_size=HEADER.size, max_size=100))
def test_random_bytes_raise_nothing_else(data: bytes) -> None:
    """Noise waits for more or raises a typed error."""
    with suppress(NotKactors, VersionMismatch):
        assert next_hello(fed(data)) is None
