"""Real files under one directory, for the live world."""

import errno
import fcntl
import math
import os
import time  # noqa: TID251 - live only: measures the real disk
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import trio  # noqa: TID251 - live only: real files are synced in trio's threads

from kactors.runtime.errors import ClosedResourceError
from kactors.storage.errors import DiskInUseError, DiskPathError
from kactors.storage.path import check_directory, check_path
from kactors.storage.sync_place import LOOP_SECONDS, SyncPlace

T = TypeVar("T")

LOCK_NAME: Final = ".kactors-lock"

INLINE_BYTES: Final = 256 * 1024
"""Writes up to this size go to the page cache at once: a thread would cost more than they do.
Syncs of more than this always run in a thread."""

_DATA_SYNC: Final = getattr(os, "RWF_DSYNC", 0)
"""Makes a write return when its data are durable; Linux has it. A third less CPU than two calls."""


class LiveDisk:
    """The files below ``root``; see `kactors.runtime.Disk` for the operations.

    One disk at a time may have the directory open; a lock file sees to it. Reads, large
    writes and most syncs run in threads, so that the other tasks go on, and are not
    cancelled half way: a cancelled task waits for them to end.

    Args:
        root: made if it is not there.
        inline_sync: whether syncs of little data run on the event loop itself, which saves
            two changes of thread but keeps everything else waiting. Unless told, that
            depends on how quick the disk has been lately, see
            `kactors.storage.sync_place`.

    Raises:
        DiskInUseError: another disk, probably another process, has the directory open.
        OSError: the directory cannot be made or the lock file not be opened.
    """

    def __init__(self, root: str | os.PathLike[str], *, inline_sync: bool | None = None) -> None:
        Path(root).mkdir(parents=True, exist_ok=True)
        self._root = Path(root).resolve(strict=True)
        self._lock = _lock(self._root)
        seconds = LOOP_SECONDS if inline_sync is None else math.inf if inline_sync else 0.0
        self._sync_place = SyncPlace(seconds)
        self._open: dict[LiveFile, None] = {}

    @property
    def root(self) -> Path:
        """The directory, as an absolute path without symbolic links."""
        return self._root

    def close(self) -> None:
        """Close every file and let others have the directory; once is enough."""
        for file in tuple(self._open):
            file._close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def open(self, name: str, *, create: bool = False) -> "LiveFile":
        """Open a file, or create it."""
        path = self._path(check_path(name))
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
        if create:
            flags |= os.O_CREAT | os.O_EXCL
        descriptor = await _in_thread(lambda: os.open(path, flags, 0o600))
        file = LiveFile(self, name, descriptor)
        self._open[file] = None
        return file

    async def list(self, directory: str = "") -> tuple[str, ...]:
        """Return the names in a directory, sorted."""
        path = self._path(check_directory(directory))
        names = await _in_thread(lambda: [entry.name for entry in path.iterdir()])
        return tuple(sorted(name for name in names if directory or name != LOCK_NAME))

    async def exists(self, name: str) -> bool:
        """Tell whether a file or directory has this name."""
        path = self._path(check_directory(name))
        return await _in_thread(lambda: os.path.lexists(path))

    async def make_directory(self, name: str) -> None:
        """Create a directory and those above it; not an error if it is there."""
        path = self._path(check_directory(name))
        await _in_thread(lambda: path.mkdir(parents=True, exist_ok=True))

    async def rename(self, old: str, new: str) -> None:
        """Put the file ``old`` in the place of ``new`` atomically, replacing it."""
        source, target = self._path(check_path(old)), self._path(check_path(new))

        def rename() -> None:
            if source.is_dir():
                raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), old)
            source.replace(target)

        await _in_thread(rename)

    async def delete(self, name: str) -> None:
        """Remove a file."""
        path = self._path(check_path(name))
        await _in_thread(path.unlink)

    async def sync_directory(self, name: str = "") -> None:
        """Wait until creations, renames and deletions in a directory survive a crash."""
        path = self._path(check_directory(name))

        def sync() -> None:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

        await _in_thread(sync)

    def _path(self, name: str) -> Path:
        """Return where ``name`` is, if symbolic links do not lead out of the root.

        Raises:
            DiskPathError: they do, or it is the lock file.
            ClosedResourceError: the disk was closed.
        """
        if self._lock < 0:
            raise ClosedResourceError(f"the disk at {str(self._root)!r} was closed here")
        path = self._root / name
        if name == LOCK_NAME:
            raise DiskPathError(f"{name!r} is the disk's own: choose another name")
        if name and not path.parent.resolve().is_relative_to(self._root):
            raise DiskPathError(f"{name!r} leads out of {str(self._root)!r} by a symbolic link")
        return path


class LiveFile:
    """An open file of a `LiveDisk`. See `kactors.runtime.File`."""

    __slots__ = ("_at_work", "_closed", "_descriptor", "_disk", "_size", "_unsynced_bytes", "name")

    def __init__(self, disk: LiveDisk, name: str, descriptor: int) -> None:
        self.name = name
        self._disk = disk
        self._descriptor = descriptor
        self._at_work = 0  # threads that use the descriptor: it must not be closed under them
        self._closed = False
        self._size = os.fstat(descriptor).st_size
        self._unsynced_bytes = 0

    @property
    def size(self) -> int:
        """Its length in bytes, unsynced writes included."""
        return self._size

    async def append(self, data: bytes) -> int:
        """Write at the end; return the offset at which ``data`` begins."""
        offset = self._size
        await self.write(offset, data)
        return offset

    async def write(self, offset: int, data: bytes) -> None:
        """Write at ``offset``, within the file or at its end."""
        self._check_offset(offset)
        self._size = max(self._size, offset + len(data))
        self._unsynced_bytes += len(data)
        try:
            if len(data) <= INLINE_BYTES:
                _write_all(self._descriptor, data, offset)
            else:
                await self._in_thread(lambda: _write_all(self._descriptor, data, offset))
        except OSError:
            self._size = os.fstat(self._descriptor).st_size
            raise

    async def read(self, offset: int, size: int) -> bytes:
        """Return up to ``size`` bytes from ``offset``; fewer only at the end of the file."""
        return await self._in_thread(lambda: _read_all(self._descriptor, offset, size))

    async def sync(self) -> None:
        """Wait until everything written so far survives a crash."""
        self._check_open()
        descriptor, place = self._descriptor, self._disk._sync_place
        unsynced, self._unsynced_bytes = self._unsynced_bytes, 0
        if unsynced <= INLINE_BYTES and place.on_loop():
            place.note(_sync(descriptor))
            # The others have just waited for the disk; a turn for them here would cost a third of
            # what the thread did, and whoever syncs waits for somebody's next message anyway.
            await trio.lowlevel.checkpoint_if_cancelled()
            return
        seconds = await self._in_thread(lambda: _sync(descriptor))
        if unsynced <= INLINE_BYTES:  # what much data takes says nothing about the others
            place.note(seconds)

    @property
    def quick(self) -> bool:
        """Whether the disk confirms at once at present, and every write was synced."""
        return not self._unsynced_bytes and self._disk._sync_place.at_once()

    def write_through(self, offset: int, data: bytes) -> None:
        """Write and sync on the event loop; where the system can, in one call."""
        self._check_offset(offset)
        self._size = max(self._size, offset + len(data))
        began = time.perf_counter()
        try:
            _write_through(self._descriptor, data, offset)
        except OSError:
            self._size = os.fstat(self._descriptor).st_size
            raise
        self._disk._sync_place.note(time.perf_counter() - began)

    async def truncate(self, size: int) -> None:
        """Cut the file to ``size`` bytes, or extend it with zeros."""
        await self._in_thread(lambda: os.ftruncate(self._descriptor, size))
        self._size = size

    async def close(self) -> None:
        """Close without syncing; closing twice does nothing."""
        self._close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        self._closed = True
        self._disk._open.pop(self, None)
        if not self._at_work and self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedResourceError(f"{self.name!r} was closed here: open it again")

    def _check_offset(self, offset: int) -> None:
        self._check_open()
        if not 0 <= offset <= self._size:
            raise ValueError(f"{self.name!r} has {self._size} bytes: nothing begins at {offset}")

    async def _in_thread(self, function: Callable[[], T]) -> T:
        self._check_open()
        self._at_work += 1
        try:
            return await _in_thread(function)
        finally:
            self._at_work -= 1
            if self._closed:
                self._close()


async def _in_thread(function: Callable[[], T]) -> T:
    return await trio.to_thread.run_sync(function)


def _lock(root: Path) -> int:
    """Take the directory's lock and write down who has it; return the lock's descriptor."""
    descriptor = os.open(root / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode(errors="replace") or "unknown"
        os.close(descriptor)
        raise DiskInUseError(
            f"{str(root)!r} is open in process {holder}: stop that one, or use another directory"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def _sync(descriptor: int) -> float:
    """Wait until what was written is durable; return how many seconds that has taken."""
    began = time.perf_counter()
    os.fdatasync(descriptor)
    return time.perf_counter() - began


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    """Write everything, also if the system takes it in pieces."""
    written = os.pwrite(descriptor, data, offset)
    while written < len(data):
        written += os.pwrite(descriptor, memoryview(data)[written:], offset + written)


def _write_through(descriptor: int, data: bytes, offset: int) -> None:
    """Write everything and wait until it is durable; in one call if the system can."""
    if _DATA_SYNC:
        try:
            if os.pwritev(descriptor, (data,), offset, _DATA_SYNC) == len(data):
                return
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:  # not every file system has it
                raise
    _write_all(descriptor, data, offset)
    os.fdatasync(descriptor)


def _read_all(descriptor: int, offset: int, size: int) -> bytes:
    """Read everything up to the file's end, also if the system gives it in pieces."""
    pieces = [os.pread(descriptor, size, offset)]
    left = size - len(pieces[0])
    while left and pieces[-1]:
        pieces.append(os.pread(descriptor, left, offset + size - left))
        left -= len(pieces[-1])
    return b"".join(pieces)
