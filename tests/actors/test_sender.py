"""The way out of a host, where no transport carries what a host sends to itself."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kactors.actors import Actor, Address, System, handles, serves
from kactors.actors.live_world import LiveWorld
from kactors.actors.sender import LOCAL_MAX
from kactors.runtime import fail_after, live, sleep
from kactors.transport.memory import MemoryHub
from tests.actors.cast import Answer, Ask, Count, DeclaredError, Fail, Note, Server, SlowAsk

pytestmark = pytest.mark.live


async def until(condition: Callable[[], object]) -> None:
    """Wait until something holds, at most ten seconds: on a busy machine it may take a while."""
    with fail_after(10.0):
        while not condition():
            await sleep(0.001)


def runs(world: LiveWorld, address: str) -> bool:
    """Tell whether an actor takes messages."""
    host, _, name = address.partition("/")
    cell = world.hosts[host].system.cells.get(name)
    return cell is not None and cell.handlers is not None


def in_live_world(
    body: Callable[[LiveWorld], Awaitable[Any]], **actors: Callable[[], Actor]
) -> Any:
    """Run ``body(world)`` in real time; host ``b`` has the actors, host ``a`` none."""

    async def main() -> Any:
        hub = MemoryHub()
        async with LiveWorld(seed=1) as world:
            for name in ("a", "b"):
                world.add_host(name, lambda _, name=name: hub.transport(name))  # type: ignore[misc]
            for name, make in actors.items():
                world.hosts["b"].deploy(make, name)
            await until(lambda: all(runs(world, f"b/{name}") for name in actors))
            return await body(world)

    return live.run(main)


class Recursive(Server):
    """Asks itself, and notes whether its handlers are ever called within each other."""

    depth = 0
    depth_max = 0

    @handles
    def note(self, note: Note, sender: Address) -> None:
        """Send to itself until zero."""
        self.depth += 1
        self.depth_max = max(self.depth_max, self.depth)
        self.notes.append(note.number)
        if note.number:
            self.send(self.address, Note(note.number - 1))
        self.depth -= 1

    @serves
    async def slow_ask(self, request: SlowAsk) -> Answer:
        """Ask itself, and read its own stream."""
        answer = await self.request(self.address, Ask(request.number))
        async with self.open_stream(self.address, Count(200)) as inbox:
            numbers = [event.number async for event in inbox]
        return Answer(answer.number + len(numbers))


def test_nothing_is_handled_on_its_senders_stack() -> None:
    """A thousand messages from an actor to itself are a thousand turns."""
    actors: list[Recursive] = []

    def make() -> Recursive:
        actors.append(Recursive())
        return actors[-1]

    async def body(world: LiveWorld) -> None:
        world.hosts["a"].system.ref("b/server").send(Note(1000))
        await until(lambda: len(actors[0].notes) == 1001)

    in_live_world(body, server=make)

    assert actors[0].notes == list(range(1000, -1, -1))
    assert actors[0].depth_max == 1


def test_requests_and_streams_within_a_host() -> None:
    """And to another: the same actor, in real time."""

    async def body(world: LiveWorld) -> tuple[Any, Any]:
        async def asker(system: System) -> Any:
            return await system.ref("b/server").request(SlowAsk(5, 0.0))

        async def failing(system: System) -> Any:
            with pytest.raises(DeclaredError):
                await system.ref("b/server").request(Fail("declared"))

        await world.call("a", failing)
        return await world.call("a", asker), await world.call("b", asker)

    assert in_live_world(body, server=Recursive) == (Answer(205), Answer(205))


def test_who_talks_to_itself_without_end_leaves_others_their_turn() -> None:
    """Between two rounds of it everybody else comes."""

    class Chatterbox(Server):
        @handles
        def note(self, note: Note, sender: Address) -> None:
            self.send(self.address, note)

    async def body(world: LiveWorld) -> Any:
        async def asker(system: System) -> Any:
            system.ref("b/chatterbox").send(Note(1))
            return [await system.ref("b/server").request(Ask(n)) for n in range(5)]

        return await world.call("b", asker)

    answers = in_live_world(body, chatterbox=Chatterbox, server=Server)

    assert answers == [Answer(number) for number in range(5)]


def test_too_much_to_itself_is_a_dead_letter() -> None:
    """A host that floods itself loses what it cannot keep, and counts it."""

    async def body(world: LiveWorld) -> Any:
        system = world.hosts["b"].system
        for number in range(LOCAL_MAX + 5):
            system.ref("b/server").send(Note(number))
        return system.dead_letters.counts

    counts = in_live_world(body, server=Server)

    assert counts["too many to this host itself"] == 5


class Polite(Server):
    """Says goodbye."""

    async def on_stop(self) -> None:
        """Ask how long, and tell."""
        answer = await self.ref("a/listener").request(Ask(7))
        self.ref("a/listener").send(Note(answer.number))


def test_a_system_that_is_stopped_stops_its_actors_first() -> None:
    """What they say then still leaves, and is answered."""
    listeners: list[Server] = []

    def listener() -> Server:
        listeners.append(Server())
        return listeners[-1]

    async def main() -> None:
        hub = MemoryHub()
        async with LiveWorld(seed=1) as world:
            world.add_host("a", lambda _: hub.transport("a")).deploy(listener, "listener")
            async with LiveWorld(seed=2) as inner:
                inner.add_host("b", lambda _: hub.transport("b")).deploy(Polite, "polite")
                await until(lambda: runs(inner, "b/polite") and runs(world, "a/listener"))
            await until(lambda: listeners[0].notes)

    live.run(main)

    assert listeners[0].asked == listeners[0].notes == [7]


def test_a_crash_in_real_time_is_no_orderly_end() -> None:
    """`on_stop` is not called, although all that a crash can do here is cancel."""
    stopped: list[bool] = []

    class Orderly(Server):
        async def on_stop(self) -> None:
            stopped[self.nth] = True

        def __init__(self) -> None:
            super().__init__()
            self.nth = len(stopped)
            stopped.append(False)

    async def body(world: LiveWorld) -> None:
        machine = world.hosts["b"].machine
        machine.crash()
        machine.restart()
        await until(lambda: len(stopped) == 2 and runs(world, "b/orderly"))

    in_live_world(body, orderly=Orderly)

    assert stopped == [False, True]
