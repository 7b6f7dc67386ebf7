r"""Segments: the files of a log, their names and their headers.

A header takes whole sectors, so that a torn write of the first record cannot touch it::

    magic     8 bytes   b"kactwal\0"
    version   u32       1
    size      u32       of the header, a multiple of 512
    sequence  u64       1 for a log's first segment, then 2, 3, ...
    first     u64       the number of the first record
    previous  u64       where the records of the segment before end; 0 in the first
    chain     u32       the check of the last frame of the segment before
    lengths   2 x u32   of the metadata and of the carried records
    metadata            the caller's, the same in every segment
    carried             records from before this segment, each with type u8 and length u32
    seed      u32       CRC-32C of everything above: also what seeds the frames' checks

``previous``, ``first`` and ``chain`` say of the segment before how many records it holds and
where the last one ends: it is whole if its records lead exactly there.

``carried`` is what makes earlier segments dispensable: of each type of record of which only
the latest counts, the latest before this segment.
"""

import re
import struct
from typing import Final

import attrs
from crc32c import crc32c

from kactors.storage.errors import WalCorruptError
from kactors.storage.medium import SECTOR_BYTES
from kactors.storage.record import Record

MAGIC: Final = b"kactwal\0"
VERSION: Final = 1
SUFFIX: Final = ".wal"
METADATA_BYTES_MAX: Final = 1 << 20

_HEAD: Final = struct.Struct("<8sIIQQQIII")
_SEED: Final = struct.Struct("<I")
_CARRIED: Final = struct.Struct("<BI")
_NAME: Final = re.compile(r"([0-9a-f]{16})-([0-9a-f]{16})\.wal")


@attrs.frozen(kw_only=True)
class SegmentHeader:
    """What the beginning of a segment says. Attributes: see the module."""

    sequence: int
    first: int
    previous: int
    chain: int
    metadata: bytes
    carried: tuple[Record, ...] = ()

    @property
    def name(self) -> str:
        """The segment's file name: sequence and first record number, as etcd's."""
        return segment_name(self.sequence, self.first)

    @property
    def size(self) -> int:
        """Where the records begin."""
        return _header_bytes(len(self.metadata) + len(_pack_carried(self.carried)))

    def encode(self) -> tuple[bytes, int]:
        """Return the header's bytes, and the seed of the segment's frames.

        Raises:
            ValueError: the metadata exceeds `METADATA_BYTES_MAX`.
        """
        if len(self.metadata) > METADATA_BYTES_MAX:
            raise ValueError(
                f"{len(self.metadata)} bytes of metadata do not fit into a segment's header: "
                f"keep them below {METADATA_BYTES_MAX}"
            )
        carried = _pack_carried(self.carried)
        head = _HEAD.pack(
            MAGIC,
            VERSION,
            self.size,
            self.sequence,
            self.first,
            self.previous,
            self.chain,
            len(self.metadata),
            len(carried),
        )
        content = head + self.metadata + carried
        seed = crc32c(content)
        return (content + _SEED.pack(seed)).ljust(self.size, b"\0"), seed


def _header_bytes(content_bytes: int) -> int:
    return -(-(_HEAD.size + content_bytes + _SEED.size) // SECTOR_BYTES) * SECTOR_BYTES


def _pack_carried(carried: tuple[Record, ...]) -> bytes:
    return b"".join(_CARRIED.pack(type_, len(payload)) + payload for type_, payload in carried)


def _unpack_carried(data: bytes) -> tuple[Record, ...]:
    carried: list[Record] = []
    offset = 0
    while offset < len(data):
        type_, length = _CARRIED.unpack_from(data, offset)
        offset += _CARRIED.size
        carried.append(Record(type_, data[offset : offset + length]))
        offset += length
    return tuple(carried)


def segment_name(sequence: int, first: int) -> str:
    """Return a segment's file name.

    Example:
        >>> segment_name(2, 4711)
        '0000000000000002-0000000000001267.wal'
    """
    return f"{sequence:016x}-{first:016x}{SUFFIX}"


def parse_name(name: str) -> tuple[int, int] | None:
    """Return ``(sequence, first)`` of a segment's file name; None if it is not one."""
    match = _NAME.fullmatch(name)
    return (int(match[1], 16), int(match[2], 16)) if match else None


def decode_header(path: str, data: bytes) -> tuple[SegmentHeader, int]:
    """Return the header at the beginning of ``data``, and the seed of its frames.

    Args:
        path: the segment's, whose last part says what the header must say too.
        data: the segment, at least as far as its header goes.

    Raises:
        WalCorruptError: it is not a header that this version has written under that name.
    """
    named = parse_name(path.rpartition("/")[2])
    assert named is not None, f"{path!r} was taken for a segment"

    def corrupt(offset: int, expected: str, found: str) -> WalCorruptError:
        return WalCorruptError(path, offset, number=named[1], expected=expected, found=found)

    if len(data) < _HEAD.size:
        raise corrupt(len(data), f"a header of at least {_HEAD.size} bytes", "the end of the file")
    magic, version, size, sequence, first, previous, chain, *lengths = _HEAD.unpack_from(data)
    if magic != MAGIC:
        raise corrupt(0, f"the magic {MAGIC!r}", repr(magic))
    length = sum(lengths)
    if size != _header_bytes(length) or len(data) < size:
        raise corrupt(8, f"a header of {_header_bytes(length)} bytes", f"{len(data)} bytes")
    content = data[: _HEAD.size + length]
    seed = crc32c(content)
    (stored,) = _SEED.unpack_from(data, len(content))
    if seed != stored:
        raise corrupt(len(content), f"the CRC {seed:#010x}", f"{stored:#010x}")
    if version != VERSION:
        raise corrupt(8, f"version {VERSION}", f"version {version}")
    if named != (sequence, first):
        raise corrupt(16, f"segment {named[0]} from record {named[1]}", f"{sequence}, {first}")
    header = SegmentHeader(
        sequence=sequence,
        first=first,
        previous=previous,
        chain=chain,
        metadata=content[_HEAD.size : _HEAD.size + lengths[0]],
        carried=_unpack_carried(content[_HEAD.size + lengths[0] :]),
    )
    return header, seed
