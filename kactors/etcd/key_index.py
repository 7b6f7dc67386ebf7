"""Which keys there are, and which versions of each: the index of the store.

A key's history is the list of its versions by revision. A put that follows nothing or a deletion
begins a new life of the key: its version is 1 again. A deletion is a version with number 0. There
is at most one version of a key at one revision.

Two sorted lists hold the keys that live now and those that have any history, so that reads of the
present need not step over the dead, and counting them takes no longer than finding two positions.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from operator import attrgetter
from typing import TypeVar

from sortedcontainers import SortedList

from kactors.etcd.key_range import KeyRange
from kactors.etcd.messages.kv import KeyValue

T = TypeVar("T")

_mod_revision = attrgetter("mod_revision")


class KeyIndex:
    """The keys of a store and their histories.

    Attributes:
        histories: key -> its versions, the oldest first; never empty.
    """

    def __init__(self) -> None:
        self.histories: dict[bytes, list[KeyValue]] = {}
        self._known: SortedList[bytes] = SortedList()
        self._live: SortedList[bytes] = SortedList()

    def newest(self, key: bytes) -> KeyValue | None:
        """Return the newest version of ``key``; None if it does not live."""
        history = self.histories.get(key)
        if history is None or not history[-1].version:
            return None
        return history[-1]

    def at(self, key: bytes, revision: int) -> KeyValue | None:
        """Return the version of ``key`` at ``revision``; None if it did not live then."""
        history = self.histories.get(key)
        if history is None:
            return None
        found = history[-1]
        if found.mod_revision > revision:
            place = bisect_right(history, revision, key=_mod_revision)
            if not place:
                return None
            found = history[place - 1]
        return found if found.version else None

    def append(self, version: KeyValue) -> KeyValue | None:
        """Add a version, newer than all others; return the live one that it replaces."""
        key = version.key
        history = self.histories.get(key)
        if history is None:
            assert version.version == 1, f"{key!r} has no history that {version} could follow"
            self.histories[key] = [version]
            self._known.add(key)
            self._live.add(key)
            return None
        previous = history[-1]
        assert previous.mod_revision < version.mod_revision, f"{version} after {previous}"
        history.append(version)
        if not version.version:
            self._live.remove(key)
        elif not previous.version:
            self._live.add(key)
        return previous if previous.version else None

    def adopt(self, version: KeyValue) -> None:
        """Add the oldest version that is left of a key: the beginning of its history."""
        assert version.key not in self.histories, f"{version} is not the oldest"
        self.histories[version.key] = [version]
        self._known.add(version.key)
        if version.version:
            self._live.add(version.key)

    def forget_before(self, version: KeyValue) -> list[KeyValue]:
        """Forget what ``version`` replaced, and itself if it is a deletion; return all that."""
        history = self.histories.get(version.key)
        if history is None:
            return []
        place = bisect_right(history, version.mod_revision, key=_mod_revision)
        if version.version:
            place -= 1
        if place <= 0:
            return []
        gone = history[:place]
        del history[:place]
        if not history:
            del self.histories[version.key]
            self._known.remove(version.key)
        return gone

    def lived_at(self, revision: int) -> list[KeyValue]:
        """Return what lived at ``revision``, sorted by key."""
        found = []
        for key in self._known:
            kv = self.histories[key][0]
            if len(self.histories[key]) > 1:
                version = self.at(key, revision)
                if version is None:
                    continue
                kv = version
            if kv.version and kv.mod_revision <= revision:
                found.append(kv)
        return found

    # Ranges ----------------------------------------------------------------------------------

    def live_keys(self, keys: KeyRange) -> Iterator[bytes]:
        """Yield the keys of the range that live now, sorted."""
        if keys.single:
            return iter(() if self.newest(keys.start) is None else (keys.start,))
        return _within(self._live, keys)

    def count(self, keys: KeyRange) -> int:
        """Count the keys of the range that live now."""
        if keys.single:
            return int(self.newest(keys.start) is not None)
        return _count(self._live, keys)

    def newest_in(self, keys: KeyRange, limit: int) -> list[KeyValue]:
        """Return the newest versions of live keys, sorted by key; ``limit`` 0 is no limit."""
        histories = self.histories
        return [histories[key][-1] for key in _first(self.live_keys(keys), limit)]

    def in_at(self, keys: KeyRange, revision: int, limit: int) -> list[KeyValue]:
        """Return the versions at ``revision``, sorted by key; ``limit`` 0 is no limit."""
        versions = (self.at(key, revision) for key in _within(self._known, keys))
        return list(_first((version for version in versions if version is not None), limit))

    def count_at(self, keys: KeyRange, revision: int, changed: Iterable[bytes]) -> int:
        """Count the keys that lived at ``revision``, given those that ``changed`` since then."""
        change = 0
        for key in dict.fromkeys(changed):
            if key in keys:
                lived = self.at(key, revision) is not None
                change += lived - (self.newest(key) is not None)
        return self.count(keys) + change

    def known_count(self, keys: KeyRange) -> int:
        """Count the keys of the range that have any history."""
        return _count(self._known, keys)


def _within(names: "SortedList[bytes]", keys: KeyRange) -> Iterator[bytes]:
    if keys.empty:
        return iter(())
    return names.irange(keys.start, keys.end, inclusive=(True, False))


def _count(names: "SortedList[bytes]", keys: KeyRange) -> int:
    if keys.empty:
        return 0
    end = len(names) if keys.end is None else names.bisect_left(keys.end)
    return end - names.bisect_left(keys.start)


def _first(items: Iterable[T], limit: int) -> Iterable[T]:
    return islice(items, limit) if limit > 0 else items
