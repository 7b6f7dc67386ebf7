"""Damage to a log, anywhere, is reported and never passed off as records."""

from collections.abc import Iterator

import pytest

from kactors.storage.errors import WalCorruptError
from kactors.storage.medium import SECTOR_BYTES
from kactors.storage.record import Record
from kactors.storage.recovery import Found, read_log
from kactors.storage.sim_disk import SimDisk
from kactors.storage.wal import Wal
from tests.storage.crash_story import LOG, record_of
from tests.storage.driver import drive, immediate

SIZES = (20, 700, 30, 600, 40, 500, 900, 10)
LAST_SYNC = 2
"""How many records the last sync has covered."""


def make_log(*, closed: bool = False, metadata: bytes = b"") -> SimDisk:
    """Return a disk with a log of several segments, all of it synced."""

    async def write(disk: SimDisk) -> None:
        wal, _ = await Wal.open(disk, LOG, create=True, segment_bytes=1536, metadata=metadata)
        for number, size in enumerate(SIZES[:-LAST_SYNC], 1):
            wal.append([record_of(number, size)])
            await wal.sync()
        wal.append([record_of(number + 1, size) for size in SIZES[-LAST_SYNC:-1]])
        wal.append([record_of(number + 2, SIZES[-1])])
        await wal.sync()
        if closed:
            await wal.close()

    disk = SimDisk()
    with immediate():
        drive(write(disk))
        disk.crash()
    return disk


EVERYTHING = [record_of(number, size) for number, size in enumerate(SIZES, 1)]


def read(disk: SimDisk) -> list[Record] | WalCorruptError:
    """Return the records that can be had, or the report of the damage."""
    try:
        found = drive(read_log(disk, LOG))
    except WalCorruptError as error:
        return error
    assert isinstance(found, Found)
    return list(found.records)


def flipped_bits(disk: SimDisk) -> Iterator[str]:
    """Flip a bit in each byte of the log, one at a time; yield where it is."""
    for path in disk.paths():
        for offset in range(len(disk.content(path))):
            bit = offset % 8  # each of them, over eight bytes
            disk.rot(path, offset, bit=bit)
            yield f"{path} {offset} bit {bit}"
            disk.rot(path, offset, bit=bit)


def overwrite(disk: SimDisk, path: str, offset: int, data: bytes) -> None:
    """Write bytes behind the log's back."""

    async def write() -> None:
        async with await disk.open(path) as file:
            await file.write(offset, data)
            await file.sync()

    drive(write())


def foreign_sectors(disk: SimDisk) -> Iterator[str]:
    """Put zeros, and then each other sector of the file, in the place of each sector."""
    for path in disk.paths():
        whole = disk.content(path)
        sectors = [whole[at : at + SECTOR_BYTES] for at in range(0, len(whole), SECTOR_BYTES)]
        for number, own in enumerate(sectors):
            for other in (bytes(SECTOR_BYTES), *sectors):
                if other != own and len(other) >= len(own):
                    overwrite(disk, path, number * SECTOR_BYTES, other[: len(own)])
                    yield f"{path} sector {number}"
                    overwrite(disk, path, number * SECTOR_BYTES, own)


def cut_files(disk: SimDisk) -> Iterator[str]:
    """Cut each file at each multiple of 16 bytes."""

    async def resize(path: str, size: int) -> None:
        async with await disk.open(path) as file:
            await file.truncate(size)
            await file.sync()

    for path in disk.paths():
        whole = disk.content(path)
        for size in range(0, len(whole), 16):
            drive(resize(path, size))
            yield f"{path} cut at {size}"
            overwrite(disk, path, size, whole[size:])


@pytest.mark.parametrize("closed", [True, False])
def test_the_log_is_whole_before_it_is_damaged(closed: bool) -> None:
    """Several segments; everything can be read."""
    disk = make_log(closed=closed)

    assert read(disk) == EVERYTHING
    assert len(disk.paths()) > 3


@pytest.mark.parametrize("closed", [True, False])
def test_a_flipped_bit_anywhere_is_reported_or_harmless(closed: bool) -> None:
    """Every byte of every record is guarded, those that the last sync has covered included."""
    disk = make_log(closed=closed)
    reported = 0

    for where in flipped_bits(disk):
        left = read(disk)
        reported += isinstance(left, WalCorruptError)
        assert isinstance(left, WalCorruptError) or left == EVERYTHING, where

    assert reported > sum(SIZES)


@pytest.mark.parametrize("closed", [True, False])
def test_a_foreign_sector_anywhere_is_reported(closed: bool) -> None:
    """Zeroed and misplaced sectors take at most what the very last sync has covered."""
    disk = make_log(closed=closed)
    silent = 0

    for where in foreign_sectors(disk):
        left = read(disk)
        if not isinstance(left, WalCorruptError):
            assert left == EVERYTHING[: len(left)], where
            assert len(left) >= len(EVERYTHING) - LAST_SYNC, where
            silent += left != EVERYTHING

    assert silent <= 2


@pytest.mark.parametrize("closed", [True, False])
def test_a_file_cut_short_is_reported(closed: bool) -> None:
    """Any but the last: if that loses its whole end, nothing is left that could prove it."""
    disk = make_log(closed=closed)
    last = disk.paths()[-1]

    for where in cut_files(disk):
        left = read(disk)
        if where.startswith(last) and isinstance(left, list):
            assert left == EVERYTHING[: len(left)], where
        else:
            assert isinstance(left, WalCorruptError) or left == EVERYTHING, where


def test_a_missing_segment_is_reported() -> None:
    """Any but the first, which may have been released: then the records begin later."""
    disk = make_log()
    paths = disk.paths()

    for path in paths:
        whole = disk.content(path)
        drive(disk.delete(path))
        left = read(disk)
        if path == paths[0]:
            assert isinstance(left, list)
            assert left == EVERYTHING[-len(left) :]
        else:
            assert isinstance(left, WalCorruptError), path
            assert "no such file" in str(left)
        drive(disk.open(path, create=True))
        overwrite(disk, path, 0, whole)


def test_a_segment_of_another_log_is_reported() -> None:
    """A file that has the right name but follows another one does not belong."""
    disk = make_log()
    second = disk.paths()[1]

    async def write(other: SimDisk) -> None:
        wal, _ = await Wal.open(other, LOG, create=True, segment_bytes=1536)
        for number in range(1, 8):
            wal.append([record_of(number + 100, SIZES[number - 1])])
            await wal.sync()

    other = SimDisk()
    with immediate():
        drive(write(other))
    overwrite(disk, second, 0, other.content(second))

    assert isinstance(read(disk), WalCorruptError)


def test_segments_with_other_metadata_do_not_belong_together() -> None:
    """A segment of another member's log, with the same records, is reported."""
    disk, other = make_log(metadata=b"member 1"), make_log(metadata=b"member 2")
    second = disk.paths()[1]

    overwrite(disk, second, 0, other.content(second))

    left = read(disk)
    assert isinstance(left, WalCorruptError)
    assert "expected the metadata b'member 1', found b'member 2'" in str(left)


def test_a_file_with_a_strange_name_is_reported() -> None:
    """What looks like a segment, but is none that a log makes, is not passed over."""
    disk = make_log()
    drive(disk.open(f"{LOG}/backup.wal", create=True))

    left = read(disk)

    assert isinstance(left, WalCorruptError)
    assert "expected a name such as" in str(left)


def test_other_files_are_passed_over() -> None:
    """A log's directory may hold what does not end as segments do."""
    disk = make_log()
    drive(disk.open(f"{LOG}/README", create=True))

    assert read(disk) == EVERYTHING


def test_an_empty_directory_holds_no_log() -> None:
    """There is nothing to be read, and nothing to be reported."""
    disk = SimDisk()
    drive(disk.make_directory(LOG))

    assert drive(read_log(disk, LOG)) is None
