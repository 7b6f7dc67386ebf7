"""What a member keeps on its disk: its log and its snapshots, written as Raft's contract asks.

Theory of operation
===================

`MemberStorage.write` carries out step 1 of several `Ready` (see `kactors.raft.ready`) and returns
when all of it is durable, with one sync for everything: it is called by one task, and whatever
became ready meanwhile waits for the next call. A commit index that changed, and nothing else, is
not written for itself: it goes along with what is written next.

A snapshot's file is whole and in place before the log says anything about it, and the log says
that entries are gone before segments are deleted. Whatever a crash leaves, the log tells which
snapshots may be used: `MemberStorage.open`.

Layout: ``wal/`` and ``snapshots/`` under the disk's root.
"""

from bisect import bisect_right
from collections.abc import AsyncIterable, Sequence
from typing import Final, Self

import attrs
from crc32c import crc32c

from kactors.etcd.client_errors import MemberFailed
from kactors.etcd.errors import SnapshotMalformed
from kactors.etcd.log_records import (
    BOOT,
    CARRIED,
    HARD_STATE,
    POSITION,
    Boot,
    LogHead,
    Position,
    SnapshotAt,
    entry_records,
    forget_after,
    replay,
)
from kactors.etcd.snapshot import SnapshotReader
from kactors.etcd.store import Store
from kactors.raft.messages import SnapshotMetadata
from kactors.raft.ready import Chunk, Ready
from kactors.raft.storage import MemoryLog
from kactors.runtime.disk import Disk
from kactors.storage.errors import SnapshotCorruptError, SnapshotMissingError
from kactors.storage.path import join
from kactors.storage.record import Record
from kactors.storage.snapshot import SnapshotStore
from kactors.storage.snapshot_writer import SnapshotWriter
from kactors.storage.wal import Wal
from kactors.wire import decode, encode, evolve

WAL_DIRECTORY: Final = "wal"
SNAPSHOT_DIRECTORY: Final = "snapshots"
_RECORD_BYTES_MAX: Final = 4 << 20
_QUICK_BYTES_MAX: Final = 64 << 10
_OVERHEAD_BYTES: Final = 1 << 10
"""More than an entry or a hard state takes on the disk besides its data."""


@attrs.frozen
class Installed:
    """A leader's snapshot is durable and read."""

    snapshot: SnapshotMetadata
    store: Store


class MemberStorage:
    """The disk of one member; made by `open` or `create`.

    Attributes:
        log: the durable part of the log, as Raft's core reads it.
        head: what the log says now, or will when it is synced; but for the hard state, which is
            the log's own.
        store: what the snapshot held with which the member starts.
        wal: the log's files.
    """

    def __init__(
        self,
        wal: Wal,
        snapshots: SnapshotStore,
        head: LogHead,
        log: MemoryLog,
        store: Store,
        numbers: list[tuple[int, int]],
    ) -> None:
        self.wal = wal
        self.log = log
        self.head = head
        self.store = store
        self._snapshots = snapshots
        self._numbers = numbers
        self._hard_state = head.hard_state
        self._hard_state_owed = False
        self._incoming: _Incoming | None = None

    # Opening ----------------------------------------------------------------------------------

    @staticmethod
    async def exists(disk: Disk) -> bool:
        """Tell whether a member has been started on this disk."""
        return await disk.exists(WAL_DIRECTORY) and bool(await disk.list(WAL_DIRECTORY))

    @classmethod
    async def create(
        cls,
        disk: Disk,
        head: LogHead,
        first: tuple[SnapshotMetadata, bytes] | None,
        *,
        segment_bytes: int,
        preallocate: bool,
    ) -> None:
        """Prepare an empty disk for `open`.

        Args:
            disk: where.
            head: with what the log begins.
            first: the snapshot with which the member begins, and its bytes; None for a member
                that joins and knows nothing.
            segment_bytes: see `Wal.open`.
            preallocate: see `Wal.open`.

        Raises:
            OSError: the disk failed.
        """
        snapshots = await SnapshotStore.open(disk, SNAPSHOT_DIRECTORY)
        if first is not None:
            metadata, data = first
            await snapshots.save(metadata.index, data, _file_metadata(metadata))
        wal, _ = await Wal.open(
            disk,
            WAL_DIRECTORY,
            create=True,
            metadata=encode(head),
            carried_types=CARRIED,
            segment_bytes=segment_bytes,
            preallocate=preallocate,
        )
        await wal.close()

    @classmethod
    async def open(
        cls, disk: Disk, *, segment_bytes: int, preallocate: bool, ahead_bytes: int = 0
    ) -> Self:
        """Open what the disk holds.

        Raises:
            MemberFailed: the log and the snapshots do not fit together.
            WalMissingError, WalCorruptError: see `Wal.open`.
            OSError: the disk failed.
        """
        wal, recovery = await Wal.open(
            disk,
            WAL_DIRECTORY,
            carried_types=CARRIED,
            segment_bytes=segment_bytes,
            preallocate=preallocate,
            ahead_bytes=ahead_bytes,
        )
        found = replay(recovery)
        head = found.head
        log = MemoryLog(
            hard_state=head.hard_state,
            base=(head.start.index, head.start.term),
            entries=found.entries,
        )
        snapshots = await SnapshotStore.open(disk, SNAPSHOT_DIRECTORY)
        store = Store()
        if head.start.index:
            log.snapshot, store = await _newest(disk, snapshots, log)
        boot = head.boot + 1
        head = evolve(head, boot=boot)
        wal.append([Record(BOOT, encode(Boot(boot)))])
        await wal.sync()
        return cls(wal, snapshots, head, log, store, found.numbers)

    # Writing ----------------------------------------------------------------------------------

    def note(self, ready: Ready) -> None:
        """Take in a `Ready` that has nothing to be synced: at most a commit index."""
        if ready.hard_state is not None:
            self._hard_state = ready.hard_state
            self._hard_state_owed = True
            self.log.hard_state = ready.hard_state

    async def write(self, readies: Sequence[Ready]) -> list[Installed]:
        """Make durable what several `Ready` want to be written, in their order.

        Returns:
            The leader's snapshots among them.

        Raises:
            WalBrokenError, OSError: the disk failed; nobody knows what it holds.
            SnapshotMalformed: a leader sent what is no snapshot.
        """
        installed: list[Installed] = []
        must_sync = False
        for ready in readies:
            must_sync |= ready.must_sync
            for chunk in ready.chunks:
                await self._take_chunk(chunk)
            records = self._hard_state_records(ready)
            if ready.snapshot is not None:
                installed.append(await self._finish_incoming(ready.snapshot))
                records.append(self._install(ready.snapshot))
            self._add_entries(records, ready)
            if records:
                self.wal.append(records)
        if must_sync:
            await self.wal.sync()
        for ready in readies:
            self.log.save(ready)
        return installed

    def write_now(self, ready: Ready) -> bool:
        """Do as `write` with one `Ready`, on the spot, if there is nothing to wait for.

        Returns:
            Whether it is done; if not, nothing is.

        Raises:
            WalBrokenError: as `write`.
        """
        if ready.chunks or ready.snapshot is not None:
            return False
        if any(entry.change is not None for entry in ready.entries):
            return False
        room = _OVERHEAD_BYTES + sum(_OVERHEAD_BYTES + len(entry.data) for entry in ready.entries)
        if room > _QUICK_BYTES_MAX or not self.wal.quick(room):
            return False
        records = self._hard_state_records(ready)
        self._add_entries(records, ready)
        if records:
            self.wal.write_through(records)
        self.log.save(ready)
        return True

    def _hard_state_records(self, ready: Ready) -> list[Record]:
        """Return the hard state as a record, if the disk lacks it and a sync is to come."""
        if ready.hard_state is not None:
            self._hard_state = ready.hard_state
            self._hard_state_owed = True
        if not (self._hard_state_owed and ready.must_sync):
            return []
        self._hard_state_owed = False
        return [Record(HARD_STATE, encode(self._hard_state))]

    def _add_entries(self, records: list[Record], ready: Ready) -> None:
        """Add entries to the records to write next, and note which record holds which."""
        if not ready.entries:
            return
        first = self.wal.last_number + len(records) + 1
        for place, (index, record) in enumerate(entry_records(ready.entries, _RECORD_BYTES_MAX)):
            forget_after(self._numbers, index)
            self._numbers.append((index, first + place))
            records.append(record)

    def _install(self, snapshot: SnapshotMetadata) -> Record:
        position = Position(snapshot.index, snapshot.term, replaces=True)
        self.head = evolve(self.head, start=position)
        self._numbers.clear()
        return Record(POSITION, encode(position))

    async def close(self) -> None:
        """Write what is owed and close the log.

        Raises:
            WalBrokenError: the disk failed.
        """
        if self._incoming is not None:
            await self._incoming.writer.close()
        if self._hard_state_owed:
            record = Record(HARD_STATE, encode(self._hard_state))
            self.wal.append([record])
        await self.wal.close()

    # A leader's snapshot ----------------------------------------------------------------------

    async def _take_chunk(self, chunk: Chunk) -> None:
        if chunk.offset == 0:
            if self._incoming is not None:
                await self._incoming.writer.close()
            metadata = chunk.snapshot
            writer = await self._snapshots.create(metadata.index, _file_metadata(metadata))
            self._incoming = _Incoming(writer)
        incoming = self._incoming
        assert incoming is not None, "the first chunk of a snapshot comes first"
        assert chunk.offset == incoming.writer.size, (
            f"{chunk.offset} does not continue the snapshot"
        )
        await incoming.take(chunk.data)

    async def _finish_incoming(self, snapshot: SnapshotMetadata) -> Installed:
        incoming, self._incoming = self._incoming, None
        assert incoming is not None, f"{snapshot} is complete, but no chunk has come"
        if incoming.checksum != snapshot.checksum:
            await incoming.writer.abort()
            raise SnapshotMalformed(
                f"the snapshot at {snapshot.index} has the checksum {incoming.checksum:#x}, its "
                f"sender said {snapshot.checksum:#x}"
            )
        await incoming.writer.commit()
        return Installed(snapshot, incoming.reader.finish())

    # The member's own snapshots ---------------------------------------------------------------

    async def save_snapshot(
        self, metadata: SnapshotMetadata, pieces: AsyncIterable[bytes]
    ) -> SnapshotMetadata:
        """Write a snapshot of the state machine; return its metadata with size and checksum.

        Raises:
            OSError: the disk failed; the snapshot is given up, the member may go on.
        """
        size = checksum = 0
        async with await self._snapshots.create(metadata.index, _file_metadata(metadata)) as writer:
            async for piece in pieces:
                await writer.write(piece)
                size += len(piece)
                checksum = crc32c(piece, checksum)
            await writer.commit()
        return evolve(metadata, size_bytes=size, checksum=checksum)

    async def compact(self, snapshot: SnapshotMetadata, *, keep: int) -> None:
        """Let a snapshot of our own, which is in place, stand for the entries that it covers.

        Args:
            snapshot: what `save_snapshot` returned.
            keep: entries that are kept behind it.

        Raises:
            WalBrokenError, OSError: the disk failed.
        """
        log = self.log
        log.note_snapshot(snapshot)
        upto = snapshot.index - keep
        # A leader's snapshot may be on its way into the log, and then it says where that begins.
        if upto < log.first_index or upto <= self.head.start.index:
            await self._snapshots.purge()
            return
        log.compact(upto)
        term = log.term(upto)
        assert term is not None, "the log knows the term on which it stands"
        position = Position(upto, term)
        self.head = evolve(self.head, start=position)
        self.wal.append([Record(POSITION, encode(position))])
        marker = self.wal.last_number
        await self.wal.sync()
        await self.wal.release(self._number_of(upto + 1, otherwise=marker))
        await self._snapshots.purge()

    def _number_of(self, index: int, *, otherwise: int) -> int:
        """Return the record that holds entry ``index``, or a marker if no entry is as late."""
        place = bisect_right(self._numbers, index, key=_index) - 1
        if place < 0:
            return self._numbers[0][1] if self._numbers else otherwise
        del self._numbers[:place]
        return min(self._numbers[0][1], otherwise)

    async def read_snapshot(self, index: int, offset: int, size_bytes: int) -> bytes | None:
        """Return a piece of a snapshot for another member; None if it cannot be had any more.

        Raises:
            OSError: the disk failed.
        """
        try:
            async with await self._snapshots.open_snapshot(index) as reader:
                return await reader.read(offset, size_bytes)
        except (SnapshotMissingError, SnapshotCorruptError):
            return None


class _Incoming:
    """A leader's snapshot on its way to the disk, read as it comes."""

    def __init__(self, writer: SnapshotWriter) -> None:
        self.writer = writer
        self.reader = SnapshotReader()
        self.checksum = 0

    async def take(self, data: bytes) -> None:
        self.reader.feed(data)
        self.checksum = crc32c(data, self.checksum)
        await self.writer.write(data)


async def _newest(
    disk: Disk, snapshots: SnapshotStore, log: MemoryLog
) -> tuple[SnapshotMetadata, Store]:
    """Return the newest snapshot that belongs to the log, and what it holds.

    Files that the log knows nothing of are deleted: a crash came before their installation.
    """
    problems: list[str] = []
    for index in reversed(await snapshots.indices()):
        try:
            async with await snapshots.open_snapshot(index) as reader:
                at = decode(reader.snapshot.metadata)
                assert isinstance(at, SnapshotAt), f"snapshot {index} is another program's"
                if log.term(index) != at.term:
                    await disk.delete(join(SNAPSHOT_DIRECTORY, reader.snapshot.file.split("/")[-1]))
                    continue
                parser = SnapshotReader()
                checksum = 0
                async for piece in reader.chunks():
                    parser.feed(piece)
                    checksum = crc32c(piece, checksum)
                size = reader.snapshot.size
                return SnapshotMetadata(
                    index, at.term, at.configuration, size, checksum
                ), parser.finish()
        except (SnapshotCorruptError, SnapshotMalformed) as problem:
            problems.append(str(problem))
    raise MemberFailed(
        f"no snapshot fits the log, which begins after entry {log.first_index - 1} "
        f"({'; '.join(problems) or 'none is there'}): empty this member's disk and add it anew"
    )


def _file_metadata(snapshot: SnapshotMetadata) -> bytes:
    return encode(SnapshotAt(snapshot.index, snapshot.term, snapshot.configuration))


def _index(number: tuple[int, int]) -> int:
    return number[0]
