"""The end of a log on its disk: the segment that is being written, and how the next begins."""

from collections.abc import Collection, Iterable, Sequence
from typing import Self

from kactors.runtime.disk import Disk, File
from kactors.storage.path import join
from kactors.storage.record import CUT, END, MARK, Framer, Record
from kactors.storage.recovery import Found
from kactors.storage.segment import SegmentHeader
from kactors.storage.segment_supply import SegmentSupply


class LogEnd:
    """Writes frames to the last segment and puts the next one in its place.

    Knows nothing of tasks: one method at a time, and none after one has failed.

    A sync of bytes that make a file longer writes metadata as well. With ``ahead_bytes`` a file
    is made longer by so many zeros at a time, and most records overwrite some of them.

    Attributes:
        segments: every segment's header, the oldest first.
        written: the number of the last record handed to the disk.
        durable: the number of the last record that survives a crash.
        written_bytes: frames handed to the disk since the log was opened.
        syncs: syncs of records since the log was opened.
    """

    def __init__(
        self,
        supply: SegmentSupply,
        segments: Sequence[SegmentHeader],
        file: File,
        framer: Framer,
        *,
        records_end: int,
        proven_end: int,
        last: int,
        carried_types: Collection[int],
        ahead_bytes: int,
    ) -> None:
        self.segments = list(segments)
        self.written = self.durable = last
        self.written_bytes = self.syncs = 0
        self._supply = supply
        self._file = file
        self._framer = framer
        self._ahead_bytes = ahead_bytes
        self._records_end = records_end
        self._proven_end = proven_end  # frames on the disk say that all before it is durable
        self._carried = {record.type: record for record in segments[-1].carried}
        self._carried_types = frozenset(carried_types).union(self._carried)

    @classmethod
    async def create(
        cls,
        supply: SegmentSupply,
        metadata: bytes,
        carried_types: Collection[int],
        *,
        ahead_bytes: int = 0,
    ) -> Self:
        """Put a log's first segment in place.

        Raises:
            OSError: the disk failed.
        """
        header = SegmentHeader(sequence=1, first=1, previous=0, chain=0, metadata=metadata)
        file, seed = await supply.take(header)
        framer = Framer(seed, header.chain, header.size, header.size)
        end = header.size
        return cls(
            supply,
            [header],
            file,
            framer,
            records_end=end,
            proven_end=end,
            last=0,
            carried_types=carried_types,
            ahead_bytes=ahead_bytes,
        )

    @classmethod
    async def mend(
        cls,
        disk: Disk,
        directory: str,
        supply: SegmentSupply,
        found: Found,
        carried_types: Collection[int],
        *,
        ahead_bytes: int = 0,
    ) -> Self:
        """Go on where a log ends: make what was read durable, and the debris zeros.

        Raises:
            OSError: the disk failed.
        """
        tail, framer = found.tail, found.tail.framer
        file = await disk.open(join(directory, found.segments[-1].name))
        try:
            await _mend_tail(file, found)
        except BaseException:
            await file.close()
            raise
        proven_end, framer.durable = framer.durable, framer.end
        end = cls(
            supply,
            found.segments,
            file,
            framer,
            records_end=tail.records_end,
            proven_end=proven_end,
            last=found.segments[0].first + len(found.records) - 1,
            carried_types=carried_types,
            ahead_bytes=ahead_bytes,
        )
        end._carry(found.records)
        return end

    @property
    def offset(self) -> int:
        """Where in the last segment the next frame begins."""
        return self._framer.end

    @property
    def empty(self) -> bool:
        """Whether the last segment has no records."""
        return self.written < self.segments[-1].first

    async def write(self, records: Sequence[Record]) -> None:
        """Write records behind the last one, in one call; zeros behind them where the file ends."""
        if records:
            await self._file.write(*self._framed(records))
            self._note_written(records)

    async def sync(self) -> None:
        """Make what was written durable."""
        if self.durable < self.written:
            await self._file.sync()
            self._note_synced()

    @property
    def quick(self) -> bool:
        """Whether `write_through` may be called."""
        return self.durable == self.written and self._file.quick

    def write_through(self, records: Sequence[Record]) -> None:
        """Do as `write` and `sync`, on the spot."""
        self._file.write_through(*self._framed(records))
        self._note_written(records)
        self._note_synced()

    def _framed(self, records: Sequence[Record]) -> tuple[int, bytes]:
        """Return where records go, and their frames; zeros behind them where the file ends."""
        framer = self._framer
        offset, self._proven_end = framer.end, framer.durable
        data = framer.frame(records)
        self.written_bytes += len(data)
        if framer.end > self._file.size:
            data += bytes(self._ahead_bytes)
        return offset, data

    def _note_written(self, records: Sequence[Record]) -> None:
        self._records_end = self._framer.end
        self._carry(records)
        self.written += len(records)

    def _note_synced(self) -> None:
        self.syncs += 1
        self.durable = self.written
        self._framer.durable = self._framer.end

    async def begin_segment(self) -> None:
        """Close the last segment and put the next one in place."""
        await self.sync()
        before, framer = self._file, self._framer
        header = SegmentHeader(
            sequence=self.segments[-1].sequence + 1,
            first=self.written + 1,
            previous=framer.end,
            chain=framer.chain,
            metadata=self.segments[-1].metadata,
            carried=tuple(self._carried[type_] for type_ in sorted(self._carried)),
        )
        self._file, seed = await self._supply.take(header)
        self._framer = Framer(seed, header.chain, header.size, header.size)
        self._records_end = self._proven_end = header.size
        self.segments.append(header)
        # The announcement lets recovery notice if the new segment should ever be missing.
        await before.write(framer.end, framer.frame([Record(END, b"")]))
        if before.size > framer.end:
            await before.truncate(framer.end)
        await before.sync()
        await before.close()

    async def mark(self) -> None:
        """Write down that everything is durable, unless frames behind it say so already."""
        if self._proven_end < self._records_end:
            offset, self._proven_end = self._framer.end, self._framer.durable
            await self._file.write(offset, self._framer.frame([Record(MARK, b"")]))
            await self._file.sync()

    async def close(self) -> None:
        """Close the last segment's file."""
        await self._file.close()

    def _carry(self, records: Iterable[Record]) -> None:
        """Remember the latest record of each type that the next header must carry."""
        if self._carried_types:
            for record in records:
                if record[0] in self._carried_types:
                    self._carried[record[0]] = Record(*record)


async def _mend_tail(file: File, found: Found) -> None:
    """Write again what no frame proves durable, and zeros over the debris behind it.

    After a failed sync the page cache shows bytes that no further sync would write: hence
    the former, and hence the note that stands behind the log while the latter is done.
    """
    framer = found.tail.framer
    end = framer.end
    doubtful = framer.durable if framer.durable < found.tail.records_end else end
    again = found.tail_data[doubtful:end]
    if found.debris_end > end:
        note = Framer(framer.seed, framer.chain, end, found.debris_end).frame([Record(CUT, b"")])
        await file.write(doubtful, again + note.ljust(found.debris_end - end, b"\0"))
        await file.sync()
        await file.write(end, bytes(len(note)))
    elif again:
        await file.write(doubtful, again)
    await file.sync()  # also if nothing was written: an earlier recovery may have died here
