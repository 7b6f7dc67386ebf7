"""Requests between actors over the live transports; rows of `benchmarks.transports`.

Each request is encoded, carried, decoded, served by an actor's handler in a task of its own,
and answered likewise, with a deadline that travels. The baseline carries bytes there and back.
"""

import time  # noqa: TID251 - a benchmark measures the machine
from collections.abc import Callable, Iterator
from typing import Final

from benchmarks.report import Measure, Row, compare
from kactors.actors import Actor, DeadlineExceededError, Ref, Request, System, serves
from kactors.actors.live_world import LiveWorld
from kactors.runtime import open_nursery
from kactors.transport.base import Transport
from kactors.wire import message

ASKERS: Final = 64

MakePair = Callable[[], tuple[Transport, Transport]]
"""Makes the transports of hosts ``a`` and ``b``, which will find each other."""


@message("bench.transport.pong")
class Pong:
    """The answer: the same text."""

    number: int
    text: str


@message("bench.transport.ping")
class Ping(Request[Pong]):
    """A hundred bytes or so."""

    number: int
    text: str


class Echo(Actor):
    """Answers with what it was asked."""

    @serves
    def ping(self, request: Ping) -> Pong:
        """Give it back."""
        return Pong(request.number, request.text)


TEXT: Final = "x" * 90


async def answers(echo: Ref) -> bool:
    """Tell whether the other end listens yet."""
    try:
        await echo.request(Ping(0, TEXT), timeout=0.1)
    except DeadlineExceededError:
        return False
    return True


async def our_requests(make_pair: MakePair, askers: int, count: int) -> float:
    """Return the CPU nanoseconds of one request and its answer, with so many askers at once."""

    async def ask_often(system: System) -> float:
        echo = system.ref("b/echo")

        async def ask(times: int) -> None:
            for number in range(times):
                await echo.request(Ping(number, TEXT), timeout=5.0)

        while not await answers(echo):
            pass
        await ask(100)
        each = count // askers
        began_ns = time.thread_time_ns()
        async with open_nursery() as nursery:
            for _ in range(askers):
                nursery.start_soon(ask, each)
        return (time.thread_time_ns() - began_ns) / (each * askers)

    a, b = make_pair()
    async with LiveWorld(seed=1) as world:
        world.add_host("b", lambda _: b).deploy(Echo, "echo")
        world.add_host("a", lambda _: a)
        measured: float = await world.call("a", ask_often)
        return measured


def request_rows(
    kind: str,
    ours: Callable[[int, int], float],
    baseline: Measure,
    baseline_name: str,
    *,
    count: int,
    rounds: int,
) -> Iterator[Row]:
    """Compare requests over one kind of transport with its baseline.

    Args:
        kind: of transport.
        ours: measures so many askers and requests.
        baseline: measures a round trip of the same bytes.
        baseline_name: says what that is.
        count: requests in a round.
        rounds: how often to measure.
    """
    for what, askers in (("request", 1), (f"request, {ASKERS} askers", ASKERS)):
        yield compare(
            f"{kind}, {what}",
            lambda askers=askers: ours(askers, count),  # type: ignore[misc]
            baseline,
            unit="ns/request",
            baseline_name=baseline_name,
            rounds=rounds,
        )
