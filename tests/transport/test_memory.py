"""The transport within a process: deliveries, bounds, closing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kactors.runtime import checkpoint, live, open_nursery, sim
from kactors.transport.envelope import Envelope
from kactors.transport.memory import MemoryHub, MemoryTransport
from tests.transport.fake_world import message

Body = Callable[[], Awaitable[Any]]


@pytest.fixture(params=[sim.run, live.run], ids=["sim", "live"])
def run(request: pytest.FixtureRequest) -> Callable[[Body], Any]:
    """Run a coroutine function in each world."""
    return request.param  # type: ignore[no-any-return]  # pytest does not know it


async def settle() -> None:
    """Let every task run."""
    for _ in range(10):
        await checkpoint()


def test_a_message_is_delivered_but_not_on_its_senders_stack(run: Callable[[Body], Any]) -> None:
    """Sending returns before the receiver has anything."""

    async def body() -> None:
        hub, got = MemoryHub(), list[Envelope]()
        a, b = hub.transport("a"), hub.transport("b")
        async with open_nursery() as nursery:
            await a.start(got.append, nursery)
            await b.start(got.append, nursery)

            a.send(message("a", "b", b"x"))
            assert got == []
            await settle()

            assert [envelope.payload for envelope in got] == [b"x"]
            assert a.statistics() == {"sent": 1, "received": 0}
            assert b.statistics() == {"sent": 0, "received": 1}
            await a.aclose()
            await b.aclose()

    run(body)


def test_messages_keep_their_order(run: Callable[[Body], Any]) -> None:
    """An inbox is first in, first out."""

    async def body() -> None:
        hub, got = MemoryHub(), list[Envelope]()
        transport = hub.transport("a")
        async with open_nursery() as nursery:
            await transport.start(got.append, nursery)
            for number in range(50):
                transport.send(message("a", "a", bytes([number])))
                if number % 7 == 0:
                    await checkpoint()
            await settle()
            await transport.aclose()

        assert [envelope.payload for envelope in got] == [bytes([n]) for n in range(50)]

    run(body)


def test_what_finds_an_inbox_full_is_dropped(run: Callable[[Body], Any]) -> None:
    """An inbox is bounded, and its senders' statistics say so."""

    async def body() -> None:
        hub, got = MemoryHub(), list[Envelope]()
        transport = hub.transport("a", inbox_max=2)
        async with open_nursery() as nursery:
            await transport.start(got.append, nursery)
            await settle()
            for _ in range(5):
                transport.send(message("a", "a"))
            await settle()
            await transport.aclose()

        assert len(got) == 2
        assert transport.statistics()["dropped: inbox full"] == 3

    run(body)


def test_a_message_to_nobody_is_dropped(run: Callable[[Body], Any]) -> None:
    """A host that is not at the hub cannot be reached."""

    async def body() -> None:
        transport = MemoryTransport(MemoryHub(), "a")
        transport.send(message("a", "b"))

        assert transport.statistics() == {"sent": 1, "received": 0, "dropped: no such host": 1}

    run(body)


def test_closing_ends_everything(run: Callable[[Body], Any]) -> None:
    """After closing no task is left, nothing is delivered and nothing can be sent."""

    async def body() -> None:
        hub, got = MemoryHub(), list[Envelope]()
        transport = hub.transport("a")
        async with open_nursery() as nursery:
            await transport.start(got.append, nursery)
            transport.send(message("a", "a"))
            await transport.aclose()
            transport.send(message("a", "a"))
            # The nursery is left: the task has ended.

        assert got == []
        assert transport.statistics()["dropped: closed"] == 2
        assert hub.listening == {}

    run(body)


def test_a_host_that_starts_again_takes_over_its_name(run: Callable[[Body], Any]) -> None:
    """Messages go to the latest transport, and closing the old one does not remove it."""

    async def body() -> None:
        hub = MemoryHub()
        old_got, new_got = list[Envelope](), list[Envelope]()
        old, new = hub.transport("a"), hub.transport("a")
        async with open_nursery() as nursery:
            await old.start(old_got.append, nursery)
            await new.start(new_got.append, nursery)
            await old.aclose()
            new.send(message("a", "a"))
            await settle()
            await new.aclose()

        assert (len(old_got), len(new_got)) == (0, 1)

    run(body)
