"""Which of many ranges hold a key? Answered at a cost that depends on the answer, not on how many.

Nearly all ranges that are watched are one key or all keys with a prefix. Those are found by looking
the key and its beginnings up, one for each length that any prefix has: two or three in practice,
never more than the key is long. Ranges of any other shape are in an interval tree.

Nothing is remembered about keys, so nothing has to be forgotten when ranges come and go, and a
store of a million keys is served as well as one of ten.
"""

from typing import Generic, TypeVar

from kactors.etcd.interval_tree import IntervalTree
from kactors.etcd.key_range import FROM_KEY, KeyRange, prefix_end

V = TypeVar("V")


class RangeIndex(Generic[V]):
    """Values by ranges of keys; a range may have several values, a value several ranges."""

    def __init__(self) -> None:
        # A dict without values is an ordered set.
        self._ranges: dict[KeyRange, dict[V, None]] = {}
        self._keys: dict[bytes, dict[V, None]] = {}
        #: length -> the prefixes of that length; the shortest first.
        self._prefixes: dict[int, dict[bytes, dict[V, None]]] = {}
        self._others: IntervalTree[dict[V, None]] = IntervalTree()

    def __len__(self) -> int:
        """Return how many different ranges there are."""
        return len(self._ranges)

    def add(self, keys: KeyRange, value: V) -> None:
        """Give a range one more value."""
        values = self._ranges.get(keys)
        if values is None:
            values = self._ranges[keys] = {}
            self._add_range(keys, values)
        values[value] = None

    def remove(self, keys: KeyRange, value: V) -> None:
        """Take one of its values from a range.

        Raises:
            KeyError: it has no such value.
        """
        values = self._ranges[keys]
        del values[value]
        if not values:
            del self._ranges[keys]
            self._remove_range(keys)

    def at(self, key: bytes) -> list[V]:
        """Return the values of all ranges that hold ``key``, in an order of their own."""
        found = list(self._keys.get(key, ()))
        for length, prefixes in self._prefixes.items():
            if length > len(key):
                break
            values = prefixes.get(key[:length])
            if values is not None:
                found += values
        if self._others:
            for values in self._others.stab(key):
                found += values
        return found

    def _add_range(self, keys: KeyRange, values: dict[V, None]) -> None:
        prefix = _prefix(keys)
        if keys.single:
            self._keys[keys.start] = values
        elif prefix is None:
            self._others.add(keys.start, keys.end, values)
        else:
            if len(prefix) not in self._prefixes:
                self._prefixes[len(prefix)] = {}
                self._prefixes = dict(sorted(self._prefixes.items()))
            self._prefixes[len(prefix)][prefix] = values

    def _remove_range(self, keys: KeyRange) -> None:
        prefix = _prefix(keys)
        if keys.single:
            del self._keys[keys.start]
        elif prefix is None:
            self._others.remove(keys.start, keys.end)
        else:
            of_length = self._prefixes[len(prefix)]
            del of_length[prefix]
            if not of_length:
                del self._prefixes[len(prefix)]


def _prefix(keys: KeyRange) -> bytes | None:
    """Return the prefix that all keys of the range have, and no other key; None if there is none.

    No key is empty, so that all from a zero byte on are all there are.
    """
    if keys.start == b"\0" and keys.end is None:
        return b""
    end = prefix_end(keys.start)
    return keys.start if keys.end == (None if end == FROM_KEY else end) else None
