"""The index of ranges answers as if it asked every range, and keeps nothing of what has left."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.etcd.key_range import KeyRange, prefix_end
from kactors.etcd.range_index import RangeIndex

#: Few bytes, among them the ends of the order, so that prefixes and ranges meet.
keys = st.lists(st.sampled_from([b"\0", b"a", b"b", b"\xff"]), min_size=1, max_size=3).map(b"".join)
ranges = st.one_of(
    keys.map(lambda key: KeyRange.of(key, b"")),
    keys.map(lambda key: KeyRange.of(key, prefix_end(key))),
    st.just(KeyRange.of(b"\0", b"\0")),
    st.builds(KeyRange.of, keys, keys).filter(lambda found: not found.empty),
)
steps = st.lists(st.tuples(ranges, st.integers(0, 2)), max_size=40)


@settings(max_examples=300, deadline=None)
@given(steps, st.lists(keys, max_size=10))
def test_it_answers_as_if_it_asked_every_range(
    toggled: list[tuple[KeyRange, int]], asked: list[bytes]
) -> None:
    """Whatever ranges came and went: a step adds what is not there and removes what is."""
    index: RangeIndex[tuple[KeyRange, int]] = RangeIndex()
    held: dict[tuple[KeyRange, int], None] = {}
    for step in toggled:
        if step in held:
            del held[step]
            index.remove(step[0], step)
        else:
            held[step] = None
            index.add(step[0], step)

    assert len(index) == len({one for one, _ in held})
    for key in asked:
        found = index.at(key)
        assert len(found) == len(set(found))
        assert set(found) == {step for step in held if key in step[0]}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(ranges, st.integers(0, 2)), max_size=20, unique=True))
def test_nothing_is_left_of_ranges_that_went(added: list[tuple[KeyRange, int]]) -> None:
    """No table remembers them."""
    index: RangeIndex[int] = RangeIndex()
    for keys, value in added:
        index.add(keys, value)

    for keys, value in added:
        index.remove(keys, value)

    assert len(index) == 0
    assert (index._ranges, index._keys, index._prefixes) == ({}, {}, {})
    assert len(index._others) == 0


@pytest.mark.parametrize(
    ("key", "range_end"),
    [(b"/a/", b"/a0"), (b"\0", b"\0"), (b"\xff", b"\0"), (b"a\xff", b"b"), (b"a", b"")],
)
def test_keys_and_prefixes_are_found_without_the_tree(key: bytes, range_end: bytes) -> None:
    """Also all keys, and prefixes that end with the last byte there is."""
    index: RangeIndex[int] = RangeIndex()

    index.add(KeyRange.of(key, range_end), 1)

    assert len(index._others) == 0
    assert index.at(key) == [1]


def test_what_is_not_there_cannot_be_removed() -> None:
    """Neither a range nor a value: it is a mistake of the caller."""
    index: RangeIndex[int] = RangeIndex()
    index.add(KeyRange.of(b"a", b"b"), 1)

    with pytest.raises(KeyError):
        index.remove(KeyRange.of(b"a", b"b"), 2)
    with pytest.raises(KeyError):
        index.remove(KeyRange.of(b"a", b""), 1)
