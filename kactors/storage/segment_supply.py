"""Where a log's next segment comes from: made ahead of time, filled with zeros, put in place.

A sync of bytes that overwrite synced zeros is about twice as fast as one of bytes that
make the file longer, for no metadata has to follow them. etcd's ``filePipeline`` prepares
files for the same reason, but with ``fallocate``, which leaves part of the work for later.
"""

from typing import Final

from kactors.runtime.disk import Disk, File
from kactors.runtime.event import Event
from kactors.storage.path import join
from kactors.storage.segment import SegmentHeader
from kactors.storage.turn import Turn

TEMPORARY_SUFFIX: Final = ".tmp"

_ZEROS: Final = bytes(1 << 20)


class SegmentSupply:
    """Makes segment files.

    Args:
        disk: where they are.
        directory: the log's.
        filled_bytes: how many zeros to write into a new file; 0 for none.
    """

    def __init__(self, disk: Disk, directory: str, *, filled_bytes: int) -> None:
        self._disk = disk
        self._directory = directory
        self._filled_bytes = filled_bytes
        self._made = 0
        self._ready: str | None = None
        self._taken = Event()
        self._turn = Turn()

    async def clear(self) -> None:
        """Delete what a crash left half made.

        Raises:
            OSError: the disk failed.
        """
        for name in await self._disk.list(self._directory):
            if name.endswith(TEMPORARY_SUFFIX):
                await self._disk.delete(join(self._directory, name))

    async def prepare(self) -> None:
        """Have a file ready, so that the next `take` is quick.

        Raises:
            OSError: the disk failed; nothing is ready.
        """
        async with self._turn:
            if self._ready is None:
                self._ready = await self._make()

    async def keep_prepared(self) -> None:
        """Prepare a file whenever one was taken; runs until cancelled.

        A disk that fails here is not asked again before the next segment is taken: the
        log can still use the present one, and hears of the failure when it needs another.
        """
        while True:
            try:
                await self.prepare()
            except OSError:
                self._ready = None
            await self._taken.wait()

    async def take(self, header: SegmentHeader) -> tuple[File, int]:
        """Put a segment with this header in place; return it, open, and its frames' seed.

        When this returns, the file, its header and its name are durable.

        Raises:
            OSError: the disk failed; the segment may or may not be there.
            ValueError: see `SegmentHeader.encode`.
        """
        content, seed = header.encode()
        path = join(self._directory, header.name)
        async with self._turn:
            temporary = self._ready or await self._make()
            self._ready = None
            async with await self._disk.open(temporary) as file:
                await file.write(0, content)
                await file.sync()
            await self._disk.rename(temporary, path)
            await self._disk.sync_directory(self._directory)
        taken, self._taken = self._taken, Event()
        taken.set()
        return await self._disk.open(path), seed

    async def _make(self) -> str:
        self._made += 1
        path = join(self._directory, f"next-{self._made}{TEMPORARY_SUFFIX}")
        async with await self._disk.open(path, create=True) as file:
            offset = 0
            while offset < self._filled_bytes:
                offset += await self._fill(file, offset)
            if offset:
                await file.sync()
        return path

    async def _fill(self, file: File, offset: int) -> int:
        size = min(len(_ZEROS), self._filled_bytes - offset)
        await file.write(offset, _ZEROS[:size])
        return size
