r"""The bytes of a snapshot file.

A header, blocks of data, a trailer::

    magic     8 bytes   b"kactsnp\0"
    version   u32       1
    block     u32       data bytes in every block but the last
    index     u64       the snapshot's
    length    u32       of the metadata
    metadata            the caller's
    seed      u32       CRC-32C of everything above

    check     u32       CRC-32C of the block's data, seeded with the seed and the block's number
    data                of the block; and so on

    size      u64       of all data
    digest    u32       CRC-32C of all the blocks' checks
    check     u32       CRC-32C of size and digest, seeded with the seed
    magic     8 bytes   b"kactend\0"

A block's check depends on its place, so that one which lies in the wrong place is noticed;
the digest notices one that is missing, and the trailer a file that was never finished.
"""

import struct
from typing import Final

import attrs
from crc32c import crc32c

from kactors.runtime.disk import File
from kactors.storage.errors import SnapshotCorruptError

MAGIC: Final = b"kactsnp\0"
END_MAGIC: Final = b"kactend\0"
VERSION: Final = 1
BLOCK_BYTES: Final = 64 * 1024
METADATA_BYTES_MAX: Final = 1 << 20

_HEAD: Final = struct.Struct("<8sIIQI")
_TRAILER: Final = struct.Struct("<QII8s")
_SIZE_AND_DIGEST: Final = struct.Struct("<QI")
_CRC: Final = struct.Struct("<I")

CRC_BYTES: Final = _CRC.size
TRAILER_BYTES: Final = _TRAILER.size


@attrs.frozen(kw_only=True)
class SnapshotHeader:
    """What the beginning of a snapshot file says. Attributes: see the module."""

    index: int
    metadata: bytes
    block_bytes: int
    seed: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        if len(self.metadata) > METADATA_BYTES_MAX:
            raise ValueError(
                f"{len(self.metadata)} bytes of metadata do not fit into a snapshot's header: "
                f"keep them below {METADATA_BYTES_MAX}"
            )
        object.__setattr__(self, "seed", crc32c(self._content()))

    @property
    def size(self) -> int:
        """Where the first block begins."""
        return _HEAD.size + len(self.metadata) + CRC_BYTES

    def encode(self) -> bytes:
        """Return the header's bytes."""
        return self._content() + _CRC.pack(self.seed)

    def block_offset(self, number: int) -> int:
        """Return where block ``number`` begins, counted from 0."""
        return self.size + number * (CRC_BYTES + self.block_bytes)

    def file_bytes(self, data_bytes: int) -> int:
        """Return the size of the whole file if it holds so much data."""
        blocks = -(-data_bytes // self.block_bytes)
        return self.size + blocks * CRC_BYTES + data_bytes + TRAILER_BYTES

    def check(self, number: int, data: bytes) -> int:
        """Return the check of block ``number``."""
        return crc32c(data, crc32c(number.to_bytes(8, "little"), self.seed))

    def encode_block(self, number: int, data: bytes) -> bytes:
        """Return a block's bytes."""
        return _CRC.pack(self.check(number, data)) + data

    def encode_trailer(self, data_bytes: int, digest: int) -> bytes:
        """Return the trailer's bytes."""
        check = crc32c(_SIZE_AND_DIGEST.pack(data_bytes, digest), self.seed)
        return _TRAILER.pack(data_bytes, digest, check, END_MAGIC)

    def _content(self) -> bytes:
        head = _HEAD.pack(MAGIC, VERSION, self.block_bytes, self.index, len(self.metadata))
        return head + self.metadata


def add_to_digest(digest: int, check: int) -> int:
    """Return the digest of the blocks so far and of one more."""
    return crc32c(_CRC.pack(check), digest)


async def read_header(file: File) -> SnapshotHeader:
    """Return the header at the beginning of ``file``.

    Raises:
        SnapshotCorruptError: there is none that this version has written.
        OSError: the disk failed.
    """
    data = await file.read(0, _HEAD.size)
    if len(data) == _HEAD.size:
        length = min(_HEAD.unpack(data)[-1], METADATA_BYTES_MAX)
        data += await file.read(_HEAD.size, length + CRC_BYTES)
    return decode_header(file.name, data)


def decode_header(path: str, data: bytes) -> SnapshotHeader:
    """Return the header at the beginning of ``data``.

    Raises:
        SnapshotCorruptError: there is none that this version has written.
    """
    if len(data) < _HEAD.size:
        raise SnapshotCorruptError(
            path, len(data), expected="a header", found="the end of the file"
        )
    magic, version, block_bytes, index, length = _HEAD.unpack_from(data)
    if magic != MAGIC or version != VERSION or not block_bytes:
        raise SnapshotCorruptError(
            path,
            0,
            expected=f"the magic {MAGIC!r} and version {VERSION}",
            found=f"{magic!r} and {version}",
        )
    end = _HEAD.size + length
    if length > METADATA_BYTES_MAX or len(data) < end + CRC_BYTES:
        raise SnapshotCorruptError(
            path, 24, expected=f"{length} bytes of metadata", found=f"{len(data)} bytes in all"
        )
    header = SnapshotHeader(
        index=index, metadata=bytes(data[_HEAD.size : end]), block_bytes=block_bytes
    )
    (stored,) = _CRC.unpack_from(data, end)
    if stored != header.seed:
        raise SnapshotCorruptError(
            path, end, expected=f"the CRC {header.seed:#010x}", found=f"{stored:#010x}"
        )
    return header


def decode_trailer(path: str, header: SnapshotHeader, data: bytes, offset: int) -> tuple[int, int]:
    """Return the data's size and the digest from a trailer read at ``offset``.

    Raises:
        SnapshotCorruptError: it is not a trailer of this file.
    """
    found = "the end of the file"
    if len(data) == TRAILER_BYTES:
        size, digest, _, _ = _TRAILER.unpack(data)
        if header.encode_trailer(size, digest) == data:
            if header.file_bytes(size) == offset + TRAILER_BYTES:
                return size, digest
            found = f"one of {size} bytes of data in a file of {offset + TRAILER_BYTES}"
        else:
            found = data.hex()
    raise SnapshotCorruptError(path, offset, expected="the trailer of a whole file", found=found)


def decode_block(path: str, header: SnapshotHeader, number: int, block: bytes, size: int) -> bytes:
    """Return the data of block ``number``, which should be ``size`` bytes.

    Raises:
        SnapshotCorruptError: it is not what was written there.
    """
    data = block[CRC_BYTES:]
    if len(data) != size:
        raise SnapshotCorruptError(
            path,
            header.block_offset(number),
            expected=f"block {number} of {size} bytes",
            found=f"{len(data)} bytes",
        )
    (stored,) = _CRC.unpack_from(block)
    check = header.check(number, data)
    if stored != check:
        raise SnapshotCorruptError(
            path,
            header.block_offset(number),
            expected=f"block {number} with the CRC {check:#010x}",
            found=f"{stored:#010x}",
        )
    return data
