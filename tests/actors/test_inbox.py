"""The reading end of a stream: order, breakage, partitions, crashes, forged envelopes."""

from collections.abc import Callable
from typing import Any

import pytest

from kactors.actors import (
    Actor,
    Outbox,
    RequestError,
    StreamBrokenError,
    StreamTiming,
    System,
    World,
    streams,
)
from kactors.actors.inbox import Inbox
from kactors.runtime import EndOfChannel, move_on_after, open_nursery, sleep
from kactors.transport.envelope import Envelope, Kind
from kactors.transport.hooks import Verdict
from kactors.transport.link import LinkRule
from tests.actors.cast import Count, Note, later, serve, small_world
from tests.actors.test_outbox import Feed, Follow, forgotten, read

QUICK = StreamTiming(heartbeat=1.0, silence=3.0)


def reading(world: World, request: Any, *, host: str = "a", to: str = "b/server") -> dict[str, Any]:
    """Read a stream in the background; return what will hold the numbers and the error."""
    found: dict[str, Any] = {"numbers": [], "error": None, "ended": False}

    async def reader(system: System) -> None:
        try:
            async with system.ref(to).open_stream(request) as inbox:
                while True:
                    found["numbers"].append((await inbox.receive()).number)
        except EndOfChannel:
            found["ended"] = True
        except RequestError as error:
            found["error"] = error

    world.hosts[host].machine.spawn(reader, world.hosts[host].system)
    return found


class TestReading:
    """From the side of who reads."""

    def test_a_quiet_server_says_something_when_it_is_asked(self) -> None:
        """Also if the first question is lost; the stream goes on, and no event is repeated."""
        world = small_world()
        serve(world, Feed)

        async def reader(system: System) -> list[float]:
            async with system.ref("b/server").open_stream(Follow("stay")) as inbox:
                opened = inbox.heard_at
                numbers = [(await inbox.receive()).number for _ in range(3)]
                await sleep(2.0)
                heard = [opened, inbox.heard_at]
                world.network.rules.set("mute", "a", "b", LinkRule(cut=True))
                inbox.ask_for_word()
                await sleep(0.4)
                world.network.rules.clear_all()
                heard.append(inbox.heard_at)
                await sleep(1.0)
                heard.append(inbox.heard_at)
                with move_on_after(1.0):
                    numbers.append((await inbox.receive()).number)
                assert numbers == [1, 2, 3]
            inbox.ask_for_word()  # of a stream that is over: nothing happens
            return heard

        opened, last, unheard, heard = world.call("a", reader)
        assert opened < last == unheard
        assert unheard + 2.0 < heard

    def test_events_are_iterated_over(self) -> None:
        """Until the end; afterwards there is nothing more."""
        world = small_world()
        serve(world)

        async def reader(system: System) -> list[int]:
            async with system.ref("b/server").open_stream(Count(5)) as inbox:
                numbers = [event.number async for event in inbox]
                with pytest.raises(EndOfChannel, match="the stream from b/server is over"):
                    await inbox.receive()
                return numbers

        assert world.call("a", reader) == [1, 2, 3, 4, 5]

    def test_what_has_arrived_is_read_before_an_error_is_raised(self) -> None:
        """And the error is raised again, as often as somebody asks."""
        world = small_world()
        serve(world, Feed)

        async def reader(system: System) -> list[object]:
            found: list[object] = []
            async with system.ref("b/server").open_stream(Follow("declared")) as inbox:
                await sleep(1.0)
                for _ in range(5):
                    try:
                        found.append((await inbox.receive()).number)
                    except Exception as error:  # noqa: BLE001 - the point
                        found.append(error)
            return found

        found = world.call("a", reader)

        assert found[:3] == [1, 2, 3]
        assert found[3] is found[4]

    def test_reading_can_be_cancelled_and_taken_up_again(self) -> None:
        """Nothing is lost."""
        world = small_world()
        serve(world)

        async def reader(system: System) -> list[int]:
            numbers: list[int] = []
            async with system.ref("b/server").open_stream(Count(5, seconds=1.0)) as inbox:
                while len(numbers) < 5:
                    with move_on_after(0.3):
                        numbers.append((await inbox.receive()).number)
            return numbers

        assert world.call("a", reader) == [1, 2, 3, 4, 5]

    def test_two_tasks_cannot_read_one_stream(self) -> None:
        """One of them would sleep for ever."""
        world = small_world()
        serve(world)

        async def readers(system: System) -> None:
            async with (
                system.ref("b/server").open_stream(Count(5, seconds=1.0)) as inbox,
                open_nursery() as nursery,
            ):
                nursery.start_soon(inbox.receive)
                nursery.start_soon(inbox.receive)

        with pytest.RaisesGroup(pytest.RaisesExc(AssertionError, match="two tasks read")):
            world.call("a", readers)

    def test_what_was_left_is_broken(self) -> None:
        """Whoever kept it reads nothing more."""
        world = small_world()
        serve(world)

        async def reader(system: System) -> Inbox[Note]:
            async with system.ref("b/server").open_stream(Count(5, seconds=1.0)) as inbox:
                await inbox.receive()
            with pytest.raises(StreamBrokenError, match="it was left"):
                await inbox.receive()
            return inbox

        inbox = world.call("a", reader)

        assert repr(inbox) == "<stream 1 from b/server, 1 events received>"
        assert forgotten(world)

    def test_streams_in_both_directions_do_not_mix(self) -> None:
        """Between the same two actors, under the same numbers."""

        class Mirror(Actor):
            """Reads from its twin while it is read."""

            def __init__(self) -> None:
                self.numbers: list[int] = []

            @streams
            async def count(self, request: Count, out: Outbox[Note]) -> None:
                for number in range(1, request.upto + 1):
                    await out.send(Note(number if self.host.name == "a" else -number))

            async def read(self, other: str) -> None:
                async with self.ref(other).open_stream(Count(200)) as inbox:
                    async for event in inbox:
                        self.numbers.append(event.number)

        world = small_world()
        one = serve(world, Mirror, at="a/mirror").last
        other = serve(world, Mirror, at="b/mirror").last
        one.start_soon(one.read, "b/mirror")
        other.start_soon(other.read, "a/mirror")
        world.run_for(5)

        assert one.numbers == [-number for number in range(1, 201)]
        assert other.numbers == list(range(1, 201))
        assert forgotten(world)


class TestPartitions:
    """What a cut does to a stream depends on how long it lasts."""

    @pytest.mark.parametrize(("source", "target"), [("a", "b"), ("b", "a"), ("*", "*")])
    def test_one_that_heals_in_time_is_only_felt(self, source: str, target: str) -> None:
        """Nothing is missing; the stream goes on."""
        world = small_world()
        serve(world)
        found = reading(world, Count(100, seconds=0.5))
        world.run_for(10)

        world.network.rules.set("cut", source, target, LinkRule(cut=True))
        world.run_for(20)
        world.network.rules.clear("cut")
        world.run_for(100)

        assert found["numbers"] == list(range(1, 101))
        assert found["ended"]
        assert forgotten(world)

    @pytest.mark.parametrize(("source", "target"), [("a", "b"), ("b", "a"), ("*", "*")])
    def test_one_that_lasts_breaks_the_stream_on_both_sides(self, source: str, target: str) -> None:
        """The reader knows that something is missing; the server works no more."""
        world = small_world()
        server = serve(world).last
        found = reading(world, Count(1000, seconds=0.5))
        world.run_for(10)

        world.network.rules.set("cut", source, target, LinkRule(cut=True))
        world.run_for(50)
        world.network.rules.clear("cut")
        world.run_for(100)

        numbers = found["numbers"]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) < 1000
        assert isinstance(found["error"], StreamBrokenError)
        assert server.stopped_streams == 1
        assert forgotten(world)

    @pytest.mark.parametrize("host", ["a", "b"])
    def test_a_pause_is_a_partition_too(self, host: str) -> None:
        """Of a host that does not know of it."""
        for seconds, whole in ((20, True), (200, False)):
            world = small_world()
            serve(world)
            found = reading(world, Count(100, seconds=0.5))
            world.run_for(10)

            world.hosts[host].machine.pause()
            world.run_for(seconds)
            world.hosts[host].machine.resume()
            world.run_for(100)

            numbers = found["numbers"]
            assert numbers == list(range(1, len(numbers) + 1))
            assert found["ended"] is whole
            assert (found["error"] is None) is whole
            assert forgotten(world, 50)


class TestCrashes:
    """Of either end."""

    def test_the_servers_crash_breaks_the_stream(self) -> None:
        """After the silence, if nothing more is heard."""
        world = small_world(timing=QUICK)
        serve(world)
        found = reading(world, Count(100, seconds=0.5))
        world.run_for(10)

        world.crash("b")
        world.run_for(4.9)

        assert "nothing was heard for 3.0 s" in str(found["error"])
        assert found["numbers"] == list(range(1, 20))

    def test_the_servers_restart_breaks_the_stream(self) -> None:
        """As soon as the reader hears of the new life: by asking it for something else, say."""
        world = small_world()
        serve(world)
        found = reading(world, Count(100, seconds=0.5))
        world.run_for(10)

        world.hosts["b"].machine.restart()
        world.run_for(0.1)
        assert found["error"] is None
        assert read(world, Count(3)) == ([1, 2, 3], None)
        world.run_for(0.1)

        assert "restarted" in str(found["error"])

    def test_the_readers_restart_ends_the_work_for_it(self) -> None:
        """When the server says something and is told; long before the silence."""
        world = small_world()
        server = serve(world).last
        reading(world, Count(100, seconds=0.5))
        world.run_for(10)

        world.hosts["a"].machine.restart()
        world.run_for(1.0)

        assert server.stopped_streams == 1
        assert forgotten(world)

    def test_the_readers_crash_ends_the_work_after_the_silence(self) -> None:
        """Nobody is left to say so."""
        world = small_world(timing=QUICK)
        server = serve(world).last
        reading(world, Count(100, seconds=0.5))
        world.run_for(10)

        world.crash("a")
        world.run_for(2.5)
        assert server.stopped_streams == 0
        world.run_for(2.5)
        assert server.stopped_streams == 1
        assert world.hosts["b"].system.streams.count == 0

    def test_a_restarted_reader_reads_from_the_beginning(self) -> None:
        """Its numbers begin anew, too, and are not taken for the former life's."""
        world = small_world()
        serve(world)
        reading(world, Count(100, seconds=0.5))
        world.run_for(10)

        world.hosts["a"].machine.restart()
        world.run_for(0.0)
        found = reading(world, Count(100, seconds=0.5))
        world.run_for(100)

        assert found["numbers"] == list(range(1, 101))

    def test_a_system_that_is_stopped_breaks_what_is_read_there(self) -> None:
        """Here because another actor of the host has given up."""
        world = small_world()
        serve(world)
        found = reading(world, Count(100, seconds=0.5))
        world.run_for(10)

        world.hosts["a"].system.streams.close("this host's actors were stopped")
        world.run_for(0.0)

        assert "this host's actors were stopped" in str(found["error"])


def spoil(world: World, kind: Kind, change: Callable[[Envelope], Envelope | None]) -> None:
    """Change each envelope of a kind from ``b`` on its way; or lose it."""
    transport = world.hosts["b"].system.transport

    def hook(envelope: Envelope) -> Verdict:
        if envelope.kind != kind or envelope.source.host != "b":
            return Verdict.PASS
        changed = change(envelope)
        if changed == envelope:
            return Verdict.PASS
        if changed is not None:
            transport.send(changed)
        return Verdict.DROP

    world.network.on_send.append(hook)


class TestForgery:
    """What a server says that makes no sense breaks the stream, and nothing else."""

    def test_an_event_that_cannot_be_read(self) -> None:
        """The server is told to stop."""
        world = small_world()
        serve(world, Feed)

        def garble(envelope: Envelope) -> Envelope:
            return envelope._replace(payload=b"garbage") if envelope.number == 2 else envelope

        spoil(world, Kind.STREAM_EVENT, garble)
        numbers, error = read(world, Follow("stay"))

        assert numbers == [1]
        assert isinstance(error, StreamBrokenError)
        assert "event 2 cannot be read" in str(error)
        assert forgotten(world)

    @pytest.mark.parametrize("payload", [b"garbage", b"\x92\xa9test.note\x01"])
    def test_an_error_that_cannot_be_read(self, payload: bytes) -> None:
        """Or that is none."""
        world = small_world()
        serve(world, Feed)

        spoil(world, Kind.STREAM_BREAK, lambda envelope: envelope._replace(payload=payload))
        _, error = read(world, Follow("declared"))

        assert isinstance(error, StreamBrokenError)
        assert forgotten(world, 1.0)

    def test_an_end_before_what_has_arrived(self) -> None:
        """The server has lost its memory."""
        world = small_world()
        serve(world, Feed)

        spoil(world, Kind.STREAM_END, lambda envelope: envelope._replace(number=1))
        numbers, error = read(world, Follow())

        assert numbers == [1, 2, 3]
        assert "forgotten events" in str(error)

    def test_events_beyond_the_grant_are_not_taken(self) -> None:
        """The reader keeps at most a window, whatever it is sent."""
        world = small_world(timing=StreamTiming(window=4))
        serve(world, Feed)

        def flood(envelope: Envelope) -> Envelope:
            transport = world.hosts["b"].system.transport
            if envelope.number == 1:
                for number in range(5, 100):
                    transport.send(envelope._replace(number=number))
            return envelope

        spoil(world, Kind.STREAM_EVENT, flood)

        async def reader(system: System) -> int:
            async with system.ref("b/server").open_stream(Follow("stay")) as inbox:
                await sleep(1.0)
                return len(inbox._arrived) + len(inbox._early)

        assert world.call("a", reader) == 3

    def test_another_cannot_speak_for_the_server(self) -> None:
        """What comes under the stream's number from somebody else is refused."""
        world = small_world("a", "b", "c")
        serve(world, Feed)
        forger = world.hosts["c"].system.transport

        def forge(envelope: Envelope) -> Envelope:
            forged = envelope._replace(source=envelope.source._replace(host="c"))
            forger.send(forged)
            return envelope

        spoil(world, Kind.STREAM_EVENT, forge)
        spoil(world, Kind.STREAM_HEARTBEAT, forge)

        assert read(world, Follow()) == ([1, 2, 3], None)
        assert forgotten(world)

    def test_an_unknown_life_of_the_server_breaks_the_stream(self) -> None:
        """Whatever it is, it is not who was asked."""
        world = small_world()
        serve(world, Feed)

        spoil(world, Kind.STREAM_EVENT, lambda e: e._replace(source_incarnation=e.number + 6))
        _, error = read(world, Follow())

        assert isinstance(error, StreamBrokenError)
        assert "restarted" in str(error)

    def test_silence_after_the_opening_breaks_it(self) -> None:
        """A server that never answers is no server."""
        world = small_world(timing=QUICK)
        serve(world, Feed)
        world.network.rules.set("mute", "b", "a", LinkRule(cut=True))
        opened: list[Envelope] = []
        later(world, 0.0, lambda: world.network.on_delivered.append(opened.append))

        _, error = read(world, Follow())

        assert isinstance(error, StreamBrokenError)
        assert len([each for each in opened if each.kind == Kind.STREAM_OPEN]) >= 6
