"""Whatever the network and the hosts do, a stream is whole, or known to be broken.

One generator draws what happens, from a seeded stream (the broad search) or from hypothesis
(the narrow one, which shrinks): stretches of time, each with rules for both directions and
perhaps a crash, a pause or a restart at its beginning; then calm.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.actors import RequestError, StreamTiming, System, World
from kactors.runtime import Random, sleep, stream
from kactors.transport.link import LinkRule
from tests.actors.cast import Count, serve, small_world

CALM = 300.0
"""Seconds after the storm, in which everything has to come to its end."""

WHOLE = LinkRule()


@attrs.frozen
class Stretch:
    """Some time in which the network is as bad as it says.

    Attributes:
        seconds: how long.
        there: befalls what the reader says.
        back: befalls what the server says.
        event: what happens to a host when it begins: ``crash a`` and the like.
    """

    seconds: float
    there: LinkRule = WHOLE
    back: LinkRule = WHOLE
    event: str = ""


@attrs.frozen
class Storm:
    """One run: what is streamed, how fast it is sent and read, and what happens meanwhile."""

    seed: int
    upto: int
    window: int
    sending: float
    reading: float
    stretches: tuple[Stretch, ...]

    @property
    def harmless(self) -> bool:
        """Whether the stream has to come through: nobody died, and nobody was cut off.

        Losing half of everything never breaks a stream: within thirty seconds of silence
        sixty questions would have to go without an answer.
        """
        rules = [rule for each in self.stretches for rule in (each.there, each.back)]
        return not any(each.event for each in self.stretches) and not any(
            rule.cut or rule.loss > 0.5 for rule in rules
        )


@attrs.define
class Outcome:
    """What the reader has got."""

    numbers: list[int] = attrs.field(factory=list)
    ended: bool = False
    error: Exception | None = None


def run(storm: Storm) -> tuple[Outcome, World]:
    """Stream through a storm, and let the calm after it pass."""
    world = small_world(seed=storm.seed, timing=StreamTiming(window=storm.window))
    serve(world)
    outcome = Outcome()

    async def reader(system: System) -> None:
        request = Count(storm.upto, seconds=storm.sending)
        try:
            async with system.ref("b/server").open_stream(request) as inbox:
                async for event in inbox:
                    outcome.numbers.append(event.number)
                    await sleep(storm.reading)
            outcome.ended = True
        except RequestError as error:
            outcome.error = error

    world.hosts["a"].machine.spawn(reader, world.hosts["a"].system)
    for stretch in storm.stretches:
        begin(world, stretch)
        world.run_for(stretch.seconds)
    end(world)
    world.run_for(CALM + storm.upto * max(storm.sending, storm.reading))
    return outcome, world


def end(world: World) -> None:
    """Let the storm be over; who is down stays down."""
    world.network.rules.clear("storm")
    for host in world.hosts.values():
        host.machine.resume()


def begin(world: World, stretch: Stretch) -> None:
    """Let a stretch begin, and the one before it be over."""
    what, _, name = stretch.event.partition(" ")
    world.network.rules.set("storm", "a", "b", stretch.there)
    world.network.rules.set("storm", "b", "a", stretch.back)
    for host in world.hosts.values():
        host.machine.resume()
    if what == "crash":
        world.crash(name)
    elif what:
        machine = world.hosts[name].machine
        {"restart": machine.restart, "pause": machine.pause}[what]()


def check(storm: Storm) -> Outcome:
    """Hold a run to what streams promise."""
    outcome, world = run(storm)
    numbers = outcome.numbers

    assert numbers == list(range(1, len(numbers) + 1)), f"not a prefix: {numbers}"
    if outcome.ended:
        assert len(numbers) == storm.upto, f"ended after {len(numbers)} of {storm.upto}"
    reader_lived = world.hosts["a"].machine.incarnation == 1 and world.hosts["a"].machine.up
    if reader_lived:
        assert outcome.ended or outcome.error is not None, f"neither ended nor broken: {numbers}"
    if storm.harmless:
        assert outcome.ended, f"broke for nothing: {outcome.error}"
    for name, host in world.hosts.items():
        if host.machine.up:
            assert host.system.streams.count == 0, f"{name} remembers {host.system.streams.ends}"
    return outcome


# -- the generator ----------------------------------------------------------------------

Below: TypeAlias = Callable[[int], int]
"""Draws an integer from 0 up to but not including a bound: all the chance that is needed."""

EVENTS = ("", "", "", "", "crash a", "crash b", "restart a", "restart b", "pause a", "pause b")


def draw_storm(below: Below, *, deadly: bool) -> Storm:
    """Draw what happens; without crashes, pauses, cuts and the worst losses unless ``deadly``."""
    pace = (0.0, 0.01, 0.1, 1.0)
    return Storm(
        seed=below(1 << 16),
        upto=1 + below(80),
        window=(1, 2, 5, 64)[below(4)],
        sending=pace[below(4)],
        reading=pace[below(4)],
        stretches=tuple(_draw_stretch(below, deadly=deadly) for _ in range(below(5))),
    )


def _draw_stretch(below: Below, *, deadly: bool) -> Stretch:
    return Stretch(
        seconds=(0.05, 0.5, 2.0, 4.0, 100.0)[below(5)],
        there=_draw_rule(below, deadly=deadly),
        back=_draw_rule(below, deadly=deadly),
        event=EVENTS[below(len(EVENTS))] if deadly else "",
    )


def _draw_rule(below: Below, *, deadly: bool) -> LinkRule:
    return LinkRule(
        cut=deadly and below(8) == 0,
        loss=(0.0, 0.1, 0.5, 0.9)[below(4 if deadly else 3)],
        duplicate=(0.0, 0.2, 1.0)[below(3)],
        reorder=(0.0, 0.2, 0.9)[below(3)],
        spread=(0.001, 0.05, 1.0)[below(3)],
    )


@pytest.mark.parametrize("deadly", [False, True])
def test_seeded_storms(deadly: bool) -> None:
    """The broad search. It meets both ends of a stream, and if deadly also its breaking."""
    outcomes = [
        check(draw_storm(stream(seed, "storm").below, deadly=deadly)) for seed in range(300)
    ]

    ended = sum(outcome.ended for outcome in outcomes)
    broken = sum(outcome.error is not None for outcome in outcomes)
    assert ended > 50
    assert broken > 50 if deadly else ended == len(outcomes)


@st.composite
def storms(draw: st.DrawFn) -> Storm:
    """Storms that shrink to fewer, shorter, milder stretches."""
    return draw_storm(lambda bound: draw(st.integers(0, bound - 1)), deadly=draw(st.booleans()))


@settings(max_examples=100, deadline=None)
@given(storms())
def test_any_storm(storm: Storm) -> None:
    """The narrow search."""
    check(storm)


def test_a_storm_repeats() -> None:
    """The same seed, the same deliveries: what was found can be found again."""

    def digest() -> Any:
        outcome, world = run(draw_storm(Random(5).below, deadly=True))
        return outcome.numbers, world.digest

    assert digest() == digest()
