"""Which ranges contain a key? A balanced tree of ranges that answers without asking all of them.

An AVL tree ordered by (start, end); each node knows the greatest end below it, so that a lookup
leaves out subtrees that end before the key. It takes O(log n + m) steps for m answers.

Source: Cormen and others, Introduction to Algorithms, section 14.3, Interval trees.
"""

from collections.abc import Iterator
from typing import Generic, TypeAlias, TypeVar

import attrs

V = TypeVar("V")

#: (start, whether it is unbounded, end): sorts as ranges do.
_Name: TypeAlias = tuple[bytes, bool, bytes]


@attrs.define(eq=False)
class _Node(Generic[V]):
    start: bytes
    end: bytes | None
    value: V
    left: "_Node[V] | None" = None
    right: "_Node[V] | None" = None
    height: int = 1
    #: the greatest end of this node and those below; None is no bound.
    reach: bytes | None = None

    @property
    def name(self) -> _Name:
        return _name(self.start, self.end)


class IntervalTree(Generic[V]):
    """Values by range ``[start, end)``; an end of None is no bound. No range is in it twice."""

    def __init__(self) -> None:
        self._root: _Node[V] | None = None
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, start: bytes, end: bytes | None, value: V) -> None:
        """Add a range that is not in the tree.

        Raises:
            ValueError: it is.
        """
        self._root = _inserted(self._root, _Node(start, end, value, reach=end))
        self._size += 1

    def remove(self, start: bytes, end: bytes | None) -> None:
        """Remove a range.

        Raises:
            KeyError: it is not in the tree.
        """
        self._root = _removed(self._root, _name(start, end))
        self._size -= 1

    def stab(self, key: bytes) -> Iterator[V]:
        """Yield the values of the ranges that contain ``key``, in the order of the ranges."""
        path: list[_Node[V]] = []
        node = self._root
        while path or node is not None:
            while node is not None and (node.reach is None or key < node.reach):
                path.append(node)
                node = node.left
            if not path:
                return
            node = path.pop()
            if key < node.start:
                return
            if node.end is None or key < node.end:
                yield node.value
            node = node.right


def _name(start: bytes, end: bytes | None) -> _Name:
    return start, end is None, end or b""


def _height(node: _Node[V] | None) -> int:
    return 0 if node is None else node.height


def _updated(node: _Node[V]) -> _Node[V]:
    node.height = 1 + max(_height(node.left), _height(node.right))
    node.reach = node.end
    for child in (node.left, node.right):
        if child is not None and node.reach is not None:
            node.reach = None if child.reach is None else max(node.reach, child.reach)
    return node


def _balanced(node: _Node[V]) -> _Node[V]:
    lean = _height(node.left) - _height(node.right)
    if lean > 1:
        assert node.left is not None
        if _height(node.left.left) < _height(node.left.right):
            node.left = _rotated_left(node.left)
        return _rotated_right(node)
    if lean < -1:
        assert node.right is not None
        if _height(node.right.right) < _height(node.right.left):
            node.right = _rotated_right(node.right)
        return _rotated_left(node)
    return _updated(node)


def _rotated_right(node: _Node[V]) -> _Node[V]:
    top = node.left
    assert top is not None
    node.left, top.right = top.right, node
    _updated(node)
    return _updated(top)


def _rotated_left(node: _Node[V]) -> _Node[V]:
    top = node.right
    assert top is not None
    node.right, top.left = top.left, node
    _updated(node)
    return _updated(top)


def _inserted(node: _Node[V] | None, new: _Node[V]) -> _Node[V]:
    if node is None:
        return new
    if new.name < node.name:
        node.left = _inserted(node.left, new)
    elif node.name < new.name:
        node.right = _inserted(node.right, new)
    else:
        raise ValueError(f"the range {new.start!r} .. {new.end!r} is in the tree already")
    return _balanced(node)


def _removed(node: _Node[V] | None, name: _Name) -> _Node[V] | None:
    if node is None:
        raise KeyError(name)
    if name < node.name:
        node.left = _removed(node.left, name)
    elif node.name < name:
        node.right = _removed(node.right, name)
    elif node.left is None:
        return node.right
    elif node.right is None:
        return node.left
    else:
        heir = node.right
        while heir.left is not None:
            heir = heir.left
        heir.right = _removed(node.right, heir.name)
        heir.left = node.left
        node = heir
    return _balanced(node)
