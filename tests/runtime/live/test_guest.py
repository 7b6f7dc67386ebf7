"""The live world as a guest on an asyncio loop."""

import asyncio
from typing import Any

import pytest

from kactors.runtime import (
    Event,
    cancel_scope,
    current_host,
    move_on_after,
    open_channel,
    sleep,
    sleep_forever,
)
from kactors.runtime.face import current
from kactors.runtime.live import start_guest_run


def test_both_loops_run() -> None:
    """Tasks of asyncio and of the guest take turns in one thread."""
    steps: list[str] = []

    async def guest(times: int) -> str:
        for _ in range(times):
            await sleep(0.001)
            steps.append("guest")
        return current_host().name

    async def host() -> None:
        run = start_guest_run(guest, 3, host="mine")
        for _ in range(3):
            await asyncio.sleep(0.001)
            steps.append("host")
        assert await run == "mine"
        assert await run == "mine"

    asyncio.run(host())

    assert sorted(steps) == ["guest"] * 3 + ["host"] * 3


def test_the_guests_error_comes_to_who_awaits_it() -> None:
    """As it was raised."""

    async def guest() -> None:
        await sleep(0.001)
        raise ValueError("no luck")

    async def host() -> None:
        with pytest.raises(ValueError, match="no luck"):
            await start_guest_run(guest)

    asyncio.run(host())


def test_a_cancelled_guest_is_cancelled() -> None:
    """It cleans up first; awaiting it raises asyncio's cancellation."""
    steps: list[str] = []

    async def guest() -> None:
        try:
            await sleep_forever()
        finally:
            with cancel_scope(shield=True):
                await sleep(0.001)
            steps.append("cleaned")

    async def host() -> None:
        run = start_guest_run(guest)
        await asyncio.sleep(0.001)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        steps.append("cancelled")

    asyncio.run(host())

    assert steps == ["cleaned", "cancelled"]


def test_cancelling_who_awaits_does_not_cancel_the_guest() -> None:
    """The world ends when it is told to."""

    async def guest() -> str:
        await sleep(0.01)
        return "done"

    async def host() -> str:
        run = start_guest_run(guest)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(run, 0.001)
        result: str = await run
        return result

    assert asyncio.run(host()) == "done"


def test_asyncio_calls_the_guest() -> None:
    """A call runs on the world's first host; its result, or error, comes back."""

    async def double(number: int) -> tuple[int, str]:
        await sleep(0.001)
        if number < 0:
            raise ValueError("negative")
        return 2 * number, current_host().name

    async def host() -> list[Any]:
        run = start_guest_run(sleep_forever)
        answers = list(await asyncio.gather(*(run.call(double, n) for n in range(3))))
        with pytest.raises(ValueError, match="negative"):
            await run.call(double, -1)
        answers.append(await run.call(double, 3))
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        return answers

    assert asyncio.run(host()) == [(2 * n, "main") for n in range(4)]


def test_cancelling_a_call_cancels_its_work() -> None:
    """Nobody works for an asker that has gone."""
    steps: list[str] = []

    async def work() -> None:
        try:
            await sleep_forever()
        finally:
            steps.append("cancelled")

    async def host() -> None:
        run = start_guest_run(sleep_forever)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(run.call(work), 0.005)
        await run.call(sleep, 0.001)
        assert steps == ["cancelled"]
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    asyncio.run(host())


def test_calls_end_with_the_world() -> None:
    """Those under way, and those that come too late, are cancelled."""

    async def host() -> None:
        run = start_guest_run(sleep, 0.005)
        call = asyncio.ensure_future(run.call(sleep_forever))
        await run
        with pytest.raises(asyncio.CancelledError):
            await call
        with pytest.raises(asyncio.CancelledError):
            await run.call(sleep, 0.001)

    asyncio.run(host())


def test_a_call_may_come_before_the_world_is_ready() -> None:
    """It waits; if the world never gets there, it is cancelled."""

    async def host() -> None:
        run = start_guest_run(sleep_forever)
        assert await run.call(ready) == "ready"
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        run = start_guest_run(sleep_forever)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run.call(ready)
        with pytest.raises(asyncio.CancelledError):
            await run

    async def ready() -> str:
        return "ready"

    asyncio.run(host())


def test_callbacks_of_asyncio_wake_the_guests_tasks() -> None:
    """Events, waiters and channels may be used from either side."""

    async def guest(event: Event, results: list[Any]) -> list[Any]:
        await event.wait()
        send, receive = open_channel[int](1)
        loop = asyncio.get_running_loop()
        loop.call_later(0.001, send.send_nowait, 7)
        results.append(await receive.receive())
        with move_on_after(0.001) as scope:
            await receive.receive()
        results.append(scope.cancelled_caught)
        return results

    async def host() -> Any:
        event = Event()
        run = start_guest_run(guest, event, [])
        await asyncio.sleep(0.001)
        event.set()
        return await run

    assert asyncio.run(host()) == [7, True]


def test_there_is_no_guest_without_a_loop() -> None:
    """It is a `RuntimeError`, and nothing has begun."""
    before = current.runtime
    with pytest.raises(RuntimeError):
        start_guest_run(sleep_forever)
    assert current.runtime is before


def test_afterwards_no_world_runs() -> None:
    """The guest puts back what was there."""

    async def host() -> None:
        await start_guest_run(sleep, 0.001)

    before = current.runtime
    asyncio.run(host())
    assert current.runtime is before
