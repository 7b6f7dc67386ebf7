"""One member, its driver and its disk: the order of steps, crashes between them, pauses."""

from typing import Any

import attrs
import pytest

from kactors.checking.raft_view import Ack, MemberView, Role
from kactors.testing.raft import OURS, Command, Knobs, Output
from kactors.testing.raft.effect import Effect
from kactors.testing.raft.process import Process
from kactors.testing.raft.schedule import Kind
from kactors.testing.raft.world import Broken, World

MS = 1_000_000


@attrs.define
class Disk:
    """A disk that remembers the order of its records."""

    done: list[Any]
    snapshot: tuple[int, bytes] | None = None
    term: int = 0
    vote: int | None = None
    last_index: int = 100
    commit_index: int = 0

    def write(self, record: Any) -> None:
        """Take in a record."""
        self.done.append(("write", record))

    def entry(self, index: int) -> tuple[int, bytes] | None:
        """All entries are there."""
        return (0, b"")


class Core:
    """A member that owes what it is told to owe."""

    def __init__(self, done: list[Any]) -> None:
        self.done = done
        self.owed: list[Output] = []
        self.ticks = 0

    def tick(self) -> None:
        """Count."""
        self.ticks += 1

    def receive(self, sender: int, message: Any) -> None:
        """Remember, or fail if so asked."""
        if message == "die":
            raise ValueError("cannot go on")
        self.done.append(("receive", message))

    def output(self) -> Output | None:
        """Hand over what is owed."""
        return self.owed.pop(0) if self.owed else None

    def persisted(self, number: int) -> None:
        """Remember."""
        self.done.append(("persisted", number))

    def applied(self, index: int) -> None:
        """Remember."""
        self.done.append(("applied", index))

    def view(self) -> MemberView:
        """Nothing ever changes."""
        return MemberView(Role.FOLLOWER, 0, None, 0, 1, 0, 0, (1, 2))

    def entry(self, index: int) -> None:
        """There is nothing."""


@attrs.define
class Alone:
    """An implementation of one such member."""

    done: list[Any]
    core: Core
    name: str = "alone"
    capabilities: frozenset[Any] = frozenset()

    def bootstrap(self, member: int, voters: tuple[int, ...]) -> Any:
        """Return the disk."""
        return Disk(self.done)

    def empty(self, member: int) -> Any:
        """Nobody joins."""
        raise AssertionError(member)

    def start(self, seat: Any) -> Any:
        """Return the member."""
        self.done.append(("start", seat.boot))
        return self.core

    def promises(self, sender: int, to: int, message: Any) -> tuple[Ack, ...]:
        """Tell that it is sent."""
        self.done.append(("send", message))
        return ()

    def describe(self, message: Any) -> str:
        """As it is."""
        return str(message)


@attrs.define
class Solo:
    """One member that was started, and all that was done since."""

    world: World
    process: Process
    core: Core
    done: list[Any]


def solo(*, seed: int = 1, sync_ms: int = 0, apply_ms: int = 0) -> Solo:
    """Start one member that owes nothing yet."""
    done: list[Any] = []
    core = Core(done)
    knobs = Knobs(members=1, load_ms=0, sync_ms=sync_ms, apply_ms=apply_ms)
    world = World(Alone(done, core), knobs, seed=seed)
    world.begin()
    done.clear()
    return Solo(world, world.processes[1], core, done)


OUTPUT = Output(
    1,
    records=("r1", "r2"),
    sync=True,
    messages_now=((2, "now"),),
    messages=((2, "after"),),
    committed=(Command(1, 1, b"7"), Command(2, 1, b"")),
)
STEPS = [
    ("send", "now"),
    ("write", "r1"),
    ("write", "r2"),
    ("persisted", 1),
    ("send", "after"),
    ("applied", 2),
]


def test_the_steps_have_an_order() -> None:
    """Send what needs no disk, write, tell, send the rest, apply."""
    it = solo()
    it.core.owed = [OUTPUT]

    it.process.act(it.process._nothing)

    assert it.done == STEPS
    assert it.process.machine.index == 2
    assert it.process.machine.registers[1] == 7


def test_a_slow_disk_delays_all_that_follows_the_sync() -> None:
    """What may be sent now is; everything else waits, of later outputs too."""
    it = solo(sync_ms=50)
    it.core.owed = [OUTPUT, Output(2, messages=((2, "later"),))]

    it.process.act(it.process._nothing)
    assert it.done == STEPS[:1]
    it.world.run_for(200 * MS)

    assert [each for each in it.done if each[0] != "receive"] == [
        *STEPS,
        ("persisted", 2),
        ("send", "later"),
    ]


def test_applying_may_lag() -> None:
    """The state machine is told later; the messages do not wait for it."""
    it = solo(apply_ms=30)
    it.core.owed = [OUTPUT]

    it.process.act(it.process._nothing)
    assert it.done == STEPS[:-1]
    it.world.run_for(31 * MS)

    assert it.done[-1] == ("applied", 2)


@pytest.mark.parametrize("fuse", range(1, 8))
def test_a_fuse_burns_down_between_any_two_steps(fuse: int) -> None:
    """Before the first write, between writes, before a message, between two entries, or never."""
    it = solo()
    it.process.fuse, it.process.fuse_effect = fuse, Effect(Kind.CRASH_AT_STEP)
    it.core.owed = [OUTPUT]

    it.process.act(it.process._nothing)

    steps = [each for each in it.done if each[0] != "write"]
    if fuse <= 6:
        assert it.process.core is None
        assert it.process.fuse_effect.felt
        assert steps == [each for each in STEPS if each[0] != "write"][: len(steps)]
        assert ("applied", 2) not in it.done
    else:
        assert it.process.core is it.core
        assert it.done == STEPS


@pytest.mark.parametrize("fuse", range(2, 8))
def test_nothing_is_written_twice(fuse: int) -> None:
    """What is on the disk when a fuse burns down is not under way any more."""
    for seed in range(20):
        it = solo(seed=seed, sync_ms=50)
        it.process.fuse = fuse
        records = ["a", "b", "c"]
        it.core.owed = [Output(1, records=("a",), sync=True), Output(2, records=("b", "c"))]
        it.process.act(it.process._nothing)
        it.world.run_for(200 * MS)

        written = [record for what, record in it.done if what == "write"]
        assert written == records[: len(written)]


@pytest.mark.parametrize(("tear", "kept"), [(1, ["a"]), (2, ["a", "b"]), (9, ["a", "b"])])
@pytest.mark.parametrize("sync_ms", [0, 50])
def test_a_torn_write_leaves_its_beginning(tear: int, kept: list[str], sync_ms: int) -> None:
    """At least one record stays and one is lost; a single record cannot be torn."""
    it = solo(sync_ms=sync_ms)
    it.process.tear, it.process.fuse_effect = tear, Effect(Kind.TORN_WRITE)
    it.core.owed = [
        Output(1, records=("whole",), sync=True),
        Output(2, records=("a", "b", "c"), sync=True),
    ]

    it.process.act(it.process._nothing)
    it.world.run_for(200 * MS)

    assert [record for what, record in it.done if what == "write"] == ["whole", *kept]
    assert it.process.core is None
    assert it.process.fuse_effect.felt


def test_a_power_loss_keeps_a_prefix() -> None:
    """Of what was under way; a process that dies alone loses nothing that was written."""
    kept = set()
    for seed in range(40):
        it = solo(seed=seed, sync_ms=50)
        it.core.owed = [Output(1, records=("a", "b", "c"), sync=True)]
        it.process.act(it.process._nothing)
        it.process.crash(power=True)
        assert [record for _, record in it.done] == ["a", "b", "c"][: len(it.done)]
        kept.add(len(it.done))

    assert kept == {0, 1, 2, 3}


def test_what_the_operating_system_has_survives_the_process() -> None:
    """Records without a sync are lost with the power only."""
    it = solo()
    it.core.owed = [Output(1, records=("cached",), sync=False)]
    it.process.act(it.process._nothing)
    assert ("write", "cached") not in it.done

    it.process.crash(power=False)

    assert ("write", "cached") in it.done
    assert not it.process.up


def test_a_pause_keeps_everything_and_then_ticks_first() -> None:
    """Messages wait, clocks go on; afterwards all that was missed happens at once."""
    it = solo()
    pause, second = Effect(Kind.PAUSE), Effect(Kind.PAUSE)
    it.process.pauses += [pause, second]
    before = it.core.ticks

    it.process.do(it.process.receive, 2, "hello")
    it.world.run_for(1000 * MS)
    it.process.resume(pause)
    assert (it.core.ticks, it.done) == (before, [])
    it.process.resume(second)

    assert it.core.ticks == before + 10
    assert it.done == [("receive", "hello")]
    assert pause.felt
    it.process.resume(pause)
    assert it.core.ticks == before + 10


def test_who_is_down_hears_nothing() -> None:
    """Neither messages nor wishes are kept for a member that is not there."""
    it = solo()
    it.process.crash(power=True)
    it.done.clear()

    it.process.do(it.process.receive, 2, "hello")
    it.process.receive(2, "hello")
    it.process.crash(power=True)
    it.process.rush(3)

    assert it.done == []


def test_an_exception_is_a_finding() -> None:
    """A member may not stop by itself; the type is part of the signature, the text is told."""
    it = solo()

    with pytest.raises(Broken) as caught:
        it.process.act(it.core.receive, 2, "die")

    assert caught.value.violation.invariant == "no member stops by itself: ValueError"
    assert "cannot go on" in caught.value.violation.text


def test_a_member_that_cannot_start_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after a crash, over what the disk kept."""
    it = solo()
    it.process.crash(power=True)

    def refuse(_: Alone, seat: Any) -> Any:
        raise RuntimeError("the disk is torn")

    monkeypatch.setattr(Alone, "start", refuse)
    with pytest.raises(Broken, match="RuntimeError"):
        it.process.start()


def test_who_is_gone_does_not_start() -> None:
    """Nor does one that runs start twice."""
    it = solo()
    it.process.start()
    assert it.process.boot == 1
    it.process.crash(power=True)
    it.process.gone = True

    it.process.start()

    assert it.process.boot == 1


@pytest.mark.parametrize("durable", [False, True])
def test_a_state_machine_on_disk_is_not_applied_again(
    durable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With durable state a member starts at the machine's index, without it at the snapshot's."""
    told: list[int] = []
    real = type(OURS).start

    def start(ours: Any, seat: Any) -> Any:
        told.append(seat.applied_index)
        return real(ours, seat)

    monkeypatch.setattr(type(OURS), "start", start)
    world = World(OURS, Knobs(members=1, durable_state=durable, load_ms=50), seed=2)
    world.begin()
    world.run_for(5000 * MS)
    process = world.processes[1]
    index = process.machine.index
    process.crash(power=True)
    process.start()

    assert index > 20
    assert told == [1, index if durable else 1]
    assert process.machine.index == index


def test_snapshots_are_made_as_often_as_asked_for() -> None:
    """The log is compacted, but for what is kept."""
    world = World(OURS, Knobs(members=1, load_ms=50, snapshot_every=10, snapshot_keep=2), seed=2)
    world.begin()
    world.run_for(5000 * MS)
    process = world.processes[1]

    assert process.view is not None
    assert process.view.first_index > 10
    snapshot = process.storage.snapshot
    assert snapshot is not None
    assert snapshot[0] > 10
