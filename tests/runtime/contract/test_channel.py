"""Bounded channels: in order, fair, and nothing is lost."""

import math
from collections.abc import Callable

import pytest

from kactors.runtime import (
    BrokenResourceError,
    ClosedResourceError,
    EndOfChannel,
    ReceiveChannel,
    SendChannel,
    WouldBlock,
    cancel_scope,
    checkpoint,
    move_on_after,
    open_channel,
    open_nursery,
    sleep,
)
from tests.runtime.contract.worlds import Run


@pytest.mark.parametrize("capacity", [0, 1, 3, math.inf])
def test_items_arrive_in_order(run: Run, capacity: float) -> None:
    """Whatever the capacity, the receiver gets all that was sent, as it was sent."""

    async def produce(send: SendChannel[int]) -> None:
        with send:
            for item in range(20):
                await send.send(item)

    async def main() -> list[int]:
        send, receive = open_channel[int](capacity)
        async with open_nursery() as nursery:
            nursery.start_soon(produce, send)
            return [item async for item in receive]

    assert run(main) == list(range(20))


def test_a_full_channel_makes_its_sender_wait(run: Run) -> None:
    """``capacity`` items go in; the next sender waits for room."""
    sent: list[int] = []

    async def produce(send: SendChannel[int]) -> None:
        for item in range(4):
            await send.send(item)
            sent.append(item)

    async def main() -> None:
        send, receive = open_channel[int](2)
        async with open_nursery() as nursery:
            nursery.start_soon(produce, send)
            await sleep(1.0)
            assert sent == [0, 1]
            assert await receive.receive() == 0
            await sleep(1.0)
            assert sent == [0, 1, 2]
            assert await receive.receive() == 1
            await sleep(1.0)
            assert sent == [0, 1, 2, 3]

    run(main)


def test_a_channel_without_capacity_is_a_rendezvous(run: Run) -> None:
    """The sender waits until somebody receives."""

    async def main() -> None:
        send, receive = open_channel[str](0)
        with pytest.raises(WouldBlock):
            send.send_nowait("nobody is here")
        with move_on_after(1.0) as scope:
            await send.send("nobody comes")
        assert scope.cancelled_caught
        async with open_nursery() as nursery:
            nursery.start_soon(send.send, "hello")
            await sleep(1.0)
            assert await receive.receive() == "hello"

    run(main)


def test_nothing_to_receive_would_block(run: Run) -> None:
    """`receive_nowait` does not wait."""

    async def main() -> None:
        send, receive = open_channel[int](1)
        with pytest.raises(WouldBlock):
            receive.receive_nowait()
        send.send_nowait(1)
        with pytest.raises(WouldBlock):
            send.send_nowait(2)
        assert receive.receive_nowait() == 1

    run(main)


def test_receivers_are_served_in_the_order_of_their_coming(run: Run) -> None:
    """Who has waited longest gets the next item."""
    got: list[tuple[int, int]] = []

    async def consume(number: int, receive: ReceiveChannel[int]) -> None:
        await sleep(number / 100)
        got.append((number, await receive.receive()))

    async def main() -> None:
        send, receive = open_channel[int](5)
        async with open_nursery() as nursery:
            for number in range(5):
                nursery.start_soon(consume, number, receive)
            await sleep(1.0)
            for item in range(5):
                await send.send(item)

    run(main)

    assert sorted(got) == [(number, number) for number in range(5)]


def test_senders_are_served_in_the_order_of_their_coming(run: Run) -> None:
    """What has waited longest is received next, after what is in the buffer."""

    async def produce(number: int, send: SendChannel[int]) -> None:
        await sleep(number / 100)
        await send.send(number)

    async def main() -> list[int]:
        send, receive = open_channel[int](2)
        async with open_nursery() as nursery:
            for number in range(6):
                nursery.start_soon(produce, number, send)
            await sleep(1.0)
            return [await receive.receive() for _ in range(6)]

    assert run(main) == list(range(6))


def test_the_last_sender_to_close_ends_the_channel(run: Run) -> None:
    """Receivers get what is left, and then `EndOfChannel`, also those that wait already."""

    async def main() -> None:
        send, receive = open_channel[int](5)
        clone = send.clone()
        ends: list[int] = []

        async def consume() -> None:
            assert await receive.receive() == 1
            with pytest.raises(EndOfChannel):
                await receive.receive()
            ends.append(1)

        async with open_nursery() as nursery:
            await clone.send(1)
            nursery.start_soon(consume)
            await sleep(1.0)
            send.close()
            send.close()
            await sleep(1.0)
            assert not ends
            await clone.aclose()
        assert ends == [1]
        with pytest.raises(EndOfChannel):
            receive.receive_nowait()

    run(main)


def test_items_left_behind_are_still_received(run: Run) -> None:
    """Closing the sending end loses nothing."""

    async def main() -> list[int]:
        send, receive = open_channel[int](3)
        with send:
            for item in range(3):
                await send.send(item)
        return [item async for item in receive]

    assert run(main) == [0, 1, 2]


def test_the_last_receiver_to_close_breaks_the_channel(run: Run) -> None:
    """Senders get `BrokenResourceError`, also those that wait already."""

    async def main() -> None:
        send, receive = open_channel[int](0)
        clone = receive.clone()
        broken: list[int] = []

        async def produce() -> None:
            with pytest.raises(BrokenResourceError):
                await send.send(1)
            broken.append(1)

        async with open_nursery() as nursery:
            nursery.start_soon(produce)
            await sleep(1.0)
            await receive.aclose()
            await sleep(1.0)
            assert not broken
            with clone:
                pass
        assert broken == [1]
        with pytest.raises(BrokenResourceError):
            send.send_nowait(2)
        with pytest.raises(BrokenResourceError):
            await send.send(2)

    run(main)


def test_a_closed_end_cannot_be_used(run: Run) -> None:
    """Not even to be cloned; who waits at it is told."""

    async def main() -> None:
        send, receive = open_channel[int](0)
        other_send, other_receive = send.clone(), receive.clone()
        told: list[str] = []

        async def produce() -> None:
            with pytest.raises(ClosedResourceError):
                await send.send(1)
            told.append("sender")

        async with open_nursery() as nursery:
            nursery.start_soon(produce)
            await sleep(1.0)
            send.close()

        async def consume() -> None:
            with pytest.raises(ClosedResourceError):
                await receive.receive()
            told.append("receiver")

        async with open_nursery() as nursery:
            nursery.start_soon(consume)
            await sleep(1.0)
            receive.close()
        assert told == ["sender", "receiver"]

        refused: list[Callable[[], object]] = [
            lambda: send.send_nowait(1),
            send.clone,
            receive.receive_nowait,
            receive.clone,
        ]
        for use in refused:
            with pytest.raises(ClosedResourceError):
                use()
        async with open_nursery() as nursery:
            nursery.start_soon(other_send.send, 7)
            assert await other_receive.receive() == 7

    run(main)


def test_closing_one_end_leaves_who_waits_at_its_clones(run: Run) -> None:
    """Only those at the closed end are told."""

    async def main() -> int:
        send, receive = open_channel[int](0)
        clone = receive.clone()
        got: list[int] = []

        async def consume() -> None:
            got.append(await clone.receive())

        async with open_nursery() as nursery:
            nursery.start_soon(consume)
            await sleep(1.0)
            receive.close()
            await send.send(5)
        return got[0]

    assert run(main) == 5


def test_a_cancelled_receiver_loses_nothing(run: Run) -> None:
    """Cancelled while it waits, it leaves its place; the item goes to the next."""

    async def main() -> None:
        send, receive = open_channel[int](0)
        with move_on_after(1.0):
            await receive.receive()
        async with open_nursery() as nursery:
            nursery.start_soon(send.send, 1)
            await sleep(1.0)
            assert receive.statistics().tasks_waiting_receive == 0
            assert await receive.receive() == 1

    run(main)


def test_an_item_handed_over_is_not_lost_to_a_cancellation(run: Run) -> None:
    """Sent first and cancelled then, at the same instant: the receiver has it."""
    got: list[int] = []

    async def consume(receive: ReceiveChannel[int]) -> None:
        got.append(await receive.receive())
        await checkpoint()
        got.append(-1)

    async def main() -> None:
        send, receive = open_channel[int](0)
        async with open_nursery() as nursery:
            nursery.start_soon(consume, receive)
            await sleep(1.0)
            send.send_nowait(1)
            nursery.cancel_scope.cancel()

    run(main)

    assert got == [1]


def test_an_item_that_was_taken_counts_as_sent(run: Run) -> None:
    """A sender whose item was received is not told that it was cancelled."""
    sent: list[int] = []

    async def produce(send: SendChannel[int]) -> None:
        await send.send(1)
        sent.append(1)
        await checkpoint()
        sent.append(-1)

    async def main() -> None:
        send, receive = open_channel[int](0)
        async with open_nursery() as nursery:
            nursery.start_soon(produce, send)
            await sleep(1.0)
            assert receive.receive_nowait() == 1
            nursery.cancel_scope.cancel()

    run(main)

    assert sent == [1]


def test_a_cancelled_sender_has_not_sent(run: Run) -> None:
    """Its item is in nobody's hands."""

    async def main() -> None:
        send, receive = open_channel[int](0)
        with move_on_after(1.0) as scope:
            await send.send(1)
        assert scope.cancelled_caught
        with pytest.raises(WouldBlock):
            receive.receive_nowait()

    run(main)


def test_in_a_cancelled_scope_nothing_is_sent_or_received(run: Run) -> None:
    """Both are checkpoints first."""

    async def main() -> None:
        send, receive = open_channel[int](2)
        await send.send(1)
        with cancel_scope() as scope:
            scope.cancel()
            await receive.receive()
        assert scope.cancelled_caught
        with cancel_scope() as scope:
            scope.cancel()
            await send.send(2)
        assert scope.cancelled_caught
        assert receive.receive_nowait() == 1
        with pytest.raises(WouldBlock):
            receive.receive_nowait()

    run(main)


def test_using_a_channel_lets_others_run(run: Run) -> None:
    """Sending and receiving without waiting are checkpoints nevertheless."""
    turns: list[str] = []

    async def spin(stop: list[bool]) -> None:
        while not stop:
            turns.append("other")
            await checkpoint()

    async def main() -> None:
        send, receive = open_channel[int](math.inf)
        stop: list[bool] = []
        async with open_nursery() as nursery:
            nursery.start_soon(spin, stop)
            for item in range(10):
                await send.send(item)
                await receive.receive()
            stop.append(True)

    run(main)

    assert len(turns) >= 10


def test_statistics_say_who_waits(run: Run) -> None:
    """Buffer, ends and waiting tasks are counted."""

    async def main() -> None:
        send, receive = open_channel[int](2)
        clone = send.clone()
        async with open_nursery() as nursery:
            for item in range(3):
                nursery.start_soon(send.send, item)
            await sleep(1.0)
            full = receive.statistics()
            assert (full.current_buffer_used, full.max_buffer_size) == (2, 2)
            assert (full.open_send_channels, full.open_receive_channels) == (2, 1)
            assert (full.tasks_waiting_send, full.tasks_waiting_receive) == (1, 0)
            for _ in range(3):
                await receive.receive()
            nursery.start_soon(receive.receive)
            await sleep(1.0)
            empty = clone.statistics()
            assert (empty.current_buffer_used, empty.peak_buffer_used) == (0, 2)
            assert (empty.tasks_waiting_send, empty.tasks_waiting_receive) == (0, 1)
            nursery.cancel_scope.cancel()

    run(main)


@pytest.mark.parametrize("capacity", [-1, 0.5, -math.inf, math.nan])
def test_a_capacity_is_a_whole_number(capacity: float) -> None:
    """Anything else is a `ValueError`, in no world at all."""
    with pytest.raises(ValueError, match="capacity"):
        open_channel[int](capacity)


def test_many_producers_and_consumers_lose_nothing(run: Run) -> None:
    """Every item is received once, and every producer's in its order."""
    got: list[tuple[int, int]] = []

    async def produce(number: int, send: SendChannel[tuple[int, int]]) -> None:
        async with open_nursery():
            with send:
                for item in range(25):
                    await send.send((number, item))

    async def consume(receive: ReceiveChannel[tuple[int, int]]) -> None:
        async for item in receive:
            got.append(item)  # noqa: PERF401 - several consumers share the list

    async def main() -> None:
        send, receive = open_channel[tuple[int, int]](3)
        async with open_nursery() as nursery:
            for number in range(4):
                nursery.start_soon(produce, number, send.clone())
            send.close()
            for _ in range(3):
                nursery.start_soon(consume, receive)

    run(main)

    assert sorted(got) == [(number, item) for number in range(4) for item in range(25)]


def test_an_item_for_one_who_was_cancelled_goes_to_the_next(run: Run) -> None:
    """Also if both happen before the cancelled one has gone on: nothing is lost."""
    received: list[int] = []

    async def take(receive: ReceiveChannel[int]) -> None:
        received.append(await receive.receive())

    async def main() -> None:
        send, receive = open_channel[int](0)
        async with open_nursery() as nursery:
            with cancel_scope() as scope:
                async with open_nursery() as first:
                    first.start_soon(take, receive)
                    await sleep(0.01)
                    nursery.start_soon(take, receive)
                    await sleep(0.01)
                    scope.cancel()
                    send.send_nowait(7)

    run(main)

    assert received == [7]


def test_what_one_who_was_cancelled_would_have_sent_is_not_received(run: Run) -> None:
    """A cancelled ``send`` has not sent, even if somebody receives at that instant."""

    async def main() -> None:
        send, receive = open_channel[str](0)
        async with open_nursery() as nursery:
            with cancel_scope() as scope:
                async with open_nursery() as first:
                    first.start_soon(send.send, "cancelled")
                    await sleep(0.01)
                    nursery.start_soon(send.send, "next")
                    await sleep(0.01)
                    scope.cancel()
                    assert receive.receive_nowait() == "next"
        with pytest.raises(WouldBlock):
            receive.receive_nowait()

    run(main)
