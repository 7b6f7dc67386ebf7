"""The multi-version store: every change has a revision, and the past stays readable.

A revision counts transactions that changed something; an empty store is at revision 1. What one
transaction changes shares its revision, in the order of ``Mvcc.log``. Nothing here can fail half
way: whoever writes has checked before that it may.

The log holds every change at or after the compact revision, for watches that are behind and for
counting at past revisions; the index holds what is readable. Compaction hides at once (`compact`)
and removes later, a bounded piece at a time (`scrub`).

Source: ``server/storage/mvcc/kvstore.go`` and ``kvstore_txn.go`` of etcd.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kactors.etcd.errors import Compacted, FutureRevision
from kactors.etcd.hashing import hash_of
from kactors.etcd.key_index import KeyIndex
from kactors.etcd.key_range import KeyRange
from kactors.etcd.messages.kv import KeyValue
from kactors.wire.sharing import shared

#: What a version costs beside its key and value, roughly: the index, the log, the objects.
VERSION_OVERHEAD_BYTES = 256
_MASK = (1 << 64) - 1


class Change(NamedTuple):
    """One change as it happened.

    Attributes:
        kv: the new version; its number is 0 for a deletion.
        previous: the version that it replaced; None if the key did not live, or if that was
            compacted before the store was restored.
    """

    kv: KeyValue
    previous: KeyValue | None


class Mvcc:
    """Keys, their versions, and the log of changes.

    Attributes:
        revision: of the last committed change.
        compacted: the compact revision: the oldest that can be read; 0 if nothing was compacted.
        size_bytes: what is held, with what is compacted and not yet scrubbed.
        log: changes by revision, from ``compacted`` on or from before it; read only.
    """

    def __init__(self) -> None:
        self.index = KeyIndex()
        self.revision = 1
        self.compacted = 0
        self.size_bytes = 0
        self.log: list[Change] = []
        self._committed = 0
        #: how many entries of the log are counted in ``_hash``, and how many are scrubbed.
        self._hashed = 0
        self._scrubbed = 0
        self._hash = 0

    # Writing ----------------------------------------------------------------------------------

    def put(self, key: bytes, value: bytes, lease: int = 0) -> Change:
        """Write a key at the next revision; visible at once, lasting with `commit`."""
        value = shared(value)
        revision = self.revision + 1
        before = self.index.newest(key)
        if before is None:
            kv = KeyValue(key, revision, revision, 1, value, lease)
        else:
            kv = KeyValue(key, before.create_revision, revision, before.version + 1, value, lease)
        return self._append(kv)

    def delete(self, keys: KeyRange) -> list[Change]:
        """Delete the live keys of a range at the next revision; as `put`."""
        revision = self.revision + 1
        doomed = list(self.index.live_keys(keys))
        return [self._append(KeyValue(key, 0, revision)) for key in doomed]

    def _append(self, kv: KeyValue) -> Change:
        change = Change(kv, self.index.append(kv))
        self.log.append(change)
        self.size_bytes += _size(kv)
        return change

    def commit(self) -> Sequence[Change]:
        """End the transaction; return what it changed. Only a change makes a new revision."""
        changes = self.log[self._committed :]
        if changes:
            self.revision += 1
            self._committed = len(self.log)
        return changes

    # Reading ----------------------------------------------------------------------------------

    @property
    def read_revision(self) -> int:
        """The revision that a read of the present sees, within a transaction its own."""
        return self.revision + (len(self.log) > self._committed)

    def get(self, key: bytes) -> KeyValue | None:
        """Return the newest version of a key; None if it does not live."""
        return self.index.newest(key)

    def check_readable(self, revision: int) -> None:
        """Refuse a revision that cannot be read; 0 and less is now.

        Raises:
            FutureRevision: it has not happened yet.
            Compacted: it was compacted away.
        """
        if revision > self.read_revision:
            raise FutureRevision(self.read_revision)
        if 0 < revision < self.compacted:
            raise Compacted(self.compacted)

    def range(self, keys: KeyRange, *, revision: int = 0, limit: int = 0) -> list[KeyValue]:
        """Return the versions of a range, sorted by key.

        Args:
            keys: which.
            revision: at which; 0 and less is now.
            limit: how many at most; 0 is no limit.

        Raises:
            FutureRevision, Compacted: as `check_readable`.
        """
        self.check_readable(revision)
        if revision <= 0 or revision == self.read_revision:
            return self.index.newest_in(keys, limit)
        return self.index.in_at(keys, revision, limit)

    def count(self, keys: KeyRange, *, revision: int = 0) -> int:
        """Count the keys of a range at a revision.

        The count of the present is corrected by what changed since, unless that is more than the
        range has keys.

        Raises:
            FutureRevision, Compacted: as `check_readable`.
        """
        self.check_readable(revision)
        if revision <= 0 or revision == self.read_revision:
            return self.index.count(keys)
        since = self.position(revision + 1)
        if len(self.log) - since > self.index.known_count(keys):
            return len(self.index.in_at(keys, revision, 0))
        changed = [change.kv.key for change in self.log[since:]]
        return self.index.count_at(keys, revision, changed)

    def position(self, revision: int) -> int:
        """Return the place in the log of the first change at or after ``revision``."""
        return bisect_left(self.log, revision, key=_revision)

    # Compaction -------------------------------------------------------------------------------

    def compact(self, revision: int) -> None:
        """Hide what was overwritten or deleted before ``revision``; `scrub` removes it.

        Raises:
            Compacted: that was done already.
            FutureRevision: it has not happened yet.
        """
        if revision <= self.compacted:
            raise Compacted(self.compacted)
        if revision > self.revision:
            raise FutureRevision(self.revision)
        self.compacted = revision

    @property
    def scrubbed(self) -> bool:
        """Whether all that is compacted has been removed."""
        # Scrubbing never goes beyond what is compacted, so the next change tells.
        log, place = self.log, self._scrubbed
        return place == len(log) or log[place].kv.mod_revision > self.compacted

    def scrub(self, most: int) -> bool:
        """Look at up to ``most`` compacted changes and remove what they replaced.

        It can be stopped anywhere and goes on where it was; a new compaction takes it along.

        Returns:
            Whether nothing is left to do.
        """
        end = self._compacted_end()
        begin = self._scrubbed
        stop = min(end, begin + most)
        for place in range(begin, stop):
            kv = self.log[place].kv
            if place >= self._hashed:
                self._hash += hash_of(kv)
                self._hashed = place + 1
            for gone in self.index.forget_before(kv):
                self._hash -= hash_of(gone)
                self.size_bytes -= _size(gone)
        self._hash &= _MASK
        self._scrubbed = stop
        self._drop(min(stop, self.position(self.compacted)))
        return stop == end

    def _compacted_end(self) -> int:
        return self.position(self.compacted + 1)

    def _drop(self, count: int) -> None:
        """Forget the oldest changes; those *at* the compact revision stay for watches."""
        del self.log[:count]
        self._committed -= count
        self._hashed -= count
        self._scrubbed -= count

    # Restoring --------------------------------------------------------------------------------

    def oldest(self) -> list[KeyValue]:
        """Return what lived at the compact revision and cannot be told from the log, by key."""
        lived = self.index.lived_at(self.compacted)
        return [kv for kv in lived if kv.mod_revision < self.compacted]

    def restore(
        self, revision: int, compacted: int, oldest: Iterable[KeyValue], log: Iterable[KeyValue]
    ) -> None:
        """Fill an empty store with what another held.

        Args:
            revision: of the other.
            compacted: its compact revision.
            oldest: what its `oldest` returned.
            log: the versions of its log, from the compact revision on.
        """
        assert self.revision == 1, "only an empty store can be filled"
        assert not self.log, "only an empty store can be filled"
        self.revision = revision
        self.compacted = compacted
        for kv in oldest:
            self._adopt(kv)
        for kv in log:
            if kv.mod_revision > compacted:
                self._append(kv)
                continue
            # At the compact revision the log is all that is left of a deletion.
            if kv.version:
                self._adopt(kv)
            self.log.append(Change(kv, None))
            self._hashed = self._scrubbed = len(self.log)
        self._committed = len(self.log)

    def _adopt(self, kv: KeyValue) -> None:
        self.index.adopt(kv)
        self.size_bytes += _size(kv)
        self._hash = (self._hash + hash_of(kv)) & _MASK

    # Hashing ----------------------------------------------------------------------------------

    def hash_at(self, revision: int = 0) -> int:
        """Return a hash of every version up to ``revision`` that is not compacted; 0 is now.

        It does not depend on how far `scrub` is, for it finishes that first; apart from that its
        cost is what changed since it was asked for last.

        Raises:
            FutureRevision, Compacted: as `check_readable`.
        """
        self.check_readable(revision)
        self.scrub(len(self.log))
        last = self.position((revision if revision > 0 else self.revision) + 1)
        for change in self.log[self._hashed : last]:
            self._hash += hash_of(change.kv)
        newer = sum(hash_of(change.kv) for change in self.log[last : self._hashed])
        self._hashed = max(self._hashed, last)
        self._hash &= _MASK
        return (self._hash - newer) & _MASK

    def hash_from_scratch(self) -> int:
        """Return what `hash_at` must return for the present, by looking at everything."""
        self.scrub(len(self.log))
        histories = self.index.histories.values()
        return sum(hash_of(kv) for history in histories for kv in history) & _MASK


def _revision(change: Change) -> int:
    return change.kv.mod_revision


def _size(kv: KeyValue) -> int:
    return VERSION_OVERHEAD_BYTES + len(kv.key) + len(kv.value)
