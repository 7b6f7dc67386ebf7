"""Records, and how they are framed in a segment.

A frame is a 16-byte header, the payload, and zeros up to a multiple of 16 bytes::

    check    u32  CRC-32C of the three fields below, seeded with the segment and the offset
    body     u32  CRC-32C of the payload, seeded with the check of the frame before
    durable  u32  16-byte units of this segment known to be synced when this was written
    kind     u32  the payload's length << 8 | the record's type

All integers are little-endian. Each part of it answers a question that recovery asks:

* A header begins at a multiple of 16, so that it never straddles a sector: a crash leaves
  it whole or all zeros. One that is neither has rotted.
* ``check`` depends on the place, not on what comes before. A header can be recognised
  after a gap, and a frame that lies in the wrong place is not taken for one that belongs.
* ``body`` chains each frame to the one before, as in etcd's log, so that a stale frame
  which happens to lie in the right place is noticed too.
* ``durable`` proves, wherever it is found, that what lies before it had been synced and
  acknowledged: if that is damaged, it was no torn write.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from crc32c import crc32c

UNIT_BYTES: Final = 16
HEADER_BYTES: Final = 16
PAYLOAD_BYTES_MAX: Final = (1 << 24) - 1

MARK: Final = 254
"""Says only how much is durable; carries nothing and has no number."""

END: Final = 255
"""Says that the next segment exists; carries nothing and has no number."""

CUT: Final = 253
"""Says that a torn tail is being cut, and in ``durable`` up to where; has no number.

It stands where the log ends while what follows is overwritten with zeros, and is itself
overwritten once they are durable. If that fails, the next recovery learns from it what to
overwrite, even if the page cache pretends that nothing is left.
"""

TYPE_MAX: Final = 252
"""Types from 1 to here are the caller's."""

_FIELDS: Final = struct.Struct("<III")
_HEADER: Final = struct.Struct("<IIII")
_CHECK: Final = struct.Struct("<I")
_PADDING: Final = tuple(bytes(-size % UNIT_BYTES) for size in range(UNIT_BYTES))


class Record(NamedTuple):
    """What the log keeps: some bytes, and of which type they are (1 to 252)."""

    type: int
    payload: bytes


class Header(NamedTuple):
    """The header of a frame that is what it was when it was written.

    Attributes:
        check: seeds the next frame's ``body``.
        durable: the offset up to which the segment had been synced.
        end: the offset at which the frame ends, padding included.
    """

    check: int
    body: int
    durable: int
    type: int
    size: int
    end: int


class Framer:
    """Frames records one after another.

    Attributes:
        seed: the segment's.
        chain: the check of the last frame, or the segment's chain before the first.
        end: the offset at which the next frame begins.
        durable: the offset up to which the segment is synced.
    """

    __slots__ = ("chain", "durable", "end", "seed")

    def __init__(self, seed: int, chain: int, end: int, durable: int) -> None:
        self.seed = seed
        self.chain = chain
        self.end = end
        self.durable = durable

    def frame(self, records: Iterable[tuple[int, bytes]]) -> bytes:
        """Return the frames of ``records`` and move `end` and `chain` behind them."""
        pieces: list[bytes] = []
        add = pieces.append
        pack_fields, pack_check = _FIELDS.pack, _CHECK.pack
        seed, chain, unit, durable = self.seed, self.chain, self.end >> 4, self.durable >> 4
        for type_, payload in records:
            size = len(payload)
            fields = pack_fields(crc32c(payload, chain), durable, size << 8 | type_)
            chain = crc32c(fields, seed ^ unit)
            add(pack_check(chain))
            add(fields)
            add(payload)
            add(_PADDING[size & 15])
            unit += 1 + (size + 15 >> 4)
        self.chain = chain
        self.end = unit << 4
        return b"".join(pieces)


def framed_bytes(payload_bytes: int) -> int:
    """Return how much room a record with so large a payload takes."""
    return HEADER_BYTES + payload_bytes + -payload_bytes % UNIT_BYTES


def read_frames(
    data: bytes, offset: int, upto: int, seed: int, chain: int
) -> Iterator[tuple[int, bytes, int, int, int]]:
    """Yield ``(type, payload, end, check, durable)`` of frames, up to the first unreadable one.

    This loop decides how fast a log opens: it is `read_header` and the check of the body,
    written out.

    Args:
        data: the segment from its beginning.
        offset: where the first frame begins.
        upto: what lies behind is not read.
        seed: the segment's.
        chain: the check of the frame before.
    """
    unpack, checksum, padding = _HEADER.unpack_from, crc32c, _PADDING
    while offset + HEADER_BYTES <= upto:
        check, body, durable, kind = unpack(data, offset)
        begin = offset + HEADER_BYTES
        if not kind or checksum(data[offset + 4 : begin], seed ^ offset >> 4) != check:
            return
        size = kind >> 8
        offset = begin + (size + 15 & -16)
        payload = data[begin : begin + size]
        if (
            offset > upto
            or checksum(payload, chain) != body
            or data[begin + size : offset] != padding[size & 15]
        ):
            return
        chain = check
        yield kind & 0xFF, payload, offset, check, durable << 4


def read_header(data: bytes, offset: int, seed: int) -> Header | None:
    """Return the header at ``offset``, or None if there is no valid one.

    Args:
        data: the segment from its beginning.
        offset: a multiple of 16, with at least 16 bytes left.
        seed: the segment's.
    """
    check, body, durable, kind = _HEADER.unpack_from(data, offset)
    if not kind or crc32c(data[offset + 4 : offset + 16], seed ^ offset >> 4) != check:
        return None
    size = kind >> 8
    return Header(check, body, durable << 4, kind & 0xFF, size, offset + framed_bytes(size))
