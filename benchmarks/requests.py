"""Requests, messages and streams between actors in the simulated world.

Each message is encoded and decoded, travels for a simulated time, and is in the digest; each
request has a deadline. The baseline is a bare prototype (`Bare`) on the same messages: a heap
of events, coroutines, msgpack tuples, one draw of latency a message, one entry in the heap for the
deadline. It has no actors, no hosts, no links, no digest and no cancellation: what our ratio
lacks to 1 is what all that costs.

CPU time is measured. The budget is DESIGN.md's, section 9: 50,000 requests a second.

Run with ``python -m benchmarks.requests [--quick] [--json]``.
"""

import random  # noqa: TID251 - the bare prototype has no keyed streams
import time  # noqa: TID251 - a benchmark measures the machine, not the simulated world
from collections.abc import Callable, Coroutine, Generator, Iterable
from contextlib import suppress
from heapq import heappop, heappush
from typing import Any, Final

import attrs
import msgpack

from benchmarks.report import Measure, Row, alone, command, compare
from kactors.actors import Actor, Outbox, Request, StreamRequest, System, World, handles, serves
from kactors.actors import streams as streams_handler
from kactors.runtime import open_nursery, sleep
from kactors.wire import message

FLOOR: Final = 50_000
ASKERS: Final = 100
TEXT: Final = "some text of a usual length"
DEADLINE: Final = 1.0


@message("benchmarks.pong")
class Pong:
    """Answers `Ping` and `SlowPing`."""

    number: int
    text: str


@message("benchmarks.ping")
class Ping(Request[Pong]):
    """Asks a plain handler."""

    number: int
    text: str


@message("benchmarks.async-ping")
class AsyncPing(Request[Pong]):
    """Asks a handler that may wait, and does not."""

    number: int
    text: str


@message("benchmarks.sleepy-ping")
class SleepyPing(Request[Pong]):
    """Asks a handler that sleeps for a millisecond."""

    number: int
    text: str


@message("benchmarks.note")
class Note:
    """One way, or an event of a stream."""

    number: int
    text: str


@message("benchmarks.count")
class Count(StreamRequest[Note]):
    """Asks for so many events."""

    upto: int


class Server(Actor):
    """Serves as fast as it can."""

    def __init__(self) -> None:
        self.notes = 0

    @serves
    def ping(self, request: Ping) -> Pong:
        """Answer at once."""
        return Pong(request.number, request.text)

    @serves
    async def async_ping(self, request: AsyncPing) -> Pong:
        """Answer at once, from a task."""
        return Pong(request.number, request.text)

    @serves
    async def sleepy_ping(self, request: SleepyPing) -> Pong:
        """Answer a little later."""
        await sleep(0.001)
        return Pong(request.number, request.text)

    @handles
    def note(self, note: Note) -> None:
        """Add up."""
        self.notes += note.number

    @streams_handler
    async def count(self, request: Count, out: Outbox[Note]) -> None:
        """Send as fast as the reader reads."""
        for number in range(request.upto):
            await out.send(Note(number, TEXT))


# -- ours -------------------------------------------------------------------------------

AskFor = type[Ping] | type[AsyncPing] | type[SleepyPing]


def requests(ask: AskFor, count: int, askers: int) -> float:
    """Return how many requests a second are answered."""

    async def asker(system: System, first: int) -> None:
        server = system.ref("b/server")
        for number in range(first, first + count // askers):
            await server.request(ask(number, TEXT), timeout=DEADLINE)

    async def main(system: System) -> None:
        async with open_nursery() as nursery:
            for number in range(askers):
                nursery.start_soon(asker, system, number * count)

    return _per_second(_world(), main, count)


def notes(count: int) -> float:
    """Return how many one-way messages a second are handled; a thousand a millisecond."""

    async def main(system: System) -> None:
        server = system.ref("b/server")
        for number in range(count):
            server.send(Note(number, TEXT))
            if not number % 1000:
                await sleep(0.001)
        await server.request(Ping(0, TEXT))

    return _per_second(_world(), main, count)


def events(count: int) -> float:
    """Return how many events a second one stream carries."""

    async def main(system: System) -> None:
        async with system.ref("b/server").open_stream(Count(count)) as inbox:
            received = 0
            async for _ in inbox:
                received += 1
        assert received == count, f"{received} of {count} events have arrived"

    return _per_second(_world(), main, count)


def _world() -> World:
    world = World(1)
    world.add_host("a")
    world.add_host("b").deploy(Server, "server")
    world.run_for(0.1)
    return world


def _per_second(
    world: World, main: Callable[[System], Coroutine[Any, Any, None]], count: int
) -> float:
    started_ns = time.thread_time_ns()
    world.call("a", main)
    return count * 1e9 / (time.thread_time_ns() - started_ns)


# -- the bare prototype -----------------------------------------------------------------


@attrs.define
class Answer:
    """What a coroutine waits for."""

    value: Any = None
    waiting: Coroutine[Any, Any, None] | None = None

    def __await__(self) -> Generator["Answer", None, Any]:
        yield self
        return self.value


class Bare:
    """The least that asks and answers in virtual time: what our layers are measured against."""

    def __init__(self) -> None:
        self.now = 0
        self.handled = 0
        self._heap: list[list[Any]] = []
        self._sequence = 0
        self._numbers = 0
        self.pending: dict[int, tuple[Answer, list[Any]]] = {}
        self._random = random.Random(1)  # noqa: S311 - not a secret

    def call_at(self, at: int, function: Callable[..., None] | None, argument: Any) -> list[Any]:
        """Schedule a call; what is returned can be called off by clearing its third place."""
        self._sequence += 1
        entry = [at, self._sequence, function, argument]
        heappush(self._heap, entry)
        return entry

    def send(self, function: Callable[[bytes], None], *message: Any) -> None:
        """Let a message arrive a little later."""
        latency = 300_000 + int(self._random.random() * 500_000)
        self.call_at(self.now + latency, function, msgpack.packb(message))

    def ask(self, tag: str, *fields: Any) -> Answer:
        """Send a request; await what is returned."""
        self._numbers = number = self._numbers + 1
        answer = Answer()
        late = self.call_at(self.now + int(DEADLINE * 1e9), self.on_deadline, number)
        self.pending[number] = (answer, late)
        self.send(self.on_request, number, tag, *fields)
        return answer

    def on_request(self, data: bytes) -> None:
        """Answer as `Server` does."""
        number, _, count, text = msgpack.unpackb(data)
        self.send(self.on_reply, number, "benchmarks.pong", count, text)

    def on_reply(self, data: bytes) -> None:
        """Wake who waits."""
        number, *fields = msgpack.unpackb(data)
        answer, late = self.pending.pop(number)
        late[2] = None
        answer.value = fields
        self.step(answer.waiting)

    def on_deadline(self, number: int) -> None:
        """Wake who has waited in vain."""
        answer, _ = self.pending.pop(number)
        self.step(answer.waiting)

    def on_note(self, data: bytes) -> None:
        """Count."""
        msgpack.unpackb(data)
        self.handled += 1

    def step(self, coroutine: Coroutine[Any, Any, None] | None) -> None:
        """Run a coroutine until it waits."""
        assert coroutine is not None, "an answer has come that nobody has awaited yet"
        with suppress(StopIteration):
            coroutine.send(None).waiting = coroutine

    def run(self) -> None:
        """Let everything happen."""
        heap = self._heap
        while heap:
            at, _, function, argument = heappop(heap)
            if function is not None:
                self.now = at
                function(argument)


def bare_requests(count: int, askers: int) -> float:
    """Return how many requests a second the bare prototype answers."""
    bare = Bare()

    async def asker(first: int) -> None:
        for number in range(first, first + count // askers):
            await bare.ask("benchmarks.ping", number, TEXT)

    started_ns = time.thread_time_ns()
    for number in range(askers):
        bare.step(asker(number * count))
    bare.run()
    return count * 1e9 / (time.thread_time_ns() - started_ns)


def bare_notes(count: int) -> float:
    """Return how many one-way messages a second the bare prototype handles."""
    bare = Bare()
    started_ns = time.thread_time_ns()
    for first in range(0, count, 1000):
        for number in range(first, first + 1000):
            bare.send(bare.on_note, "benchmarks.note", number, TEXT)
        bare.run()
    assert bare.handled == count, f"{bare.handled} of {count} messages were handled"
    return count * 1e9 / (time.thread_time_ns() - started_ns)


# -- measuring --------------------------------------------------------------------------


def rows(quick: bool) -> Iterable[Row]:
    """Measure everything; a tenth of it if ``quick``."""
    count, rounds = (2_000, 3) if quick else (20_000, 7)
    yield _against_bare("request and reply, one asker", Ping, count, 1, rounds)
    yield _against_bare(f"request and reply, {ASKERS} askers", Ping, count, ASKERS, rounds)
    yield _against_bare("request and reply, async handler", AsyncPing, count, ASKERS, rounds)
    yield _against_bare("request and reply, sleeping handler", SleepyPing, count, ASKERS, rounds)
    yield _compare("one-way messages", lambda: notes(count), lambda: bare_notes(count), rounds)
    yield _compare("events of a stream", lambda: events(count), lambda: bare_notes(count), rounds)
    found = alone(
        "request and reply, one asker",
        lambda: requests(Ping, count, 1),
        unit="a second",
        rounds=rounds,
    )
    yield attrs.evolve(
        found, baseline=FLOOR, baseline_name="DESIGN.md's floor", ratio=found.ours / FLOOR
    )


def _against_bare(what: str, ask: AskFor, count: int, askers: int, rounds: int) -> Row:
    return _compare(
        what, lambda: requests(ask, count, askers), lambda: bare_requests(count, askers), rounds
    )


def _compare(what: str, ours: Measure, bare: Measure, rounds: int) -> Row:
    return compare(
        what,
        ours,
        bare,
        unit="a second",
        baseline_name="bare prototype",
        better="higher",
        rounds=rounds,
    )


main = command("requests", rows, about=__doc__)

if __name__ == "__main__":
    main()
