"""What disks, logs and snapshot files raise besides `OSError`."""

from kactors.errors import KactorsError


class StorageError(KactorsError):
    """Base of what the storage layer raises; never raised itself."""


class DiskPathError(StorageError, ValueError):
    """A path that is absolute, empty in a part, or leads out of the disk's root."""


class DiskInUseError(StorageError):
    """Another process, or another disk of this one, has the directory open."""


class WalError(StorageError):
    """Base of what a write-ahead log raises; never raised itself."""


class WalMissingError(WalError):
    """There is no log where one was to be opened, and none was to be created."""


class WalBrokenError(WalError):
    """A write or a sync has failed, so that nobody knows what the disk holds.

    The log takes nothing more. Open it anew after a restart: recovery finds out.
    """


class RecordTooLargeError(WalError, ValueError):
    """A record's payload does not fit into a frame."""


class WalCorruptError(WalError):
    """Bytes that were once written and synced are not what they were.

    No crash explains them, so that nothing is cut and nothing skipped. The member must be
    rebuilt from others or from a backup.

    Attributes:
        file: the segment's path on the disk.
        offset: where in it, in bytes.
        number: the number of the first record that cannot be had; all before it are whole.
        expected: what should be there.
        found: what is.
    """

    def __init__(self, file: str, offset: int, *, number: int, expected: str, found: str) -> None:
        super().__init__(
            f"{file!r} is corrupt at offset {offset}: expected {expected}, found {found}; "
            f"record {number} and what follows cannot be had: restore this log from elsewhere"
        )
        self.file = file
        self.offset = offset
        self.number = number
        self.expected = expected
        self.found = found


class SnapshotError(StorageError):
    """Base of what snapshot files raise; never raised itself."""


class SnapshotMissingError(SnapshotError):
    """No snapshot has this index."""


class SnapshotCorruptError(SnapshotError):
    """A snapshot file is not what was written.

    Attributes:
        file: its path on the disk.
        offset: where in it, in bytes.
        expected: what should be there.
        found: what is.
    """

    def __init__(self, file: str, offset: int, *, expected: str, found: str) -> None:
        super().__init__(
            f"{file!r} is corrupt at offset {offset}: expected {expected}, found {found}; "
            "use another snapshot, or fetch this one again"
        )
        self.file = file
        self.offset = offset
        self.expected = expected
        self.found = found


class SnapshotBusyError(SnapshotError):
    """Somebody is writing the snapshot with this index."""
