"""Where a log ends, how its segments follow each other, and how they go."""

import pytest

from kactors.runtime import open_nursery, sleep
from kactors.storage.operation import Operation
from kactors.storage.record import Record, framed_bytes
from kactors.storage.recovery import Recovery
from kactors.storage.sim_disk import SimDisk
from kactors.storage.wal import Wal
from tests.storage.conftest import run_simulated
from tests.storage.driver import drive
from tests.storage.logs import new_log, numbered, reopen

STATE, OTHER = 7, 8


def test_a_segment_is_not_exceeded() -> None:
    """The next one begins before a batch that does not fit, unless it would fit into none."""

    async def main(disk: SimDisk) -> list[int]:
        wal = await new_log(disk, segment_bytes=2048)
        for number in range(20):
            wal.append([numbered(number, 300)])
        await wal.flush()
        wal.append([numbered(20, 5000), numbered(21, 5000)])
        wal.append([numbered(22)])
        await wal.sync()
        await wal.close()
        return [len(disk.content(path)) for path in disk.paths()]

    sizes = run_simulated(main)

    assert len(sizes) == 7
    assert [size for size in sizes if size > 2048] == [sizes[5]]


def test_a_cut_begins_a_segment() -> None:
    """What was appended before is in the old one, and durable."""

    async def main(disk: SimDisk) -> tuple[list[int], int]:
        wal = await new_log(disk)
        wal.append([numbered(1), numbered(2)])
        await wal.cut()
        durable = wal.durable_number
        wal.append([numbered(3)])
        await wal.cut()
        await wal.cut()
        return [header.first for header in wal.segments], durable

    assert run_simulated(main) == ([1, 3, 4, 4], 2)


def test_the_latest_record_of_a_carried_type_outlives_its_segment() -> None:
    """Segments that hold it can be released: each later one repeats it in its header."""

    async def main(disk: SimDisk) -> list[Recovery]:
        wal, _ = await Wal.open(
            disk, "log", create=True, metadata=b"member 1", carried_types=[STATE, OTHER]
        )
        wal.append([Record(STATE, b"term 1"), numbered(2), Record(STATE, b"term 2"), numbered(4)])
        await wal.cut()
        wal.append([numbered(5), Record(OTHER, b"other")])
        await wal.cut()
        await wal.close()
        recoveries = []
        for released in (5, 7):
            wal, recovery = await Wal.open(disk, "log")  # goes on to carry what it carried
            recoveries.append(recovery)
            await wal.release(released)
            await wal.close()
        return [*recoveries, await reopen(disk)]

    whole, rest, empty = run_simulated(main)

    assert {recovery.metadata for recovery in (whole, rest, empty)} == {b"member 1"}
    assert (whole.first_number, whole.carried) == (1, ())
    assert (rest.first_number, rest.carried) == (5, (Record(STATE, b"term 2"),))
    assert (empty.first_number, empty.records) == (7, ())
    assert empty.carried == (Record(STATE, b"term 2"), Record(OTHER, b"other"))


def test_what_is_carried_is_what_was_written_before() -> None:
    """A segment that begins in the middle of what is being written carries what precedes it."""

    async def main(disk: SimDisk) -> list[bool]:
        wal, _ = await Wal.open(disk, "log", create=True, segment_bytes=1024, carried_types=[STATE])
        for number in range(1, 30):
            wal.append([Record(STATE, b"%d" % number), numbered(number, 100)])
        await wal.sync()
        return [
            header.carried == (Record(STATE, b"%d" % (header.first // 2)),)
            for header in wal.segments[1:]
        ]

    carried = run_simulated(main)

    assert len(carried) > 5
    assert all(carried)


def test_released_segments_go_away() -> None:
    """Those that hold only earlier records do; the last one stays whatever is asked."""

    async def main(disk: SimDisk) -> list[tuple[int, ...]]:
        wal = await new_log(disk, segment_bytes=1024)
        for number in range(1, 11):
            wal.append([numbered(number, 400)])
        await wal.sync()
        firsts = [tuple(header.first for header in wal.segments)]
        for upto in (2, 4, 1000):
            await wal.release(upto)
            firsts.append(tuple(header.first for header in wal.segments))
        assert len(await disk.list("log")) == 1
        recovery = await reopen(disk)
        assert recovery.first_number == firsts[-1][0]
        return firsts

    before, upto_2, upto_4, all_of_them = run_simulated(main)

    assert before == tuple(range(1, 11))
    assert upto_2 == before[1:]
    assert upto_4 == before[3:]
    assert all_of_them == before[-1:]


def test_segments_are_released_while_others_append() -> None:
    """A release does not keep appenders waiting, and two of them do not get mixed up."""

    async def main(disk: SimDisk) -> Recovery:
        wal = await new_log(disk, segment_bytes=1024)
        async with open_nursery() as nursery:
            for number in range(1, 41):
                wal.append([numbered(number, 400)])
                nursery.start_soon(wal.sync)
                if not number % 5:
                    nursery.start_soon(wal.release, number - 5)
                await sleep(0.0001)
        await wal.release(35)
        disk.crash()
        return await reopen(disk)

    recovery = run_simulated(main)

    assert recovery.first_number == 35
    assert recovery.records == tuple(numbered(number, 400) for number in range(35, 41))


@pytest.mark.usefixtures("at_once")
def test_a_preallocated_segment_keeps_its_size() -> None:
    """Records overwrite zeros, so that a sync has no metadata to write; a closed one is cut."""
    disk = SimDisk()
    wal = drive(new_log(disk, segment_bytes=8192, preallocate=True))

    wal.append([numbered(1, 5000)])
    drive(wal.sync())
    sizes = [len(disk.content(path)) for path in disk.paths()]
    wal.append([numbered(2, 5000)])
    drive(wal.sync())

    assert sizes == [8192]
    assert [len(disk.content(path)) for path in disk.paths()] == [5552, 8192]


@pytest.mark.usefixtures("at_once")
def test_zeros_ahead_are_overwritten_before_there_are_more() -> None:
    """So few syncs have metadata to write; a closed segment has none left, nor has a full one."""
    disk = SimDisk()
    wal = drive(new_log(disk, segment_bytes=8192, ahead_bytes=2048))
    (path,) = disk.paths()

    sizes = []
    for number in range(1, 8):
        wal.append([numbered(number, 584)])
        drive(wal.sync())
        sizes.append(len(disk.content(path)))
    drive(wal.cut())

    frame = framed_bytes(584)
    header = sizes[0] - frame - 2048
    assert [size - header for size in sizes] == [frame + 2048] * 4 + [5 * frame + 2048] * 3
    assert len(disk.content(path)) < sizes[-1]


def test_a_log_goes_on_over_zeros_that_a_crash_has_left() -> None:
    """They are no debris, and no records."""

    async def main(disk: SimDisk) -> Recovery:
        wal = await new_log(disk, ahead_bytes=2048)
        wal.append([numbered(1, 100), numbered(2, 100)])
        await wal.sync()
        disk.crash()
        wal, recovery = await Wal.open(disk, "log", ahead_bytes=2048)
        assert recovery.records == (numbered(1, 100), numbered(2, 100))
        wal.append([numbered(3, 100)])
        await wal.sync()
        disk.crash()
        return await reopen(disk)

    recovery = run_simulated(main)

    assert recovery.records == tuple(numbered(number, 100) for number in range(1, 4))
    assert recovery.cut_bytes == 0


def test_the_next_segment_is_made_ahead() -> None:
    """With `keep_prepared` the batch that begins a segment writes no zeros."""

    async def main(disk: SimDisk) -> int:
        wal = await new_log(disk, segment_bytes=1 << 21, preallocate=True)
        written: list[str] = []

        def note(operation: Operation, name: str) -> None:
            if operation is Operation.WRITE:
                written.append(name)

        async with open_nursery() as nursery:
            nursery.start_soon(wal.keep_prepared)
            await sleep(1.0)
            disk._observer = note
            await wal.cut()
            nursery.cancel_scope.cancel()
        return written.count(written[0])

    assert run_simulated(main) == 1  # the header
