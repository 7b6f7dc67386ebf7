"""The interval tree answers as if it looked at every range, without doing so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.etcd.interval_tree import IntervalTree, _Node
from kactors.runtime.random import stream

Name = tuple[bytes, bytes | None]

keys = st.binary(min_size=1, max_size=2)
ranges = st.tuples(keys, st.one_of(st.none(), keys))


def brute(held: dict[Name, int], key: bytes) -> list[int]:
    """The ranges that contain a key, by looking at each."""
    found = [name for name in held if name[0] <= key and (name[1] is None or key < name[1])]
    found.sort(key=lambda name: (name[0], name[1] is None, name[1] or b""))
    return [held[name] for name in found]


def check(node: _Node[int] | None) -> int:
    """Check order, balance and reach below a node; return its height."""
    if node is None:
        return 0
    left, right = check(node.left), check(node.right)
    assert abs(left - right) <= 1
    assert node.height == 1 + max(left, right)
    ends = [node.end, *(child.reach for child in (node.left, node.right) if child is not None)]
    assert node.reach == (None if None in ends else max(end for end in ends if end is not None))
    assert node.left is None or node.left.name < node.name
    assert node.right is None or node.name < node.right.name
    return node.height


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.booleans(), ranges), max_size=60), st.lists(keys, max_size=10))
def test_it_answers_as_brute_force_does(steps: list[tuple[bool, Name]], asked: list[bytes]) -> None:
    """After any additions and removals, in the order of the ranges."""
    tree: IntervalTree[int] = IntervalTree()
    held: dict[Name, int] = {}
    for number, (adds, name) in enumerate(steps):
        if adds and name not in held:
            tree.add(*name, number)
            held[name] = number
        elif not adds and name in held:
            tree.remove(*name)
            del held[name]
        check(tree._root)

    assert len(tree) == len(held)
    for key in asked:
        assert list(tree.stab(key)) == brute(held, key)


def test_a_range_is_in_it_once() -> None:
    """Adding it again, or removing what is not there, is a mistake of the caller."""
    tree: IntervalTree[int] = IntervalTree()
    tree.add(b"a", None, 1)

    with pytest.raises(ValueError, match="in the tree already"):
        tree.add(b"a", None, 2)
    with pytest.raises(KeyError):
        tree.remove(b"a", b"b")


def test_ten_thousand_ranges_stay_shallow_and_lookups_cheap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A lookup among disjoint ranges looks at few of them; sorted insertion does not unbalance."""
    tree: IntervalTree[int] = IntervalTree()
    for number in range(10_000):
        tree.add(b"%06d" % number, b"%06d~" % number, number)
    root = tree._root
    assert root is not None
    assert root.height <= 18
    looked_at = []

    class Counted(bytes):
        """A key that counts how often it is compared."""

        def __lt__(self, other: bytes) -> bool:
            looked_at.append(other)
            return bytes(self) < other

    assert list(tree.stab(Counted(b"004711x"))) == [4711]
    assert len(looked_at) < 100


def test_many_ranges_over_one_key_are_all_found() -> None:
    """Nested ranges, in whatever order they came and went."""
    rng = stream(1)
    names: list[Name] = [(b"%05d" % number, None) for number in range(500)]
    rng.shuffle(names)
    tree: IntervalTree[Name] = IntervalTree()
    for name in names:
        tree.add(*name, name)
    for name in names[:250]:
        tree.remove(*name)

    assert sorted(tree.stab(b"~")) == sorted(names[250:])
