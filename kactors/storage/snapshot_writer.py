"""Writing a snapshot file under a temporary name, and putting it in place."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from kactors.runtime.disk import Disk, File
from kactors.runtime.errors import ClosedResourceError
from kactors.storage.errors import SnapshotCorruptError
from kactors.storage.path import parent_of
from kactors.storage.snapshot_format import (
    CRC_BYTES,
    SnapshotHeader,
    add_to_digest,
    decode_block,
)
from kactors.storage.snapshot_reader import Snapshot


class SnapshotWriter:
    """A snapshot in the making; made by `SnapshotStore`. An async context manager.

    Leaving it without `commit` keeps what is there for `SnapshotStore.resume`.

    Args:
        disk: where it is.
        temporary: the path it has until it is whole.
        final: the path it gets.
        header: of the file.
        file: has the header, and nothing else.
        done: called once, when nobody writes any more.
    """

    def __init__(
        self,
        disk: Disk,
        temporary: str,
        final: str,
        *,
        header: SnapshotHeader,
        file: File,
        done: Callable[[], None],
    ) -> None:
        self._disk = disk
        self._temporary = temporary
        self._final = final
        self._header = header
        self._file = file
        self._done = done
        self._blocks = 0
        self._digest = 0
        self._rest = b""
        self._closed = False

    @property
    def size(self) -> int:
        """How many bytes of data there are so far: a transfer goes on from here."""
        return self._blocks * self._header.block_bytes + len(self._rest)

    async def write(self, data: bytes) -> None:
        """Add data, in pieces of any size.

        Raises:
            OSError: the disk failed; `abort`, for nobody knows what was written.
            ClosedResourceError: the writer was closed.
        """
        self._check_open()
        data = self._rest + data
        size = self._header.block_bytes
        whole = len(data) // size * size
        self._rest = data[whole:]
        await self._add([data[begin : begin + size] for begin in range(0, whole, size)])

    async def commit(self) -> Snapshot:
        """Make the snapshot durable, then put it in place, then make its name durable.

        Raises:
            OSError: the disk failed. What was written is given up, for after a failed sync
                it may look whole and not be.
            ClosedResourceError: the writer was closed.
        """
        self._check_open()
        size = self.size
        rest, self._rest = self._rest, b""
        try:
            if rest:
                await self._add([rest])
            await self._file.append(self._header.encode_trailer(size, self._digest))
            await self._file.sync()
        except OSError:
            await self.abort()
            raise
        await self.close()
        await self._disk.rename(self._temporary, self._final)
        await self._disk.sync_directory(parent_of(self._final))
        return Snapshot(
            index=self._header.index,
            metadata=self._header.metadata,
            size=size,
            file=self._final,
        )

    async def abort(self) -> None:
        """Give up what was written.

        Raises:
            OSError: the disk failed; a later start of the transfer replaces the file.
        """
        await self.close()
        await self._disk.delete(self._temporary)

    async def close(self) -> None:
        """Stop here, keeping what is there for `SnapshotStore.resume`; once is enough."""
        if not self._closed:
            self._closed = True
            self._done()
            await self._file.close()

    async def take_over(self, old: File) -> None:
        """Copy the good blocks of an interrupted attempt.

        They are copied rather than kept because the attempt may have ended in a failed
        sync, after which the cache shows blocks that no further sync would write.

        Raises:
            OSError: the disk failed.
        """
        header = self._header
        stride = CRC_BYTES + header.block_bytes
        while True:
            raw = await old.read(header.block_offset(self._blocks), stride)
            try:
                data = decode_block(old.name, header, self._blocks, raw, header.block_bytes)
            except SnapshotCorruptError:
                return  # from here on it was not written, or not completely
            await self._add([data])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _add(self, blocks: list[bytes]) -> None:
        """Write blocks, in one call."""
        pieces: list[bytes] = []
        for data in blocks:
            pieces.append(self._header.encode_block(self._blocks, data))
            self._digest = add_to_digest(
                self._digest, int.from_bytes(pieces[-1][:CRC_BYTES], "little")
            )
            self._blocks += 1
        if pieces:
            await self._file.append(b"".join(pieces))

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedResourceError(f"the writer of {self._final!r} was closed: make another")
