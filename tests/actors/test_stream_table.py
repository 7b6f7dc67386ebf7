"""The clockwork of streams: what it costs, and what it notices."""

from collections import Counter

import pytest

from kactors.actors import Outbox, StreamBrokenError, StreamTiming, System
from kactors.runtime import sleep_forever
from kactors.transport.envelope import Envelope, Kind
from kactors.transport.hooks import Verdict
from kactors.transport.link import LinkRule
from tests.actors.cast import LATENCY, Count, serve, small_world
from tests.actors.test_outbox import Feed, Follow, forgotten, read


def test_an_idle_stream_costs_heartbeats_only() -> None:
    """A message each way about every ten seconds, for each of a thousand."""
    world = small_world("a", "b", "c")
    serve(world, Feed)
    count, seconds = 1000, 300

    async def reader(system: System) -> None:
        async with system.ref("b/server").open_stream(Follow("stay")) as inbox:
            for _ in range(3):
                await inbox.receive()
            await sleep_forever()

    for _ in range(count):
        world.hosts["a"].machine.spawn(reader, world.hosts["a"].system)
    world.run_for(5)
    before = world.hosts["b"].system.activity
    kinds: Counter[Kind] = Counter()
    world.network.on_delivered.append(lambda envelope: kinds.update([Kind(envelope.kind)]))
    world.run_for(seconds)
    messages = world.hosts["b"].system.activity - before

    assert world.hosts["b"].system.streams.count == count
    assert set(kinds) == {Kind.STREAM_HEARTBEAT, Kind.STREAM_CREDIT}
    assert messages == pytest.approx(2 * count * seconds / 10, rel=0.1)


def test_an_idle_stream_survives_a_lossy_network() -> None:
    """An end that misses a heartbeat asks more often: only true silence breaks a stream."""
    world = small_world()
    serve(world, Feed)
    world.network.rules.set("lossy", "*", "*", LinkRule(loss=0.4))
    found: list[int] = []

    async def reader(system: System) -> None:
        async with system.ref("b/server").open_stream(Follow("stay")) as inbox:
            async for event in inbox:
                found.append(event.number)  # noqa: PERF401 - it never ends

    world.hosts["a"].machine.spawn(reader, world.hosts["a"].system)
    world.run_for(3600.0)

    assert found == [1, 2, 3]
    assert world.hosts["a"].system.streams.count == 1
    assert world.hosts["b"].system.streams.count == 1


def test_no_stream_costs_nothing() -> None:
    """So that a world without any comes to rest."""
    world = small_world()
    serve(world)
    read(world, Count(3))

    world.simulation.run_until_quiescent()

    assert forgotten(world)


def test_a_sparse_stream_costs_one_grant_an_event() -> None:
    """It is made by the reader a little later, before the sender has to ask."""
    world = small_world()
    serve(world)
    before = world.hosts["b"].system.activity

    read(world, Count(20, seconds=4.3))

    messages = world.hosts["b"].system.activity - before
    assert messages <= 20 * 2 + 8  # opening, end, and some heartbeats


@pytest.mark.parametrize("heartbeat", [0.1, 0.3, 1.7, 10.0])
def test_rounds_come_when_they_are_due(heartbeat: float) -> None:
    """Whatever the rounding of seconds: time goes on between two of them."""
    timing = StreamTiming(heartbeat=heartbeat, silence=3 * heartbeat, retry=heartbeat / 20)
    world = small_world(timing=timing)
    serve(world, Feed)

    async def reader(system: System) -> None:
        async with system.ref("b/server").open_stream(Follow("stay")) as inbox:
            async for _ in inbox:
                pass

    world.hosts["a"].machine.spawn(reader, world.hosts["a"].system)
    world.run_for(5.0)
    before = world.hosts["b"].system.activity
    world.run_for(100 * heartbeat)

    assert world.hosts["b"].system.activity - before == pytest.approx(200, rel=0.1)


@pytest.mark.parametrize("number", [1, 2, 5])
def test_a_lost_event_is_asked_for_at_once(number: int) -> None:
    """When a later one arrives; nobody waits for the clock."""
    world = small_world()
    serve(world)
    lost: list[Envelope] = []

    def lose_one(envelope: Envelope) -> Verdict:
        if envelope.kind == Kind.STREAM_EVENT and envelope.number == number and not lost:
            lost.append(envelope)
            return Verdict.DROP
        return Verdict.PASS

    world.network.on_send.append(lose_one)

    assert read(world, Count(20)) == (list(range(1, 21)), None)
    assert len(lost) == 1
    assert world.time < 10 * LATENCY


def test_a_lost_end_is_noticed_by_the_clock() -> None:
    """After a moment, not after the silence."""
    world = small_world()
    serve(world)
    lost: list[Envelope] = []

    def lose_one(envelope: Envelope) -> Verdict:
        if envelope.kind == Kind.STREAM_END and not lost:
            lost.append(envelope)
            return Verdict.DROP
        return Verdict.PASS

    world.network.on_send.append(lose_one)

    assert read(world, Count(20)) == (list(range(1, 21)), None)
    assert len(lost) == 1
    assert world.time < 1.1
    assert forgotten(world)


def test_the_ends_of_a_host_can_be_listed() -> None:
    """Those that serve first."""
    world = small_world()
    serve(world, Feed, at="a/server")
    serve(world, Feed)

    async def reader(system: System, to: str) -> None:
        async with system.ref(to).open_stream(Follow("stay")) as inbox:
            await inbox.receive()
            await sleep_forever()

    for host, to in (("a", "b/server"), ("b", "a/server")):
        world.hosts[host].machine.spawn(reader, world.hosts[host].system, to)
    world.run_for(1.0)

    serving, read_here = world.hosts["a"].system.streams.ends
    assert isinstance(serving, Outbox)
    assert repr(serving) == "<stream 1 to b/system, 3 events sent>"
    assert repr(read_here) == "<stream 1 from b/server, 3 events received>"


def test_a_reader_of_a_stream_that_is_no_more_is_told() -> None:
    """When it asks; here because the server forgot it in a silence that only it has noticed."""
    world = small_world()
    serve(world, Feed)
    broken: list[tuple[float, str]] = []

    async def reader(system: System) -> None:
        try:
            async with system.ref("b/server").open_stream(Follow("stay")) as inbox:
                async for _ in inbox:
                    pass
        except StreamBrokenError as error:
            broken.append((world.time, error.problem))

    world.hosts["a"].machine.spawn(reader, world.hosts["a"].system)
    world.run_for(1.0)
    world.network.rules.set("half", "a", "b", LinkRule(cut=True))
    world.run_until(lambda: world.hosts["b"].system.streams.count == 0, timeout=100)
    world.network.rules.clear("half")
    healed = world.time
    world.run_for(50.0)

    ((when, problem),) = broken
    assert problem == "the server knows nothing of it any more"
    assert when - healed < 16.0
