"""Whatever the network and the hosts do, a request ends, and is carried out at most once a life.

A copy that the network delivers after its receiver has crashed and restarted is new to the next
life: what has crashed remembers nothing.

The storms are those of `test_stream_properties`; here several askers ask meanwhile, with and
without deadlines, of handlers plain and async, and some change their minds.
"""

from collections import Counter
from collections.abc import Callable

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.actors import RequestError, Restart, RestartPolicy, System, World, serves
from kactors.runtime import move_on_after, sleep, stream
from tests.actors.cast import Answer, Ask, Server, SlowAsk, serve, small_world
from tests.actors.test_stream_properties import CALM, Below, Storm, begin, draw_storm, end

ASKERS = 4
EACH = 12


@attrs.define
class Ledger:
    """What was carried out, and what the askers know of it; kept outside of the world."""

    begun: Counter[tuple[int, int]] = attrs.field(factory=Counter)
    done: Counter[int] = attrs.field(factory=Counter)
    answered: list[int] = attrs.field(factory=list)
    failed: list[int] = attrs.field(factory=list)
    given_up: list[int] = attrs.field(factory=list)


def server(ledger: Ledger) -> Callable[[], Server]:
    """Make servers that write into a ledger, over all their lives."""

    class Writing(Server):
        @serves
        def ask(self, request: Ask) -> Answer:
            ledger.begun[request.number, self.host.incarnation] += 1
            ledger.done[request.number] += 1
            return Answer(request.number)

        @serves
        async def slow_ask(self, request: SlowAsk) -> Answer:
            ledger.begun[request.number, self.host.incarnation] += 1
            await sleep(request.seconds)
            ledger.done[request.number] += 1
            return Answer(request.number)

    return Writing


async def ask_around(system: System, storm: Storm, ledger: Ledger, asker: int) -> None:
    """Ask a dozen times, one after the other, with all kinds of patience."""
    chance = stream(storm.seed, "asker", asker)
    for number in range(asker * EACH, (asker + 1) * EACH):
        pace = chance.choice((0.0, 0.01, 0.3, 2.0))
        request = Ask(number) if chance.chance(0.5) else SlowAsk(number, pace)
        patience = chance.choice((0.005, 0.5, 10.0))
        try:
            with move_on_after(chance.choice((0.002, 0.4, 1000.0))) as scope:
                answer = await system.ref("b/server").request(request, timeout=patience)
                assert answer.number == number, f"{answer} is the answer to another question"
                ledger.answered.append(number)
        except RequestError:
            ledger.failed.append(number)
        if scope.cancelled_caught:
            ledger.given_up.append(number)
        await sleep(chance.exponential(0.3))


def run(storm: Storm) -> tuple[Ledger, World]:
    """Ask through a storm, and let the calm after it pass."""
    ledger = Ledger()
    world = small_world(seed=storm.seed)
    policy = RestartPolicy(Restart.PERMANENT, intensity=1000)
    serve(world, server(ledger), policy=policy)
    for asker in range(ASKERS):
        system = world.hosts["a"].system
        world.hosts["a"].machine.spawn(ask_around, system, storm, ledger, asker)
    for stretch in storm.stretches:
        begin(world, stretch)
        world.run_for(stretch.seconds)
    end(world)
    world.run_for(CALM)
    return ledger, world


def check(storm: Storm) -> Ledger:
    """Hold a run to what requests promise."""
    ledger, world = run(storm)

    twice = [begun for begun, times in ledger.begun.items() if times > 1]
    assert not twice, f"carried out more than once in a life: {twice}"
    for number in ledger.answered:
        assert ledger.done[number] >= 1, f"{number} was answered and not carried out"
    ends = sorted(ledger.answered + ledger.failed + ledger.given_up)
    if world.hosts["a"].machine.up and world.hosts["a"].machine.incarnation == 1:
        assert ends == list(range(ASKERS * EACH)), f"not each ended once: {ends}"
    for name, host in world.hosts.items():
        if host.machine.up:
            assert host.system.pending == 0, f"{name} still waits"
            serving = {
                cell.address: cell.life.serving for cell in host.system.cells.values() if cell.life
            }
            assert not any(serving.values()), f"{name} still serves {serving}"
            assert host.system.receiver.peers.under_way == 0, f"{name} remembers what is over"
    return ledger


@pytest.mark.parametrize("deadly", [False, True])
def test_seeded_storms(deadly: bool) -> None:
    """The broad search; it meets every way in which a request can end."""
    ledgers = [
        check(draw_storm(stream(seed, "requests").below, deadly=deadly)) for seed in range(100)
    ]

    assert sum(len(each.answered) for each in ledgers) > 500
    assert sum(len(each.failed) for each in ledgers) > 300
    assert sum(len(each.given_up) for each in ledgers) > 300
    assert sum(each.begun.total() - each.done.total() for each in ledgers) > 50


@st.composite
def storms(draw: st.DrawFn) -> Storm:
    """Storms that shrink."""
    below: Below = lambda bound: draw(st.integers(0, bound - 1))  # noqa: E731 - typed so
    return draw_storm(below, deadly=draw(st.booleans()))


@settings(max_examples=50, deadline=None)
@given(storms())
def test_any_storm(storm: Storm) -> None:
    """The narrow search."""
    check(storm)
