"""Watching another actor's end: exactly once, whatever ends it."""

from kactors.actors import Address, RestartPolicy, StreamTiming, World
from kactors.runtime import sleep
from kactors.transport.link import LinkRule
from tests.actors.cast import Idle, Lives, Server, ask, later, now, serve, small_world
from tests.actors.test_cell import Parent, Stop, Stopping

QUICK = StreamTiming(heartbeat=1.0, silence=3.0)
TARGET = Address("b", "server")


def watched(world: World, target: Address = TARGET) -> Lives:
    """Let ``a/watcher`` watch, and be heard; return its lives."""
    lives = serve(world, Idle, at="a/watcher")
    now(world, lambda: lives.last.watch(target))
    world.run_for(0.1)
    return lives


class TestReasons:
    """What a watcher is told."""

    def test_that_it_has_stopped(self) -> None:
        """In order."""
        world = small_world()
        serve(world, Stopping)
        watcher = watched(world).last

        ask(world, Stop())
        world.run_for(100)

        assert watcher.downs == [("b/server", "stopped")]

    def test_that_it_has_failed(self) -> None:
        """Although its supervisor restarts it: the next life is another."""
        world = small_world()
        serve(world)
        watcher = watched(world).last

        world.hosts["b"].system.kill("server", "a test")
        world.run_for(100)

        assert watcher.downs == [("b/server", "failed: KilledError: a test")]

    def test_that_it_was_stopped_with_its_parent(self) -> None:
        """Whatever ended the parent."""
        world = small_world()
        children = Lives(Stopping)
        serve(world, lambda: Parent(children), at="b/parent")
        watcher = watched(world, Address("b", "parent/child")).last

        world.hosts["b"].system.kill("parent", "a test")
        world.run_for(100)

        assert watcher.downs == [("b/parent/child", "stopped")]

    def test_that_it_is_not_there(self) -> None:
        """At once."""
        world = small_world()
        watcher = watched(world).last

        assert watcher.downs == [("b/server", "no such actor")]

    def test_that_it_is_between_two_lives(self) -> None:
        """The one that was known has ended."""
        world = small_world()
        serve(world, policy=RestartPolicy(backoff=5.0))
        world.hosts["b"].system.kill("server", "a test")
        world.run_for(1)

        watcher = watched(world).last

        assert watcher.downs == [("b/server", "waiting to be restarted")]

    def test_that_its_host_is_silent(self) -> None:
        """Crashed, or cut off: nobody can tell from here."""
        for crash in (True, False):
            world = small_world(timing=QUICK)
            serve(world)
            watcher = watched(world).last
            began = world.time

            if crash:
                world.crash("b")
            else:
                world.network.rules.set("cut", "b", "a", LinkRule(cut=True))
            world.run_until(lambda: bool(watcher.downs), timeout=100)  # noqa: B023 - at once

            assert watcher.downs == [
                (
                    "b/server",
                    "unreachable: the stream from b/system broke: nothing was heard for 3.0 s",
                )
            ]
            assert 3.0 <= world.time - began <= 5.0

    def test_that_its_host_has_restarted(self) -> None:
        """As soon as the new life is heard of, which need not be thirty seconds."""
        world = small_world()
        serve(world)
        watcher = watched(world).last
        began = world.time

        world.hosts["b"].machine.restart()
        world.run_until(lambda: bool(watcher.downs), timeout=100)

        (_, reason) = watcher.downs[0]
        assert reason.startswith("unreachable: the stream from b/system broke: the server")
        assert world.time - began <= 16.0

    def test_that_there_is_no_such_host(self) -> None:
        """Silence, too."""
        world = small_world(timing=QUICK)
        watcher = watched(world, Address("nowhere", "server")).last
        world.run_for(10)

        assert [address for address, _ in watcher.downs] == ["nowhere/server"]

    def test_that_a_neighbour_has_ended(self) -> None:
        """On the same host it works the same way."""
        world = small_world()
        serve(world, Stopping, at="a/server")
        watcher = watched(world, Address("a", "server")).last

        world.hosts["a"].system.stop("server")
        world.run_for(100)

        assert watcher.downs == [("a/server", "stopped")]


class TestOnce:
    """Not twice, and not at all when it is not wanted."""

    def test_a_network_that_repeats_itself_tells_once(self) -> None:
        """As does one that loses half of everything."""
        world = small_world()
        serve(world, Stopping)
        world.network.rules.set("bad", "*", "*", LinkRule(loss=0.5, duplicate=0.5, reorder=0.5))
        watcher = watched(world).last
        world.run_for(5)

        later(world, 1.0, lambda: world.hosts["b"].system.stop("server"))
        world.run_for(200)

        assert [address for address, _ in watcher.downs] == ["b/server"]

    def test_watching_twice_is_watching_once(self) -> None:
        """Until it was told; then it may watch again."""
        world = small_world()
        serve(world)
        watcher = watched(world).last
        now(world, lambda: watcher.watch(TARGET))
        world.run_for(0.1)

        world.hosts["b"].system.kill("server", "once")
        world.run_for(10)
        now(world, lambda: watcher.watch(TARGET))
        world.run_for(0.1)
        world.hosts["b"].system.kill("server", "again")
        world.run_for(10)

        assert watcher.downs == [
            ("b/server", "failed: KilledError: once"),
            ("b/server", "failed: KilledError: again"),
        ]

    def test_who_does_not_want_to_know_any_more_is_not_told(self) -> None:
        """And nothing is left of it on either host."""
        world = small_world()
        serve(world)
        watcher = watched(world).last

        watcher.unwatch(TARGET)
        watcher.unwatch(Address("b", "another"))
        world.run_for(0.1)
        leftovers = world.hosts["a"].system.streams.count + world.hosts["b"].system.streams.count
        serving = world.hosts["b"].system.cells["system"].life
        world.hosts["b"].system.kill("server", "a test")
        world.run_for(10)

        assert watcher.downs == []
        assert leftovers == 0
        assert serving is not None
        assert serving.serving == 0

    def test_to_stop_watching_and_begin_again_is_to_watch(self) -> None:
        """In the same breath."""
        world = small_world()
        serve(world)
        watcher = watched(world).last

        def change_mind() -> None:
            watcher.unwatch(TARGET)
            watcher.watch(TARGET)

        now(world, change_mind)
        world.run_for(0.1)

        world.hosts["b"].system.kill("server", "a test")
        world.run_for(10)

        assert len(watcher.downs) == 1

    def test_a_watcher_that_has_ended_is_not_told(self) -> None:
        """Its next life watches for itself."""
        world = small_world()
        serve(world)
        lives = watched(world)

        world.hosts["a"].system.kill("watcher", "a test")
        world.run_for(1)
        world.hosts["b"].system.kill("server", "a test")
        world.run_for(10)

        assert [life.downs for life in lives.actors] == [[], []]

    def test_many_watch_one(self) -> None:
        """Each is told."""
        world = small_world()
        serve(world)
        watchers = [serve(world, Idle, at=f"a/watcher-{number}").last for number in range(20)]
        for watcher in watchers:
            now(world, lambda: watcher.watch(TARGET))  # noqa: B023 - at once
        world.run_for(0.1)

        world.hosts["b"].system.stop("server")
        world.run_for(1)

        assert all(watcher.downs == [("b/server", "stopped")] for watcher in watchers)


def test_an_on_down_that_raises_fails_the_watcher() -> None:
    """As any handler does."""

    class Touchy(Idle):
        def on_down(self, address: Address, reason: str) -> None:
            raise ValueError(f"without {address.name} I cannot be")

    world = small_world()
    serve(world)
    lives = serve(world, Touchy, at="a/watcher")
    now(world, lambda: lives.last.watch(TARGET))
    world.run_for(0.1)

    world.hosts["b"].system.kill("server", "a test")
    world.run_for(5)

    assert len(lives) == 2


def test_an_actor_that_is_still_starting_can_be_watched() -> None:
    """It has a life already."""

    class Slowly(Server):
        async def on_start(self) -> None:
            await sleep(2.0)
            raise ValueError("no")

    world = small_world()
    serve(world, Slowly)
    watcher = watched(world).last
    world.run_for(2.0)

    assert watcher.downs == [("b/server", "failed: ValueError: no")]
