"""Every kind of fault works on the worlds of actors as it does on the fake ones."""

import errno
from collections.abc import Callable

import pytest
import trio  # noqa: TID251 - the live world

from kactors.actors import Actor, Address, Request, RequestError, System, World, handles, serves
from kactors.actors.live_world import LiveWorld
from kactors.faults import (
    FAULTS,
    At,
    BitRot,
    Bounce,
    Bridge,
    ClockDrift,
    ClockJump,
    Clog,
    Constant,
    Crash,
    Cut,
    Delay,
    DiskFull,
    DiskReadError,
    DiskSyncError,
    DiskWriteError,
    Drop,
    Duplicate,
    Fault,
    FaultPlan,
    For,
    Hold,
    Isolate,
    KillActor,
    LoseDisk,
    Loss,
    LostWrite,
    Messages,
    MisdirectedWrite,
    Partition,
    Pause,
    Reboot,
    Reorder,
    Restart,
    Ring,
    SlowDisk,
    StalledDisk,
    Throttle,
    TornWrite,
)
from kactors.faults.errors import UnsupportedFaultError
from kactors.faults.injector import Injector
from kactors.faults.worlds import LiveTarget, SimTarget
from kactors.runtime import sleep
from kactors.transport.memory import MemoryHub
from kactors.wire import message

HOSTS = ("a", "b", "c")
NOW = At(5)
A_WHILE = For(5)


@message("test.worlds.note")
class Note:
    """Something to keep."""

    number: int


@message("test.worlds.kept")
class Kept(Request[Note]):
    """Ask how much was kept."""


class Scribe(Actor):
    """Tells the others what it counts, and keeps what it hears on its disk, as far as it can."""

    async def on_start(self) -> None:
        """Begin to talk, and to write."""
        self.kept = 0
        self.wall_ns = 0
        self.start_soon(self._talk)
        self.start_soon(self._write)

    async def _talk(self) -> None:
        number = 0
        while True:
            await sleep(0.1)
            number += 1
            self.wall_ns = self.host.clock.wall_ns()
            for other in HOSTS:
                if other != self.host.name:
                    self.send(Address(other, "scribe"), Note(number))

    async def _write(self) -> None:
        while True:
            await sleep(0.1)
            try:
                await self._write_a_page()
            except OSError as error:
                if error.errno not in {errno.EIO, errno.ENOSPC}:
                    raise

    async def _write_a_page(self) -> None:
        disk = self.host.disk
        async with await disk.open("pages", create=not await disk.exists("pages")) as file:
            await file.append(bytes(1500))
            await file.read(0, 4096)
            await file.append(bytes(1500))
            await file.sync()
            await file.append(bytes(1500))

    @handles
    def hear(self, note: Note) -> None:
        """Count."""
        self.kept += 1

    @serves
    def count(self, request: Kept) -> Note:
        """Tell how much was heard."""
        return Note(self.kept)


def raise_world() -> World:
    """Three scribes."""
    world = World(seed=1)
    for name in HOSTS:
        world.add_host(name).deploy(Scribe, "scribe")
    return world


PLANS: tuple[tuple[Fault, ...], ...] = (
    (Cut("a", "b", start=NOW, end=A_WHILE),),
    (Isolate("a", start=NOW, end=A_WHILE),),
    (Partition((("a",), ("b", "c")), start=NOW, end=A_WHILE),),
    (Bridge(("a",), ("b",), ("c",), start=NOW, end=A_WHILE),),
    (Ring(HOSTS, start=NOW, end=A_WHILE),),
    (Delay("a", "b", Constant(0.5), start=NOW, end=A_WHILE),),
    (Loss("a", "b", 0.5, start=NOW, end=A_WHILE),),
    (Duplicate("a", "b", 0.5, start=NOW, end=A_WHILE),),
    (Reorder("a", "b", 0.5, start=NOW, end=A_WHILE),),
    (Throttle("a", "b", 1000.0, start=NOW, end=A_WHILE),),
    (Clog("a", "b", start=NOW, end=A_WHILE),),
    (Drop(Messages(target="b"), start=NOW, end=A_WHILE),),
    (Hold(Messages(target="b"), start=NOW, end=A_WHILE),),
    (Crash("a", start=NOW),),
    (Crash("a", start=At(3)), Restart("a", start=NOW)),
    (Bounce("a", start=NOW, end=A_WHILE),),
    (Reboot("a", start=NOW, end=A_WHILE),),
    (Pause("a", start=NOW, end=A_WHILE),),
    (KillActor("a/scribe", start=NOW),),
    (ClockJump("a", 3600.0, start=NOW),),
    (ClockDrift("a", 50_000, start=NOW, end=A_WHILE),),
    (DiskReadError("a", start=NOW, end=A_WHILE),),
    (DiskWriteError("a", start=NOW, end=A_WHILE),),
    (DiskSyncError("a", start=NOW, end=A_WHILE),),
    (DiskFull("a", start=NOW, end=A_WHILE),),
    (SlowDisk("a", start=NOW, end=A_WHILE),),
    (StalledDisk("a", start=NOW, end=A_WHILE),),
    (BitRot("a", start=NOW, end=A_WHILE),),
    (MisdirectedWrite("a", start=NOW, end=A_WHILE),),
    (LostWrite("a", start=NOW, end=A_WHILE),),
    (TornWrite("a", start=NOW, end=A_WHILE), Bounce("a", start=At(6), end=For(1))),
    (LoseDisk("a", start=NOW, end=A_WHILE),),
)


def test_every_kind_has_a_plan() -> None:
    """A new kind of fault is tried on a world of actors the day it is made."""
    assert {type(fault) for plan in PLANS for fault in plan} == set(FAULTS)


@pytest.mark.parametrize("faults", PLANS, ids=lambda faults: type(faults[-1]).__name__)
def test_a_fault_fires_is_felt_and_heals(faults: tuple[Fault, ...]) -> None:
    """A world of actors notices each kind of fault, and talks again when it is healed."""
    world = raise_world()
    injector = Injector(SimTarget(world), FaultPlan(faults))
    world.add_host("asker")
    injector.start()

    world.run_for(20)
    injector.heal()
    world.run_for(5)

    for kind, counts in injector.counts().items():
        assert (counts.armed, counts.fired, counts.felt) == (counts.armed,) * 3, kind
    for name in HOSTS:
        assert world.call("asker", ask, name) > 0


async def ask(system: System, host: str) -> int:
    """Return what the scribe of a host has heard."""
    return (await system.ref(f"{host}/scribe").request(Kept())).number


def test_the_same_plan_gives_the_same_run() -> None:
    """A plan and a seed are all there is to a run."""

    def digest() -> str:
        world = raise_world()
        faults = (Loss("*", "*", 0.2, start=At(1), end=For(5)), Bounce("b", start=NOW, end=A_WHILE))
        Injector(SimTarget(world), FaultPlan(faults)).start()
        world.run_for(20)
        return world.digest

    assert digest() == digest()


def test_a_part_is_played_by_whom_the_world_says() -> None:
    """Faults aim at @leader; the world resolves it when they begin."""
    world = raise_world()
    world.roles["@leader"] = lambda: "b"
    Injector(SimTarget(world), FaultPlan((Crash("@leader", start=At(1)),))).start()

    world.run_for(2)

    assert [name for name in HOSTS if not world.hosts[name].machine.up] == ["b"]


def live(plan: FaultPlan, check: Callable[[LiveWorld, Injector], None]) -> None:
    """Run two scribes in the live world under a plan, then check."""

    async def main() -> None:
        hub = MemoryHub()
        async with LiveWorld(faults=True) as world:
            world.add_host("a", lambda _: hub.transport("a")).deploy(Talker, "scribe")
            world.add_host("b", lambda _: hub.transport("b")).deploy(Talker, "scribe")
            injector = Injector(LiveTarget(world), plan)
            injector.start()
            await trio.sleep(0.3)
            check(world, injector)

    trio.run(main)


class Talker(Scribe):
    """A scribe without a disk, and quicker."""

    async def on_start(self) -> None:
        """Begin to talk."""
        self.kept = 0
        self.start_soon(self._talk)

    async def _talk(self) -> None:
        while True:
            await sleep(0.002)
            for other in ("a", "b"):
                if other != self.host.name:
                    self.send(Address(other, "scribe"), Note(1))


@pytest.mark.live
@pytest.mark.parametrize(
    "fault",
    [
        Cut("a", "b", start=At(0.05), end=For(0.1)),
        Loss("a", "b", 0.9, start=At(0.05), end=For(0.1)),
        Delay("a", "b", Constant(0.05), start=At(0.05), end=For(0.1)),
        Bounce("a", start=At(0.05), end=For(0.05)),
        KillActor("a/scribe", start=At(0.05)),
        ClockJump("a", 3600.0, start=At(0.05)),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_the_same_plans_work_in_the_live_world(fault: Fault) -> None:
    """One fault plan serves both worlds."""

    def check(_: LiveWorld, injector: Injector) -> None:
        (counts,) = injector.counts().values()
        assert (counts.fired, counts.felt) == (1, 1)

    live(FaultPlan((fault,)), check)


@pytest.mark.live
def test_a_live_world_without_rules_says_how_to_get_them() -> None:
    """Faults of links need the wrapper, which costs something, so it has to be asked for."""

    async def main() -> None:
        async with LiveWorld() as world:
            with pytest.raises(UnsupportedFaultError, match="faults=True"):
                LiveTarget(world)

    trio.run(main)


def test_an_actor_that_is_not_there_cannot_be_killed() -> None:
    """The fault fires, and is not felt."""
    world = raise_world()
    injector = Injector(SimTarget(world), FaultPlan((KillActor("a/nobody", start=At(1)),)))
    injector.start()

    world.run_for(2)

    assert injector.counts()["KillActor"].felt == 0


def test_a_crashed_host_does_not_answer() -> None:
    """And the request says that it does not know."""
    world = raise_world()
    world.add_host("asker")
    Injector(SimTarget(world), FaultPlan((Crash("a", start=At(0)),))).start()
    world.run_for(1)

    with pytest.raises(RequestError):
        world.call("asker", ask, "a")
