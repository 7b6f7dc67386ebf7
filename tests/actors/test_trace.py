"""The trace of a world of actors: who did what, for people and for Perfetto."""

import io
import json

from kactors.actors import Actor, Address, World, handles
from kactors.evidence.chrome import write_chrome
from kactors.evidence.trace import read_lines, write_lines
from kactors.runtime import sleep
from kactors.wire import message


@message("test.trace.note")
class Note:
    """Something to send."""

    number: int


class Talker(Actor):
    """Sends something every second."""

    async def on_start(self) -> None:
        """Begin."""
        self.start_soon(self._talk)

    async def _talk(self) -> None:
        for number in range(100):
            await sleep(1)
            self.send(Address("b", "listener"), Note(number))


class Listener(Actor):
    """Hears."""

    @handles
    def hear(self, note: Note) -> None:
        """Fail at the third."""
        if note.number == 2:
            raise ValueError("three is too many")


def traced() -> World:
    """Run for ten seconds: a failure, a pause, a crash."""
    world = World(seed=1, trace=True)
    world.add_host("a").deploy(Talker, "talker")
    b = world.add_host("b")
    b.deploy(Listener, "listener")
    world.run_for(5)
    b.machine.pause()
    world.run_for(2)
    b.machine.resume()
    b.machine.crash()
    world.run_for(1)
    b.machine.restart()
    world.run_for(2)
    return world


def test_the_trace_tells_what_happened_to_hosts_and_actors() -> None:
    """Lives of actors, pauses, crashes and messages are all in it, with both times."""
    world = traced()

    assert world.recorder is not None
    records = list(world.recorder.records)
    told = [record.what for record in records]
    assert {"start", "fail", "pause", "resume", "crash", "restart", "send", "deliver"} <= set(told)
    failure = next(record for record in records if record.what == "fail")
    assert (failure.host, failure.actor) == ("b", "listener")
    assert failure.fields["reason"] == "failed: ValueError: three is too many"
    assert records[-1].incarnation in {1, 2}


def test_it_is_read_back_from_json_lines() -> None:
    """What is written is what is read."""
    world = traced()
    assert world.recorder is not None
    file = io.StringIO()

    write_lines(world.recorder.records, file)
    file.seek(0)

    assert list(read_lines(file)) == list(world.recorder.records)


def test_perfetto_gets_spans_and_arrows() -> None:
    """A pause is a span, a message an arrow from thread to thread."""
    world = traced()
    assert world.recorder is not None
    file = io.StringIO()

    write_chrome(world.recorder.records, file)

    events = json.loads(file.getvalue())["traceEvents"]
    assert any(event["ph"] == "X" and "pause" in event["name"] for event in events)
    assert {event["ph"] for event in events} >= {"s", "f", "M"}


def test_the_trace_costs_the_run_nothing() -> None:
    """With and without a trace the digest is the same: watching changes nothing."""
    without = World(seed=1)
    without.add_host("a").deploy(Talker, "talker")
    without.add_host("b").deploy(Listener, "listener")
    without.run_for(5)
    watched = World(seed=1, trace=True)
    watched.add_host("a").deploy(Talker, "talker")
    watched.add_host("b").deploy(Listener, "listener")
    watched.run_for(5)

    assert without.digest == watched.digest
