"""What a host says about its actors."""

from kactors.actors import Actor, Inspect, SystemReport, handles
from kactors.runtime import sleep
from tests.actors.cast import Ask, Note, SlowAsk, ask, forever, serve, small_world, tell


class Busy(Actor):
    """Works, slowly."""

    async def on_start(self) -> None:
        """Begin."""
        self.start_soon(forever, name="background")

    @handles
    async def note(self, note: Note) -> None:
        """Wait."""
        await sleep(100.0)


def test_a_report_says_what_everybody_waits_for() -> None:
    """State, lives, queues, counts by type, the latest failure, and lines of code."""
    world = small_world()
    serve(world)
    serve(world, Busy, at="b/busy")
    world.hosts["b"].system.kill("busy", "a test")
    world.run_for(1)
    tell(world, Note(1), Note(2), Note(3), to="b/busy")
    world.hosts["a"].machine.spawn(world.hosts["a"].system.ref("b/server").request, SlowAsk(1, 9.0))
    world.run_for(0.1)
    ask(world, Ask(1))

    report = ask(world, Inspect(), to="b/system")

    assert isinstance(report, SystemReport)
    assert (report.host, report.incarnation) == ("b", 1)
    busy, server, system = report.actors
    assert (busy.name, busy.state, busy.lives, busy.queued) == ("busy", "running", 2, 2)
    assert busy.last_failure == "KilledError: a test"
    assert busy.received == {"test.note": 3}
    first, second = sorted(busy.waiting_at)
    assert first.startswith("background at ")
    assert "forever" in first
    assert second.startswith("main at ")
    assert "Busy.note" in second
    assert (server.name, server.serving, server.queued) == ("server", 1, 0)
    assert server.received["test.slow-ask"] == server.received["test.ask"] == 1
    assert any("Server.slow_ask" in line for line in server.waiting_at)
    assert system.name == "system"
    assert report.received["test.note"] == 3
    assert report.dead_letters == {}
    assert report.transport["received"] > 0


def test_a_report_counts_what_was_sent_and_what_is_pending() -> None:
    """On the asker's side."""
    world = small_world()
    serve(world)
    world.hosts["a"].machine.spawn(world.hosts["a"].system.ref("b/server").request, SlowAsk(1, 9.0))
    world.run_for(0.1)

    report = ask(world, Inspect(), to="a/system")

    assert isinstance(report, SystemReport)
    assert report.sent == {"test.slow-ask": 1, "kactors.inspect": 1}
    assert report.pending == 2


def test_an_actor_between_two_lives_has_a_report_too() -> None:
    """With nothing in it but its past."""
    world = small_world()
    serve(world)
    world.hosts["b"].system.kill("server", "a test")
    world.run_for(0.0)

    report = ask(world, Inspect(), to="b/system")

    assert isinstance(report, SystemReport)
    server, _ = report.actors
    assert (server.state, server.queued, server.serving) == ("waiting to be restarted", 0, 0)
    assert server.waiting_at == ()
    assert server.last_failure == "KilledError: a test"
