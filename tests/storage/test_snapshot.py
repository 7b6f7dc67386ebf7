"""Snapshot files."""

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.runtime import ClosedResourceError
from kactors.runtime.disk import Disk
from kactors.storage.errors import (
    SnapshotBusyError,
    SnapshotCorruptError,
    SnapshotMissingError,
)
from kactors.storage.sim_disk import SimDisk
from kactors.storage.snapshot import Snapshot, SnapshotStore
from tests.storage.conftest import Run
from tests.storage.driver import drive

ALWAYS = 1_000_000
DATA = bytes(range(256)) * 10


def new_store(*, block_bytes: int = 100, keep: int = 2) -> tuple[SimDisk, SnapshotStore]:
    """Return a disk, and the store of snapshots on it."""
    disk = SimDisk()
    return disk, drive(SnapshotStore.open(disk, "s", block_bytes=block_bytes, keep=keep))


def path_of(index: int, suffix: str = ".snap") -> str:
    """Return a snapshot's path."""
    return f"s/{index:016x}{suffix}"


async def read_all(store: SnapshotStore, index: int, chunk_bytes: int = 77) -> bytes:
    """Return a snapshot's data, read in pieces."""
    async with await store.open_snapshot(index) as reader:
        return b"".join([chunk async for chunk in reader.chunks(chunk_bytes)])


def test_what_was_saved_is_read(run: Run) -> None:
    """Data and metadata come back in either world, and the newest snapshot is found."""

    async def write(disk: Disk) -> Snapshot:
        store = await SnapshotStore.open(disk, "s", block_bytes=100)
        await store.save(7, b"old")
        return await store.save(300, DATA, b"term 5")

    async def read(disk: Disk) -> tuple[object, bytes, tuple[int, ...]]:
        store = await SnapshotStore.open(disk, "s")
        return await store.newest(), await read_all(store, 300), await store.indices()

    saved = run(write)
    newest, data, indices = run(read)

    expected = Snapshot(index=300, metadata=b"term 5", size=len(DATA), file=path_of(300))
    assert saved == expected
    assert newest == (expected, ())
    assert data == DATA
    assert indices == (7, 300)


@given(
    pieces=st.lists(st.binary(max_size=300), max_size=6),
    block_bytes=st.integers(1, 200),
    metadata=st.binary(max_size=50),
)
def test_data_is_written_in_pieces_of_any_size(
    pieces: list[bytes], block_bytes: int, metadata: bytes
) -> None:
    """How it was cut up when it was written does not show."""
    _, store = new_store(block_bytes=block_bytes)
    writer = drive(store.create(1, metadata))

    for piece in pieces:
        drive(writer.write(piece))
    size = writer.size
    snapshot = drive(writer.commit())

    data = b"".join(pieces)
    assert size == snapshot.size == len(data)
    assert drive(store.newest()) == (snapshot, ())
    assert drive(read_all(store, 1)) == data


@given(offset=st.integers(0, 3000), size=st.integers(0, 3000))
def test_data_is_read_from_anywhere(offset: int, size: int) -> None:
    """As a slice of it would be: a transfer goes on where it was interrupted."""
    _, store = new_store()
    drive(store.save(1, DATA))

    reader = drive(store.open_snapshot(1))

    assert drive(reader.read(offset, size)) == DATA[offset : offset + size]


def test_no_snapshot_is_no_error() -> None:
    """An empty store has no newest one, and says so when asked for another."""
    _, store = new_store()

    assert drive(store.newest()) == (None, ())
    with pytest.raises(SnapshotMissingError, match="there is no snapshot 5 in 's'"):
        drive(store.open_snapshot(5))


def test_a_snapshot_is_there_whole_or_not_at_all() -> None:
    """What was not committed is not seen, whatever was written."""
    _, store = new_store()
    writer = drive(store.create(1))
    drive(writer.write(DATA))

    assert drive(store.newest()) == (None, ())
    drive(writer.commit())
    assert drive(store.indices()) == (1,)


def test_a_snapshot_survives_the_crash_after_its_commit() -> None:
    """Its bytes and its name are durable when `commit` returns."""
    disk, store = new_store()
    drive(store.save(1, DATA))

    disk.crash()

    assert drive(read_all(store, 1)) == DATA


@pytest.mark.parametrize("damage", ["bit", "cut"])
def test_damage_anywhere_is_reported_and_moved_aside(damage: str) -> None:
    """Each byte is guarded: the next older snapshot is used, and the damage told."""
    disk, store = new_store()
    drive(store.save(1, b"older"))
    drive(store.save(2, DATA[:350], b"metadata"))
    whole = disk.content(path_of(2))

    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        drive(replace(disk, path_of(2), bytes(damaged) if damage == "bit" else whole[:at]))

        snapshot, errors = drive(store.newest())

        assert snapshot is not None, at
        assert snapshot.index == 1, at
        assert [error.file for error in errors] == [path_of(2)], at
        assert drive(disk.list("s")) == (f"{1:016x}.snap", f"{2:016x}.corrupt"), at
        drive(disk.delete(path_of(2, ".corrupt")))


async def replace(disk: SimDisk, path: str, data: bytes) -> None:
    """Put other bytes in a file's place."""
    if await disk.exists(path):
        await disk.delete(path)
    async with await disk.open(path, create=True) as file:
        await file.append(data)


def test_damage_is_noticed_when_it_is_read() -> None:
    """A block that is read is checked; the others are not, yet."""
    disk, store = new_store()
    drive(store.save(1, DATA))
    reader = drive(store.open_snapshot(1))
    disk.rot(path_of(1), len(disk.content(path_of(1))) // 2)

    assert drive(reader.read(0, 100)) == DATA[:100]
    with pytest.raises(SnapshotCorruptError, match=r"expected block \d+ with the CRC"):
        drive(reader.read(0, len(DATA)))
    with pytest.raises(SnapshotCorruptError):
        drive(reader.verify())


def test_a_block_of_another_place_is_noticed() -> None:
    """Two blocks exchanged are both damage, although each is whole."""
    disk, store = new_store()
    drive(store.save(1, DATA[:200]))
    whole = disk.content(path_of(1))
    begin = whole.index(DATA[:100]) - 4
    first, second = whole[begin : begin + 104], whole[begin + 104 : begin + 208]

    drive(replace(disk, path_of(1), whole[:begin] + second + first + whole[begin + 208 :]))

    with pytest.raises(SnapshotCorruptError):
        drive(drive(store.open_snapshot(1)).read(0, 1))


def test_blocks_that_the_trailer_does_not_sum_up_are_noticed() -> None:
    """A block exchanged for another one of the same place and header is whole, and wrong."""
    disk, store = new_store()
    drive(store.save(1, b"a" * 300))
    other = disk.content(path_of(1))
    drive(store.save(1, b"b" * 300))
    whole = disk.content(path_of(1))
    begin = whole.index(b"b" * 100) - 4

    drive(
        replace(disk, path_of(1), whole[:begin] + other[begin : begin + 104] + whole[begin + 104 :])
    )

    with pytest.raises(SnapshotCorruptError, match="expected the digest"):
        drive(drive(store.open_snapshot(1)).verify())


def test_a_snapshot_under_another_name_is_noticed() -> None:
    """A file that was renamed is not taken for the snapshot that its name says."""
    disk, store = new_store()
    drive(store.save(1, DATA))
    drive(disk.rename(path_of(1), path_of(9)))

    snapshot, errors = drive(store.newest())

    assert snapshot is None
    assert "expected index 9, found index 1" in str(errors[0])


def test_a_disk_that_cannot_read_is_not_a_corrupt_snapshot() -> None:
    """The error goes on to the caller, and nothing is moved aside."""
    disk, store = new_store()
    drive(store.save(1, DATA))
    disk.faults.read_error_per_million = ALWAYS

    with pytest.raises(OSError, match="error"):
        drive(store.newest())

    assert disk.paths() == (path_of(1),)


def test_a_transfer_goes_on_where_it_was_interrupted() -> None:
    """After a crash, the whole blocks that the disk still has need not be sent again."""
    disk, store = new_store()
    writer = drive(store.create(1, b"m"))
    drive(writer.write(DATA[:350]))
    disk.crash(power=False)

    store = drive(SnapshotStore.open(disk, "s", block_bytes=100))
    resumed = drive(store.resume(1, b"m"))
    begin = resumed.size
    drive(resumed.write(DATA[begin:]))
    drive(resumed.commit())

    assert begin == 300
    assert drive(store.newest())[1] == ()
    assert drive(read_all(store, 1)) == DATA
    assert disk.paths() == (path_of(1),)


def test_what_a_power_failure_left_is_resumed_as_far_as_it_is_good() -> None:
    """Over many crashes: never a block that is damaged, and the result is always whole."""
    begins = set()
    for seed in range(100):
        disk = SimDisk(seed=seed)
        store = drive(SnapshotStore.open(disk, "s", block_bytes=500))
        writer = drive(store.create(1))
        drive(disk.sync_directory("s"))
        drive(writer.write(DATA))
        disk.crash()

        store = drive(SnapshotStore.open(disk, "s", block_bytes=500))
        resumed = drive(store.resume(1))
        begins.add(resumed.size)
        drive(resumed.write(DATA[resumed.size :]))
        drive(resumed.commit())
        assert drive(read_all(store, 1)) == DATA

    assert len(begins) > 2


@pytest.mark.parametrize("stop_at", range(9))
def test_resuming_can_itself_be_interrupted(stop_at: int) -> None:
    """At whatever operation it stops, the further attempt is no worse off."""

    async def resume(store: SnapshotStore) -> int:
        async with await store.resume(1) as writer:
            return writer.size

    disk, store = new_store()
    writer = drive(store.create(1))
    drive(writer.write(DATA[:500]))
    drive(writer.close())
    operations = 0

    def fail(*_: object) -> None:
        nonlocal operations
        operations += 1
        if operations > stop_at:
            raise OSError(errno.EIO, "stopped")

    disk._observer = fail
    with pytest.raises(OSError, match="stopped"):
        drive(resume(store))
    disk._observer = None
    disk.crash(power=False)

    assert drive(resume(drive(SnapshotStore.open(disk, "s", block_bytes=100)))) == 500


@pytest.mark.parametrize("metadata", [b"m", b"other"])
def test_an_attempt_at_another_snapshot_is_not_resumed(metadata: bytes) -> None:
    """With other metadata, or after `create`, it begins from nothing."""
    disk, store = new_store()
    writer = drive(store.create(1, b"m"))
    drive(writer.write(DATA))
    drive(writer.close())

    begin = store.create if metadata == b"m" else store.resume
    fresh = drive(begin(1, metadata))

    assert fresh.size == 0
    assert disk.paths() == (path_of(1, ".part"),)


def test_an_attempt_without_a_header_is_not_resumed() -> None:
    """A file that the crash has left empty is no beginning."""
    disk, store = new_store()
    drive(replace(disk, path_of(1, ".part"), b""))

    assert drive(store.resume(1)).size == 0


def test_one_writes_a_snapshot_at_a_time() -> None:
    """A second writer of the same one is refused, until the first is through."""
    _, store = new_store()
    writer = drive(store.create(1))

    with pytest.raises(SnapshotBusyError, match="wait for its writer"):
        drive(store.resume(1))
    drive(store.create(2))
    drive(writer.close())
    drive(store.resume(1))


def test_a_writer_that_could_not_be_made_is_not_in_the_way() -> None:
    """After a failure the snapshot can be written by the next who tries."""
    disk, store = new_store()
    disk.faults.write_error_per_million = ALWAYS
    with pytest.raises(OSError, match="error"):
        drive(store.create(1))

    disk.faults.heal()

    assert drive(store.save(1, DATA)).size == len(DATA)


@pytest.mark.parametrize("fault", ["write_error", "sync_error"])
def test_a_failed_commit_gives_up(fault: str) -> None:
    """What may look whole and not be durable is not kept for a resumption."""
    disk, store = new_store()
    writer = drive(store.create(1))
    drive(writer.write(DATA))
    setattr(disk.faults, f"{fault}_per_million", ALWAYS)

    with pytest.raises(OSError, match="error"):
        drive(writer.commit())
    disk.faults.heal()

    assert drive(store.newest()) == (None, ())
    assert drive(store.resume(1)).size in ({0} if fault == "sync_error" else {0, 2500})


def test_an_aborted_snapshot_leaves_nothing() -> None:
    """Neither a file nor a writer that could go on."""
    disk, store = new_store()
    writer = drive(store.create(1))
    drive(writer.write(DATA))

    drive(writer.abort())

    assert disk.paths() == ()
    with pytest.raises(ClosedResourceError, match="make another"):
        drive(writer.write(b"x"))
    with pytest.raises(ClosedResourceError):
        drive(writer.commit())


def test_only_the_newest_are_kept() -> None:
    """A purge deletes older snapshots and leftovers, and not what is being written."""
    disk, store = new_store(keep=2)
    for index in (1, 2, 3, 4):
        drive(store.save(index, DATA))
    drive(disk.rename(path_of(2), path_of(2, ".corrupt")))
    for index in (2, 4, 5):
        drive(drive(store.create(index)).close())
    drive(store.create(3))

    deleted = drive(store.purge())
    disk.crash()

    assert deleted == (1,)
    left = {path_of(3), path_of(4)}
    assert left <= set(disk.paths()) <= left | {path_of(3, ".part"), path_of(5, ".part")}


def test_without_snapshots_nothing_is_purged() -> None:
    """The first transfer's beginnings are not taken for leftovers."""
    disk, store = new_store()
    drive(drive(store.create(5)).close())

    assert drive(store.purge()) == ()
    assert disk.paths() == (path_of(5, ".part"),)


def test_other_files_are_left_alone() -> None:
    """What has no snapshot's name is neither listed nor purged."""
    disk, store = new_store(keep=1)
    for name in ("s/README", "s/1.snap", "s/0000000000000001.bak"):
        drive(replace(disk, name, b"x"))
    drive(store.save(1, DATA))
    drive(store.save(2, DATA))

    drive(store.purge())

    assert drive(store.indices()) == (2,)
    assert len(disk.paths()) == 4


@pytest.mark.parametrize(("keep", "block_bytes"), [(0, 100), (1, 0)])
def test_a_store_keeps_something(keep: int, block_bytes: int) -> None:
    """Keeping none, or blocks of nothing, is refused."""
    with pytest.raises(ValueError, match="give at least 1"):
        new_store(keep=keep, block_bytes=block_bytes)


def test_metadata_is_bounded() -> None:
    """More than a mebibyte belongs into the data."""
    _, store = new_store()

    with pytest.raises(ValueError, match="do not fit into a snapshot's header"):
        drive(store.create(1, bytes((1 << 20) + 1)))
