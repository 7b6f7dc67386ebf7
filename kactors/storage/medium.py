"""One simulated file: what reads see, what the medium holds, what is on its way there.

Theory of operation
===================

A write changes the cache at once and joins a queue. A sync moves the queue to the medium.
A power failure leaves the medium with a part of the queue, under three rules:

1. A sector (512 bytes) is atomic: it is as it was after some write, never half of one.
2. Writes to one sector reach it in order; writes to different sectors in any order.
3. A resize is a barrier: what follows it survives only if it does.

A failed sync is worse than a crash: a part of the queue has reached the medium, the rest
never will, and the cache goes on showing all of it (Rebello et al., "Can Applications
Recover from fsync Failures?", ATC 2020). A write may also be *lost* (the disk lies about
it) or *misdirected* (it lands in another sector); the cache shows neither.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from kactors.storage.latency import Chance

SECTOR_BYTES: Final = 512

_NOTHING, _EVERYTHING, _SOME = range(3)


@attrs.frozen
class Write:
    """Whole sectors on their way, as the cache showed them when they were written.

    Attributes:
        number: counts the operations on this file.
        offset: of the first of them.
        landing: where they hit the medium, usually at ``offset``; never if None.
    """

    number: int
    offset: int
    data: bytes
    landing: int | None

    def sectors(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield ``(sector, offset, bytes)`` of each sector that is hit."""
        if self.landing is None:
            return
        begin, end = 0, len(self.data)
        while begin < end:
            offset = self.landing + begin
            sector = offset // SECTOR_BYTES
            upto = min(end, (sector + 1) * SECTOR_BYTES - self.landing)
            yield sector, offset, self.data[begin:upto]
            begin = upto


@attrs.frozen
class Resize:
    """A truncation, or an extension by zeros, on its way."""

    number: int
    size: int


class Content:
    """The bytes of one simulated file.

    Attributes:
        cache: what reads see.
        medium: what is left when the power fails and everything on its way is lost; the same
            object as ``cache`` while the file is at rest.
        pending: what is on its way, in order.
        last_number: the number of the latest operation; `settle` and `abandon` take it.
    """

    __slots__ = ("cache", "last_number", "medium", "pending")

    def __init__(self) -> None:
        self.cache = bytearray()
        self.medium = bytearray()
        self.pending: list[Write | Resize] = []
        self.last_number = 0

    def write(self, offset: int, data: bytes, shift: int | None = 0) -> None:
        """Change the cache, and queue the sectors that have changed.

        Args:
            offset: where the bytes go, at most the file's size.
            data: the bytes.
            shift: by how many sectors they miss their place on the medium; None if they
                never get there.
        """
        self._part()
        _put(self.cache, offset, data)
        self.last_number += 1
        begin = offset // SECTOR_BYTES * SECTOR_BYTES
        end = sector_count(offset + len(data)) * SECTOR_BYTES
        landing = None if shift is None else begin + shift * SECTOR_BYTES
        self.pending.append(Write(self.last_number, begin, bytes(self.cache[begin:end]), landing))

    def resize(self, size: int) -> None:
        """Cut or extend the cache and queue the same for the medium."""
        self._part()
        _resize(self.cache, size)
        self.last_number += 1
        self.pending.append(Resize(self.last_number, size))

    def rest(self) -> None:
        """Keep the bytes once until somebody writes again, if cache and medium are the same.

        Large files are written once and read later if at all: snapshots, full segments.
        """
        if not self.pending and self.medium is not self.cache and self.medium == self.cache:
            self.medium = self.cache

    def _part(self) -> None:
        """Give the cache and the medium bytes of their own: they are about to differ."""
        if self.medium is self.cache:
            self.medium = bytearray(self.cache)

    def pending_bytes(self) -> int:
        """Return how much a sync would have to transfer."""
        return sum(len(op.data) for op in self.pending if isinstance(op, Write))

    def settle(self, number: int) -> None:
        """Move everything up to operation ``number`` to the medium: a sync has succeeded."""
        for operation in self._take(number):
            self._apply(operation)

    def abandon(self, number: int, chance: Chance, *, torn: bool) -> bool:
        """Let some of the queue up to ``number`` reach the medium, forget the rest.

        The cache stays as it is. Returns whether a write was torn.
        """
        return self._survive(self._take(number), chance, torn=torn)

    def crash(self, chance: Chance, *, torn: bool) -> bool:
        """Let some of the queue reach the medium, and the cache show what is there.

        Returns whether a write was torn.
        """
        was_torn = self._survive(self._take(self.last_number), chance, torn=torn)
        self.cache = self.medium
        return was_torn

    def rot(self, offset: int, bit: int) -> None:
        """Flip one bit, on the medium and in what reads see."""
        self._part()
        for copy in (self.medium, self.cache):
            if offset < len(copy):
                copy[offset] ^= 1 << bit

    def _take(self, number: int) -> list[Write | Resize]:
        taken = [operation for operation in self.pending if operation.number <= number]
        del self.pending[: len(taken)]
        return taken

    def _apply(self, operation: Write | Resize) -> None:
        if isinstance(operation, Resize):
            _resize(self.medium, operation.size)
            return
        if operation.landing == operation.offset:
            _put(self.medium, operation.offset, operation.data)
            return
        end = operation.offset + len(operation.data)
        if len(self.medium) < end:  # the size is metadata: it is right even if the data is not
            _resize(self.medium, end)
        if operation.landing is not None:
            _put(self.medium, operation.landing, operation.data)

    def _survive(self, queue: Sequence[Write | Resize], chance: Chance, *, torn: bool) -> bool:
        """Apply a part of the queue. Returns whether a write was torn."""
        if not queue:
            return False
        mode = chance.below(3)
        if mode == _SOME and torn:
            return self._tear(queue, chance)
        if mode != _NOTHING:
            kept = len(queue) if mode == _EVERYTHING else chance.below(len(queue) + 1)
            for operation in queue[:kept]:
                self._apply(operation)
        return False

    def _tear(self, queue: Sequence[Write | Resize], chance: Chance) -> bool:
        barriers = [at for at, operation in enumerate(queue) if isinstance(operation, Resize)]
        passed = chance.below(len(barriers) + 1)
        reached = queue[: barriers[passed]] if passed < len(barriers) else queue
        hits: dict[int, int] = {}
        for operation in reached:
            if isinstance(operation, Write):
                for sector, _, _ in operation.sectors():
                    hits[sector] = hits.get(sector, 0) + 1
        left = {sector: chance.below(count + 1) for sector, count in hits.items()}
        torn = False
        for operation in reached:
            if isinstance(operation, Resize):
                self._apply(operation)
                continue
            fates: list[bool] = []
            for sector, offset, data in operation.sectors():
                fates.append(left[sector] > 0)
                if left[sector]:
                    left[sector] -= 1
                    _put(self.medium, offset, data)
            torn = torn or (any(fates) and not all(fates))
        return torn


def sector_count(size: int) -> int:
    """Return how many sectors ``size`` bytes take."""
    return -(-size // SECTOR_BYTES)


def _put(buffer: bytearray, offset: int, data: bytes) -> None:
    if len(buffer) < offset:
        buffer.extend(bytes(offset - len(buffer)))
    buffer[offset : offset + len(data)] = data


def _resize(buffer: bytearray, size: int) -> None:
    if size < len(buffer):
        del buffer[size:]
    else:
        buffer.extend(bytes(size - len(buffer)))
