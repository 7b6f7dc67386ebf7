"""A segmented write-ahead log.

Theory of operation
===================

`Wal.append` takes records into memory, `Wal.sync` makes them durable. The first task that
calls `sync` writes everything that was appended, by whomever, in one call, and syncs once;
tasks that come meanwhile wait, and the first of them does the same for all of them (*group
commit*). Whatever needs the disk is done in turns and is never cancelled half way.

A *segment* is closed, and the next one put in place, when a batch does not fit any more.
The order is what recovery relies on: everything in the old segment is durable before the
new one has its name; the new one's name is durable before anything is written to it, and
before the old one's last frame announces it.

A write or a sync that fails breaks the log for good. The page cache may then show bytes
that will never reach the medium, and a repeated sync would succeed without writing them,
so nothing is retried. `Wal.open` after a restart writes the doubtful part again.

Format: `kactors.storage.record`, `kactors.storage.segment`. Recovery: `kactors.storage.scan`.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from types import TracebackType
from typing import Final, NamedTuple, Self

import attrs

from kactors.runtime.disk import Disk
from kactors.runtime.errors import ClosedResourceError, RuntimeFaceError
from kactors.runtime.functions import cancel_scope
from kactors.storage.errors import RecordTooLargeError, WalBrokenError, WalMissingError
from kactors.storage.log_end import LogEnd
from kactors.storage.path import ancestors_of, join
from kactors.storage.record import PAYLOAD_BYTES_MAX, TYPE_MAX, Record, framed_bytes
from kactors.storage.recovery import Recovery, read_log
from kactors.storage.segment import SegmentHeader
from kactors.storage.segment_supply import SegmentSupply
from kactors.storage.turn import Turn

SEGMENT_BYTES: Final = 64 * 1000 * 1000


class _Batch(NamedTuple):
    """What one `append` has taken; it never straddles two segments."""

    records: Sequence[Record]
    framed_bytes: int


@attrs.frozen(kw_only=True)
class WalStatistics:
    """What a log has done since it was opened.

    Attributes:
        appended: records taken by `Wal.append`.
        written_bytes: frames handed to the disk.
        syncs: syncs of a segment's records; fewer than calls of `Wal.sync` if those came
            together.
        segments: how many there are now.
    """

    appended: int
    written_bytes: int
    syncs: int
    segments: int


class Wal:
    """A write-ahead log; made by `Wal.open`. An async context manager that closes.

    Records are numbered from 1, through all segments. Each segment's header repeats the log's
    metadata, and of each type that is carried over the latest record before it, so that the
    log still makes sense when earlier segments were released.
    """

    def __init__(
        self, disk: Disk, directory: str, supply: SegmentSupply, end: LogEnd, segment_bytes: int
    ) -> None:
        self._disk = disk
        self._directory = directory
        self._supply = supply
        self._end = end
        self._segment_bytes = segment_bytes
        self._queue: list[_Batch] = []
        self._last = self._last_found = end.written
        self._turn = Turn()
        self._release_turn = Turn()
        self._failure: BaseException | None = None
        self._closed = False

    @classmethod
    async def open(
        cls,
        disk: Disk,
        directory: str,
        *,
        create: bool = False,
        metadata: bytes = b"",
        carried_types: Collection[int] = (),
        segment_bytes: int = SEGMENT_BYTES,
        preallocate: bool = False,
        ahead_bytes: int = 0,
    ) -> tuple[Self, Recovery]:
        """Open the log in ``directory``; return it, and what it holds.

        Args:
            disk: where the log is.
            directory: holds the log and nothing else.
            create: make a log if there is none. Leave it out where one must be: a member
                that has lost its disk must not go on as if it were new.
            metadata: of a new log: whose it is, for instance. An old log keeps its own.
            carried_types: record types of which only the latest record counts, such as a
                member's hard state: releasing a segment does not release that one. A log
                also goes on to carry what it has carried before.
            segment_bytes: begin the next segment rather than exceed this, except for a
                single batch that is larger.
            preallocate: fill segments with zeros before they are used, so that syncs are
                faster; see `keep_prepared`.
            ahead_bytes: or lengthen the last segment by so many zeros at a time: nearly as
                fast, and there is nothing to prepare.

        Raises:
            WalMissingError: there is no log, and ``create`` was not given.
            WalCorruptError: something that was synced is missing or damaged.
            OSError: the disk failed.
        """
        if create:
            await disk.make_directory(directory)
        elif not await disk.exists(directory):
            raise _missing(directory)
        # What is seen may not be durable yet, if only the process had died.
        for above in (*ancestors_of(directory), directory):
            await disk.sync_directory(above)
        found = await read_log(disk, directory)
        if found is None and not create:
            raise _missing(directory)
        filled_bytes = segment_bytes if preallocate else 0
        supply = SegmentSupply(disk, directory, filled_bytes=filled_bytes)
        await supply.clear()
        if found is None:
            end = await LogEnd.create(supply, metadata, carried_types, ahead_bytes=ahead_bytes)
            recovery = Recovery(created=True, metadata=metadata)
        else:
            end = await LogEnd.mend(
                disk, directory, supply, found, carried_types, ahead_bytes=ahead_bytes
            )
            recovery = Recovery(
                records=found.records,
                first_number=found.segments[0].first,
                metadata=found.segments[0].metadata,
                carried=found.segments[0].carried,
                cut_bytes=found.torn_bytes,
            )
        return cls(disk, directory, supply, end, segment_bytes), recovery

    @property
    def last_number(self) -> int:
        """The number of the last record appended; 0 if there has never been one."""
        return self._last

    @property
    def durable_number(self) -> int:
        """The number of the last record that survives a crash."""
        return self._end.durable

    @property
    def segments(self) -> tuple[SegmentHeader, ...]:
        """The headers of the segments, the oldest first: `SegmentHeader.first` is what counts."""
        return tuple(self._end.segments)

    def statistics(self) -> WalStatistics:
        """Return what the log has done since it was opened."""
        return WalStatistics(
            appended=self._last - self._last_found,
            written_bytes=self._end.written_bytes,
            syncs=self._end.syncs,
            segments=len(self._end.segments),
        )

    def append(self, records: Sequence[Record]) -> int:
        """Take records into memory; return the number of the last one. Never waits.

        The records of one call go into one segment. They are not atomic: a crash before
        `sync` returns may keep the first few of them.

        Args:
            records: types from 1 to 252.

        Raises:
            RecordTooLargeError: a payload is larger than a frame can say; nothing was taken.
            ValueError: a type is not the caller's to use; nothing was taken.
            WalBrokenError: a write or a sync has failed before.
            ClosedResourceError: the log was closed.
        """
        self._check_usable()
        self._queue.append(_Batch(tuple(records), _framed_bytes(records)))
        self._last += len(records)
        return self._last

    def quick(self, size_bytes: int) -> bool:
        """Whether `write_through` of so much may be called now: there is nothing to wait for.

        The disk must confirm at once (`kactors.runtime.disk.File.quick`), nobody be at work on
        it, nothing wait to be written, and no new segment be needed.
        """
        return (
            not (self._queue or self._turn.busy or self._closed or self._failure is not None)
            and self._end.offset + size_bytes <= self._segment_bytes
            and self._end.quick
        )

    def write_through(self, records: Sequence[Record]) -> int:
        """Do as `append` and `sync` on the spot, only while `quick`; return the last number.

        Raises:
            RecordTooLargeError, ValueError: as `append`; nothing was taken.
            WalBrokenError: the disk failed.
        """
        assert self.quick(_framed_bytes(records)), "ask `quick` first: this would have to wait"
        self._last += len(records)
        try:
            self._end.write_through(records)
        except (OSError, RuntimeFaceError) as error:
            raise self._broken_by(error) from error
        except BaseException as error:
            self._failure = error  # a bug: who knows what was written
            raise
        return self._last

    async def flush(self) -> None:
        """Hand what was appended to the operating system: it survives the process only.

        Raises:
            WalBrokenError: the disk failed, now or before.
            ClosedResourceError: the log was closed.
        """
        self._check_usable()
        number = self._last
        while self._end.written < number:
            if self._turn.busy:
                await self._turn.wait_over()
            else:
                await self._in_turn(self._write)
            self._check_usable()

    async def sync(self) -> None:
        """Wait until everything appended so far survives a crash.

        Tasks that call this while a sync is under way share the next one.

        Raises:
            WalBrokenError: the disk failed, now or before; what was not durable may be lost.
            ClosedResourceError: the log was closed.
        """
        self._check_usable()
        number = self._last
        while self._end.durable < number:
            if self._turn.busy:
                await self._turn.wait_over()
            else:
                await self._in_turn(self._write_and_sync)
            self._check_usable()

    async def cut(self) -> None:
        """Make everything durable and begin a new segment.

        Raises:
            WalBrokenError: the disk failed, now or before.
            ClosedResourceError: the log was closed.
        """
        self._check_usable()

        async def write_and_cut() -> None:
            await self._write_and_sync()
            await self._end.begin_segment()

        await self._in_turn(write_and_cut)

    async def release(self, number: int) -> None:
        """Delete the segments that hold only records before ``number``, never the last.

        Raises:
            WalBrokenError: the disk failed, now or before.
            ClosedResourceError: the log was closed.
        """
        self._check_usable()

        async def delete() -> None:
            # One by one, each deletion durable before the next: there is never a gap.
            segments = self._end.segments
            while len(segments) > 1 and segments[1].first <= number:
                await self._disk.delete(join(self._directory, segments[0].name))
                await self._disk.sync_directory(self._directory)
                del segments[0]

        await self._in_turn(delete, self._release_turn)

    async def keep_prepared(self) -> None:
        """Make the next segment ahead of time, again and again; runs until cancelled.

        Run it as a child task where segments are preallocated. Without it the batch that
        begins a segment waits for all those zeros.
        """
        await self._supply.keep_prepared()

    async def close(self) -> None:
        """Make everything durable, say so in the log, and close it; once is enough.

        Of a log that was closed like this, recovery can tell later damage from a torn write
        even in the last records.

        Raises:
            WalBrokenError: the disk failed now; a log that was broken before just closes.
        """
        if self._closed:
            return
        try:
            if self._failure is None:
                await self._in_turn(self._write_and_sync)
                await self._in_turn(self._end.mark)
        finally:
            self._closed = True
            await self._end.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def _check_usable(self) -> None:
        if self._closed:
            raise ClosedResourceError(f"the log in {self._directory!r} was closed: open it again")
        if self._failure is not None:
            raise WalBrokenError(
                f"the log in {self._directory!r} has failed before: restart and open it again"
            ) from self._failure

    async def _in_turn(self, work: Callable[[], Awaitable[None]], turn: Turn | None = None) -> None:
        """Do work on the disk, alone and to its end; a failure breaks the log."""
        async with turn or self._turn:
            self._check_usable()
            try:
                with cancel_scope(shield=True):
                    await work()
            except (OSError, RuntimeFaceError) as error:
                raise self._broken_by(error) from error
            except BaseException as error:
                self._failure = error  # a bug, or the host's end: who knows what was written
                raise

    def _broken_by(self, error: Exception) -> WalBrokenError:
        self._failure = error
        return WalBrokenError(
            f"the log in {self._directory!r} has failed ({error}): what was not durable "
            "may be lost; restart and open it again"
        )

    async def _write(self) -> None:
        """Write what is queued by now, beginning segments as needed."""
        waiting = len(self._queue)
        while waiting > 0:
            if self._end.offset + self._queue[0].framed_bytes > self._segment_bytes and (
                not self._end.empty
            ):
                await self._end.begin_segment()
            batches = self._take_fitting()
            waiting -= len(batches)
            await self._end.write([record for batch in batches for record in batch.records])

    def _take_fitting(self) -> list[_Batch]:
        """Take the first batch, and those behind it that fit into the segment as well."""
        room = self._segment_bytes - self._end.offset
        count = size = 0
        for batch in self._queue:
            size += batch.framed_bytes
            if count and size > room:
                break
            count += 1
        batches = self._queue[:count]
        del self._queue[:count]
        return batches

    async def _write_and_sync(self) -> None:
        await self._write()
        await self._end.sync()


def _framed_bytes(records: Sequence[Record]) -> int:
    """Return how much room records take; raises as `Wal.append` if they cannot be taken."""
    size = 0
    for type_, payload in records:
        if not 1 <= type_ <= TYPE_MAX:
            raise ValueError(f"a record's type is from 1 to {TYPE_MAX}, not {type_}")
        if len(payload) > PAYLOAD_BYTES_MAX:
            raise RecordTooLargeError(
                f"a payload of {len(payload)} bytes does not fit into a record: "
                f"split it into pieces of at most {PAYLOAD_BYTES_MAX}"
            )
        size += framed_bytes(len(payload))
    return size


def _missing(directory: str) -> WalMissingError:
    return WalMissingError(
        f"there is no log in {directory!r}: pass create=True if this is its first start"
    )
