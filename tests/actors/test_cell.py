"""Supervision: what follows the end of a life, and who learns of it."""

from typing import Any

import pytest

from kactors.actors import (
    Actor,
    NotRunningError,
    Request,
    Restart,
    RestartPolicy,
    World,
    serves,
)
from kactors.actors.cell import CellState
from kactors.runtime import sleep, sleep_forever
from kactors.wire import message
from tests.actors.cast import (
    Answer,
    Ask,
    Fail,
    Idle,
    Lives,
    Note,
    Server,
    ask,
    forever,
    serve,
    small_world,
    tell,
)


def exact(restart: Restart = Restart.TRANSIENT) -> RestartPolicy:
    """Make a policy whose pauses are easily told apart."""
    return RestartPolicy(restart, backoff=1.0, jitter=0.0)


@message("test.cell.stop")
class Stop(Request[Answer]):
    """Ask the actor to stop."""


class Stopping(Server):
    """Stops when asked to; notes what is called in which life."""

    calls: list[str]

    async def on_start(self) -> None:
        """Begin."""
        self.calls = ["start"]

    @serves
    def stop_now(self, request: Stop) -> Answer:
        """Stop."""
        self.stop()
        return Answer(0)

    async def on_stop(self) -> None:
        """End."""
        self.calls.append("stop")


def kill(world: World, name: str = "server", host: str = "b") -> None:
    """Make an actor fail, and let that happen."""
    assert world.hosts[host].system.kill(name, "a test")
    world.run_for(0.0)


class TestRestart:
    """Which ends are followed by another life."""

    @pytest.mark.parametrize(
        ("restart", "after_failure", "after_stop"),
        [
            (Restart.PERMANENT, 2, 2),
            (Restart.TRANSIENT, 2, 1),
            (Restart.TEMPORARY, 1, 1),
        ],
    )
    def test_the_policy_decides(
        self, restart: Restart, after_failure: int, after_stop: int
    ) -> None:
        """After a failure, and after the actor has stopped itself."""
        for end, expected in ((Fail("undeclared"), after_failure), (Stop(), after_stop)):
            world = small_world()
            lives = serve(world, Stopping, policy=exact(restart))

            ask(world, end)
            world.run_for(5)

            assert len(lives) == expected
            assert ("server" in world.hosts["b"].system.cells) is (expected == 2)

    def test_each_life_is_an_instance_of_its_own(self) -> None:
        """Nothing of the failed one is left."""
        world = small_world()
        lives = serve(world)
        tell(world, Note(1))

        kill(world)
        world.run_for(5)
        tell(world, Note(2))

        assert [life.notes for life in lives.actors] == [[1], [2]]

    def test_the_pause_doubles_with_each_failure(self) -> None:
        """From the moment of the failure."""
        world = small_world()
        lives = serve(world, policy=exact())

        for pause in (1.0, 2.0, 4.0):
            kill(world)
            before = len(lives)
            world.run_for(pause - 0.001)
            assert len(lives) == before
            world.run_for(0.002)
            assert len(lives) == before + 1

    def test_jitter_differs_from_host_to_host_and_from_seed_to_seed(self) -> None:
        """So that what fails together does not come back together; yet a run repeats."""

        def pauses(seed: int) -> list[float]:
            found = []
            world = small_world("a", "b", seed=seed)
            for host in ("a", "b"):
                serve(world, at=f"{host}/server", policy=RestartPolicy(jitter=0.5))
            for host in ("a", "b"):
                began = world.time
                kill(world, host=host)
                cells = world.hosts[host].system.cells
                world.run_until(lambda: cells["server"].lives == 2)  # noqa: B023 - used at once
                found.append(world.time - began)
            return found

        assert pauses(1) == pauses(1)
        assert len({*pauses(1), *pauses(2)}) == 4

    def test_a_stopped_life_hears_of_it_and_a_failed_one_does_not(self) -> None:
        """`on_stop` is for an orderly end."""
        world = small_world()
        lives = serve(world, Stopping)

        kill(world)
        world.run_for(1)
        ask(world, Stop())
        world.run_for(1)

        assert [life.calls for life in lives.actors] == [["start"], ["start", "stop"]]

    def test_an_on_start_that_fails_is_a_failure_like_any_other(self) -> None:
        """The next life may fare better."""

        class Second(Server):
            async def on_start(self) -> None:
                if len(lives) == 1:
                    raise ValueError("not yet")

        lives = Lives(Second)
        world = small_world()
        world.hosts["b"].deploy(lives, "server")
        world.run_for(1)

        assert len(lives) == 2
        assert ask(world, Ask(1)) == Answer(1)

    def test_a_factory_that_raises_is_a_failure_like_any_other(self) -> None:
        """There was no instance, but there is a reason."""
        made: list[int] = []

        def factory() -> Actor:
            made.append(1)
            if len(made) == 1:
                raise OSError("no disk yet")
            return Server()

        world = small_world()
        world.hosts["b"].deploy(factory, "server")
        world.run_for(0.0)
        cell = world.hosts["b"].system.cells["server"]

        assert cell.last_failure == "OSError: no disk yet"
        assert cell.actor is None
        world.run_for(1)
        assert ask(world, Ask(1)) == Answer(1)

    def test_lives_are_counted_beyond_the_end_of_the_actor(self) -> None:
        """So that an actor started again under its name draws from new streams of chance."""
        world = small_world()
        system = world.hosts["b"].system
        drawn = []

        for _ in range(3):
            lives = Lives(Server)
            system.start(lives, "server")
            world.run_for(0.0)
            drawn.append(lives.last.random("key").random())
            system.stop("server")
            world.run_for(0.0)

        assert len(set(drawn)) == 3


class TestStopping:
    """Ending an actor in order."""

    def test_stopping_from_outside_is_for_good(self) -> None:
        """Whatever the policy says."""
        world = small_world()
        lives = serve(world, Stopping, policy=RestartPolicy(Restart.PERMANENT))

        assert world.hosts["b"].system.stop("server")
        world.run_for(100)

        assert len(lives) == 1
        assert lives.last.calls == ["start", "stop"]

    def test_stopping_while_it_waits_to_be_restarted(self) -> None:
        """It does not come back, and does not wait for the end of the pause."""
        world = small_world()
        lives = serve(world, policy=exact())
        kill(world)

        world.hosts["b"].system.stop("server")
        world.run_for(0.0)

        assert "server" not in world.hosts["b"].system.cells
        world.run_for(100)
        assert len(lives) == 1

    def test_stopping_before_it_has_begun(self) -> None:
        """Its factory is not even called."""
        world = small_world()
        lives = Lives()
        system = world.hosts["b"].system
        system.start(lives, "server")

        system.stop("server")
        world.run_for(1)

        assert len(lives) == 0
        assert "server" not in system.cells

    def test_stopping_while_it_starts(self) -> None:
        """Nobody waits for an `on_start` that may hang; `on_stop` has nothing to tidy up."""

        class Hanging(Stopping):
            async def on_start(self) -> None:
                await super().on_start()
                await sleep_forever()

        world = small_world()
        lives = serve(world, Hanging)

        world.hosts["b"].system.stop("server")
        world.run_for(0.0)

        assert "server" not in world.hosts["b"].system.cells
        assert lives.last.calls == ["start"]

    def test_a_life_that_has_ended_cannot_stop_the_next(self) -> None:
        """Whoever kept the instance has no power over its successor."""
        world = small_world()
        lives = serve(world, Stopping)
        kill(world)
        world.run_for(1)

        lives.actors[0].stop()
        world.run_for(1)

        assert ask(world, Ask(1)) == Answer(1)

    def test_an_on_stop_that_hangs_is_cut_short(self) -> None:
        """After five seconds; the trace says so."""

        class Hanging(Stopping):
            async def on_stop(self) -> None:
                self.calls.append("stop")
                await sleep_forever()

        world = small_world(trace=True)
        lives = serve(world, Hanging)
        ask(world, Stop())

        world.run_for(4.9)
        assert world.hosts["b"].system.cells["server"].state is CellState.ENDING
        world.run_for(0.2)

        assert "server" not in world.hosts["b"].system.cells
        assert lives.last.calls == ["start", "stop"]
        assert world.recorder is not None
        assert [each.what for each in world.recorder.records if each.actor == "server"][-2:] == [
            "stop-cut-short",
            "stop",
        ]

    def test_an_on_stop_that_raises_is_a_failure(self) -> None:
        """And is treated as one."""

        class Failing(Stopping):
            async def on_stop(self) -> None:
                raise ValueError("cannot stop")

        world = small_world()
        lives = serve(world, Failing)

        ask(world, Stop())
        world.run_for(1)

        assert len(lives) == 2
        assert world.hosts["b"].system.failures == 1

    def test_an_actor_that_ends_refuses_what_comes(self) -> None:
        """Also while it is busy with `on_stop`."""

        class Long(Stopping):
            async def on_stop(self) -> None:
                await sleep(1.0)

        world = small_world()
        serve(world, Long)
        ask(world, Stop())
        tell(world, Note(1))

        error = ask(world, Ask(1))

        assert isinstance(error, NotRunningError)
        assert error.state == "ending"
        assert world.hosts["b"].system.dead_letters.counts == {"ending": 2}


class Parent(Stopping):
    """Has a child that is a `Stopping`, too."""

    def __init__(self, children: Lives, policy: RestartPolicy | None = None) -> None:
        super().__init__()
        self._children = children
        self._policy = policy

    async def on_start(self) -> None:
        """Start the child."""
        await super().on_start()
        self.spawn(self._children, "child", policy=self._policy)


class TestChildren:
    """Actors supervised by actors."""

    def family(
        self, policy: RestartPolicy | None = None, make: Any = Stopping
    ) -> tuple[World, Lives, Lives]:
        """Start a parent with one child; return both ones' lives."""
        world = small_world()
        children = Lives(make)
        parents = serve(world, lambda: Parent(children, policy), at="b/parent")
        world.run_for(0.0)
        return world, parents, children

    def test_a_child_has_a_name_below_its_parents(self) -> None:
        """And is reached as any actor is."""
        world, _, _ = self.family()

        assert ask(world, Ask(1), to="b/parent/child") == Answer(1)

    def test_a_childs_failure_is_not_its_parents(self) -> None:
        """As long as its policy tolerates it."""
        world, parents, children = self.family()

        kill(world, "parent/child")
        world.run_for(1)

        assert (len(parents), len(children)) == (1, 2)

    def test_a_child_that_gives_up_fails_its_parent(self) -> None:
        """Which is restarted, and starts its child anew."""
        world, parents, children = self.family(RestartPolicy(intensity=1))

        for _ in range(2):
            kill(world, "parent/child")
            world.run_for(1)

        assert (len(parents), len(children)) == (2, 3)
        failure = world.hosts["b"].system.cells["parent"].last_failure
        assert failure.startswith("GaveUpError: b/parent/child ended more than 1 times within 60 s")
        assert "KilledError: a test" in failure
        assert ask(world, Ask(1), to="b/parent/child") == Answer(1)

    def test_a_temporary_child_fails_alone(self) -> None:
        """Its failure goes no further."""
        world, parents, children = self.family(RestartPolicy(Restart.TEMPORARY))

        kill(world, "parent/child")
        world.run_for(100)

        assert (len(parents), len(children)) == (1, 1)
        assert world.hosts["b"].system.failures == 1

    def test_children_are_stopped_with_their_parent(self) -> None:
        """In order: they hear of it. Whether it failed or stopped."""
        for end in (
            lambda world: kill(world, "parent"),
            lambda world: ask(world, Stop(), to="b/parent"),
        ):
            world, _, children = self.family()
            end(world)
            world.run_for(0.05)

            assert children.actors[0].calls == ["start", "stop"]
            assert "parent/child" not in world.hosts["b"].system.cells

    def test_a_parent_may_stop_its_child(self) -> None:
        """For good."""
        world, parents, children = self.family()

        assert parents.last.stop_child("child")
        assert not parents.last.stop_child("nobody")
        world.run_for(100)

        assert children.last.calls == ["start", "stop"]
        assert len(children) == 1

    def test_a_child_that_cannot_tidy_up_in_time_is_cut_short(self) -> None:
        """Five seconds are enough, whoever wants it to end."""

        class Hanging(Stopping):
            async def on_stop(self) -> None:
                await sleep_forever()

        world, parents, _ = self.family(make=Hanging)

        kill(world, "parent")
        world.run_for(4.9)
        assert len(parents) == 1
        world.run_for(0.5)
        assert len(parents) == 2

    @pytest.mark.parametrize("where", ["task", "on_stop"])
    def test_a_child_that_fails_while_it_is_being_stopped_fails_alone(self, where: str) -> None:
        """Its parent ends as it would have without it, even if no failure is tolerated."""

        class Failing(Stopping):
            async def on_start(self) -> None:
                await super().on_start()
                self.start_soon(self.guard)

            async def guard(self) -> None:
                try:
                    await sleep_forever()
                finally:
                    if where == "task":
                        raise ValueError("while being cancelled")

            async def on_stop(self) -> None:
                raise ValueError("while being stopped")

        world, parents, children = self.family(RestartPolicy(intensity=0), make=Failing)

        ask(world, Stop(), to="b/parent")
        world.run_for(100)

        assert (len(parents), len(children)) == (1, 1)
        assert parents.last.calls == ["start", "stop"]
        assert world.given_up == []
        assert world.hosts["b"].system.failures == 1

    @pytest.mark.parametrize("where", ["task", "on_stop"])
    def test_a_bug_while_being_stopped_ends_the_run(self, where: str) -> None:
        """Also one that only cleanup code meets."""

        class Buggy(Stopping):
            async def on_start(self) -> None:
                self.start_soon(self.guard)

            async def guard(self) -> None:
                try:
                    await sleep_forever()
                finally:
                    assert where != "task", "a bug in cleanup"

            async def on_stop(self) -> None:
                assert where != "on_stop", "a bug in cleanup"

        world, _, _ = self.family(make=Buggy)

        with pytest.raises(AssertionError, match="a bug in cleanup"):
            kill(world, "parent")

    def test_a_bug_in_a_child_ends_the_run(self) -> None:
        """Neither its own supervisor nor the one above hides it."""
        world, _, _ = self.family()

        with pytest.raises(AssertionError, match="a bug: deep down"):
            ask(world, Fail("deep down"), to="b/parent/child")


class TestGivingUp:
    """The topmost supervisor is the host's process."""

    def test_a_host_whose_actor_gives_up_goes_down(self) -> None:
        """Its other actors are stopped in order; the reason is kept."""
        world = small_world()
        serve(world, policy=RestartPolicy(intensity=1))
        others = serve(world, Stopping, at="b/other")

        for _ in range(2):
            kill(world)
            world.run_for(1)

        assert not world.hosts["b"].machine.up
        assert [host for host, _ in world.given_up] == ["b"]
        assert "b/server ended more than 1 times" in world.given_up[0][1]
        assert others.last.calls == ["start", "stop"]

    def test_it_can_be_restarted(self) -> None:
        """With a clean record."""
        world = small_world()
        lives = serve(world, policy=RestartPolicy(intensity=0))
        kill(world)
        world.run_for(1)

        world.hosts["b"].machine.restart()
        world.run_for(1)

        assert len(lives) == 2
        assert ask(world, Ask(1)) == Answer(1)

    def test_a_permanent_actor_that_keeps_stopping_is_given_up_too(self) -> None:
        """Restarts are counted, whatever they follow."""
        world = small_world()
        serve(world, Stopping, policy=RestartPolicy(Restart.PERMANENT, intensity=1))

        for _ in range(2):
            ask(world, Stop())
            world.run_for(1)

        assert world.given_up == [
            ("b", "b/server ended more than 1 times within 60 s, last with no failure")
        ]

    def test_failures_far_apart_are_tolerated_for_ever(self) -> None:
        """Intensity is restarts within the period."""
        world = small_world()
        lives = serve(world, policy=RestartPolicy(intensity=1, period=10.0))

        for _ in range(5):
            kill(world)
            world.run_for(11.0)

        assert len(lives) == 6
        assert world.given_up == []


class TestKilling:
    """Failing on command, as faults do."""

    def test_it_fails_as_if_it_had_raised(self) -> None:
        """And its tasks end."""

        class Working(Idle):
            async def on_start(self) -> None:
                self.start_soon(forever, name="work")

        world = small_world()
        lives = serve(world, Working)
        life = lives.last.life

        kill(world)

        cell = world.hosts["b"].system.cells["server"]
        assert cell.last_failure == "KilledError: a test"
        assert life.waiting_at() == ()
        world.run_for(1)
        assert len(lives) == 2

    def test_what_has_no_life_cannot_be_killed(self) -> None:
        """It waits to be restarted."""
        world = small_world()
        serve(world, policy=exact())
        kill(world)

        assert not world.hosts["b"].system.kill("server", "again")

    def test_it_may_be_killed_while_it_starts(self) -> None:
        """Then `on_start` is cancelled."""

        class Slowly(Server):
            async def on_start(self) -> None:
                await sleep(10.0)

        world = small_world()
        lives = serve(world, Slowly)

        kill(world)
        world.run_for(1)

        assert len(lives) == 2

    def test_two_failures_at_once_are_one_end(self) -> None:
        """The first is named."""
        world = small_world()
        lives = serve(world)
        system = world.hosts["b"].system

        system.kill("server", "once")
        system.kill("server", "twice")
        world.run_for(1)

        assert len(lives) == 2
        assert system.cells["server"].last_failure == "KilledError: once"
        assert system.failures == 1


def test_what_happens_to_lives_is_told_and_traced() -> None:
    """In order; faults wait for it."""
    world = small_world(trace=True)
    told: list[str] = []
    world.lives.on_started.append(lambda address: told.append(f"start {address}"))
    world.lives.on_died.append(lambda address: told.append(f"died {address}"))
    serve(world, Stopping)

    kill(world)
    world.run_for(1)
    ask(world, Stop())
    world.run_for(1)

    assert told == ["start b/server", "died b/server"] * 2
    assert world.recorder is not None
    assert [
        (each.what, each.fields["life"], each.fields["reason"])
        for each in world.recorder.records
        if each.actor == "server" and each.what in {"start", "fail", "stop"}
    ] == [
        ("start", 1, ""),
        ("fail", 1, "failed: KilledError: a test"),
        ("start", 2, ""),
        ("stop", 2, "stopped"),
    ]


def test_a_crash_of_the_host_is_no_end_that_is_told() -> None:
    """There is nobody left to tell it."""
    world = small_world()
    died: list[str] = []
    world.lives.on_died.append(lambda address: died.append(str(address)))
    lives = serve(world, Stopping)

    world.crash("b")
    world.run_for(1)

    assert died == []
    assert lives.last.calls == ["start"]


def test_a_cell_says_what_it_is() -> None:
    """For whoever debugs."""
    world = small_world()
    serve(world)

    assert repr(world.hosts["b"].system.cells["server"]) == "<actor b/server, life 1, running>"
    assert repr(world.hosts["b"].system) == "<system of b, incarnation 1>"
