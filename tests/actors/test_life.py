"""One life of an actor: the order of its messages, its tasks, its end."""

from collections.abc import Callable

import pytest

from kactors.actors import (
    Actor,
    NotAliveError,
    handles,
    serves,
)
from kactors.runtime import current_host, current_time, sleep, sleep_forever
from kactors.wire import message
from tests.actors.cast import (
    LATENCY,
    Answer,
    Ask,
    Idle,
    Note,
    SlowAsk,
    ask,
    forever,
    now,
    serve,
    small_world,
    tell,
)


@message("test.life.pause")
class Pause:
    """One way; its handler waits so long."""

    seconds: float


class Diary(Actor):
    """Writes down when it begins and ends what."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    @handles
    def note(self, note: Note) -> None:
        """Write."""
        self.entries.append(f"note {note.number}")

    @handles
    async def pause(self, pause: Pause) -> None:
        """Write, wait, write."""
        self.entries.append("pause begins")
        await sleep(pause.seconds)
        self.entries.append("pause ends")

    @serves
    def ask(self, request: Ask) -> Answer:
        """Write."""
        self.entries.append(f"ask {request.number}")
        return Answer(request.number)

    @serves
    async def slow_ask(self, request: SlowAsk) -> Answer:
        """Write, wait, write."""
        self.entries.append(f"slow {request.number} begins")
        await sleep(request.seconds)
        self.entries.append(f"slow {request.number} ends")
        return Answer(request.number)


class TestOrder:
    """What comes after what."""

    def test_messages_are_handled_in_the_order_of_their_arrival(self) -> None:
        """Plain ones and those that wait, one at a time."""
        world = small_world()
        diary = serve(world, Diary).last

        tell(world, Note(1), Pause(1.0), Note(2), Pause(1.0), Note(3))
        world.run_for(1.5)
        halfway = list(diary.entries)
        world.run_for(5)

        assert halfway == ["note 1", "pause begins", "pause ends", "note 2", "pause begins"]
        assert diary.entries == [*halfway, "pause ends", "note 3"]

    def test_no_message_is_handled_after_stop(self) -> None:
        """Those that waited are dead letters; what is under way comes to its end."""

        class Stopping(Diary):
            @handles
            async def pause(self, pause: Pause) -> None:
                self.entries.append("pause begins")
                await sleep(pause.seconds)
                self.stop()
                await sleep(pause.seconds)
                self.entries.append("pause ends")

        world = small_world()
        diary = serve(world, Stopping).last
        tell(world, Pause(1.0), Note(1), Note(2))
        world.run_for(1.5)
        tell(world, Note(3))
        world.run_for(5)

        assert diary.entries == ["pause begins", "pause ends"]
        counts = world.hosts["b"].system.dead_letters.counts
        assert counts == {"ending": 1, "left in the mailbox": 2}


class Observer(Actor):
    """Notes what is ambient in each of its methods."""

    def __init__(self) -> None:
        self.seen: dict[str, tuple[str, float, float]] = {}

    def look(self, where: str) -> None:
        """Note host, ambient time and the host's clock."""
        clock = self.host.clock.monotonic_ns() / 1e9
        self.seen[where] = (current_host().name, current_time(), clock)

    async def on_start(self) -> None:
        """Look."""
        self.look("on_start")
        self.after(0.0, self.look, "after")

    @handles
    def note(self, note: Note) -> None:
        """Look."""
        self.look("handles")

    @serves
    def ask(self, request: Ask) -> Answer:
        """Look; start a task."""
        self.look("serves")
        self.start_soon(self.task)
        return Answer(0)

    @serves
    async def slow_ask(self, request: SlowAsk) -> Answer:
        """Look."""
        self.look("serves async")
        return Answer(0)

    async def task(self) -> None:
        """Look."""
        self.look("start_soon")

    async def on_stop(self) -> None:
        """Look."""
        self.look("on_stop")


def test_what_is_ambient_is_the_actors_own_everywhere() -> None:
    """Its host, and that host's clock, which is fast; also in plain handlers."""
    world = small_world()
    world.hosts["b"].machine.set_drift(500_000)
    observer = serve(world, Observer).last
    world.run_for(10)

    tell(world, Note(1))
    ask(world, Ask(1))
    ask(world, SlowAsk(1, 0.0))
    world.hosts["b"].system.stop("server")
    world.run_for(1)

    expected = ["on_start", "after", "handles", "serves", "serves async", "start_soon", "on_stop"]
    assert sorted(observer.seen) == sorted(expected)
    for host, ambient, clock in observer.seen.values():
        assert host == "b"
        assert ambient == clock
    assert observer.seen["on_stop"][1] > 15


class TestFailures:
    """Wherever an actor raises, its life ends."""

    @pytest.mark.parametrize("busy", [False, True])
    def test_in_a_plain_handler_of_messages(self, busy: bool) -> None:
        """At once, or when its turn comes."""

        class Failing(Diary):
            @handles
            def note(self, note: Note) -> None:
                raise ValueError("no")

        world = small_world()
        lives = serve(world, Failing)

        tell(world, *([Pause(0.5)] if busy else []), Note(1), Note(2))
        world.run_for(5)

        assert len(lives) == 2
        assert world.hosts["b"].system.cells["server"].last_failure == "ValueError: no"
        assert sum(world.hosts["b"].system.dead_letters.counts.values()) == 1

    def test_in_a_handler_that_waits(self) -> None:
        """After it has waited."""

        class Failing(Diary):
            @handles
            async def pause(self, pause: Pause) -> None:
                await sleep(pause.seconds)
                raise ValueError("no")

        world = small_world()
        lives = serve(world, Failing)

        tell(world, Pause(1.0))
        world.run_for(0.9)
        assert len(lives) == 1
        world.run_for(1)
        assert len(lives) == 2

    def test_in_a_task(self) -> None:
        """The other tasks of the life are cancelled with it."""
        ended: list[str] = []

        class Failing(Diary):
            async def on_start(self) -> None:
                if not ended:
                    self.start_soon(self.fail)
                    self.start_soon(self.work)

            async def fail(self) -> None:
                await sleep(1.0)
                raise ValueError("no")

            async def work(self) -> None:
                try:
                    await sleep_forever()
                finally:
                    ended.append("work")

        world = small_world()
        lives = serve(world, Failing)
        world.run_for(5)

        assert ended == ["work"]
        assert len(lives) == 2


class TestEnd:
    """What is left when a life has ended: nothing."""

    def test_tasks_end_with_the_life(self) -> None:
        """In order, their cleanup runs."""
        ended: list[str] = []

        class Working(Idle):
            async def on_start(self) -> None:
                self.start_soon(self.work, name="work")

            async def work(self) -> None:
                try:
                    await forever()
                finally:
                    ended.append("work")

        world = small_world()
        serve(world, Working)

        world.hosts["b"].system.stop("server")
        world.run_for(0.0)

        assert ended == ["work"]

    def test_an_ended_life_starts_nothing(self) -> None:
        """Whoever kept the instance is told."""
        world = small_world()
        actor = serve(world, Idle).last
        world.hosts["b"].system.stop("server")
        world.run_for(0.0)

        actions: list[Callable[[], object]] = [
            lambda: actor.start_soon(forever),
            lambda: actor.after(1.0, print),
            lambda: actor.spawn(Idle, "child"),
            lambda: actor.watch(actor.address),
        ]
        for action in actions:
            with pytest.raises(NotAliveError, match="life 1 of b/server has ended"):
                now(world, action)

    def test_on_stop_may_still_talk(self) -> None:
        """What it says leaves, and it may ask and be answered."""

        class Polite(Idle):
            async def on_stop(self) -> None:
                answer = await self.ref("a/server").request(Ask(3))
                self.ref("a/server").send(Note(answer.number))

        world = small_world()
        mine = serve(world, at="a/server").last
        serve(world, Polite)

        world.hosts["b"].system.stop("server")
        world.run_for(1)

        assert mine.asked == mine.notes == [3]

    def test_a_handler_that_crashes_its_own_host_is_its_last(self) -> None:
        """As a fault that waits for a message does."""

        class Suicidal(Observer):
            @serves
            def ask(self, request: Ask) -> Answer:
                world.crash("b")
                return Answer(0)

            @handles
            async def pause(self, pause: Pause) -> None:
                world.crash("b")
                await sleep(0.0)
                raise AssertionError("the host is down")

        for how in ("plain", "async", "on start"):
            world = small_world()
            if how == "on start":
                world.lives.on_started.append(lambda _: world.crash("b"))  # noqa: B023 - at once
            lives = serve(world, Suicidal)
            if how == "plain":
                world.hosts["a"].system.ref("b/server").send(Ask(1))
                ask(world, Ask(1), timeout=1.0)
            if how == "async":
                tell(world, Pause(1.0))
            world.run_for(LATENCY)
            assert not world.hosts["b"].machine.up

            world.lives.on_started.clear()
            world.hosts["b"].machine.restart()
            world.run_for(1)

            assert "on_stop" not in lives.actors[0].seen
            assert lives.last is not lives.actors[0] or how == "on start"
