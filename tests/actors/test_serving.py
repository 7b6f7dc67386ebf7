"""How requests are served: beside each other, beside messages, and when something fails."""

from kactors.actors import ActorStoppedError, Address, Request, handles, serves
from kactors.runtime import sleep
from kactors.wire import message
from tests.actors.cast import Answer, Ask, Note, Server, SlowAsk, ask, serve, small_world, tell
from tests.actors.test_life import Diary, Pause


def test_requests_do_not_wait_for_messages() -> None:
    """They interleave where a handler waits; plain ones are atomic."""
    world = small_world()
    diary = serve(world, Diary).last
    tell(world, Pause(1.0), Note(1))

    ask(world, Ask(5))
    world.run_for(5)

    assert diary.entries == ["pause begins", "ask 5", "pause ends", "note 1"]


def test_requests_interleave_with_each_other_where_they_wait() -> None:
    """The later one may end first."""
    world = small_world()
    diary = serve(world, Diary).last
    server = world.hosts["a"].system.ref("b/server")
    world.hosts["a"].machine.spawn(server.request, SlowAsk(1, 1.0))
    world.run_for(0.5)

    ask(world, SlowAsk(2, 0.1))
    world.run_for(5)

    assert diary.entries == ["slow 1 begins", "slow 2 begins", "slow 2 ends", "slow 1 ends"]


def test_a_plain_handler_that_fails_tells_its_asker() -> None:
    """And its actor is restarted."""

    class Failing(Diary):
        @serves
        def ask(self, request: Ask) -> Answer:
            raise ValueError("no")

    world = small_world()
    lives = serve(world, Failing)

    error = ask(world, Ask(1))
    world.run_for(1)

    assert str(error) == "b/server failed while serving: ValueError: no"
    assert len(lives) == 2


def test_requests_under_way_are_answered_when_the_life_ends() -> None:
    """With that it has: whether they were carried out is unknown."""

    class Failing(Server):
        @handles
        def note(self, note: Note, sender: Address) -> None:
            raise ValueError("no")

    world = small_world()
    serve(world, Failing)
    server = world.hosts["a"].system.ref("b/server")
    errors: list[object] = []

    async def asker() -> None:
        try:
            await server.request(SlowAsk(1, 60.0))
        except ActorStoppedError as error:
            errors.append(error)

    world.hosts["a"].machine.spawn(asker)
    world.run_for(1)
    tell(world, Note(1))
    world.run_for(1)

    assert len(errors) == 1
    assert world.hosts["a"].system.pending == 0


@message("test.life.exit")
class Exit(Request[Answer]):
    """Ask the actor to stop and answer."""


def test_a_request_that_stops_its_actor_is_answered() -> None:
    """If it does not wait any more."""

    class Stopping(Server):
        @serves
        async def exit(self, request: Exit) -> Answer:
            await sleep(0.1)
            self.stop()
            return Answer(1)

    world = small_world()
    serve(world, Stopping)

    assert ask(world, Exit()) == Answer(1)
