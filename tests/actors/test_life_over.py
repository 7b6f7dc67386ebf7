"""Real connections: nobody waits for the answers of a host that is gone."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from kactors.actors import DeadlineExceededError, LifeOverError, StreamBrokenError, System
from kactors.actors.live_world import LiveWorld
from kactors.runtime import current_time, live, sleep
from kactors.transport.hooks import Verdict
from kactors.transport.unix import UnixTransport
from tests.actors.cast import Answer, Ask, Count, Lives, SlowAsk
from tests.actors.test_sender import until

pytestmark = pytest.mark.live

HOURS = 3600.0


def in_unix_world(
    directory: Path, body: Callable[[LiveWorld, Lives], Awaitable[Any]], *, faults: bool = False
) -> Any:
    """Run ``body(world, servers)`` with hosts ``a``, and ``b`` which has a server."""
    book = {"a": f"unix:{directory}/a", "b": f"unix:{directory}/b"}

    async def main() -> Any:
        async with LiveWorld(seed=1, faults=faults) as world:
            for host, place in book.items():
                world.add_host(
                    host,
                    lambda life, host=host, place=place: UnixTransport(  # type: ignore[misc]
                        host=host, incarnation=life, listen=place, peers=book
                    ),
                )
            servers = Lives()
            world.hosts["b"].deploy(servers, "server")
            return await body(world, servers)

    return live.run(main)


async def outcome(world: LiveWorld, ask: Callable[[System], Awaitable[Any]]) -> Any:
    """Return what host ``a`` gets when it asks, be it an error."""
    try:
        return await ask(world.hosts["a"].system)
    except (LifeOverError, StreamBrokenError, DeadlineExceededError) as error:
        return error


async def slow(system: System) -> Any:
    """Ask for what takes hours."""
    return await system.ref("b/server").request(SlowAsk(1, HOURS), timeout=HOURS)


async def quick(system: System) -> Any:
    """Ask for what takes no time."""
    return await system.ref("b/server").request(Ask(2), timeout=HOURS)


async def stream(system: System) -> Any:
    """Read a stream until it breaks."""
    async with system.ref("b/server").open_stream(Count(10, HOURS)) as inbox:
        return await inbox.receive()


def test_a_request_and_a_stream_under_way_fail_at_once(tmp_path: Path) -> None:
    """With errors that say what is known; a request made later waits for the next life."""
    found: dict[str, Any] = {}

    async def body(world: LiveWorld, servers: Lives) -> float:
        async def note(name: str, ask: Callable[[System], Awaitable[Any]]) -> None:
            found[name] = await outcome(world, ask)

        host = world.hosts["b"]
        for name, ask in (("request", slow), ("stream", stream)):
            world.hosts["a"].machine.spawn(note, name, ask)
        await until(lambda: servers.actors and servers.last.asked == [1])
        await until(lambda: host.system.streams.count == 1)
        await sleep(0.05)  # the stream's welcome is read
        began = current_time()
        host.machine.crash()
        await until(lambda: len(found) == 2)
        took = current_time() - began
        world.hosts["a"].machine.spawn(note, "later", quick)
        await sleep(0.05)
        host.machine.restart()
        await until(lambda: len(found) == 3)
        return took

    took = in_unix_world(tmp_path, body)

    assert isinstance(found["request"], LifeOverError)
    assert "whether the request was carried out is unknown" in str(found["request"])
    assert isinstance(found["stream"], StreamBrokenError)
    assert str(found["stream"]).endswith("the server's host is gone")
    assert found["later"] == Answer(2)
    assert took < 1.0


def test_a_request_that_a_fault_delays_has_not_left(tmp_path: Path) -> None:
    """It does not fail with those that have, and reaches the next life."""
    found: list[Any] = []

    async def body(world: LiveWorld, servers: Lives) -> None:
        async def note(ask: Callable[[System], Awaitable[Any]]) -> None:
            found.append(await outcome(world, ask))

        world.hosts["a"].machine.spawn(note, slow)
        await until(lambda: servers.actors and servers.last.asked == [1])
        world.hooks.on_send.append(lambda _: Verdict.HOLD)
        world.hosts["a"].machine.spawn(note, quick)
        await until(lambda: world.hooks.held_count == 1)
        world.hooks.on_send.clear()
        world.hosts["b"].machine.crash()
        await until(lambda: found)
        world.hosts["b"].machine.restart()
        world.hooks.release(world.hooks.held[0])
        await until(lambda: len(found) == 2)

    in_unix_world(tmp_path, body, faults=True)

    assert isinstance(found[0], LifeOverError)
    assert found[1] == Answer(2)
