"""The write-ahead log on real files: what it costs on top of bare system calls.

The baseline writes the same bytes in the same pieces with ``os.pwrite`` and waits for
``os.fdatasync``, with neither checksums nor tasks nor threads. The budget: with a sync, a batch
of 16 takes at most twice the bare calls, since most of it is waiting for the disk; a hundred
tasks that each want their record durable are served five times as fast as by a sync each.

All files are in the directory for temporary files: set ``TMPDIR`` to choose the disk.

Run with ``python -m benchmarks.wal [--quick] [--json]``.
"""

import os
import time  # noqa: TID251 - a benchmark measures the machine, not the simulated world
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import trio  # noqa: TID251 - a benchmark of the live world
from crc32c import crc32c

from benchmarks.report import Measure, Row, command, compare
from kactors.runtime import live
from kactors.storage.live_disk import LiveDisk
from kactors.storage.record import Framer, Record
from kactors.storage.wal import Wal

PAYLOAD_BYTES = 256
SEGMENT_BYTES = 16 * 1000 * 1000
RECORD = Record(1, bytes(range(256)) * (PAYLOAD_BYTES // 256))
APPENDERS = 100


@attrs.frozen
class Load:
    """How much is written, and how.

    Attributes:
        batch: records in one call, and in one sync if there is one.
        batches: how many calls.
        synced: whether each waits until it is durable.
        preallocated: whether the bytes overwrite zeros.
        inline: whether our syncs are made on the event loop.
    """

    batch: int
    batches: int
    synced: bool
    preallocated: bool = False
    inline: bool = False

    def frames(self) -> bytes:
        """Return the bytes of one batch, as the log writes them."""
        return Framer(1, 2, 512, 512).frame([RECORD] * self.batch)


def ours(load: Load) -> float:
    """Append with the log; return microseconds a batch."""

    async def main(disk: LiveDisk) -> float:
        wal, _ = await open_new(disk, preallocate=load.preallocated)
        records = [RECORD] * load.batch
        started = time.perf_counter_ns()
        for _ in range(load.batches):
            wal.append(records)
            if load.synced:
                await wal.sync()
            else:
                await wal.flush()
        took = time.perf_counter_ns() - started
        await wal.close()
        return took / load.batches / 1000

    return on_live_disk(main, inline_sync=load.inline)


def bare(load: Load) -> float:
    """Write the same bytes with bare system calls; return microseconds a batch."""
    data = load.frames()
    with TemporaryDirectory() as directory:
        file = os.open(Path(directory, "bare"), os.O_RDWR | os.O_CREAT)
        if load.preallocated:
            fill(file, SEGMENT_BYTES)
        os.fsync(file)
        started = time.perf_counter_ns()
        offset = 0
        for _ in range(load.batches):
            os.pwrite(file, data, offset)
            offset += len(data)
            if load.synced:
                os.fdatasync(file)
        took = time.perf_counter_ns() - started
        os.close(file)
    return took / load.batches / 1000


def group_commit(rounds: int) -> float:
    """Let a hundred tasks append and wait for durability; return records a second."""

    async def appender(wal: Wal) -> None:
        for _ in range(rounds):
            wal.append([RECORD])
            await wal.sync()

    async def main(disk: LiveDisk) -> float:
        wal, _ = await open_new(disk)
        started = time.perf_counter_ns()
        async with trio.open_nursery() as nursery:
            for _ in range(APPENDERS):
                nursery.start_soon(appender, wal)
        took = time.perf_counter_ns() - started
        await wal.close()
        return APPENDERS * rounds * 1e9 / took

    return on_live_disk(main)


def sync_each(rounds: int) -> float:
    """Sync every record by itself, with bare system calls; return records a second."""
    return 1e6 / bare(Load(batch=1, batches=APPENDERS * rounds // 10, synced=True))


def recover(records: int) -> float:
    """Open a log that is full of records; return megabytes a second."""

    async def fill_log(disk: LiveDisk) -> None:
        wal, _ = await open_new(disk)
        for _ in range(records // 100):
            wal.append([RECORD] * 100)
            await wal.flush()
        await wal.close()

    async def main(disk: LiveDisk) -> float:
        await fill_log(disk)
        started = time.perf_counter_ns()
        wal, recovery = await Wal.open(disk, "log")
        took = time.perf_counter_ns() - started
        assert len(recovery.records) == records // 100 * 100
        await wal.close()
        return len(recovery.records) * len(Load(1, 1, synced=False).frames()) * 1000 / took

    return on_live_disk(main)


def read_and_check(records: int) -> float:
    """Read as many bytes and compute one checksum of them all; return megabytes a second."""
    data = Load(batch=records, batches=1, synced=False).frames()
    with TemporaryDirectory() as directory:
        path = Path(directory, "bare")
        path.write_bytes(data)
        started = time.perf_counter_ns()
        crc32c(path.read_bytes())
        return len(data) * 1000 / (time.perf_counter_ns() - started)


async def open_new(disk: LiveDisk, *, preallocate: bool = False) -> tuple[Wal, Any]:
    """Make a log."""
    return await Wal.open(
        disk, "log", create=True, segment_bytes=SEGMENT_BYTES, preallocate=preallocate
    )


def on_live_disk(main: Any, *, inline_sync: bool = False) -> float:
    """Run ``main(disk)`` in the live world, on a fresh directory."""
    with (
        TemporaryDirectory() as directory,
        LiveDisk(directory, inline_sync=inline_sync) as disk,
    ):
        result: float = live.run(main, disk)
        return result


def fill(file: int, size: int) -> None:
    """Write zeros."""
    for offset in range(0, size, 1 << 20):
        os.pwrite(file, bytes(min(1 << 20, size - offset)), offset)


def rows(quick: bool) -> Iterator[Row]:
    """Measure everything."""
    rounds = 3 if quick else 9
    batches = 20 if quick else 400
    for way, synced, inline in (
        ("", False, False),
        (" and sync", True, False),
        (" and sync on the loop", True, True),
    ):
        for batch in (1, 16, 100):
            load = Load(batch, batches, synced=synced, inline=inline)
            yield compare(
                f"append {batch} x {PAYLOAD_BYTES} B{way}",
                _measure(ours, load),
                _measure(bare, load),
                unit="us/batch",
                baseline_name="pwrite + fdatasync" if synced else "pwrite",
                rounds=rounds,
            )
    zeros = Load(16, batches, synced=True, preallocated=True)
    growing = attrs.evolve(zeros, preallocated=False)
    for baseline, load, name in (
        (bare, zeros, "pwrite + fdatasync over zeros"),
        (ours, growing, "ours, growing the file"),
    ):
        yield compare(
            f"append 16 x {PAYLOAD_BYTES} B and sync, over zeros",
            _measure(ours, zeros),
            _measure(baseline, load),
            unit="us/batch",
            baseline_name=name,
            rounds=rounds,
        )
    per_appender = 2 if quick else 20
    yield compare(
        f"{APPENDERS} tasks append and sync",
        lambda: group_commit(per_appender),
        lambda: sync_each(per_appender),
        unit="records/s",
        baseline_name="a bare sync each",
        better="higher",
        rounds=rounds,
    )
    count = 2_000 if quick else 50_000
    yield compare(
        f"recover {count} x {PAYLOAD_BYTES} B",
        lambda: recover(count),
        lambda: read_and_check(count),
        unit="MB/s",
        baseline_name="read + one crc32c",
        better="higher",
        rounds=rounds,
    )


def _measure(function: Any, load: Load) -> Measure:
    def measure() -> float:
        took: float = function(load)
        return took

    return measure


main = command("wal", rows, about="The write-ahead log, against bare system calls.")

if __name__ == "__main__":
    main()
