"""The simulated disk: time, crashes and faults."""

import errno
from operator import methodcaller

import attrs
import pytest

from kactors.runtime import BrokenResourceError, current_time, move_on_after, open_nursery, sleep
from kactors.runtime.sim import Simulation
from kactors.storage.disk_faults import DiskFaults
from kactors.storage.latency import SsdLatency
from kactors.storage.operation import Operation
from kactors.storage.sim_disk import SimDisk, SimFile
from tests.storage.conftest import run_simulated
from tests.storage.driver import drive

ALWAYS = 1_000_000

STEADY = SsdLatency(
    sync_min_ns=1_000_000, sync_extra_ns_mean=0, slow_one_in=1 << 60, bytes_per_s=1 << 60
)
"""A sync takes one millisecond."""


def disk_with(data: bytes = b"", name: str = "f", *, seed: int = 1) -> tuple[SimDisk, SimFile]:
    """Return a disk with one file that is durable, name and all, and the file, open."""
    disk = SimDisk(seed=seed, host="a")
    file = drive(disk.open(name, create=True))
    drive(file.append(data))
    drive(file.sync())
    drive(disk.sync_directory())
    return disk, file


def test_without_latency_nothing_suspends() -> None:
    """Code on such a disk can be driven by hand, at full speed."""
    disk, file = disk_with(b"data")

    assert drive(file.read(0, 4)) == b"data"
    assert drive(disk.list()) == ("f",)


def test_a_sync_takes_the_hosts_time() -> None:
    """The sleep of a sync is one of virtual time."""

    async def main(disk: SimDisk) -> float:
        file = await disk.open("f", create=True)
        await file.append(b"x")
        started = current_time()
        await file.sync()
        return current_time() - started

    assert run_simulated(main, latency=STEADY) == pytest.approx(0.001)


def test_a_slow_disk_takes_longer() -> None:
    """A slowdown multiplies the latency of what comes after, and is felt."""

    async def main(disk: SimDisk) -> float:
        file = await disk.open("f", create=True)
        disk.faults.slowdown = 50
        started = current_time()
        await file.sync()
        return current_time() - started

    disk = SimDisk(latency=STEADY)

    assert run_simulated(main, disk) == pytest.approx(0.05)
    assert disk.felt == {"slow": 1}


def test_a_stalled_disk_hangs_until_it_resumes() -> None:
    """Operations neither fail nor end; what waits can be cancelled, the rest goes on later."""

    async def main(disk: SimDisk) -> tuple[bool, float, bytes]:
        file = await disk.open("f", create=True)
        disk.faults.stalled = True
        with move_on_after(1.0) as scope:
            await file.append(b"never")
        async with open_nursery() as nursery:
            nursery.start_soon(file.append, b"later")
            await sleep(4.0)
            disk.faults.stalled = False
        ended = current_time()
        return scope.cancelled_caught, ended, await file.read(0, 100)

    disk = SimDisk()

    assert run_simulated(main, disk) == (True, 5.0, b"later")
    assert disk.felt == {"stalled": 2}


def test_unsynced_bytes_are_lost_in_a_crash_and_synced_ones_are_not() -> None:
    """Over many seeds a crash keeps what was synced, and does different things to the rest."""
    left = set()
    for seed in range(30):
        disk, file = disk_with(b"a" * 512, seed=seed)
        drive(file.append(b"b" * 1024))
        disk.crash()
        content = disk.content("f")
        assert content[:512] == b"a" * 512
        left.add(content[512:])

    assert {b"", b"b" * 512, bytes(512) + b"b" * 512, b"b" * 1024} == left


def test_a_dead_process_loses_nothing_that_it_wrote() -> None:
    """If the power stays on, the cache lives; but what it has is still not synced."""
    disk, file = disk_with()
    drive(file.append(b"b" * 1024))

    disk.crash(power=False)
    after_the_process = disk.content("f")
    disk.faults.torn_writes = False
    disk.crash()

    assert after_the_process == b"b" * 1024
    assert disk.content("f") in {b"", b"b" * 1024}


def test_torn_writes_can_be_switched_off_and_are_felt() -> None:
    """Without them a write survives whole or not at all."""
    torn = 0
    for seed in range(50):
        for tears in (True, False):
            disk, file = disk_with(seed=seed)
            disk.faults.torn_writes = tears
            drive(file.append(b"b" * 2048))
            disk.crash()
            torn += disk.felt["torn_write"]
            assert tears or disk.content("f") in {b"", b"b" * 2048}

    assert torn > 5


@pytest.mark.parametrize("power", [True, False])
def test_a_crash_breaks_open_files(power: bool) -> None:
    """A file that was open before the crash is of no use after it."""
    disk, file = disk_with(b"data")

    disk.crash(power=power)

    with pytest.raises(BrokenResourceError, match="open it again"):
        drive(file.read(0, 1))


def test_what_is_under_way_in_a_crash_has_no_effect() -> None:
    """A sync that the crash interrupts never returns, and does not sync."""
    simulation = Simulation(1)
    disk = SimDisk(latency=STEADY)
    disk.faults.torn_writes = False
    reached: list[str] = []

    async def write() -> None:
        file = await disk.open("f", create=True)
        await disk.sync_directory()
        await file.append(b"x")
        reached.append("write")
        await file.sync()
        reached.append("sync")

    with simulation:
        host = simulation.add_host("a", disk=disk)
        host.on_crash.append(disk.crash)
        host.spawn(write)
        simulation.run_for(0.0015)
        host.crash()
        simulation.run_for(1.0)

    assert reached == ["write"]
    assert disk.paths() == ("f",)


def test_an_operation_that_outlives_the_crash_is_told() -> None:
    """A task of another host that used the disk gets an error, not an old world's answer."""

    async def main(disk: SimDisk) -> None:
        file = await disk.open("f", create=True)
        async with open_nursery() as nursery:

            async def sync() -> None:
                with pytest.raises(BrokenResourceError, match="crashed"):
                    await file.sync()

            async def stall() -> None:
                with pytest.raises(BrokenResourceError, match="crashed"):
                    await disk.exists("f")

            nursery.start_soon(sync)
            await sleep(0.0001)
            disk.faults.stalled = True
            nursery.start_soon(stall)
            await sleep(0.0001)
            disk.crash()
            disk.faults.stalled = False

    run_simulated(main, latency=STEADY)


def test_a_lost_disk_is_empty() -> None:
    """After `wipe` nothing is there, and what was open is broken."""
    disk, file = disk_with(b"data")

    disk.wipe()

    assert disk.paths() == ()
    with pytest.raises(BrokenResourceError):
        drive(file.sync())


ON_FILE = {
    "read_error": [methodcaller("read", 0, 1)],
    "write_error": [
        methodcaller("append", b"x"),
        methodcaller("write", 0, b"x"),
        methodcaller("truncate", 0),
    ],
    "sync_error": [methodcaller("sync")],
}

ON_DISK = {
    "read_error": [methodcaller("open", "f"), methodcaller("list"), methodcaller("exists", "f")],
    "write_error": [
        methodcaller("open", "g", create=True),
        methodcaller("make_directory", "d"),
        methodcaller("rename", "f", "g"),
        methodcaller("delete", "f"),
    ],
    "sync_error": [methodcaller("sync_directory")],
}


@pytest.mark.parametrize("kind", ON_DISK)
def test_an_operation_fails_with_eio_while_the_fault_is_on(kind: str) -> None:
    """Each operation of the sort fails, is counted, and works again afterwards."""
    for use in (*ON_FILE[kind], *ON_DISK[kind]):
        disk, file = disk_with(b"data")
        target = file if use in ON_FILE[kind] else disk

        setattr(disk.faults, f"{kind}_per_million", ALWAYS)
        with pytest.raises(OSError, match=r"\[Errno") as caught:
            drive(use(target))
        disk.faults.heal()
        drive(use(target))

        assert caught.value.errno == errno.EIO
        assert disk.felt == {kind: 1}


def test_faults_come_at_their_rate() -> None:
    """A tenth of the reads fails at 100,000 per million."""
    disk, file = disk_with(b"data")
    disk.faults.read_error_per_million = 100_000

    failed = 0
    for _ in range(1000):
        try:
            drive(file.read(0, 1))
        except OSError:
            failed += 1

    assert 60 < failed < 140
    assert disk.felt["read_error"] == failed


def test_a_failed_write_writes_whole_sectors() -> None:
    """Whatever a failed write leaves ends where a sector does."""
    sizes = set()
    for seed in range(40):
        disk, file = disk_with(b"a" * 100, seed=seed)
        disk.faults.write_error_per_million = ALWAYS
        with pytest.raises(OSError, match="error"):
            drive(file.append(b"b" * 1000))
        sizes.add(file.size)

    assert sizes == {100, 512, 1024, 1100}


def test_a_failed_sync_may_lose_what_it_was_to_save() -> None:
    """The next sync succeeds and saves nothing: retrying is no remedy."""
    lost = 0
    for seed in range(30):
        disk, file = disk_with(seed=seed)
        drive(file.append(b"b" * 512))
        disk.faults.sync_error_per_million = ALWAYS
        with pytest.raises(OSError, match="error"):
            drive(file.sync())
        disk.faults.heal()
        drive(file.sync())
        seen = disk.content("f")
        disk.crash()
        assert seen == b"b" * 512
        lost += disk.content("f") != seen

    assert 5 < lost < 25


def test_a_full_disk_takes_what_fits() -> None:
    """Writes beyond the capacity fail, overwriting does not, and space can be freed."""
    disk, file = disk_with(b"a" * 1000)
    disk.faults.capacity_bytes = 2000

    with pytest.raises(OSError, match="space") as caught:
        drive(file.append(b"b" * 1500))
    written = file.size
    drive(file.write(0, b"c" * 1000))
    with pytest.raises(OSError, match="space"):
        drive(file.truncate(5000))
    drive(file.truncate(0))
    drive(file.append(b"b" * 1500))

    assert caught.value.errno == errno.ENOSPC
    assert written == 1536
    assert disk.felt == {"full": 2}


def test_a_disk_full_to_the_last_byte_takes_no_name() -> None:
    """Not even an empty file or a directory can be made; one that is there is no error."""
    disk, _ = disk_with(b"a" * 1000)
    drive(disk.make_directory("d"))
    disk.faults.capacity_bytes = 1000

    for make in (lambda: disk.open("g", create=True), lambda: disk.make_directory("e")):
        with pytest.raises(OSError, match="space"):
            drive(make())
    drive(disk.make_directory("d"))

    assert disk.felt == {"full": 2}


def test_lost_and_misdirected_writes_show_after_the_crash() -> None:
    """Both are acknowledged and read back; the crash shows what the medium has."""
    kept = {}
    for kind in ("lost_write", "misdirected_write"):
        disk, file = disk_with(b"a" * 1024)
        setattr(disk.faults, f"{kind}_per_million", ALWAYS)
        drive(file.write(0, b"b" * 512))
        drive(file.sync())
        assert disk.content("f") == b"b" * 512 + b"a" * 512
        disk.crash()
        kept[kind] = disk.content("f")
        assert disk.felt[kind] == 1

    assert kept["lost_write"] == b"a" * 1024
    assert kept["misdirected_write"][:512] == b"a" * 512
    assert b"b" * 512 in kept["misdirected_write"]


def test_bit_rot_strikes_what_is_read() -> None:
    """The bit that has flipped stays so."""
    disk, file = disk_with(bytes(64))
    disk.faults.bit_rot_per_million = ALWAYS

    first = drive(file.read(8, 4))
    disk.faults.heal()
    again = drive(file.read(0, 64))

    assert sum(byte.bit_count() for byte in first) == 1
    assert again[8:12] == first
    assert disk.felt == {"bit_rot": 1}


def test_rot_can_be_aimed() -> None:
    """At a file, an offset and a bit; what is left open is drawn."""
    disk, _ = disk_with(bytes(4))

    assert disk.rot("f", 2, bit=0) == 2
    drawn = disk.rot("f")

    assert 0 <= drawn < 4
    assert disk.felt == {"bit_rot": 2}
    with pytest.raises(ValueError, match="none of them at 4 can rot"):
        disk.rot("f", 4)
    with pytest.raises(FileNotFoundError):
        disk.rot("g")


def test_chance_is_keyed_by_the_kind_of_fault() -> None:
    """Another fault switched on leaves the draws of this one as they were."""

    def failures(*, with_rot: bool) -> list[int]:
        disk, file = disk_with(b"data")
        disk.faults.read_error_per_million = 300_000
        disk.faults.bit_rot_per_million = 500_000 if with_rot else 0
        failed = []
        for number in range(100):
            try:
                drive(file.read(0, 4))
            except OSError:
                failed.append(number)
        return failed

    assert failures(with_rot=True) == failures(with_rot=False) != []


def test_the_observer_is_told_of_every_operation() -> None:
    """It hears of each before it takes effect, and can make it fail."""
    told: list[tuple[Operation, str]] = []

    def observe(operation: Operation, name: str) -> None:
        told.append((operation, name))
        if operation is Operation.DELETE:
            raise OSError(errno.EIO, "not this time")

    disk = SimDisk(observer=observe)
    file = drive(disk.open("f", create=True))
    drive(file.append(b"x"))
    with pytest.raises(OSError, match="not this time"):
        drive(disk.delete("f"))

    assert told == [
        (Operation.CREATE, "f"),
        (Operation.WRITE, "f"),
        (Operation.DELETE, "f"),
    ]
    assert disk.paths() == ("f",)


def test_every_fault_is_documented() -> None:
    """Each switch and rate says what it does and how it is counted."""
    documentation = DiskFaults.__doc__ or ""

    undocumented = [
        field.name
        for field in attrs.fields(DiskFaults)
        if field.init and f"        {field.name}: " not in documentation
    ]

    assert undocumented == []
