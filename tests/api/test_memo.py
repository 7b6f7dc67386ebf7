"""Tests of `kactors.api.memo`."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kactors.api.memo import Memo

_LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(width=64)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    _LEAVES | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(_VALUES, _VALUES)
def test_values_with_one_key_are_equal_in_value_and_in_type(one: Any, other: Any) -> None:
    """What has the same key as another is written the same way: ``1`` is not ``True``."""
    if Memo.key_of(one) == Memo.key_of(other):
        assert repr(one) == repr(other)


def test_a_finding_is_found_by_an_equal_value() -> None:
    """An equal value that is another object has the finding, a different one has none."""
    memo: Memo[str] = Memo()
    memo.put(memo.key_of({"a": [1, "x"]}), "seen")

    assert memo.get(memo.key_of({"a": [1, "x"]})) == "seen"
    assert memo.get(memo.key_of({"a": [1, "y"]})) is None


def test_what_cannot_be_packed_is_not_remembered() -> None:
    """A value with no key is asked about for nothing, and takes no room."""
    memo: Memo[str] = Memo()
    key = memo.key_of({"a": object()})

    memo.put(key, "seen")

    assert key is None
    assert memo.get(key) is None
    assert len(memo) == 0


def test_an_integer_beyond_64_bits_has_no_key() -> None:
    """Msgpack has no such integers."""
    assert Memo.key_of(2**64) is None


def test_there_is_an_end_to_what_is_remembered() -> None:
    """One more than the most, and all but the newest is forgotten."""
    memo: Memo[int] = Memo(most=2)
    for number in range(3):
        memo.put(memo.key_of(number), number)

    assert len(memo) == 1
    assert memo.get(memo.key_of(2)) == 2
