"""A store as bytes and back.

Theory of operation
===================

A snapshot is a sequence of frames: a length in four bytes, then one message. First `SnapshotBegin`,
then `SnapshotLeases`, then `SnapshotVersions` with the versions of keys, last `SnapshotEnd` with a
checksum by which a reader knows that it has all of it. What it says depends on the applied index
alone, not on what a member has scrubbed: members at the same index write the same bytes, so that a
transfer that began with one member can go on with another.

Versions come in two lots. What lived at the compact revision and was last written before it, sorted
by key: that is what cannot be told from the log. Then every change from the compact revision on,
in its order: the log itself, from which the histories of keys follow.

`dump` takes references to all versions at once and encodes them when they are asked for, so that
the store may go on meanwhile.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from crc32c import crc32c

from kactors.etcd.alarms import Alarms
from kactors.etcd.errors import SnapshotMalformed
from kactors.etcd.lease import Lease
from kactors.etcd.membership import Membership
from kactors.etcd.messages.cluster import Member
from kactors.etcd.messages.kv import KeyValue
from kactors.etcd.messages.maintenance import ActiveAlarm
from kactors.etcd.store import Store
from kactors.wire import WireError, decode, encode, message

#: About how many bytes one frame carries; one version may be more.
FRAME_BYTES: Final = 256 * 1024
_FORMAT: Final = 1
_LENGTH_BYTES: Final = 4
_LENGTH_MAX: Final = 16 * 1024 * 1024
_LEASES_PER_FRAME: Final = 4096


@message("etcd.snapshot_begin")
class SnapshotBegin:
    """What is not about keys or leases; see `Store` and `kactors.etcd.mvcc.Mvcc`."""

    format: int
    applied_index: int
    applied_term: int
    revision: int
    compacted: int
    alarms: tuple[ActiveAlarm, ...]
    members: tuple[Member, ...]
    removed: tuple[int, ...]


@message("etcd.snapshot_leases")
class SnapshotLeases:
    """Leases, each as its name, its seconds to live, and its checkpointed remainder."""

    leases: tuple[tuple[int, int, int], ...]


@message("etcd.snapshot_versions")
class SnapshotVersions:
    """Versions of keys: of the first lot (``oldest``) or of the log."""

    versions: tuple[KeyValue, ...]
    oldest: bool


@message("etcd.snapshot_end")
class SnapshotEnd:
    """The CRC32C of all frames before this one, lengths included."""

    checksum: int


# Writing ------------------------------------------------------------------------------------


def dump(store: Store) -> Iterator[bytes]:
    """Return the pieces of a snapshot of ``store`` as it is now.

    Their bytes are the same on every member with the same applied index; where one piece ends and
    the next begins means nothing.
    """
    mvcc = store.mvcc
    begin = SnapshotBegin(
        _FORMAT,
        store.applied_index,
        store.applied_term,
        mvcc.revision,
        mvcc.compacted,
        store.alarms.active,
        store.membership.members,
        store.membership.removed,
    )
    leases = [(lease.id, lease.ttl, lease.remaining_ttl) for lease in store.lessor]
    log = [change.kv for change in mvcc.log[mvcc.position(mvcc.compacted) :]]
    return _frames(begin, leases, mvcc.oldest(), log)


def _frames(
    begin: SnapshotBegin,
    leases: list[tuple[int, int, int]],
    oldest: list[KeyValue],
    log: list[KeyValue],
) -> Iterator[bytes]:
    checksum = 0
    for part in _messages(begin, leases, oldest, log):
        frame = _frame(part)
        checksum = crc32c(frame, checksum)
        yield frame
    yield _frame(SnapshotEnd(checksum))


def _messages(
    begin: SnapshotBegin,
    leases: list[tuple[int, int, int]],
    oldest: list[KeyValue],
    log: list[KeyValue],
) -> Iterator[object]:
    yield begin
    for start in range(0, len(leases), _LEASES_PER_FRAME):
        yield SnapshotLeases(tuple(leases[start : start + _LEASES_PER_FRAME]))
    for lot in (oldest, log):
        for versions in _portions(lot):
            yield SnapshotVersions(versions, oldest=lot is oldest)


def _portions(versions: Iterable[KeyValue]) -> Iterator[tuple[KeyValue, ...]]:
    portion: list[KeyValue] = []
    size = 0
    for kv in versions:
        portion.append(kv)
        size += len(kv.key) + len(kv.value) + 32
        if size >= FRAME_BYTES:
            yield tuple(portion)
            portion, size = [], 0
    if portion:
        yield tuple(portion)


def _frame(part: object) -> bytes:
    data = encode(part)
    return len(data).to_bytes(_LENGTH_BYTES, "big") + data


# Reading ------------------------------------------------------------------------------------


def load(pieces: Iterable[bytes]) -> Store:
    """Return what a snapshot holds, for `Store.adopt`.

    Args:
        pieces: its bytes, cut anywhere.

    Raises:
        SnapshotMalformed: the bytes are not a whole snapshot.
    """
    reader = SnapshotReader()
    for piece in pieces:
        reader.feed(piece)
    return reader.finish()


class SnapshotReader:
    """Reads a snapshot as it comes in."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._checksum = 0
        self._begin: SnapshotBegin | None = None
        self._leases: list[tuple[int, int, int]] = []
        self._oldest: list[KeyValue] = []
        self._log: list[KeyValue] = []
        self._whole = False

    def feed(self, data: bytes) -> None:
        """Read the next bytes.

        Raises:
            SnapshotMalformed: they cannot be part of a snapshot.
        """
        self._buffer += data
        while len(self._buffer) >= _LENGTH_BYTES:
            length = int.from_bytes(self._buffer[:_LENGTH_BYTES], "big")
            if length > _LENGTH_MAX:
                raise SnapshotMalformed(f"a frame of {length} bytes is no part of a snapshot")
            end = _LENGTH_BYTES + length
            if len(self._buffer) < end:
                return
            frame = bytes(self._buffer[:end])
            del self._buffer[:end]
            self._take(frame)

    def finish(self) -> Store:
        """Return what the snapshot holds, for `Store.adopt`, when all bytes have been fed.

        Raises:
            SnapshotMalformed: some are missing, or they contradict each other.
        """
        if not self._whole or self._begin is None or self._buffer:
            raise SnapshotMalformed("the snapshot ends before its last frame: fetch the rest")
        begin = self._begin
        if begin.format != _FORMAT:
            raise SnapshotMalformed(
                f"the snapshot has format {begin.format}, this program reads {_FORMAT}: update it"
            )
        _check(begin, self._oldest, self._log)
        store = Store()
        store.applied_index, store.applied_term = begin.applied_index, begin.applied_term
        store.alarms = Alarms(begin.alarms)
        store.membership = Membership(begin.members, begin.removed)
        store.mvcc.restore(begin.revision, begin.compacted, self._oldest, self._log)
        store.watchers.replace(store.mvcc)
        for name, ttl, remaining_ttl in self._leases:
            store.lessor.add(Lease(name, ttl, remaining_ttl))
        for kv in store.mvcc.index.lived_at(begin.revision):
            if kv.lease:
                lease = store.lessor.get(kv.lease)
                if lease is None:
                    raise SnapshotMalformed(f"key {kv.key!r} hangs on lease {kv.lease}, not in it")
                lease.keys[kv.key] = None
        return store

    def _take(self, frame: bytes) -> None:
        try:
            part = decode(frame[_LENGTH_BYTES:])
        except WireError as problem:
            raise SnapshotMalformed(f"a frame of the snapshot cannot be read: {problem}") from None
        if self._whole or (self._begin is None) is not isinstance(part, SnapshotBegin):
            raise SnapshotMalformed(f"a {type(part).__name__} is out of place in a snapshot")
        match part:
            case SnapshotBegin():
                self._begin = part
            case SnapshotLeases():
                self._leases += part.leases
            case SnapshotVersions():
                (self._oldest if part.oldest else self._log).extend(part.versions)
            case SnapshotEnd():
                if part.checksum != self._checksum:
                    raise SnapshotMalformed("the checksum of the snapshot is wrong: fetch it again")
                self._whole = True
            case _:
                raise SnapshotMalformed(f"a {type(part).__name__} is no part of a snapshot")
        self._checksum = crc32c(frame, self._checksum)


def _check(begin: SnapshotBegin, oldest: list[KeyValue], log: list[KeyValue]) -> None:
    """Refuse versions that cannot follow each other.

    Raises:
        SnapshotMalformed: some cannot.
    """
    newest: dict[bytes, KeyValue] = {}
    for kv in oldest:
        if kv.key in newest or not (kv.version and kv.mod_revision < begin.compacted):
            raise SnapshotMalformed(f"{kv} cannot be what lived at {begin.compacted}")
        newest[kv.key] = kv
    last = max(begin.compacted, 1)
    for kv in log:
        before = newest.get(kv.key)
        if kv.mod_revision == begin.compacted:
            follows = before is None
        elif before is None or not before.version:
            follows = kv.version == 1
        else:
            follows = kv.version in (0, before.version + 1)
        is_new = before is None or before.mod_revision < kv.mod_revision
        if not (follows and is_new and last <= kv.mod_revision <= begin.revision):
            raise SnapshotMalformed(f"{kv} cannot follow {before} at revision {last}")
        last = kv.mod_revision
        newest[kv.key] = kv


__all__ = ["SnapshotReader", "dump", "load"]
