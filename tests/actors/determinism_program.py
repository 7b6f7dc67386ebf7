"""A run of many actors that uses all there is, for `test_determinism`: prints its digest.

``python -m tests.actors.determinism_program SEED CLEAN|PLANTED [FIRST END]`` prints JSON: the
digest, how many events there were, the checkpoints, and the events from FIRST to END.
"""

import json
import sys
from typing import Any

from kactors.actors import (
    Actor,
    Address,
    Outbox,
    RequestError,
    RestartPolicy,
    World,
    handles,
    serves,
    streams,
)
from kactors.evidence.digest import Digest
from kactors.runtime import move_on_after, open_nursery, sleep
from kactors.transport.link import LinkRule
from tests.actors.cast import Answer, Ask, Count, Note, SlowAsk

HOSTS = ("a", "b", "c", "d")
PLANTED_AT = 20.0


class Member(Actor):
    """Asks, tells, streams, watches, and fails now and then."""

    def __init__(self, *, planted: bool) -> None:
        self._planted = planted
        self.notes = 0

    async def on_start(self) -> None:
        """Begin all that it does."""
        self.chance = self.random("what next")
        for work in (self.ask_around, self.read_around, self.gossip):
            self.start_soon(work)
        self.after(5.0 + self.chance.random() * 60.0, self.fail)
        for other in self.others:
            self.watch(other)

    @property
    def others(self) -> list[Address]:
        """Everybody else."""
        return [Address(host, "member") for host in HOSTS if host != self.host.name]

    def fail(self) -> None:
        """End this life."""
        raise ValueError("it was time")

    def on_down(self, address: Address, reason: str) -> None:
        """Tell it, and watch on."""
        self.send(address, Note(len(reason)))
        self.after(1.0, self.watch, address)

    async def ask_around(self) -> None:
        """Ask somebody, for ever."""
        while True:
            await sleep(self.chance.random())
            other = self.others[self.chance.below(3)]
            try:
                await self.request(other, SlowAsk(self.notes, self.chance.random()), timeout=0.7)
            except RequestError:
                self.notes += 1

    async def read_around(self) -> None:
        """Read somebody's stream, for ever."""
        while True:
            other = self.others[self.chance.below(3)]
            try:
                with move_on_after(5.0):
                    async with self.open_stream(other, Count(100, seconds=0.1)) as inbox:
                        async for event in inbox:
                            self.notes += event.number
            except RequestError:
                await sleep(1.0)

    async def gossip(self) -> None:
        """Tell everybody, every second: where the planted bug is."""
        while True:
            await sleep(1.0)
            if self._planted and self.host.clock.monotonic_ns() > PLANTED_AT * 1e9:
                names = {f"{address.host}/{address.name}" for address in self.others}
                for rank, name in enumerate(names):  # the bug: a set of texts has no order
                    self.ref(name).send(Note(self.notes + rank))
            else:
                for address in self.others:
                    self.send(address, Note(self.notes))

    @handles
    def note(self, note: Note) -> None:
        """Add."""
        self.notes = (self.notes + note.number) % 1000

    @serves
    async def slow_ask(self, request: SlowAsk) -> Answer:
        """Answer, after having asked somebody else."""
        await sleep(request.seconds)
        answer = await self.request(self.others[request.number % 3], Ask(request.number))
        return Answer(answer.number + self.notes)

    @serves
    def ask(self, request: Ask) -> Answer:
        """Answer."""
        return Answer(request.number)

    @streams
    async def count(self, request: Count, out: Outbox[Note]) -> None:
        """Count, in two tasks."""
        async with open_nursery() as nursery:
            for first in (0, 1):
                nursery.start_soon(self._count, first, request, out)

    async def _count(self, first: int, request: Count, out: Outbox[Note]) -> None:
        for number in range(first, request.upto, 2):
            await sleep(request.seconds)
            await out.send(Note(number + self.notes))


def run(seed: int, digest: Digest, *, planted: bool = False) -> World:
    """Let four of them live for a minute, on a bad network, with a crash, a pause and a cut."""
    world = World(seed, digest=digest)
    policy = RestartPolicy(intensity=1000, backoff=0.5)
    for name in HOSTS:
        world.add_host(name).deploy(lambda: Member(planted=planted), "member", policy=policy)
    world.run_for(1.0)
    world.network.rules.set("bad", "*", "*", LinkRule(loss=0.02, duplicate=0.02, reorder=0.1))
    world.run_for(20.0)
    world.crash("a")
    world.network.rules.set("cut", "b", "c", LinkRule(cut=True))
    world.run_for(10.0)
    world.hosts["a"].machine.restart()
    world.hosts["d"].machine.pause()
    world.run_for(10.0)
    world.network.rules.clear("cut")
    world.hosts["d"].machine.resume()
    world.run_for(20.0)
    return world


def main(arguments: list[str]) -> None:
    """Print what a run has left."""
    seed, plant, *window = arguments
    first, end = map(int, window or ("0", "0"))
    digest = Digest(keep=(first, end), every=500)
    run(int(seed), digest, planted=plant == "PLANTED")
    found: dict[str, Any] = {
        "digest": digest.hexdigest(),
        "events": digest.events,
        "checkpoints": [(each.events, each.digest) for each in digest.checkpoints],
        "kept": [[*event[:4], event.payload.hex()] for event in digest.kept],
    }
    print(json.dumps(found))  # noqa: T201 - this is a program


if __name__ == "__main__":
    main(sys.argv[1:])
