"""A disk of the simulated world: it takes time, forgets in crashes, and fails on command."""

import errno
import os
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from kactors.runtime.errors import BrokenResourceError, ClosedResourceError
from kactors.runtime.functions import sleep
from kactors.runtime.random import stream
from kactors.storage.disk_faults import MILLION, DiskFaults
from kactors.storage.latency import Chance, DiskLatency, NoLatency
from kactors.storage.medium import SECTOR_BYTES, Content, sector_count
from kactors.storage.names import Names
from kactors.storage.operation import Operation
from kactors.storage.path import ancestors_of, check_directory, check_path, parent_of

_NS_PER_S: Final = 1_000_000_000

Observer = Callable[[Operation, str], None]
"""Is told of each operation and its path before it takes effect; what it raises fails it."""


class SimDisk:
    """A host's files in the simulated world. See `kactors.runtime.Disk` for the operations.

    A write takes effect when it is called, a sync when it returns; `medium` says what a
    crash keeps, and `names` which names. With `NoLatency` and no stall nothing suspends.

    Args:
        seed: the world's.
        host: whose disk it is. All chance comes from streams keyed (seed, "disk", host, kind).
        latency: how long operations take.
        chance: makes the stream of a kind; tests put their own in its place.
        observer: is told of every operation.

    Attributes:
        faults: what is wrong with it; may be changed at any time.
        felt: how many operations met each kind of fault.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        host: str = "",
        latency: DiskLatency | None = None,
        chance: Callable[[str], Chance] | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.faults = DiskFaults()
        self.felt: Counter[str] = Counter()
        self._latency = latency or NoLatency()
        self._make_chance = chance or (lambda kind: stream(seed, "disk", host, kind))
        self._chances: dict[str, Chance] = {}
        self._observer = observer
        self._names = Names()
        self._life = 0

    @property
    def used_bytes(self) -> int:
        """Return the size of all files together, unsynced writes included."""
        return sum(len(content.cache) for content in self._names.contents())

    def crash(self, *, power: bool = True) -> None:
        """Break every open file, and forget what was not synced as a power failure does.

        Args:
            power: False if only the host's processes died and its cache lives on: then
                everything that was written is still there, and still not synced.
        """
        self._life += 1
        if not power:
            return
        for content in self._names.contents():
            if content.crash(self._draw("crash"), torn=self.faults.torn_writes):
                self.felt["torn_write"] += 1
        self._names.crash(self._draw("crash"))

    def wipe(self) -> None:
        """Lose everything: the disk was replaced by an empty one. Breaks every open file."""
        self._life += 1
        self._names = Names()

    def rot(self, name: str, offset: int | None = None, *, bit: int | None = None) -> int:
        """Flip one bit of a file for good; what is not given is drawn. Returns the offset.

        Raises:
            ValueError: the file is empty, or ends before ``offset``.
        """
        content = self._content(name)
        size = len(content.cache)
        chance = self._draw("bit_rot")
        if not 0 <= (offset or 0) < size:
            raise ValueError(f"{name!r} has {size} bytes: none of them at {offset or 0} can rot")
        where = chance.below(size) if offset is None else offset
        content.rot(where, chance.below(8) if bit is None else bit)
        self.felt["bit_rot"] += 1
        return where

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all files, sorted; asks nothing of the disk."""
        seen = self._names.seen
        return tuple(sorted(name for name, node in seen.items() if node is not None))

    def content(self, name: str) -> bytes:
        """Return what a file holds as reads see it; asks nothing of the disk."""
        return bytes(self._content(name).cache)

    async def open(self, name: str, *, create: bool = False) -> "SimFile":
        """Open a file, or create it."""
        check_path(name)
        if not create:
            await self._metadata(Operation.OPEN, name, "read_error")
            return SimFile(self, name, self._content(name), self._life)
        await self._metadata(Operation.CREATE, name, "write_error")
        if name in self._names.seen:
            raise _error(errno.EEXIST, name)
        self._check_parent(name)
        self._check_room(name)
        content = Content()
        self._names.change(added=name, node=content)
        return SimFile(self, name, content, self._life)

    async def list(self, directory: str = "") -> tuple[str, ...]:
        """Return the names in a directory, sorted."""
        check_directory(directory)
        await self._metadata(Operation.LIST, directory, "read_error")
        self._check_directory(directory)
        return self._names.children(directory)

    async def exists(self, name: str) -> bool:
        """Tell whether a file or directory has this name."""
        check_directory(name)
        await self._metadata(Operation.EXISTS, name, "read_error")
        return name in self._names.seen

    async def make_directory(self, name: str) -> None:
        """Create a directory and those above it; not an error if it is there."""
        check_directory(name)
        await self._metadata(Operation.MAKE_DIRECTORY, name, "write_error")
        for path in (*ancestors_of(name), name):
            if path not in self._names.seen:
                self._check_room(path)
                self._names.change(added=path)
            elif not self._names.is_directory(path):
                raise _error(errno.EEXIST if path == name else errno.ENOTDIR, path)

    async def rename(self, old: str, new: str) -> None:
        """Put the file ``old`` in the place of ``new`` atomically, replacing it."""
        check_path(old)
        check_path(new)
        await self._metadata(Operation.RENAME, old, "write_error")
        content = self._content(old)
        self._check_parent(new)
        if self._names.is_directory(new):
            raise _error(errno.EISDIR, new)
        if old != new:
            self._names.change(removed=old, added=new, node=content)

    async def delete(self, name: str) -> None:
        """Remove a file."""
        check_path(name)
        await self._metadata(Operation.DELETE, name, "write_error")
        self._content(name)
        self._names.change(removed=name)

    async def sync_directory(self, name: str = "") -> None:
        """Wait until creations, renames and deletions in a directory survive a crash.

        After a failure nobody knows which of them do; the next success covers them all.
        """
        check_directory(name)
        await self._begin(Operation.SYNC_DIRECTORY, name)
        self._check_directory(name)
        number = self._names.last_number
        await self._take_time(Operation.SYNC_DIRECTORY, 0)
        self._fail_at_times("sync_error", self.faults.sync_error_per_million, name)
        self._names.settle(name, number)

    async def _metadata(self, operation: Operation, name: str, kind: str) -> None:
        """Do what all operations on names have in common, before they take effect."""
        await self._begin(operation, name)
        await self._take_time(operation, 0)
        rate: int = getattr(self.faults, f"{kind}_per_million")
        self._fail_at_times(kind, rate, name)

    def _check_room(self, name: str) -> None:
        """Raise ``ENOSPC`` if the disk is full to the last byte: no name can be made."""
        if self.faults.capacity_bytes is not None and self._free() <= 0:
            self.felt["full"] += 1
            raise _error(errno.ENOSPC, name)

    async def _begin(self, operation: Operation, name: str) -> None:
        """Tell the observer, and hang while the disk is stalled."""
        self._tell(operation, name)
        if self.faults.stalled:
            self.felt["stalled"] += 1
            life = self._life
            await self.faults.wait_resumed()
            self._check_life(life, name)

    def _tell(self, operation: Operation, name: str) -> None:
        if self._observer is not None:
            self._observer(operation, name)

    @property
    def _takes_no_time(self) -> bool:
        return isinstance(self._latency, NoLatency) and not self.faults.stalled

    async def _take_time(self, operation: Operation, size_bytes: int) -> None:
        """Sleep for as long as the operation takes."""
        took_ns = self._latency.draw_ns(operation, size_bytes, self._draw("latency"))
        if took_ns:
            if self.faults.slowdown > 1:
                self.felt["slow"] += 1
                took_ns *= self.faults.slowdown
            life = self._life
            await sleep(took_ns / _NS_PER_S)
            self._check_life(life, operation.value)

    def _check_life(self, life: int, name: str) -> None:
        if life != self._life:
            raise BrokenResourceError(
                f"{name!r} was under way when the disk crashed: open it again after the restart"
            )

    def _draw(self, kind: str) -> Chance:
        chance = self._chances.get(kind)
        if chance is None:
            chance = self._chances[kind] = self._make_chance(kind)
        return chance

    def _strikes(self, kind: str, per_million: int) -> bool:
        """Tell whether a fault of this kind strikes now, and count it."""
        if not per_million:
            return False
        if per_million < MILLION and self._draw(kind).below(MILLION) >= per_million:
            return False
        self.felt[kind] += 1
        return True

    def _fail_at_times(self, kind: str, per_million: int, name: str) -> None:
        if self._strikes(kind, per_million):
            raise _error(errno.EIO, name)

    def _free(self) -> int:
        assert self.faults.capacity_bytes is not None, "a disk without capacity is never full"
        return self.faults.capacity_bytes - self.used_bytes

    def _content(self, name: str) -> Content:
        if name not in self._names.seen:
            raise _error(errno.ENOENT, name)
        content = self._names.seen[name]
        if content is None:
            raise _error(errno.EISDIR, name)
        return content

    def _check_parent(self, name: str) -> None:
        self._check_directory(parent_of(name))

    def _check_directory(self, name: str) -> None:
        if not self._names.is_directory(name):
            raise _error(errno.ENOTDIR if name in self._names.seen else errno.ENOENT, name)


class SimFile:
    """An open file of a `SimDisk`. See `kactors.runtime.File`."""

    __slots__ = ("_closed", "_content", "_disk", "_life", "name")

    def __init__(self, disk: SimDisk, name: str, content: Content, life: int) -> None:
        self.name = name
        self._disk = disk
        self._content = content
        self._life = life
        self._closed = False

    @property
    def size(self) -> int:
        """Its length in bytes, unsynced writes included."""
        return len(self._content.cache)

    async def append(self, data: bytes) -> int:
        """Write at the end; return the offset at which ``data`` begins."""
        await self._begin(Operation.WRITE)
        offset = self.size
        await self._write(offset, data)
        return offset

    async def write(self, offset: int, data: bytes) -> None:
        """Write at ``offset``, within the file or at its end."""
        await self._begin(Operation.WRITE)
        self._check_offset(offset)
        await self._write(offset, data)

    async def read(self, offset: int, size: int) -> bytes:
        """Return up to ``size`` bytes from ``offset``; fewer only at the end of the file."""
        await self._begin(Operation.READ)
        disk, faults = self._disk, self._disk.faults
        await disk._take_time(Operation.READ, size)
        disk._fail_at_times("read_error", faults.read_error_per_million, self.name)
        span = min(offset + size, self.size) - offset
        if span > 0 and disk._strikes("bit_rot", faults.bit_rot_per_million):
            chance = disk._draw("bit_rot")
            self._content.rot(offset + chance.below(span), chance.below(8))
        return bytes(self._content.cache[offset : offset + size])

    async def sync(self) -> None:
        """Wait until everything written so far survives a crash."""
        await self._begin(Operation.SYNC)
        number = self._content.last_number
        await self._disk._take_time(Operation.SYNC, self._content.pending_bytes())
        self._settle(number)

    @property
    def quick(self) -> bool:
        """Whether the disk takes no time, and nothing written waits for a sync."""
        return self._disk._takes_no_time and not self._content.pending

    def write_through(self, offset: int, data: bytes) -> None:
        """Write and sync, in no time."""
        self._note(Operation.WRITE)
        self._check_offset(offset)
        self._put_or_fail(offset, data)
        self._note(Operation.SYNC)
        self._settle(self._content.last_number)

    async def truncate(self, size: int) -> None:
        """Cut the file to ``size`` bytes, or extend it with zeros."""
        await self._begin(Operation.TRUNCATE)
        disk = self._disk
        disk._fail_at_times("write_error", disk.faults.write_error_per_million, self.name)
        self._check_space(size, size)
        self._content.resize(size)
        await disk._take_time(Operation.TRUNCATE, 0)

    async def close(self) -> None:
        """Close without syncing; closing twice does nothing."""
        self._closed = True
        self._content.rest()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _begin(self, operation: Operation) -> None:
        self._check_open()
        await self._disk._begin(operation, self.name)

    def _note(self, operation: Operation) -> None:
        """Begin an operation of a disk that is not stalled."""
        self._check_open()
        self._disk._tell(operation, self.name)

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedResourceError(f"{self.name!r} was closed here: open it again")
        self._disk._check_life(self._life, self.name)

    def _check_offset(self, offset: int) -> None:
        if not 0 <= offset <= self.size:
            raise ValueError(f"{self.name!r} has {self.size} bytes: nothing begins at {offset}")

    def _settle(self, number: int) -> None:
        """Make everything up to operation ``number`` durable, unless the sync fails."""
        disk, content = self._disk, self._content
        if disk._strikes("sync_error", disk.faults.sync_error_per_million):
            content.abandon(number, disk._draw("crash"), torn=disk.faults.torn_writes)
            raise _error(errno.EIO, self.name)
        content.settle(number)

    async def _write(self, offset: int, data: bytes) -> None:
        self._put_or_fail(offset, data)
        await self._disk._take_time(Operation.WRITE, len(data))

    def _put_or_fail(self, offset: int, data: bytes) -> None:
        """Write, or a part of it if the disk fails or is full."""
        disk, faults = self._disk, self._disk.faults
        if disk._strikes("write_error", faults.write_error_per_million):
            into = offset % SECTOR_BYTES
            sectors = disk._draw("write_error").below(sector_count(into + len(data)) + 1)
            self._put(offset, data[: max(0, sectors * SECTOR_BYTES - into)])
            raise _error(errno.EIO, self.name)
        self._check_space(offset + len(data), offset, data)
        self._put(offset, data)

    def _check_space(self, end: int, offset: int, data: bytes = b"") -> None:
        """Write what fits and raise ``ENOSPC`` if the file cannot grow up to ``end``."""
        disk = self._disk
        growth = end - self.size
        if growth <= 0 or disk.faults.capacity_bytes is None or growth <= disk._free():
            return
        end_of_room = (max(0, disk._free()) + self.size) // SECTOR_BYTES * SECTOR_BYTES
        self._put(offset, data[: max(0, end_of_room - offset)])
        disk.felt["full"] += 1
        raise _error(errno.ENOSPC, self.name)

    def _put(self, offset: int, data: bytes) -> None:
        """Write, unless the bytes get lost or astray."""
        if not data:
            return
        disk, faults = self._disk, self._disk.faults
        shift: int | None = 0
        if disk._strikes("lost_write", faults.lost_write_per_million):
            shift = None
        elif disk._strikes("misdirected_write", faults.misdirected_write_per_million):
            own = offset // SECTOR_BYTES
            others = max(1, sector_count(self.size))  # one of them past the end
            sector = disk._draw("misdirected_write").below(others)
            shift = sector + (sector >= own) - own
        self._content.write(offset, data, shift)


def _error(code: int, name: str) -> OSError:
    return OSError(code, os.strerror(code), name)
