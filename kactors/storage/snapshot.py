"""Snapshot files: written aside, synced, put in place by a rename, checked when read."""

from typing import Final, Self

from kactors.runtime.disk import Disk
from kactors.storage.errors import SnapshotBusyError, SnapshotCorruptError, SnapshotMissingError
from kactors.storage.path import ancestors_of, join
from kactors.storage.snapshot_format import BLOCK_BYTES, SnapshotHeader, read_header
from kactors.storage.snapshot_reader import Snapshot, SnapshotReader
from kactors.storage.snapshot_writer import SnapshotWriter

__all__ = ["Snapshot", "SnapshotReader", "SnapshotStore", "SnapshotWriter"]

WHOLE: Final = ".snap"
PARTIAL: Final = ".part"
RESUMED: Final = ".rest"
CORRUPT: Final = ".corrupt"

_SUFFIXES: Final = (WHOLE, PARTIAL, RESUMED, CORRUPT)


class SnapshotStore:
    """The snapshots in one directory, called by their index.

    Made by `SnapshotStore.open`. A file with the suffix ``.snap`` is whole, unless the disk
    has damaged it since; ``.part`` is in the making; ``.corrupt`` was whole once.
    """

    def __init__(self, disk: Disk, directory: str, *, keep: int, block_bytes: int) -> None:
        self._disk = disk
        self._directory = directory
        self._keep = keep
        self._block_bytes = block_bytes
        self._writing: dict[int, None] = {}

    @classmethod
    async def open(
        cls, disk: Disk, directory: str, *, keep: int = 2, block_bytes: int = BLOCK_BYTES
    ) -> Self:
        """Open the store in ``directory``, which is made if it is not there.

        Args:
            disk: where it is.
            directory: holds snapshots and nothing else.
            keep: how many `purge` leaves, at least 1.
            block_bytes: the size of new snapshots' blocks: what is read and checked at once.

        Raises:
            ValueError: ``keep`` or ``block_bytes`` is not positive.
            OSError: the disk failed.
        """
        if keep < 1 or block_bytes < 1:
            raise ValueError(f"keep is {keep}, block_bytes is {block_bytes}: give at least 1")
        await disk.make_directory(directory)
        for above in (*ancestors_of(directory), directory):
            await disk.sync_directory(above)
        return cls(disk, directory, keep=keep, block_bytes=block_bytes)

    async def create(self, index: int, metadata: bytes = b"") -> SnapshotWriter:
        """Begin to write a snapshot; forget an interrupted attempt at the same one.

        Raises:
            SnapshotBusyError: somebody is writing it.
            ValueError: the metadata is too large for a header.
            OSError: the disk failed.
        """
        return await self._begin(index, metadata, resume=False)

    async def resume(self, index: int, metadata: bytes = b"") -> SnapshotWriter:
        """Go on with an interrupted attempt, from the end of its last whole block.

        `SnapshotWriter.size` says where that is; it is 0 if there was no attempt, or one
        with other metadata.

        Raises:
            SnapshotBusyError: somebody is writing it.
            ValueError: the metadata is too large for a header.
            OSError: the disk failed.
        """
        return await self._begin(index, metadata, resume=True)

    async def save(self, index: int, data: bytes, metadata: bytes = b"") -> Snapshot:
        """Write a whole snapshot. Raises: as `create` and `SnapshotWriter.commit`."""
        async with await self.create(index, metadata) as writer:
            await writer.write(data)
            return await writer.commit()

    async def indices(self) -> tuple[int, ...]:
        """Return the indices of the snapshots that are in place, ascending; nothing is read.

        Raises:
            OSError: the disk failed.
        """
        return tuple(index for index, suffix in await self._files() if suffix == WHOLE)

    async def newest(self) -> tuple[Snapshot | None, tuple[SnapshotCorruptError, ...]]:
        """Return the newest snapshot that is good, and what was wrong with newer ones.

        Every byte is checked. Those that are corrupt are moved aside, under the suffix
        ``.corrupt``. Whoever falls back to an older snapshot must make sure that the log
        still reaches back to it.

        Raises:
            OSError: the disk failed; nothing is known of what it did not read.
        """
        damaged: list[SnapshotCorruptError] = []
        found: Snapshot | None = None
        for index in reversed(await self.indices()):
            try:
                async with await self.open_snapshot(index) as reader:
                    await reader.verify()
                    found = reader.snapshot
                    break
            except SnapshotCorruptError as error:
                damaged.append(error)
                await self._disk.rename(self._path(index, WHOLE), self._path(index, CORRUPT))
        if damaged:
            await self._disk.sync_directory(self._directory)
        return found, tuple(damaged)

    async def open_snapshot(self, index: int) -> SnapshotReader:
        """Open a snapshot to read it in pieces, each checked as it is read.

        Raises:
            SnapshotMissingError: there is none with this index.
            SnapshotCorruptError: its header or its trailer is damaged, or is another's.
            OSError: the disk failed.
        """
        path = self._path(index, WHOLE)
        if not await self._disk.exists(path):
            raise SnapshotMissingError(
                f"there is no snapshot {index} in {self._directory!r}: see indices()"
            )
        reader = await SnapshotReader.open(self._disk, path)
        if reader.snapshot.index != index:
            await reader.close()
            raise SnapshotCorruptError(
                path, 16, expected=f"index {index}", found=f"index {reader.snapshot.index}"
            )
        return reader

    async def purge(self) -> tuple[int, ...]:
        """Delete all but the newest snapshots, and leftovers from before them.

        Returns:
            The indices of the snapshots that were deleted, ascending.

        Raises:
            OSError: the disk failed; the next purge deletes what is left.
        """
        files = await self._files()
        kept = [index for index, suffix in files if suffix == WHOLE][-self._keep :]
        if not kept:
            return ()
        deleted: list[int] = []
        for index, suffix in files:
            obsolete = index < kept[0] or (suffix in {PARTIAL, RESUMED} and index <= kept[-1])
            if obsolete and index not in self._writing:
                await self._disk.delete(self._path(index, suffix))
                if suffix == WHOLE:
                    deleted.append(index)
        await self._disk.sync_directory(self._directory)
        return tuple(deleted)

    async def _begin(self, index: int, metadata: bytes, *, resume: bool) -> SnapshotWriter:
        header = SnapshotHeader(index=index, metadata=metadata, block_bytes=self._block_bytes)
        if index in self._writing:
            raise SnapshotBusyError(f"snapshot {index} is being written: wait for its writer")
        self._writing[index] = None
        try:
            return await self._make_writer(header, resume=resume)
        except BaseException:
            del self._writing[index]
            raise

    async def _make_writer(self, header: SnapshotHeader, *, resume: bool) -> SnapshotWriter:
        """Make a writer on a fresh file, and copy to it what is good of an older attempt."""
        disk, index = self._disk, header.index
        partial, resumed = self._path(index, PARTIAL), self._path(index, RESUMED)
        if await disk.exists(partial):
            # If there are both, the older attempt is the one that had come further.
            if not await disk.exists(resumed):
                await disk.rename(partial, resumed)
            else:
                await disk.delete(partial)
        file = await disk.open(partial, create=True)
        await file.write(0, header.encode())
        writer = SnapshotWriter(
            disk,
            partial,
            self._path(index, WHOLE),
            header=header,
            file=file,
            done=lambda: self._writing.pop(index, None),
        )
        if await disk.exists(resumed):
            if resume:
                await self._take_over(writer, header, resumed)
            await disk.delete(resumed)
        return writer

    async def _take_over(self, writer: SnapshotWriter, header: SnapshotHeader, path: str) -> None:
        """Copy what an interrupted attempt has of the same snapshot."""
        async with await self._disk.open(path) as old:
            try:
                if await read_header(old) != header:
                    return
            except SnapshotCorruptError:
                return  # the attempt had not even come that far
            await writer.take_over(old)

    async def _files(self) -> list[tuple[int, str]]:
        """Return ``(index, suffix)`` of every file of ours, ascending."""
        files: list[tuple[int, str]] = []
        for name in await self._disk.list(self._directory):
            stem, dot, suffix = name.rpartition(".")
            if dot + suffix in _SUFFIXES and len(stem) == 16:
                files.append((int(stem, 16), dot + suffix))
        return sorted(files)

    def _path(self, index: int, suffix: str) -> str:
        return join(self._directory, f"{index:016x}{suffix}")
