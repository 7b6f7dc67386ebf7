"""Whatever the bytes are, decoding them ends in a value or in a `WireError`."""

from typing import Any, NamedTuple

import msgpack
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kactors.wire import (
    Limits,
    Malformed,
    TooDeep,
    UnknownTag,
    WireError,
    decode_value,
    encode_value,
)
from tests.wire.strategies import messages, plain_values
from tests.wire.zoo import ZOO, Place, Tree

#: What hypothesis draws seldom: lengths that promise gigabytes, timestamps, half a character.
NASTY = [
    b"",
    b"\xc1",
    b"\xdd\xff\xff\xff\xff",
    b"\xdf\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xffabc",
    b"\xc6\xff\xff\xff\xff",
    b"\xc9\xff\xff\xff\xff\x01",
    b"\x91" * 5_000,
    b"\x91" * 900 + b"\xc0",
    b"\x81\xa1a" * 900 + b"\xc0",
    b"\xdd\x00\x01\x00\x00" * 1_000 + b"\x00" * 70_000,
    b"\x91\xa8zoo.\xff\xfe\xfd\xfc",
    b"\xd6\xff\x00\x00\x00\x01",
    b"\x92\xa9zoo.plain\xd6\xff\x00\x00\x00\x01",
    b"\x81\x90\xc0",
    b"\x81\xc4\x01a\xc0",
    b"\x82\xa1a\x01\xa1a\x02",
    b"\x92\x90\x90",
    b"\x92\x01\x02",
    b"\x83\xa8zoo.done\xa1a\xa1b",
    msgpack.packb(["zoo.put", b"k", b"v", 2**64 - 1, "one more"]),
    msgpack.packb(["zoo.put", b"k"]),
    msgpack.packb(["zoo.put", "k", b"v", 0]),
    msgpack.packb(["zoo.checked", 101, 1]),
    msgpack.packb(["zoo.checked", 1, -1]),
    msgpack.packb(["zoo.done"]) * 2,
]


def _decode_every_way(data: bytes, limits: Limits) -> None:
    """Try every decoder; only a `WireError` may come out."""
    for decode in (
        lambda: ZOO.decode(data, None, limits),
        lambda: ZOO.decode_record(data, Place, limits),
        lambda: decode_value(data, limits),
    ):
        try:
            decode()
        except WireError as error:
            assert str(error)  # noqa: PT017 - any outcome but another exception is right


@pytest.mark.parametrize("data", NASTY, ids=range(len(NASTY)))
def test_nasty_bytes(data: bytes) -> None:
    """Known ways to hurt a decoder do not."""
    _decode_every_way(data, Limits())


@settings(max_examples=500, deadline=None)
@given(data=st.binary(max_size=200))
@example(data=b"\x91\xa0")
def test_random_bytes(data: bytes) -> None:
    """Random bytes are refused, or happen to mean something."""
    _decode_every_way(data, Limits(depth=8))


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(message=messages(ZOO), data=st.data())
def test_mutated_messages(message: Any, data: st.DataObject) -> None:
    """A message with bytes changed, cut out or put in is refused, or means another message."""
    encoded = bytearray(ZOO.encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(encoded)))
        end = data.draw(st.integers(start, min(start + 3, len(encoded))))
        encoded[start:end] = data.draw(st.binary(max_size=3))
    _decode_every_way(bytes(encoded), Limits())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tag=st.sampled_from([*ZOO.registered(), "zoo.unknown"]), fields=st.lists(plain_values()))
def test_a_known_tag_with_other_fields(tag: str, fields: list[Any]) -> None:
    """Well-formed msgpack under a known tag is no safer than random bytes."""
    _decode_every_way(msgpack.packb([tag, *fields]), Limits())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(message=messages(ZOO), data=st.data())
def test_every_truncation_is_malformed(message: Any, data: st.DataObject) -> None:
    """A message that is cut short is never taken for a whole one."""
    encoded = ZOO.encode(message)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    with pytest.raises(Malformed):
        ZOO.decode(encoded[:cut])


@given(message=messages(ZOO), more=st.binary(min_size=1, max_size=4))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_bytes_behind_the_end_are_malformed(message: Any, more: bytes) -> None:
    """A frame holds one message and nothing else."""
    with pytest.raises(Malformed):
        ZOO.decode(ZOO.encode(message) + more)


def test_a_deep_message_is_refused_before_the_stack_ends() -> None:
    """Nesting is counted, so that the outcome does not depend on the caller's stack."""
    with pytest.raises(TooDeep, match="Tree"):
        ZOO.decode(_packed_tree(500))


class Chain(NamedTuple):
    """A record that contains itself."""

    rest: "Chain | None"


@pytest.mark.parametrize("depth", [300, 520, 1100, 5000])
def test_limits_that_are_too_wide_for_python_or_msgpack_still_end_in_too_deep(depth: int) -> None:
    """Either the value goes both ways, or it is refused; which one depends on the stack."""
    tree, chain = Tree("leaf"), Chain(None)
    value: Any = None
    for _ in range(depth):
        tree, chain, value = Tree("node", (tree,)), Chain(chain), [value]
    wide = Limits(depth=1_000_000)
    refused = 0
    for go in (
        lambda: ZOO.decode(ZOO.encode(tree, wide), None, wide),
        lambda: ZOO.decode_record(ZOO.encode_record(chain, wide), Chain, wide),
        lambda: decode_value(encode_value(value, wide), wide),
        lambda: ZOO.decode(_packed_tree(min(depth, 500)), None, wide),
        lambda: ZOO.decode_record(b"\x91" * min(depth, 1000) + b"\x91\xc0", Chain, wide),
        lambda: decode_value(b"\x91" * min(depth, 1000) + b"\xd6\xff\x00\x00\x00\x01", wide),
    ):
        try:
            go()
        except (TooDeep, Malformed):
            refused += 1
    assert refused == 6 or depth < 1000


def _packed_tree(depth: int) -> bytes:
    data: Any = ["zoo.tree", "leaf"]
    for _ in range(depth):
        data = ["zoo.tree", "node", [data]]
    return msgpack.packb(data)


def test_an_unknown_tag_is_told_from_garbage() -> None:
    """A newer peer's message is something else than a broken one."""
    with pytest.raises(UnknownTag, match=r"zoo\.unknown") as caught:
        ZOO.decode(msgpack.packb(["zoo.unknown", 1]))
    assert caught.value.tag == "zoo.unknown"
