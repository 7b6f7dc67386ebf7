"""When the life of another host is known to be over, and when it is not."""

from collections.abc import Set
from pathlib import Path

import attrs
import pytest
import trio  # noqa: TID251 - the live transports run on trio

from kactors.transport.departures import requests_in
from kactors.transport.envelope import Envelope, Kind
from kactors.transport.framing import FrameEncoder
from tests.transport.envelopes import envelope
from tests.transport.stations import (
    KINDS,
    QUICK,
    Place,
    Station,
    eventually,
    in_trio,
    place,
    stranger,
)

SETTLED_SECONDS = 0.1
"""Long enough for many dials of `QUICK`: what was not told by then is not told."""


def request(source: str, target: str, number: int) -> Envelope:
    """Return a request of this number."""
    return envelope(source, target)._replace(kind=int(Kind.REQUEST), id=number)


@attrs.define
class Told:
    """What a station was told of lives that are over."""

    lives: list[tuple[str, int]] = attrs.field(factory=list)
    waiting: list[Set[int]] = attrs.field(factory=list)

    def __call__(self, host: str, life: int, waiting: Set[int]) -> None:
        """Take note."""
        self.lives.append((host, life))
        self.waiting.append(waiting)


async def couple(here: Place) -> tuple[Station, Station, Told]:
    """Return stations that have met, ``b`` being in its fifth life, and what ``a`` is told."""
    b = await here.open("b", incarnation=5)
    a = await here.open("a", peers={"b": b.endpoint})
    told = Told()
    a.transport.watch_lives(told)
    a.transport.send(request("a", "b", 1))
    await b.wait_received(1)
    return a, b, told


def test_requests_in_frames() -> None:
    """Only requests of our own are found: the answers to others' have numbers of theirs."""
    encode = FrameEncoder().encode
    answer = envelope("a", "b")._replace(kind=int(Kind.REPLY), id=7)

    found = requests_in([encode(request("a", "b", 3)), encode(answer), encode(envelope("a", "b"))])

    assert found == {3}


@pytest.mark.live
@pytest.mark.parametrize("kind", KINDS)
@in_trio
async def test_a_host_that_is_gone(kind: str, tmp_path: Path) -> None:
    """The connection ends and nobody listens: the life is over, without another word to it."""
    async with place(kind, tmp_path) as here:
        _, b, told = await couple(here)

        await b.transport.aclose()
        await eventually(lambda: told.lives, lambda: "nobody was told")
        await trio.sleep(SETTLED_SECONDS)

        assert told == Told([("b", 5)], [frozenset()])


@pytest.mark.live
@pytest.mark.parametrize("kind", KINDS)
@in_trio
async def test_a_later_life_answers(kind: str, tmp_path: Path) -> None:
    """A host whose next life is met at its place has lost the one before."""
    async with place(kind, tmp_path) as here:
        a, b, told = await couple(here)
        place_of_its_own = f"{b.endpoint}2" if kind == "unix" else ""
        elsewhere = await here.open("b", listen=place_of_its_own, incarnation=6)

        a.transport.set_peer("b", elsewhere.endpoint)
        a.transport.send(request("a", "b", 2))
        await elsewhere.wait_received(1)

        assert told == Told([("b", 5)], [{2}])


@pytest.mark.live
@pytest.mark.parametrize("kind", KINDS)
@in_trio
async def test_the_same_life_is_met_again(kind: str, tmp_path: Path) -> None:
    """Whose connection breaks, but who answers when dialled again, may still answer the rest."""
    async with place(kind, tmp_path) as here:
        narrow = attrs.evolve(QUICK, frame_bytes_max=1000)
        b = await here.open("b", options=narrow)
        a = await here.open("a", peers={"b": b.endpoint})
        told = Told()
        a.transport.watch_lives(told)

        a.transport.send(envelope("a", "b", payload=bytes(2000)))  # for which b hangs up
        await b.wait_counted("accepted", 2)
        await trio.sleep(SETTLED_SECONDS)

        assert told == Told()


@pytest.mark.live
@pytest.mark.parametrize("kind", ["unix", "tcp"])
@in_trio
async def test_what_it_said_last_may_be_on_its_way(kind: str, tmp_path: Path) -> None:
    """While a connection is open by which the life could answer, it is not over.

    A request that is made meanwhile has not left, and is for the next life.
    """
    async with place(kind, tmp_path) as here:
        a, b, told = await couple(here)

        async with stranger(a.endpoint) as stray:
            await stray.say_hello("b", "a", incarnation=5)
            await b.transport.aclose()
            await a.wait_counted("failed: unreachable")
            a.transport.send(request("a", "b", 2))
            await trio.sleep(SETTLED_SECONDS)
            assert told.lives == []
        await eventually(lambda: told.lives, lambda: "nobody was told")
        next_life = await here.open("b", listen=b.endpoint, incarnation=6)
        await next_life.wait_received(1)

        assert told == Told([("b", 5)], [{2}])
        assert [each.id for each in next_life.received] == [2]


@pytest.mark.live
@pytest.mark.parametrize("kind", ["unix", "tcp"])
@in_trio
async def test_a_later_life_dials_us(kind: str, tmp_path: Path) -> None:
    """The connection to an earlier life then ends, although nothing else says that it is dead."""
    async with place(kind, tmp_path) as here:
        a, _, _ = await couple(here)

        async with stranger(a.endpoint) as later:
            await later.say_hello("b", "a", incarnation=6)
            await a.wait_counted("closed: reset")

        assert [ending.text for ending in a.transport.endings() if ending.reason == "reset"] == [
            "'b' has begun another life, and has dialled us"
        ]


@pytest.mark.live
@pytest.mark.parametrize("kind", KINDS)
@in_trio
async def test_nobody_listens_from_the_start(kind: str, tmp_path: Path) -> None:
    """A host that was never reached has had no life that could be over."""
    async with place(kind, tmp_path) as here:
        b = await here.open("b")
        await b.transport.aclose()
        a = await here.open("a", peers={"b": b.endpoint}, options=QUICK)
        told = Told()
        a.transport.watch_lives(told)

        a.transport.send(request("a", "b", 1))
        await a.wait_counted("failed: unreachable", 2)

        assert told == Told()
