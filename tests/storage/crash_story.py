"""A story that uses a log and its snapshots, and the promises that it was made.

Everything is small, so that segments fill up quickly and the sectors that a crash may keep
or lose can be counted on one hand.
"""

from typing import NamedTuple

import attrs

from kactors.storage.record import Record, framed_bytes
from kactors.storage.recovery import Recovery
from kactors.storage.sim_disk import SimDisk
from kactors.storage.snapshot import SnapshotStore
from kactors.storage.wal import Wal

LOG, SNAPSHOTS = "log", "snapshots"
SEGMENT_BYTES = 512 * 4
BLOCK_BYTES = 400
METADATA = b"whose log it is"
CARRIED = 2
"""The type of every third record; of these only the latest counts."""


class Space(NamedTuple):
    """Where the room for records comes from; see `Wal.open`.

    Attributes:
        through: records are written through where they may be; see `Wal.write_through`.
    """

    preallocate: bool
    ahead_bytes: int
    through: bool = False


GROWING, FILLED, AHEAD = Space(False, 0), Space(True, 0), Space(False, 600)
THROUGH = Space(False, 600, through=True)


class Violation(AssertionError):
    """A promise was broken."""


@attrs.define(unsafe_hash=True)
class Promises:
    """What the story was told, and may therefore rely on.

    Attributes:
        opened: the log exists.
        appended: the size of every record appended; its number makes up the rest.
        acknowledged: the number of the last record that a sync has covered.
        covered_before: the number of the last one that the sync before that has covered.
        released: records before this number may be gone.
        snapshot: the index of the newest one committed; it must be there.
        doubtful: the disk lies, so that what the last sync has covered may be gone.
    """

    opened: bool = False
    appended: tuple[int, ...] = ()
    acknowledged: int = 0
    covered_before: int = 0
    released: int = 1
    snapshot: int = 0
    doubtful: bool = False

    def acknowledge(self) -> None:
        """Believe that everything appended so far survives."""
        self.covered_before, self.acknowledged = self.acknowledged, len(self.appended)


def record_of(number: int, size: int) -> Record:
    """Return the record with this number: its bytes say which one it is."""
    return Record(1 + number % 3, bytes([number]) * size)


def snapshot_of(index: int) -> bytes:
    """Return the data of the snapshot with this index: two blocks of it."""
    return bytes([index]) * (BLOCK_BYTES + 50)


def carried_before(number: int, promises: Promises) -> tuple[Record, ...]:
    """Return what a segment that begins with this record has to carry."""
    before = [record_of(n, promises.appended[n - 1]) for n in range(1, number)]
    return tuple([record for record in before if record.type == CARRIED][-1:])


async def append(wal: Wal, promises: Promises, *sizes: int) -> None:
    """Append records."""
    first = len(promises.appended) + 1
    promises.appended += sizes
    last = wal.append([record_of(number, size) for number, size in enumerate(sizes, first)])
    assert last == len(promises.appended), f"record {len(promises.appended)} was numbered {last}"


async def append_and_sync(wal: Wal, promises: Promises, *sizes: int) -> None:
    """Append records, sync, and believe what that promises."""
    await append(wal, promises, *sizes)
    await wal.sync()
    promises.acknowledge()


async def write_through(wal: Wal, promises: Promises, *sizes: int) -> None:
    """Write records through, or append and sync them where that may not be."""
    if not wal.quick(sum(framed_bytes(size) for size in sizes)):
        await append_and_sync(wal, promises, *sizes)
        return
    first = len(promises.appended) + 1
    promises.appended += sizes
    wal.write_through([record_of(number, size) for number, size in enumerate(sizes, first)])
    promises.acknowledge()


async def save(store: SnapshotStore, promises: Promises, index: int) -> None:
    """Save a snapshot, and believe that it is kept."""
    await store.save(index, snapshot_of(index), b"metadata")
    promises.snapshot = index


async def open_log(disk: SimDisk, *, create: bool, space: Space) -> tuple[Wal, Recovery]:
    """Open the log as the story does."""
    return await Wal.open(
        disk,
        LOG,
        create=create,
        metadata=METADATA,
        carried_types=[CARRIED],
        segment_bytes=SEGMENT_BYTES,
        preallocate=space.preallocate,
        ahead_bytes=space.ahead_bytes,
    )


async def story(disk: SimDisk, promises: Promises, *, space: Space) -> None:
    """Use everything that a log and its snapshots can do."""
    put = write_through if space.through else append_and_sync
    wal, _ = await open_log(disk, create=True, space=space)
    promises.opened = True
    await put(wal, promises, 20)
    await put(wal, promises, 700, 30)
    await append(wal, promises, 40)
    await wal.flush()
    await put(wal, promises, 100)
    await wal.cut()
    await put(wal, promises, 600)
    store = await SnapshotStore.open(disk, SNAPSHOTS, keep=1, block_bytes=BLOCK_BYTES)
    await save(store, promises, 3)
    await put(wal, promises, 650, 300)  # does not fit: a segment begins by itself
    await append(wal, promises, 10)
    await wal.flush()
    await wal.close()
    promises.acknowledge()

    wal, recovery = await open_log(disk, create=False, space=space)
    check_recovery(recovery, promises)
    await put(wal, promises, 50)
    await save(store, promises, 9)
    await store.purge()
    promises.released = 8
    await wal.release(8)  # two segments
    await append(wal, promises, 560)
    await wal.cut()
    promises.acknowledge()
    promises.released = 10
    await wal.release(10)
    await put(wal, promises, 600)
    await append(wal, promises, 70, 80)
    await wal.flush()


def check_recovery(recovery: Recovery, promises: Promises) -> None:
    """Check that nothing acknowledged is missing and nothing else was made up.

    Raises:
        Violation: it was.
    """
    first, last = recovery.first_number, recovery.first_number + len(recovery.records) - 1
    appended = [record_of(number, size) for number, size in enumerate(promises.appended, 1)]
    if list(recovery.records) != appended[first - 1 : last]:
        raise Violation(f"records {first} to {last} are not what was appended under these numbers")
    if first > promises.released:
        raise Violation(
            f"the log begins at {first}, only what is before {promises.released} may go"
        )
    if recovery.metadata != METADATA:
        raise Violation(f"the metadata is {recovery.metadata!r}")
    if recovery.carried != carried_before(first, promises):
        raise Violation(f"the log begins at record {first} and carries {recovery.carried}")
    promised = promises.covered_before if promises.doubtful else promises.acknowledged
    if last < promised:
        raise Violation(f"record {promised} was acknowledged, the log ends at {last}")


async def check_snapshots(disk: SimDisk, promises: Promises) -> None:
    """Check that the newest snapshot is there, whole, and is no older than promised.

    Raises:
        Violation: it is not.
        StorageError: the disk's damage is reported.
    """
    store = await SnapshotStore.open(disk, SNAPSHOTS, block_bytes=BLOCK_BYTES)
    snapshot, damaged = await store.newest()
    for error in damaged:
        raise error
    if (snapshot.index if snapshot else 0) < promises.snapshot:
        raise Violation(f"snapshot {promises.snapshot} was committed, the newest is {snapshot}")
    if snapshot is not None:
        async with await store.open_snapshot(snapshot.index) as reader:
            if await reader.read(0, 1 << 20) != snapshot_of(snapshot.index):
                raise Violation(f"{snapshot} holds other data than was saved")


async def recover(disk: SimDisk, promises: Promises) -> tuple[Wal, Recovery]:
    """Open everything as a member does that starts again, and check every promise.

    Raises:
        Violation: one was broken.
        StorageError: the disk's damage is reported.
    """
    wal, recovery = await open_log(disk, create=not promises.opened, space=GROWING)
    check_recovery(recovery, promises)
    await check_snapshots(disk, promises)
    return wal, recovery
