"""The peer: when it dials, and how long it waits between two dials."""

from itertools import pairwise

import attrs
import pytest
import trio  # noqa: TID251 - the live transports run on trio

from kactors.runtime.random import stream
from kactors.transport.outbox import Outbox
from kactors.transport.peer import Peer
from kactors.transport.stream_options import StreamOptions

OPTIONS = StreamOptions(backoff_seconds=1, backoff_seconds_max=10, patience_seconds=100)


@attrs.define
class Dials:
    """Notes when a peer dials, and what it gives up; no dial comes to anything."""

    at: list[float] = attrs.field(factory=list)
    endpoints: list[str] = attrs.field(factory=list)
    given_up: int = 0

    async def serve(self, _peer: Peer, endpoint: str) -> None:
        """Fail at once."""
        self.at.append(trio.current_time())
        self.endpoints.append(endpoint)
        await trio.lowlevel.checkpoint()

    def give_up(self, outbox: Outbox) -> None:
        """Drop what waits."""
        self.given_up += outbox.discard()

    def reached(self, _host: str, _before: int | None, _now: int) -> None:
        """Take no note: no dial comes to anything."""

    def refused(self, _host: str, _life: int) -> None:
        """Take no note: nobody was there before."""

    def pauses(self) -> list[float]:
        """Return the times between the dials."""
        return [later - earlier for earlier, later in pairwise(self.at)]

    def peer(self, *, seed: int = 1) -> Peer:
        """Return a peer that gives up to us."""
        return Peer(
            "b",
            "first",
            Outbox(frames_max=10, bytes_max=100),
            chance=stream(seed, "b"),
            options=OPTIONS,
            give_up=self.give_up,
            news=self,
        )


def dial_for(seconds: float, *, seed: int = 1) -> Dials:
    """Let a peer with one frame in its outbox dial in vain for so long, in trio's mock time."""
    dials = Dials()

    async def run() -> None:
        peer = dials.peer(seed=seed)
        peer.outbox.put(b"x")
        with trio.move_on_after(seconds):
            await peer.run(dials.serve)

    trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))
    return dials


def test_pauses_double_up_to_a_bound() -> None:
    """Each pause is half to all of twice the one before, and none is longer than the bound."""
    pauses = dial_for(90).pauses()

    assert len(pauses) > 8
    for pause, longest in zip(pauses, [1, 2, 4, 8, *[10] * 99], strict=False):
        assert longest / 2 <= pause <= longest


def test_pauses_differ_from_peer_to_peer() -> None:
    """Chance spreads the dials of many hosts that lost the same peer, and the seed repeats it."""
    assert dial_for(30, seed=1).at == dial_for(30, seed=1).at
    assert dial_for(30, seed=1).at != dial_for(30, seed=2).at


def test_patience_ends() -> None:
    """A frame is kept as long as the options say, and then given up with the next failure."""
    assert dial_for(99).given_up == 0
    assert dial_for(115).given_up == 1


def test_it_dials_only_when_there_is_something_to_send() -> None:
    """An empty outbox is no reason to disturb anybody."""
    dials = Dials()

    async def run() -> None:
        peer = dials.peer()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(peer.run, dials.serve)
            await trio.sleep(1000)
            assert dials.at == []
            peer.outbox.put(b"x")
            await trio.testing.wait_all_tasks_blocked()
            assert len(dials.at) == 1
            nursery.cancel_scope.cancel()

    trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))


@pytest.mark.parametrize("endpoint", ["first", "second", None])
def test_moving(endpoint: str | None) -> None:
    """A new endpoint is dialled at once, the same one later, and with none there is no more."""
    dials = Dials()

    async def run() -> None:
        peer = dials.peer()
        peer.outbox.put(b"x")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(peer.run, dials.serve)
            await trio.testing.wait_all_tasks_blocked()
            peer.move(endpoint)
            await trio.testing.wait_all_tasks_blocked()
            assert bool(nursery.child_tasks) == (endpoint is not None)
            nursery.cancel_scope.cancel()

    trio.run(run)
    assert (
        dials.endpoints
        == {
            "first": ["first"],
            "second": ["first", "second"],
            None: ["first"],
        }[endpoint]
    )


def test_a_pause_during_which_nothing_was_to_be_sent_is_over() -> None:
    """A member that was away for long, and to whom nobody spoke meanwhile, is dialled at once."""
    dials = Dials()

    async def run() -> float:
        peer = dials.peer()
        peer.outbox.put(b"x")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(peer.run, dials.serve)
            await trio.sleep(30)
            peer.outbox.discard()
            await trio.sleep(100)
            asked = trio.current_time()
            peer.outbox.put(b"x")
            await trio.sleep(1)
            nursery.cancel_scope.cancel()
        return asked

    asked = trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))
    assert dials.at[-1] == asked


def test_a_connection_that_lasted_makes_good_for_earlier_failures() -> None:
    """Whoever is lost after that is dialled again soon, though it took long to be reached first."""
    dials = Dials()

    async def run() -> list[float]:
        peer = dials.peer()
        reached: list[float] = []

        async def serve(dialled: Peer, endpoint: str) -> None:
            await dials.serve(dialled, endpoint)
            if len(dials.at) == 6:
                dialled._reached_at = trio.current_time()
                await trio.sleep(2 * OPTIONS.backoff_seconds)
                reached.append(trio.current_time())

        peer.outbox.put(b"x")
        with trio.move_on_after(60):
            await peer.run(serve)
        return reached

    lost = trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))

    assert dials.at[5] - dials.at[4] > 2
    assert dials.at[6] - lost[0] <= OPTIONS.backoff_seconds
