"""Reading a log from its disk, without changing anything."""

import attrs

from kactors.runtime.disk import Disk
from kactors.storage.errors import WalCorruptError
from kactors.storage.path import join
from kactors.storage.record import END, HEADER_BYTES, Record
from kactors.storage.scan import Scan, check_closed, judge_tail, scan
from kactors.storage.segment import SUFFIX, SegmentHeader, decode_header, parse_name, segment_name


@attrs.frozen(kw_only=True)
class Recovery:
    """What a log held when it was opened.

    Attributes:
        created: the log is new; there was none.
        records: in order. All of them are durable now, also those that had not been
            acknowledged before the crash.
        first_number: the number of the first of them, or of the next if there is none.
        metadata: the caller's, as it was when the log was created.
        carried: of the types that are carried over, the latest records before the first.
        cut_bytes: the size of the torn tail that was cut off; nothing in it had been
            acknowledged, see `kactors.storage.scan`.
    """

    created: bool = False
    records: tuple[Record, ...] = ()
    first_number: int = 1
    metadata: bytes = b""
    carried: tuple[Record, ...] = ()
    cut_bytes: int = 0


@attrs.frozen(kw_only=True)
class Found:
    """A log as it lies on the disk.

    Attributes:
        segments: every segment's header, the oldest first.
        records: of all segments, in order.
        tail: the frames of the last segment.
        tail_data: what the last segment's file holds.
        debris_end: where the bytes of a torn write behind the last frame end.
    """

    segments: tuple[SegmentHeader, ...]
    records: tuple[Record, ...]
    tail: Scan
    tail_data: bytes
    debris_end: int

    @property
    def torn_bytes(self) -> int:
        """The size of the torn write; 0 if the last recovery has left nothing but its note."""
        end = self.tail.framer.end
        if self.tail.cut_end and not any(self.tail_data[end + HEADER_BYTES : self.debris_end]):
            return 0
        return self.debris_end - end


async def read_log(disk: Disk, directory: str) -> Found | None:
    """Read the log in ``directory``; None if there is none. Changes nothing.

    Raises:
        WalCorruptError: something that was synced is missing or damaged.
        OSError: the disk could not read.
    """
    names = [name for name in await disk.list(directory) if name.endswith(SUFFIX)]
    if not names:
        return None
    _check_names(directory, names)
    segments: list[SegmentHeader] = []
    records: list[Record] = []
    last: _Segment | None = None
    for name in names:
        segment = await _read_segment(disk, join(directory, name))
        segments.append(segment.header)
        if last is not None:
            # Only now is it known where the segment before should have ended.
            following = segment.header
            _check_same_log(segment, last)
            whole = scan(last.data, last.header, last.seed, min(following.previous, last.size))
            check_closed(last.path, last.data, last.header, whole, following)
            records += whole.records
        last = segment
    assert last is not None, "there is at least one segment"
    tail = scan(last.data, last.header, last.seed, last.size)
    debris_end = judge_tail(last.path, last.data, last.header, tail)
    if tail.last_type == END:
        raise WalCorruptError(
            last.path,
            tail.framer.end,
            number=last.header.first + len(tail.records),
            expected=f"segment {last.header.sequence + 1}, which its last frame announces",
            found="no such file",
        )
    return Found(
        segments=tuple(segments),
        records=(*records, *tail.records),
        tail=tail,
        tail_data=last.data,
        debris_end=debris_end,
    )


@attrs.frozen
class _Segment:
    """A segment's file, read."""

    path: str
    data: bytes
    header: SegmentHeader
    seed: int

    @property
    def size(self) -> int:
        return len(self.data)


async def _read_segment(disk: Disk, path: str) -> _Segment:
    async with await disk.open(path) as file:
        data = await file.read(0, file.size)
    return _Segment(path, data, *decode_header(path, data))


def _check_same_log(segment: _Segment, before: _Segment) -> None:
    """Check that two segments have the same metadata.

    Raises:
        WalCorruptError: they have not.
    """
    if segment.header.metadata != before.header.metadata:
        raise WalCorruptError(
            segment.path,
            0,
            number=segment.header.first,
            expected=f"the metadata {before.header.metadata!r}",
            found=repr(segment.header.metadata),
        )


def _check_names(directory: str, names: list[str]) -> None:
    """Check that the files are segments, and that none is missing between them.

    Raises:
        WalCorruptError: they are not, or one is.
    """
    expected = None
    for name in names:
        parsed = parse_name(name)
        if parsed is None:
            raise WalCorruptError(
                join(directory, name),
                0,
                number=0,
                expected=f"a name such as {segment_name(1, 1)!r}",
                found=repr(name),
            )
        sequence, first = parsed
        if expected is not None and sequence != expected:
            raise WalCorruptError(
                join(directory, name),
                0,
                number=first,
                expected=f"segment {expected} before it",
                found="no such file",
            )
        expected = sequence + 1
