"""What is kept once."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.wire.sharing import shared


@given(st.binary(max_size=300))
def test_what_is_shared_is_equal(data: bytes) -> None:
    """Whatever the size, the same bytes come back."""
    assert shared(data) == data


def test_copies_of_a_value_become_one_object() -> None:
    """Of usual sizes there is one object, of tiny and of huge ones there are many."""
    for size, alike in ((10, False), (128, True), (8192, True), (8193, False)):
        first, second = (bytes([7]) * size + bytes([0]), bytes([7]) * size + bytes([0]))
        first, second = first[:size], second[:size]
        assert (shared(first) is shared(second)) is alike


def test_what_was_seen_long_ago_is_forgotten() -> None:
    """The table is bounded: after thousands of others, a copy is an object of its own."""
    value = bytes(200)
    before = shared(value)
    for number in range(5000):
        shared(number.to_bytes(200, "big") + b"x")

    assert shared(bytes(bytearray(200))) is not before
