"""Events: set once, seen by all."""

from kactors.runtime import Event, checkpoint, move_on_after, open_nursery, sleep
from tests.runtime.contract.worlds import Run


def test_everybody_waiting_is_woken(run: Run) -> None:
    """One `set` wakes all."""
    woken: list[int] = []

    async def waiter(number: int, event: Event) -> None:
        await event.wait()
        woken.append(number)

    async def main() -> None:
        event = Event()
        async with open_nursery() as nursery:
            for number in range(5):
                nursery.start_soon(waiter, number, event)
            await sleep(1.0)
            assert not woken
            assert not event.is_set()
            event.set()
            assert event.is_set()

    run(main)

    assert sorted(woken) == [0, 1, 2, 3, 4]


def test_a_set_event_lets_pass(run: Run) -> None:
    """Who comes later does not wait, and setting twice changes nothing."""

    async def main() -> None:
        event = Event()
        event.set()
        event.set()
        await event.wait()
        await event.wait()

    run(main)


def test_a_wait_can_be_cancelled(run: Run) -> None:
    """A cancelled wait leaves the event as it was."""

    async def main() -> None:
        event = Event()
        with move_on_after(1.0) as scope:
            await event.wait()
        assert scope.cancelled_caught
        event.set()
        await event.wait()

    run(main)


def test_set_beats_a_cancellation_that_comes_later(run: Run) -> None:
    """A task woken by the event is not cancelled any more by what follows at once."""
    seen: list[str] = []

    async def waiter(event: Event) -> None:
        await event.wait()
        seen.append("set")
        await checkpoint()
        seen.append("not reached")

    async def main() -> None:
        event = Event()
        async with open_nursery() as nursery:
            nursery.start_soon(waiter, event)
            await sleep(1.0)
            event.set()
            nursery.cancel_scope.cancel()

    run(main)

    assert seen == ["set"]
