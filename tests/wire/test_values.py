"""Plain values, and the short cut by which most are seen to be plain."""

from typing import Any

import msgpack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kactors.wire import (
    EncodeError,
    FrameTooLarge,
    Limits,
    Malformed,
    TooDeep,
    decode_value,
    encode_decoded,
    encode_value,
)
from kactors.wire.plain import checked_plain, surely_plain
from tests.wire.strategies import plain_values

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web-0", "labels": {"app": "web"}, "annotations": None},
    "spec": {"containers": [{"name": "web", "ports": [{"containerPort": 80}]}]},
}


def nested(depth: int) -> Any:
    """Return lists and dicts in each other, ``depth`` of them."""
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def test_an_object_comes_back_equal_and_belongs_to_the_caller() -> None:
    """Two decodings share nothing."""
    data = encode_value(POD)
    first, second = decode_value(data), decode_value(bytearray(data))
    assert first == second == POD
    first["metadata"]["labels"]["app"] = "other"
    assert second == POD


@pytest.mark.parametrize(
    "value", [(1,), {1: 2}, {b"a": 1}, {None: 1}, {1}, object(), bytearray(b"x"), [{"a": [(1,)]}]]
)
def test_what_would_not_come_back_equal_is_refused(value: object) -> None:
    """A tuple would come back as a list, a number as a key not at all."""
    with pytest.raises(EncodeError, match="a plain value must be"):
        encode_value(value)


@pytest.mark.parametrize("value", [2**64, [{"a": -(2**63) - 1}], "\ud800", {"\ud800": 1}])
def test_what_msgpack_has_no_form_for_is_refused(value: object) -> None:
    """Numbers beyond 64 bits and half characters."""
    with pytest.raises(EncodeError, match="a plain value holds"):
        encode_value(value)


@pytest.mark.parametrize(
    "value",
    [
        msgpack.Timestamp(1),
        [msgpack.Timestamp(1, 5)],
        {"a": msgpack.Timestamp(2**40)},
        msgpack.ExtType(5, b"x"),
        [msgpack.ExtType(5, b"x" * 300)],
        {b"a": 1},
        [{"a": {b"b": 1}}],
    ],
)
def test_what_msgpack_has_and_json_has_not_is_malformed(value: object) -> None:
    """Timestamps, extension types and keys of bytes."""
    with pytest.raises(Malformed, match="a plain value must be"):
        decode_value(msgpack.packb(value))


@pytest.mark.parametrize("data", [b"", b"\x81\x01\x02", b"\x01\x01", b"\xa2\xff\xff"])
def test_garbage_is_malformed(data: bytes) -> None:
    """Empty, a number as a key, two values, no UTF-8."""
    with pytest.raises(Malformed):
        decode_value(data)


def test_values_are_limited_in_size_both_ways() -> None:
    """The limit is exact."""
    data = encode_value("x" * 10, Limits(size_bytes=11))
    assert decode_value(data, Limits(size_bytes=11)) == "x" * 10
    with pytest.raises(FrameTooLarge):
        encode_value("x" * 10, Limits(size_bytes=10))
    with pytest.raises(FrameTooLarge):
        decode_value(data, Limits(size_bytes=10))


@pytest.mark.parametrize("depth", [0, 1, 2, 9, 100])
def test_values_are_limited_in_depth_both_ways(depth: int) -> None:
    """The limit is exact."""
    allowed = Limits(depth=depth)
    value, deeper = nested(depth), nested(depth + 1)
    assert decode_value(encode_value(value, allowed), allowed) == value
    with pytest.raises(TooDeep):
        encode_value(deeper, allowed)
    with pytest.raises(TooDeep):
        decode_value(msgpack.packb(deeper), allowed)


def test_a_value_that_contains_itself_is_too_deep() -> None:
    """It would have no end."""
    value: list[Any] = []
    value.append({"again": value})
    with pytest.raises(TooDeep):
        encode_value(value)


def _is_plain(value: Any, depth: int) -> bool:
    def fail(_found: object) -> Any:
        raise ValueError

    try:
        checked_plain(fail, "a value", value, depth)
    except (ValueError, TooDeep):
        return False
    return True


@settings(max_examples=300)
@given(
    value=st.recursive(
        plain_values() | st.just(msgpack.Timestamp(1)) | st.just(msgpack.ExtType(1, b"x")),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.binary(), inner, max_size=2),
        max_leaves=4,
    ),
    depth=st.integers(0, 4),
)
@example(value=[], depth=0)
@example(value={b"": 1}, depth=4)
def test_the_short_cut_never_lets_anything_through_that_the_walk_would_stop(
    value: Any, depth: int
) -> None:
    """It may say no to what is plain, never yes to what is not."""
    data = msgpack.packb(value)
    if surely_plain(data, depth):
        assert _is_plain(msgpack.unpackb(data), depth)


def test_the_short_cut_is_taken_by_ordinary_objects() -> None:
    """It would be no use otherwise."""
    assert surely_plain(encode_value(POD), Limits().depth)
    assert surely_plain(encode_value({"text": "Čeština"}), 100) is False
    assert decode_value(encode_value({"text": "Čeština"})) == {"text": "Čeština"}


@given(plain_values())
def test_what_was_decoded_is_encoded_as_anything_else(value: Any) -> None:
    """Leaving out the look at the keys changes no byte."""
    decoded = decode_value(encode_value(value))

    assert encode_decoded(decoded) == encode_value(value)


@pytest.mark.parametrize("value", [(1, 2), {"a": (1,)}, {"a": {1, 2}}, {"a": object()}, 2**64])
def test_what_was_added_to_a_decoded_value_must_be_plain(value: Any) -> None:
    """Tuples, sets and other classes are refused, and integers beyond 64 bits."""
    with pytest.raises(EncodeError):
        encode_decoded({"kind": "Pod", "added": value})


def test_a_decoded_value_may_not_have_become_too_deep_or_too_long() -> None:
    """The limits are the same."""
    with pytest.raises(TooDeep):
        encode_decoded(nested(101))
    with pytest.raises(FrameTooLarge):
        encode_decoded(POD, Limits(size_bytes=20))
