"""The actors of one life of a host: starting, stopping, crashing, counting."""

import pytest

from kactors.actors import (
    Actor,
    ActorStoppedError,
    DeadlineExceededError,
    NameTakenError,
    NotAliveError,
    RequestError,
    System,
    serves,
)
from kactors.runtime import (
    sleep,
)
from tests.actors.cast import (
    Answer,
    Ask,
    Count,
    Note,
    Server,
    SlowAsk,
    ask,
    later,
    serve,
    small_world,
    tell,
)


class TestLife:
    """Starting and stopping actors and systems."""

    def test_a_name_can_be_taken_once(self) -> None:
        """Until its actor has ended."""
        world = small_world()
        serve(world)
        system = world.hosts["b"].system

        with pytest.raises(NameTakenError, match="b/server lives already"):
            system.start(Server, "server")
        assert system.stop("server")
        world.run_for(1)
        system.start(Server, "server")
        world.run_for(1)

        assert ask(world, Ask(1)) == Answer(1)

    def test_an_actor_that_is_not_there_cannot_be_stopped_or_killed(self) -> None:
        """Whoever tries is told."""
        system = small_world().hosts["b"].system

        assert not system.stop("nobody")
        assert not system.kill("nobody", "a test")

    def test_a_system_that_does_not_run_starts_nothing(self) -> None:
        """Here because its host is down."""
        world = small_world()
        system = world.hosts["b"].system
        world.crash("b")

        with pytest.raises(NotAliveError, match="does not run"):
            system.start(Server, "server")
        assert not system.running

    def test_a_crashed_host_says_nothing_more(self) -> None:
        """What its cleanup code sends is lost; requests to it are not answered."""

        class Chatty(Actor):
            @serves
            async def slow_ask(self, request: SlowAsk) -> Answer:
                try:
                    await sleep(request.seconds)
                finally:
                    self.ref("a/server").send(Note(1))
                return Answer(1)

            async def on_stop(self) -> None:
                self.ref("a/server").send(Note(2))

        world = small_world()
        mine = serve(world, at="a/server").last
        serve(world, Chatty)
        later(world, 1.0, lambda: world.crash("b"))

        error = ask(world, SlowAsk(1, 60.0), timeout=5.0)
        world.run_for(5)

        assert isinstance(error, DeadlineExceededError)
        assert mine.notes == []

    def test_a_restarted_host_begins_anew(self) -> None:
        """New instances of all that is deployed there, in the next incarnation."""
        world = small_world()
        lives = serve(world)
        tell(world, Note(1))

        world.hosts["b"].machine.restart()
        world.run_for(0.1)

        assert [life.notes for life in lives.actors] == [[1], []]
        assert world.hosts["b"].system.incarnation == 2
        assert ask(world, Ask(1)) == Answer(1)

    def test_a_request_under_way_is_answered_when_the_actor_stops(self) -> None:
        """With the reason: it may have been carried out in part."""
        world = small_world()
        serve(world)
        later(world, 1.0, lambda: world.hosts["b"].system.stop("server"))

        error = ask(world, SlowAsk(1, 5.0))

        assert isinstance(error, ActorStoppedError)
        assert str(error) == "b/server was stopped while serving the request"

    def test_counts_are_kept_by_tag(self) -> None:
        """Sent by whoever lives here; received also by actors that have ended since."""
        world = small_world()
        serve(world)
        tell(world, Note(1), Note(2))
        ask(world, Ask(1))
        world.hosts["b"].system.stop("server")
        world.run_for(1)

        async def open_one(system: System) -> None:
            with pytest.raises(RequestError):
                async with system.ref("b/server").open_stream(Count(1)) as inbox:
                    await inbox.receive()

        world.call("a", open_one)

        sent, _ = world.hosts["a"].system.counts()
        _, received = world.hosts["b"].system.counts()
        assert sent == {"test.note": 2, "test.ask": 1, "test.count": 1}
        assert {tag: count for tag, count in received.items() if count} == {
            "test.note": 2,
            "test.ask": 1,
        }

    def test_activity_grows_with_every_message(self) -> None:
        """A fault that pauses a host asks for it."""
        world = small_world()
        serve(world)
        system = world.hosts["b"].system
        before = system.activity

        ask(world, Ask(1))

        assert system.activity == before + 2
