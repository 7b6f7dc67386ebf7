"""A log against a list, under whatever comes to Hypothesis' mind."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kactors.runtime.random import stream
from kactors.storage.errors import WalBrokenError
from kactors.storage.latency import Chance
from kactors.storage.record import TYPE_MAX, Record
from kactors.storage.recovery import Recovery
from kactors.storage.sim_disk import SimDisk
from kactors.storage.wal import Wal
from tests.storage.driver import drive, immediate

ALWAYS = 1_000_000
CARRIED = (1, 2, TYPE_MAX)

records = st.builds(
    Record,
    st.integers(1, TYPE_MAX),
    st.one_of(
        st.binary(max_size=40),
        st.integers(0, 3000).map(bytes),  # blank sectors, as if they had not been written
        st.integers(0, 3000).map(lambda size: b"x" * size),
    ),
)


class WalMachine(RuleBasedStateMachine):
    """Model: the list of all records, and how much of it a sync has promised to keep."""

    @initialize(
        seed=st.integers(0, 1 << 32),
        segment_bytes=st.sampled_from([1024, 2048, 5000, 1 << 20]),
        preallocate=st.booleans(),
    )
    def begin(self, seed: int, segment_bytes: int, preallocate: bool) -> None:
        """Make a log on an empty disk."""
        self.disk = SimDisk(chance=lambda kind: chance_of(seed, kind))
        self.options = {"segment_bytes": segment_bytes, "preallocate": preallocate}
        self.model: list[Record] = []
        self.promised = 0
        self.released = 1
        self.open_log(create=True)

    def open_log(self, *, create: bool = False) -> Recovery:
        """Open the log, whatever was before."""
        with immediate():
            self.wal, recovery = drive(
                Wal.open(
                    self.disk,
                    "log",
                    create=create,
                    carried_types=CARRIED,
                    segment_bytes=int(self.options["segment_bytes"]),
                    preallocate=bool(self.options["preallocate"]),
                )
            )
        return recovery

    @rule(batch=st.lists(records, max_size=4))
    def append(self, batch: list[Record]) -> None:
        """Take a batch."""
        self.model += batch
        number = self.wal.append(batch)
        assert number == len(self.model)

    @rule()
    def flush(self) -> None:
        """Hand over to the operating system."""
        with immediate():
            drive(self.wal.flush())

    @rule()
    def sync(self) -> None:
        """Promise to keep everything."""
        with immediate():
            drive(self.wal.sync())
        self.promised = len(self.model)

    @rule()
    def cut(self) -> None:
        """Begin a new segment, which makes everything before it durable."""
        with immediate():
            drive(self.wal.cut())
        self.promised = len(self.model)

    @precondition(lambda self: self.promised)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        """Give up some of what was promised."""
        number = data.draw(st.integers(1, self.promised))
        with immediate():
            drive(self.wal.release(number))
        self.released = max(self.released, number)

    @rule()
    def close_and_open(self) -> None:
        """Stop in an orderly way: nothing is lost, promised or not."""
        with immediate():
            drive(self.wal.close())
        self.promised = len(self.model)
        self.recover(power=True)

    @rule(power=st.booleans())
    def crash(self, power: bool) -> None:
        """Stop anyhow."""
        self.recover(power=power)

    @rule(fault=st.sampled_from(["write_error", "sync_error", "full"]), power=st.booleans())
    def break_down(self, fault: str, power: bool) -> None:
        """Meet a fault while syncing, and crash."""
        faults = self.disk.faults
        if fault == "full":
            faults.capacity_bytes = self.disk.used_bytes
        else:
            setattr(faults, f"{fault}_per_million", ALWAYS)
        record = Record(1, b"last words")
        self.model.append(record)
        self.wal.append([record])
        with immediate():
            try:
                drive(self.wal.sync())
            except WalBrokenError:
                assert self.disk.felt[fault]
            else:
                assert fault == "full", "an error was swallowed"
                self.promised = len(self.model)  # the room was there already
        faults.heal()
        self.recover(power=power)

    def recover(self, *, power: bool) -> None:
        """Crash, open the log, and compare."""
        self.disk.crash(power=power)
        recovery = self.open_log()
        first = recovery.first_number
        last = first + len(recovery.records) - 1
        assert list(recovery.records) == self.model[first - 1 : last]
        assert first <= self.released
        assert last >= self.promised
        assert recovery.carried == latest(self.model[: first - 1])
        del self.model[last:]
        self.promised = last  # what a recovery returns is kept

    @invariant()
    def numbers_agree(self) -> None:
        """The log numbers records as the model does, and promises no more than it may."""
        assert self.wal.last_number == len(self.model)
        assert self.promised <= self.wal.durable_number <= len(self.model)


def latest(before: list[Record]) -> tuple[Record, ...]:
    """Return the latest record of each type that is carried over."""
    found = {record.type: record for record in before if record.type in CARRIED}
    return tuple(found[type_] for type_ in sorted(found))


def chance_of(seed: int, kind: str) -> Chance:
    """Return a stream of the disk's."""
    return stream(seed, "disk", "", kind)


TestWal = WalMachine.TestCase
TestWal.settings = settings(
    max_examples=300,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
