"""Small logs for tests."""

from kactors.runtime.disk import Disk
from kactors.storage.record import Record
from kactors.storage.recovery import Recovery
from kactors.storage.wal import Wal


def numbered(number: int, size: int = 0) -> Record:
    """Return a record that says which one it is."""
    return Record(1, b"%d" % number + bytes(size))


async def new_log(
    disk: Disk,
    *,
    segment_bytes: int = 1 << 20,
    preallocate: bool = False,
    ahead_bytes: int = 0,
) -> Wal:
    """Make a log."""
    wal, recovery = await Wal.open(
        disk,
        "log",
        create=True,
        segment_bytes=segment_bytes,
        preallocate=preallocate,
        ahead_bytes=ahead_bytes,
    )
    assert recovery == Recovery(created=True)
    return wal


async def reopen(disk: Disk) -> Recovery:
    """Return what the log holds."""
    wal, recovery = await Wal.open(disk, "log")
    await wal.close()
    return recovery
