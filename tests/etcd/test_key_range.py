"""Ranges of keys mean what etcd says they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.etcd.key_range import KeyRange, prefix_end
from tests.etcd.model import in_range

short = st.binary(max_size=3)


@given(st.binary(min_size=1, max_size=3), short, short)
def test_a_range_holds_what_the_model_says(start: bytes, end: bytes, key: bytes) -> None:
    """One key, a half-open range, one without end, an inverted one."""
    keys = KeyRange.of(start, end)

    assert (key in keys) is in_range(key, start, end)
    assert not (keys.empty and key in keys)


@given(st.binary(max_size=3), st.binary(max_size=4))
def test_a_prefix_range_holds_what_begins_with_it(prefix: bytes, key: bytes) -> None:
    """And nothing else, also where the prefix ends in the greatest byte."""
    start = prefix or b"\0"

    if key:
        assert (key in KeyRange.of(start, prefix_end(prefix))) is (
            key.startswith(prefix) and key >= start
        )


@pytest.mark.parametrize(
    ("prefix", "end"), [(b"a", b"b"), (b"a\xff", b"b"), (b"\xff\xff", b"\0"), (b"", b"\0")]
)
def test_the_end_of_a_prefix(prefix: bytes, end: bytes) -> None:
    """The next key that does not begin with it; none for the greatest of all."""
    assert prefix_end(prefix) == end
