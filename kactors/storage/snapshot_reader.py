"""Reading a snapshot file, block by block, each checked as it is read."""

from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Self

import attrs

from kactors.runtime.disk import Disk, File
from kactors.storage.errors import SnapshotCorruptError
from kactors.storage.snapshot_format import (
    CRC_BYTES,
    TRAILER_BYTES,
    SnapshotHeader,
    add_to_digest,
    decode_block,
    decode_trailer,
    read_header,
)

_CHUNK_BYTES = 1 << 20


@attrs.frozen(kw_only=True)
class Snapshot:
    """A snapshot file that is in place.

    Attributes:
        index: what it is called by: of the log's entries that it covers, the last.
        metadata: the caller's.
        size: of its data, in bytes.
        file: its path on the disk.
    """

    index: int
    metadata: bytes
    size: int
    file: str


class SnapshotReader:
    """An open snapshot; made by `SnapshotStore.open_snapshot`. An async context manager.

    Attributes:
        snapshot: what is being read.
    """

    def __init__(self, file: File, header: SnapshotHeader, snapshot: Snapshot, digest: int) -> None:
        self.snapshot = snapshot
        self._file = file
        self._header = header
        self._digest = digest

    @classmethod
    async def open(cls, disk: Disk, path: str) -> Self:
        """Open a snapshot file, checking its header and its trailer.

        Raises:
            SnapshotCorruptError: it has none, or they do not belong together.
            OSError: the disk failed.
        """
        file = await disk.open(path)
        try:
            header = await read_header(file)
            offset = max(header.size, file.size - TRAILER_BYTES)
            trailer = await file.read(offset, TRAILER_BYTES)
            size, digest = decode_trailer(path, header, trailer, offset)
        except BaseException:
            await file.close()
            raise
        snapshot = Snapshot(index=header.index, metadata=header.metadata, size=size, file=path)
        return cls(file, header, snapshot, digest)

    async def read(self, offset: int, size: int) -> bytes:
        """Return up to ``size`` bytes of data from ``offset``; fewer only at the end.

        Raises:
            SnapshotCorruptError: a block that holds some of them is damaged.
            OSError: the disk failed.
        """
        end = min(offset + size, self.snapshot.size)
        if offset >= end:
            return b""
        block_bytes = self._header.block_bytes
        first = offset // block_bytes
        data = b"".join(await self._blocks(first, -(-end // block_bytes)))
        return data[offset - first * block_bytes : end - first * block_bytes]

    async def chunks(self, chunk_bytes: int = _CHUNK_BYTES) -> AsyncGenerator[bytes]:
        """Yield all data in pieces of ``chunk_bytes``; see `read`."""
        for offset in range(0, self.snapshot.size, chunk_bytes):
            yield await self.read(offset, chunk_bytes)

    async def verify(self) -> None:
        """Read everything.

        Raises:
            SnapshotCorruptError: something is damaged.
            OSError: the disk failed.
        """
        header, size = self._header, self.snapshot.size
        count = -(-size // header.block_bytes)
        step = max(1, _CHUNK_BYTES // header.block_bytes)
        digest = 0
        for first in range(0, count, step):
            blocks = await self._blocks(first, min(first + step, count))
            for number, data in enumerate(blocks, first):
                digest = add_to_digest(digest, header.check(number, data))
        if digest != self._digest:
            raise SnapshotCorruptError(
                self.snapshot.file,
                header.file_bytes(size) - TRAILER_BYTES,
                expected=f"the digest {digest:#010x}",
                found=f"{self._digest:#010x}",
            )

    async def close(self) -> None:
        """Close the file; closing twice does nothing."""
        await self._file.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _blocks(self, first: int, upto: int) -> list[bytes]:
        """Return the data of the blocks from ``first`` to before ``upto``."""
        header, size = self._header, self.snapshot.size
        begin = header.block_offset(first)
        stride = CRC_BYTES + header.block_bytes
        end = min(header.block_offset(upto), header.file_bytes(size) - TRAILER_BYTES)
        raw = await self._file.read(begin, end - begin)
        return [
            decode_block(
                self.snapshot.file,
                header,
                number,
                raw[(number - first) * stride : (number - first + 1) * stride],
                min(header.block_bytes, size - number * header.block_bytes),
            )
            for number in range(first, upto)
        ]
