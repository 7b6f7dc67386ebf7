"""Where segments come from."""

import pytest

from kactors.runtime import move_on_after, open_nursery, sleep
from kactors.storage.operation import Operation
from kactors.storage.segment import SegmentHeader
from kactors.storage.segment_supply import SegmentSupply
from kactors.storage.sim_disk import SimDisk
from tests.storage.conftest import run_simulated
from tests.storage.driver import drive

HEADER = SegmentHeader(sequence=1, first=1, previous=0, chain=0, metadata=b"")

pytestmark = pytest.mark.usefixtures("at_once")


def test_a_segment_taken_is_durable() -> None:
    """When `take` returns, a crash leaves the file, its zeros, its header and its name."""
    disk = SimDisk()
    supply = SegmentSupply(disk, "", filled_bytes=4096)

    drive(supply.take(HEADER))
    disk.crash()

    data, _ = HEADER.encode()
    assert disk.paths() == (HEADER.name,)
    assert disk.content(HEADER.name) == data.ljust(4096, b"\0")


def test_without_filling_a_segment_is_its_header() -> None:
    """The file is no longer than what is in it."""
    disk = SimDisk()

    file, _ = drive(SegmentSupply(disk, "", filled_bytes=0).take(HEADER))

    assert (file.name, file.size) == (HEADER.name, HEADER.size)


def test_what_is_prepared_is_taken() -> None:
    """After `prepare` no zeros are left to be written."""
    told: list[Operation] = []
    disk = SimDisk(observer=lambda operation, _: told.append(operation))
    supply = SegmentSupply(disk, "", filled_bytes=1 << 22)
    drive(supply.prepare())
    drive(supply.prepare())
    prepared = told.count(Operation.WRITE)
    told.clear()

    drive(supply.take(HEADER))

    assert prepared == 4
    assert told.count(Operation.WRITE) == 1


def test_leftovers_are_cleared() -> None:
    """Files that a crash has left half made go away, nothing else does."""
    disk = SimDisk()
    supply = SegmentSupply(disk, "", filled_bytes=0)
    drive(supply.prepare())
    drive(disk.open("other", create=True))

    drive(supply.clear())

    assert disk.paths() == ("other",)


def test_one_is_kept_ready() -> None:
    """After each `take` the next file is made in the background, at once."""

    async def main(disk: SimDisk) -> list[int]:
        supply = SegmentSupply(disk, "", filled_bytes=4096)
        ready = []
        with move_on_after(1.0):
            async with open_nursery() as nursery:
                nursery.start_soon(supply.keep_prepared)
                for number in (1, 2, 3):
                    await sleep(0.1)
                    ready.append(sum(path.endswith(".tmp") for path in disk.paths()))
                    header = SegmentHeader(
                        sequence=number, first=number, previous=0, chain=0, metadata=b""
                    )
                    await supply.take(header)
        return ready

    assert run_simulated(main) == [1, 1, 1]


def test_a_full_disk_is_the_takers_concern() -> None:
    """Preparing ahead gives up quietly; whoever needs a segment then hears of it."""

    async def main(disk: SimDisk) -> None:
        supply = SegmentSupply(disk, "", filled_bytes=4096)
        disk.faults.capacity_bytes = 1000
        with move_on_after(5.0):
            await supply.keep_prepared()
        with pytest.raises(OSError, match="space"):
            await supply.take(HEADER)
        disk.faults.heal()
        await supply.take(HEADER)

    run_simulated(main)
