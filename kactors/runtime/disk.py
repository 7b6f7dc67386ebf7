"""The face of a disk: files that grow, are synced, renamed and deleted.

What was written but not synced may be lost, wholly or in part, in a crash. A file's
name is durable when its directory was synced after the file was created, renamed or
deleted. Both rules are POSIX's, and the simulated disk enforces them.
"""

from types import TracebackType
from typing import Any, Protocol, Self

from kactors.runtime.errors import RuntimeFaceError


class File(Protocol):
    """An open file; an async context manager that closes.

    Every method may raise `OSError` with ``EIO`` or ``ENOSPC``, `ClosedResourceError` after
    `close`, and `BrokenResourceError` after a crash of the host. A write that fails may have
    written a part. After a `sync` that failed, nobody knows what is durable, and another one
    that succeeds does not change that: reads may show bytes that will never be.
    """

    @property
    def name(self) -> str:
        """Its path on the disk, parts joined by ``/``."""
        ...

    @property
    def size(self) -> int:
        """Its length in bytes, unsynced writes included."""
        ...

    async def append(self, data: bytes) -> int:
        """Write at the end; return the offset at which ``data`` begins."""
        ...

    async def write(self, offset: int, data: bytes) -> None:
        """Write at ``offset``, within the file or at its end; beyond is a `ValueError`."""
        ...

    async def read(self, offset: int, size: int) -> bytes:
        """Return up to ``size`` bytes from ``offset``; fewer only at the end of the file."""
        ...

    async def sync(self) -> None:
        """Wait until everything written so far survives a crash (``fdatasync``)."""
        ...

    @property
    def quick(self) -> bool:
        """Whether `write_through` may be called now: the disk confirms at once, nothing is owed."""
        ...

    def write_through(self, offset: int, data: bytes) -> None:
        """Do as `write` and `sync` on the spot; only while `quick`."""
        ...

    async def truncate(self, size: int) -> None:
        """Cut the file to ``size`` bytes, or extend it with zeros."""
        ...

    async def close(self) -> None:
        """Close without syncing."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class Disk(Protocol):
    """A host's files. Paths are relative, with ``/`` between their parts.

    Every method may raise `OSError` with ``EIO``, ``ENOSPC``, ``ENOENT``, ``EEXIST``,
    ``ENOTDIR`` or ``EISDIR``, and a `ValueError` for a path that leads out of the disk.
    """

    async def open(self, name: str, *, create: bool = False) -> File:
        """Open a file, or create it (``EEXIST`` if it is there already)."""
        ...

    async def list(self, directory: str = "") -> tuple[str, ...]:
        """Return the names in a directory, sorted, without the directory's own path."""
        ...

    async def exists(self, name: str) -> bool:
        """Tell whether a file or directory has this name."""
        ...

    async def make_directory(self, name: str) -> None:
        """Create a directory and those above it; not an error if it is there."""
        ...

    async def rename(self, old: str, new: str) -> None:
        """Put ``old`` in the place of ``new`` atomically, replacing it."""
        ...

    async def delete(self, name: str) -> None:
        """Remove a file."""
        ...

    async def sync_directory(self, name: str = "") -> None:
        """Wait until creations, renames and deletions in a directory survive a crash."""
        ...


class NoDisk:
    """Stands where a host was given no disk, and says so."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeFaceError(
            f"the host has no disk for {name!r}: give it one with add_host(disk=...)"
        )
