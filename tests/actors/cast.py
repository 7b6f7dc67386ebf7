"""Messages and actors that many tests share, and a small world for them."""

from collections.abc import Callable
from typing import Any

from kactors.actors import (
    Actor,
    Address,
    Outbox,
    Request,
    RestartPolicy,
    StreamRequest,
    StreamTiming,
    System,
    World,
    handles,
    serves,
    streams,
)
from kactors.runtime import sleep, sleep_forever
from kactors.transport.latency import Constant
from kactors.transport.rules import same_everywhere
from kactors.wire import message, remote_error

LATENCY = 0.001
"""Seconds from one host to another in `small_world`."""


@message("test.note")
class Note:
    """One way, or an event of a stream."""

    number: int


@message("test.answer")
class Answer:
    """What most requests are answered with."""

    number: int


@message("test.ask")
class Ask(Request[Answer]):
    """Ask for the same number."""

    number: int


@message("test.slow-ask")
class SlowAsk(Request[Answer]):
    """Ask for the same number after some seconds."""

    number: int
    seconds: float


@message("test.fail")
class Fail(Request[Answer]):
    """Ask the server to raise something: ``declared``, ``undeclared`` or ``bug``."""

    how: str


@message("test.count")
class Count(StreamRequest[Note]):
    """Ask for the numbers up to one, so many seconds apart."""

    upto: int
    seconds: float = 0.0


@remote_error("test.declared")
class DeclaredError(Exception):
    """An error that travels."""

    reason: str


def fail(how: str) -> None:
    """Raise what `Fail` asks for."""
    match how:
        case "declared":
            raise DeclaredError("as asked")
        case "undeclared":
            raise ValueError("as  asked,\nundeclared")
        case _:
            raise AssertionError(f"a bug: {how}")


class Server(Actor):
    """Serves all of the above, and keeps what it was sent.

    Attributes:
        notes: the numbers sent one way.
        asked: the numbers of requests, when they began to be served.
        cancelled: the numbers of slow requests whose work was cancelled.
    """

    def __init__(self) -> None:
        self.notes: list[int] = []
        self.senders: list[Address] = []
        self.asked: list[int] = []
        self.cancelled: list[int] = []
        self.stopped_streams = 0

    @handles
    def note(self, note: Note, sender: Address) -> None:
        """Keep."""
        self.notes.append(note.number)
        self.senders.append(sender)

    @serves
    def ask(self, request: Ask) -> Answer:
        """Answer at once."""
        self.asked.append(request.number)
        return Answer(request.number)

    @serves
    async def slow_ask(self, request: SlowAsk) -> Answer:
        """Answer later."""
        self.asked.append(request.number)
        done = False
        try:
            await sleep(request.seconds)
            done = True
        finally:
            if not done:
                self.cancelled.append(request.number)
        return Answer(request.number)

    @serves
    async def fail(self, request: Fail) -> Answer:
        """Raise."""
        await sleep(0.0)
        fail(request.how)
        return Answer(0)

    @streams
    async def count(self, request: Count, out: Outbox[Note]) -> None:
        """Count, from 1."""
        try:
            for number in range(1, request.upto + 1):
                await sleep(request.seconds)
                await out.send(Note(number))
        finally:
            self.stopped_streams += 1


class Lives:
    """Makes actors of a class, and remembers them: one for each life."""

    def __init__(self, make: Callable[[], Actor] = Server) -> None:
        self._make = make
        self.actors: list[Any] = []

    def __call__(self) -> Actor:
        """Make the next."""
        actor = self._make()
        self.actors.append(actor)
        return actor

    def __len__(self) -> int:
        return len(self.actors)

    @property
    def last(self) -> Any:
        """The latest."""
        return self.actors[-1]


def small_world(
    *names: str, seed: int = 1, timing: StreamTiming | None = None, **more: Any
) -> World:
    """Make a world of hosts that are a millisecond apart, and let them start."""
    world = World(seed, latency_of=same_everywhere(Constant(LATENCY)), stream_timing=timing, **more)
    for name in names or ("a", "b"):
        world.add_host(name)
    world.run_for(0.0)
    return world


def serve(
    world: World,
    make: Callable[[], Actor] = Server,
    *,
    at: str = "b/server",
    policy: RestartPolicy | None = None,
) -> Lives:
    """Deploy an actor and let it start; return its lives."""
    host, _, name = at.partition("/")
    lives = Lives(make)
    world.hosts[host].deploy(lives, name, policy=policy)
    world.run_for(0.0)
    return lives


def ask(world: World, request: Request[Any], *, to: str = "b/server", **more: Any) -> Any:
    """Ask from host ``a``; return the answer, or the error that came instead of it."""

    async def asker(system: System) -> Any:
        try:
            return await system.ref(to).request(request, **more)
        except Exception as error:  # noqa: BLE001 - it is what was asked for
            return error

    return world.call("a", asker)


def tell(world: World, *messages: object, to: str = "b/server") -> None:
    """Send from host ``a``, one after the other, and let them arrive."""

    async def sender(system: System) -> None:
        for each in messages:
            system.ref(to).send(each)

    world.call("a", sender)
    world.run_for(2 * LATENCY)


class Idle(Actor):
    """Does what it is told from outside; takes no messages.

    Attributes:
        downs: what it was told of the actors that it watches.
    """

    def __init__(self) -> None:
        self.downs: list[tuple[str, str]] = []

    def on_down(self, address: Address, reason: str) -> None:
        """Keep."""
        self.downs.append((str(address), reason))


async def forever() -> None:
    """Wait until cancelled."""
    await sleep_forever()


def later(world: World, seconds: float, action: Callable[[], object]) -> None:
    """Do something to the world in so many seconds from now, between two events."""
    kernel = world.simulation.kernel
    kernel.call_at(kernel.now_ns + int(seconds * 1e9), lambda _: _discard(action()), None)


def now(world: World, action: Callable[[], object]) -> None:
    """Do within the running world what needs one."""
    later(world, 0.0, action)
    world.run_for(0.0)


def _discard(result: object) -> None:
    del result
