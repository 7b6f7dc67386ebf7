"""Reading the frames of a segment, and judging how it ends.

Theory of operation
===================

A closed segment is easy: the next one says where its last record ends, so that anything
that does not lead there is corruption. The last segment ends where no frame can be read.
Then either the log simply ends, or the power failed during a write (a *torn tail*, to be
cut), or what was synced is no more (*corruption*, to be reported). What tells them apart,
given that a sector is written whole or not at all and that unwritten sectors are zeros:

1. A header lies in one sector. If it is neither valid nor all zeros, it has rotted.
2. If it is all zeros, so is the rest of its sector, for nothing follows an unwritten frame.
3. If it is valid and its frame is not, and no later sector of the frame is all zeros,
   every sector was written, and one has rotted (etcd's ``isTornEntry`` asks the same).
4. If anywhere behind it a header survives that says that more than this was durable, the
   damaged frame had been synced.

So what cannot be told from a torn tail is damage that leaves nothing behind it as a proof:
whole sectors of zeros in what the very last sync has covered, or a last file that has lost
its whole end.
"""

import attrs

from kactors.storage.errors import WalCorruptError
from kactors.storage.medium import SECTOR_BYTES
from kactors.storage.record import (
    CUT,
    HEADER_BYTES,
    TYPE_MAX,
    UNIT_BYTES,
    Framer,
    Header,
    Record,
    read_frames,
    read_header,
)
from kactors.storage.segment import SegmentHeader


@attrs.define
class Scan:
    """The frames of a segment, up to the first that cannot be read.

    Attributes:
        records: the caller's.
        framer: goes on where the frames end; its `durable` is what the frames prove.
        records_end: the offset behind the last record.
        last_type: the type of the last frame, 0 if there is none.
        cut_end: where the torn tail behind it ends if an earlier recovery was cutting it.
    """

    records: list[Record]
    framer: Framer
    records_end: int
    last_type: int = 0
    cut_end: int = 0


def scan(data: bytes, header: SegmentHeader, seed: int, upto: int) -> Scan:
    """Read frames until offset ``upto``, or until there is none to be read."""
    framer = Framer(seed, header.chain, header.size, header.size)
    found = Scan([], framer, header.size)
    add = found.records.append
    proven = framer.durable
    for type_, payload, end, check, durable in read_frames(
        data, header.size, upto, seed, header.chain
    ):
        if type_ == CUT:
            found.cut_end = min(durable, upto)
            break
        if type_ <= TYPE_MAX:
            add(Record(type_, payload))
            found.records_end = end
        found.last_type = type_
        framer.end = end
        framer.chain = check
        if durable > proven:
            proven = durable
    framer.durable = proven
    return found


def check_closed(
    path: str, data: bytes, header: SegmentHeader, found: Scan, following: SegmentHeader
) -> None:
    """Check that a closed segment leads to the one that follows it.

    Raises:
        WalCorruptError: it does not.
    """
    number = header.first + len(found.records)
    end = found.framer.end
    if end != following.previous:
        raise WalCorruptError(
            path,
            end,
            number=number,
            expected=f"records up to offset {following.previous}",
            found=describe(data, end, found.framer.seed),
        )
    if (number, found.framer.chain) != (following.first, following.chain):
        raise WalCorruptError(
            path,
            end,
            number=min(number, following.first),
            expected=f"the end before record {following.first}, CRC {following.chain:#010x}",
            found=f"the end before record {number}, CRC {found.framer.chain:#010x}",
        )


def judge_tail(path: str, data: bytes, header: SegmentHeader, found: Scan) -> int:
    """Return the offset at which the debris behind the last frame of a log ends.

    That is where the last frame ends if there is none.

    Raises:
        WalCorruptError: what is behind the last frame was once synced.
    """
    end = found.framer.end
    seed = found.framer.seed
    debris_end = len(data.rstrip(b"\0"))
    if debris_end <= end:
        return end

    def corrupt(expected: str) -> WalCorruptError:
        return WalCorruptError(
            path,
            end,
            number=header.first + len(found.records),
            expected=expected,
            found=describe(data, end, seed),
        )

    if end + HEADER_BYTES > len(data):
        return debris_end
    if found.cut_end:
        return max(found.cut_end, debris_end)  # it was judged before the cutting began
    frame = read_header(data, end, seed)
    if frame is None:
        if any(data[end : end + HEADER_BYTES]):
            raise corrupt("a frame's header")
        if any(data[end : _next_sector(end)]):
            raise corrupt("a frame's header, as more follows in its sector")
    elif frame.end <= len(data) and not _has_blank_sector(data, end, frame):
        raise corrupt("the frame that its header describes")
    proof = _later_proof(data, frame.end if frame else end + UNIT_BYTES, debris_end, end, seed)
    if proof is not None:
        raise corrupt(f"a frame that was synced before offset {proof} was written")
    return debris_end


def describe(data: bytes, offset: int, seed: int) -> str:
    """Say in words what is at ``offset`` instead of a readable frame."""
    if offset + HEADER_BYTES > len(data):
        return f"the end of the file at {len(data)}"
    raw = data[offset : offset + HEADER_BYTES]
    if not any(raw):
        return "zeros"
    frame = read_header(data, offset, seed)
    if frame is None:
        return f"{raw.hex()}, which fails its check"
    if frame.end > len(data):
        return f"a frame of {frame.size} bytes, which the file cuts at {len(data)}"
    return f"a frame of {frame.size} bytes, which fails its CRC"


def _next_sector(offset: int) -> int:
    return (offset // SECTOR_BYTES + 1) * SECTOR_BYTES


def _has_blank_sector(data: bytes, offset: int, frame: Header) -> bool:
    """Tell whether a sector of the frame behind its header's holds nothing but zeros."""
    for begin in range(_next_sector(offset), frame.end, SECTOR_BYTES):
        if not any(data[begin : min(begin + SECTOR_BYTES, frame.end)]):
            return True
    return False


def _later_proof(data: bytes, begin: int, end: int, doubtful: int, seed: int) -> int | None:
    """Return where a valid header says that what is at ``doubtful`` was durable, or None."""
    for sector in range(begin // SECTOR_BYTES * SECTOR_BYTES, end, SECTOR_BYTES):
        if not any(data[sector : sector + SECTOR_BYTES]):
            continue
        upto = min(sector + SECTOR_BYTES, len(data)) - HEADER_BYTES
        for offset in range(max(begin, sector), upto + 1, UNIT_BYTES):
            frame = read_header(data, offset, seed)
            if frame is not None and doubtful < frame.durable <= offset:
                return offset
    return None
