"""The write-ahead log as its users see it."""

import errno
from collections.abc import Awaitable, Callable

import pytest

from kactors.runtime import ClosedResourceError, current_time, move_on_after, open_nursery, sleep
from kactors.runtime.disk import Disk
from kactors.runtime.sim import Simulation
from kactors.storage.errors import RecordTooLargeError, WalBrokenError, WalMissingError
from kactors.storage.latency import SsdLatency
from kactors.storage.operation import Operation
from kactors.storage.record import PAYLOAD_BYTES_MAX, TYPE_MAX, Record
from kactors.storage.recovery import Recovery
from kactors.storage.sim_disk import SimDisk
from kactors.storage.wal import Wal
from tests.storage.conftest import Run, run_simulated
from tests.storage.logs import new_log, numbered, reopen

ALWAYS = 1_000_000
SLOW = SsdLatency(sync_min_ns=10_000_000, sync_extra_ns_mean=0, slow_one_in=1 << 60)
"""A sync takes ten milliseconds."""


@pytest.mark.parametrize("preallocate", [False, True])
def test_what_was_synced_is_there_when_it_is_opened_again(run: Run, preallocate: bool) -> None:
    """Records come back in order and as they were, through all segments, in either world."""
    records = [Record(1 + n % TYPE_MAX, b"%d" % n * (n % 50)) for n in range(500)]

    async def write(disk: Disk) -> int:
        async with await new_log(disk, segment_bytes=4096, preallocate=preallocate) as wal:
            for begin in range(0, 500, 7):
                wal.append(records[begin : begin + 7])
                await wal.sync()
            return wal.statistics().segments

    segments = run(write)
    recovery = run(reopen)
    again = run(reopen)

    assert segments > 5
    assert recovery == again
    assert recovery == Recovery(records=tuple(records))


def test_records_are_numbered_through_all_lives(run: Run) -> None:
    """The first record has the number 1; after a restart the numbers go on."""

    async def first(disk: Disk) -> tuple[int, int]:
        async with await new_log(disk) as wal:
            return wal.append([numbered(1), numbered(2)]), wal.append([numbered(3)])

    async def second(disk: Disk) -> tuple[int, int]:
        wal, _ = await Wal.open(disk, "log")
        async with wal:
            return wal.last_number, wal.append([numbered(4)])

    assert run(first) == (2, 3)
    assert run(second) == (3, 4)


def test_a_log_is_made_on_purpose() -> None:
    """A member that finds no log where one should be must not go on as if it were new."""

    async def main(disk: SimDisk) -> None:
        with pytest.raises(WalMissingError, match="create=True if this is its first start"):
            await Wal.open(disk, "log")
        await disk.make_directory("log")
        with pytest.raises(WalMissingError):
            await Wal.open(disk, "log")
        await Wal.open(disk, "log", create=True, metadata=b"member 1")
        _, recovery = await Wal.open(disk, "log", create=True, metadata=b"ignored")
        assert recovery == Recovery(metadata=b"member 1")

    run_simulated(main)


def test_only_a_sync_makes_durable() -> None:
    """A flush hands over to the operating system, and that is all."""

    async def main(disk: SimDisk) -> list[tuple[int, int]]:
        wal = await new_log(disk)
        wal.append([numbered(1)])
        states = [(wal.last_number, wal.durable_number)]
        await wal.flush()
        states.append((wal.last_number, wal.durable_number))
        await wal.sync()
        return [*states, (wal.last_number, wal.durable_number)]

    assert run_simulated(main) == [(1, 0), (1, 0), (1, 1)]


def test_one_sync_serves_all_who_came_meanwhile() -> None:
    """A hundred appenders that wait for durability need two syncs: the first's, and theirs."""

    async def appender(wal: Wal, number: int) -> None:
        wal.append([numbered(number)])
        await wal.sync()
        assert wal.durable_number >= number

    async def main(disk: SimDisk) -> tuple[float, int, int]:
        wal = await new_log(disk)
        writes = 0

        def count(operation: Operation, _: str) -> None:
            nonlocal writes
            writes += operation is Operation.WRITE

        disk._observer = count
        started = current_time()
        async with open_nursery() as nursery:
            nursery.start_soon(appender, wal, 1)
            await sleep(0.001)
            for number in range(2, 101):
                nursery.start_soon(appender, wal, number)
        return current_time() - started, wal.statistics().syncs, writes

    took, syncs, writes = run_simulated(main, latency=SLOW)

    assert (syncs, writes) == (2, 2)
    assert took == pytest.approx(0.02, rel=0.01)


def test_flushes_share_their_writes_too() -> None:
    """Who flushes while somebody is at the disk waits for the end, and then for all others."""

    async def main(disk: SimDisk) -> list[int]:
        wal = await new_log(disk)
        numbers: list[int] = []

        async def flush() -> None:
            await wal.flush()
            numbers.append(wal.durable_number)

        async with open_nursery() as nursery:
            wal.append([numbered(1)])
            nursery.start_soon(wal.sync)
            await sleep(0.001)
            for number in (2, 3):
                wal.append([numbered(number)])
                nursery.start_soon(flush)
        return numbers

    assert run_simulated(main, latency=SLOW) == [1, 1]


def test_a_log_whose_host_dies_is_broken() -> None:
    """Work on the disk that is torn off in the middle leaves a log that takes nothing more."""
    logs: list[Wal] = []

    async def main(disk: SimDisk) -> None:
        wal = await new_log(disk)
        logs.append(wal)
        wal.append([numbered(1)])
        await wal.sync()

    disk = SimDisk(latency=SLOW)
    with Simulation(1) as simulation:
        host = simulation.add_host("a", disk=disk)
        host.on_crash.append(disk.crash)
        host.spawn(main, disk)
        simulation.run_until(lambda: bool(logs))
        simulation.run_for(0.005)
        host.crash()

    with pytest.raises(WalBrokenError):
        logs[0].append([numbered(2)])


def test_an_appender_is_not_told_before_its_own_record_is_durable() -> None:
    """Who comes during a sync is not served by that one, which does not cover its record."""

    async def main(disk: SimDisk) -> tuple[float, float]:
        wal = await new_log(disk)
        wal.append([numbered(1)])
        ended: list[float] = []

        async def sync() -> None:
            await wal.sync()
            ended.append(current_time())

        started = current_time()
        async with open_nursery() as nursery:
            nursery.start_soon(sync)
            await sleep(0.005)
            wal.append([numbered(2)])
            nursery.start_soon(sync)
        return ended[0] - started, ended[1] - started

    first, second = run_simulated(main, latency=SLOW)

    assert (first, second) == (pytest.approx(0.01, rel=0.01), pytest.approx(0.02, rel=0.01))


def test_cancelling_whoever_waits_breaks_nothing() -> None:
    """Work on the disk goes on to its end; the others are served, and the log is whole."""

    async def main(disk: SimDisk) -> tuple[Recovery, int]:
        wal = await new_log(disk)
        async with open_nursery() as nursery:
            for number in range(1, 21):
                wal.append([numbered(number)])

                async def impatient(seconds: float = number / 1000) -> None:
                    with move_on_after(seconds):
                        await wal.sync()

                nursery.start_soon(impatient)
                await sleep(0.001)
        await wal.sync()
        disk.crash()
        return await reopen(disk), wal.last_number

    recovery, last = run_simulated(main, latency=SLOW)

    assert last == 20
    assert recovery.records == tuple(numbered(number) for number in range(1, 21))


FAILING: dict[str, Callable[[Wal], Awaitable[object]]] = {
    "flush": lambda wal: wal.flush(),
    "sync": lambda wal: wal.sync(),
    "cut": lambda wal: wal.cut(),
    "release": lambda wal: wal.release(1),
}


@pytest.mark.parametrize("fault", ["write_error", "sync_error"])
def test_a_failure_breaks_the_log_for_good(fault: str) -> None:
    """Nothing is retried: every later call says what has happened first."""

    async def main(disk: SimDisk) -> None:
        wal = await new_log(disk)
        setattr(disk.faults, f"{fault}_per_million", ALWAYS)
        wal.append([numbered(1)])
        with pytest.raises(WalBrokenError, match="Input/output error") as caught:
            await wal.sync()
        assert isinstance(caught.value.__cause__, OSError)
        disk.faults.heal()
        for use in FAILING.values():
            with pytest.raises(WalBrokenError, match="has failed before") as caught:
                await use(wal)
            assert isinstance(caught.value.__cause__, OSError)
        with pytest.raises(WalBrokenError):
            wal.append([numbered(2)])
        await wal.close()
        assert disk.felt == {fault: 1}

    run_simulated(main)


def test_a_failed_sync_fails_for_all_who_wait() -> None:
    """Nobody is told that its record is durable when the sync that was to cover it failed."""

    async def main(disk: SimDisk) -> int:
        wal = await new_log(disk)
        failed = 0

        async def appender(number: int) -> None:
            nonlocal failed
            wal.append([numbered(number)])
            with pytest.raises(WalBrokenError):
                await wal.sync()
            failed += 1

        disk.faults.sync_error_per_million = ALWAYS
        async with open_nursery() as nursery:
            for number in range(10):
                nursery.start_soon(appender, number)
        return failed

    assert run_simulated(main) == 10


def test_a_full_disk_breaks_the_log_and_spoils_nothing() -> None:
    """What was synced is there when there is room again."""

    async def main(disk: SimDisk) -> Recovery:
        wal = await new_log(disk)
        wal.append([numbered(1)])
        await wal.sync()
        disk.faults.capacity_bytes = disk.used_bytes + 600
        wal.append([numbered(2, 2000)])
        with pytest.raises(WalBrokenError) as caught:
            await wal.sync()
        cause = caught.value.__cause__
        assert isinstance(cause, OSError)
        assert cause.errno == errno.ENOSPC
        disk.crash(power=False)
        await reopen(disk)  # it can be read while the disk is full
        disk.faults.heal()
        return await reopen(disk)

    assert run_simulated(main).records == (numbered(1),)


def test_a_closed_log_is_of_no_use() -> None:
    """Whoever closed it hears so; closing it again is harmless."""

    async def main(disk: SimDisk) -> None:
        wal = await new_log(disk)
        await wal.close()
        await wal.close()
        with pytest.raises(ClosedResourceError, match="was closed: open it again"):
            wal.append([numbered(1)])
        for use in FAILING.values():
            with pytest.raises(ClosedResourceError):
                await use(wal)

    run_simulated(main)


def test_closing_makes_durable() -> None:
    """What was only appended is there after a crash that comes after the close."""

    async def main(disk: SimDisk) -> Recovery:
        async with await new_log(disk) as wal:
            wal.append([numbered(1)])
        disk.crash()
        return await reopen(disk)

    assert run_simulated(main).records == (numbered(1),)


def test_closing_again_and_again_adds_nothing() -> None:
    """The mark of a clean end is written once, not with every start."""

    async def main(disk: SimDisk) -> int:
        async with await new_log(disk) as wal:
            wal.append([numbered(1)])
        size = disk.used_bytes
        for _ in range(5):
            await reopen(disk)
        return disk.used_bytes - size

    assert run_simulated(main) == 0


def test_records_are_refused_before_any_is_taken() -> None:
    """A type that is the log's own, or a payload that no frame can hold, leaves no trace."""

    async def main(disk: SimDisk) -> int:
        wal = await new_log(disk)
        for type_ in (0, -1, TYPE_MAX + 1, 256):
            with pytest.raises(ValueError, match=f"from 1 to {TYPE_MAX}, not {type_}"):
                wal.append([numbered(1), Record(type_, b"")])
        with pytest.raises(RecordTooLargeError, match="split it"):
            wal.append([numbered(1), Record(1, bytes(PAYLOAD_BYTES_MAX + 1))])
        return wal.last_number

    assert run_simulated(main) == 0


def test_the_largest_record_fits() -> None:
    """A frame holds 16 MiB but one byte, in a segment that grows for it."""

    async def main(disk: SimDisk) -> bool:
        async with await new_log(disk) as wal:
            wal.append([Record(1, b"x" * PAYLOAD_BYTES_MAX)])
        recovery = await reopen(disk)
        return recovery.records == (Record(1, b"x" * PAYLOAD_BYTES_MAX),)

    assert run_simulated(main)


def test_nothing_appended_is_nothing_written() -> None:
    """An empty batch has no number and costs no sync."""

    async def main(disk: SimDisk) -> tuple[int, int]:
        wal = await new_log(disk)
        number = wal.append([])
        await wal.sync()
        return number, wal.statistics().syncs

    assert run_simulated(main) == (0, 0)


def test_a_log_survives_its_process() -> None:
    """What recovery has returned is durable, even if it had only been in the page cache."""

    async def main(disk: SimDisk) -> tuple[Recovery, Recovery]:
        wal = await new_log(disk)
        wal.append([numbered(1)])
        await wal.flush()
        disk.crash(power=False)
        first = await reopen(disk)
        disk.crash()
        return first, await reopen(disk)

    first, second = run_simulated(main)

    assert first.records == second.records == (numbered(1),)


def test_statistics_count_this_life() -> None:
    """They begin anew when the log is opened."""

    async def main(disk: SimDisk) -> None:
        wal = await new_log(disk)
        wal.append([numbered(n) for n in range(10)])
        await wal.sync()
        wal.append([numbered(10)])
        await wal.sync()
        before = wal.statistics()
        await wal.close()
        wal, _ = await Wal.open(disk, "log")
        after = wal.statistics()
        assert (before.appended, before.syncs, before.segments) == (11, 2, 1)
        assert before.written_bytes == 11 * 32
        assert (after.appended, after.syncs, after.written_bytes, after.segments) == (0, 0, 0, 1)

    run_simulated(main)


def test_what_is_written_through_is_durable_at_once() -> None:
    """On a disk that confirms at once nothing is awaited, and one sync is one write."""

    async def main(disk: SimDisk) -> tuple[int, int]:
        wal = await new_log(disk)
        assert wal.quick(1000)
        wal.write_through([numbered(1), numbered(2)])
        found = wal.last_number, wal.durable_number
        disk.crash()
        return found

    disk = SimDisk(seed=1, host="a")
    assert run_simulated(main, disk) == (2, 2)
    assert run_simulated(reopen, disk).records == (numbered(1), numbered(2))


def test_nothing_is_written_through_past_others() -> None:
    """Not while records wait, not on a slow disk, and not if a segment would have to begin."""

    async def main(disk: SimDisk) -> list[bool]:
        wal = await new_log(disk, segment_bytes=4096)
        found = [wal.quick(100), wal.quick(4096)]
        wal.append([numbered(1)])
        found.append(wal.quick(100))
        await wal.flush()
        found.append(wal.quick(100))
        await wal.sync()
        found.append(wal.quick(100))
        await wal.close()
        return [*found, wal.quick(100)]

    assert run_simulated(main, SimDisk(seed=1)) == [True, False, False, False, True, False]
    assert not any(run_simulated(main))


@pytest.mark.parametrize("fault", ["write_error", "sync_error"])
def test_a_write_through_that_fails_breaks_the_log(fault: str) -> None:
    """It is said at once, and whoever comes later is told what has happened first."""

    async def main(disk: SimDisk) -> None:
        wal = await new_log(disk)
        setattr(disk.faults, f"{fault}_per_million", ALWAYS)
        with pytest.raises(WalBrokenError, match="Input/output error") as caught:
            wal.write_through([numbered(1)])
        assert isinstance(caught.value.__cause__, OSError)
        disk.faults.heal()
        assert not wal.quick(100)
        with pytest.raises(WalBrokenError, match="has failed before"):
            await wal.sync()

    run_simulated(main, SimDisk(seed=1))
