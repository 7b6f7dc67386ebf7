"""Waiters: the primitive that everything else waits with."""

import math
from typing import Any

import pytest

from kactors.runtime import (
    Waiter,
    cancel_scope,
    checkpoint,
    current_time,
    move_on_after,
    open_nursery,
    sleep,
    waiter,
)
from tests.runtime.contract.worlds import Run


def test_the_value_arrives(run: Run) -> None:
    """Who waits gets what is brought."""

    async def main() -> Any:
        mine = waiter()
        async with open_nursery() as nursery:

            async def bring() -> None:
                await sleep(1.0)
                mine.wake("value")

            nursery.start_soon(bring)
            return await mine.wait()

    assert run(main) == "value"


def test_the_first_value_counts(run: Run) -> None:
    """What is brought later is ignored."""

    async def main() -> Any:
        mine = waiter()
        mine.wake(1)
        mine.wake(2)
        value = await mine.wait()
        mine.wake(3)
        return value

    assert run(main) == 1


def test_a_value_may_be_there_before(run: Run) -> None:
    """Waiting for what has been brought takes no time."""

    async def main() -> tuple[Any, float]:
        began = current_time()
        mine = waiter()
        mine.wake(None)
        return await mine.wait_for(5.0, "late"), current_time() - began

    value, took = run(main)

    assert value is None
    assert took == pytest.approx(0.0, abs=1e-6)


def test_a_cancelled_wait_raises_even_if_the_value_is_there(run: Run) -> None:
    """In a cancelled scope every checkpoint raises, this one too."""

    async def main() -> bool:
        mine = waiter()
        mine.wake(1)
        with cancel_scope() as scope:
            scope.cancel()
            await mine.wait()
        return scope.cancelled_caught

    assert run(main)


def test_late_is_answered_in_time(run: Run) -> None:
    """`wait_for` gives up after its seconds, and what comes later is ignored."""

    async def main() -> tuple[Any, float]:
        began = current_time()
        mine = waiter()
        value = await mine.wait_for(2.0, "late")
        mine.wake("too late")
        return value, current_time() - began

    value, took = run(main)

    assert value == "late"
    assert took == pytest.approx(2.0, abs=1e-6)


def test_in_time_is_in_time(run: Run) -> None:
    """`wait_for` returns the value as soon as it comes, and its timer is then harmless."""

    async def main() -> tuple[Any, float]:
        began = current_time()
        mine = waiter()

        async def bring() -> None:
            await sleep(1.0)
            mine.wake("value")

        async with open_nursery() as nursery:
            nursery.start_soon(bring)
            value = await mine.wait_for(2.0, "late")
        took = current_time() - began
        await sleep(5.0)
        return value, took

    value, took = run(main)

    assert value == "value"
    assert took == pytest.approx(1.0, abs=1e-6)


def test_waiting_for_ever_is_allowed(run: Run) -> None:
    """An infinite deadline is none."""

    async def main() -> bool:
        mine = waiter()
        with move_on_after(10.0) as scope:
            await mine.wait_for(math.inf, "late")
        return scope.cancelled_caught

    assert run(main)


@pytest.mark.parametrize("seconds", [-1.0, math.nan])
def test_a_wait_refuses_what_is_no_duration(run: Run, seconds: float) -> None:
    """A negative or undefined duration is a `ValueError`."""

    async def main() -> None:
        await waiter().wait_for(seconds, "late")

    with pytest.raises(ValueError, match="seconds"):
        run(main)


@pytest.mark.parametrize("limited", [False, True])
def test_a_wait_can_be_cancelled(run: Run, limited: bool) -> None:
    """A cancelled wait ends at once; bringing the value then is harmless."""

    async def main() -> float:
        began = current_time()
        mine = waiter()
        with move_on_after(1.0) as scope:
            await (mine.wait_for(50.0, "late") if limited else mine.wait())
        assert scope.cancelled_caught
        mine.wake("nobody cares")
        await checkpoint()
        return current_time() - began

    assert run(main) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("limited", [False, True])
def test_a_value_that_was_brought_is_not_lost_to_a_cancellation(run: Run, limited: bool) -> None:
    """If the value came first, the task gets it, and meets the cancellation afterwards."""
    got: list[Any] = []

    async def wait(mine: Waiter[str]) -> None:
        got.append(await (mine.wait_for(50.0, "late") if limited else mine.wait()))
        await checkpoint()
        got.append("not reached")

    async def main() -> None:
        mine: Waiter[str] = waiter()
        async with open_nursery() as nursery:
            nursery.start_soon(wait, mine)
            await sleep(1.0)
            mine.wake("value")
            nursery.cancel_scope.cancel()

    run(main)

    assert got == ["value"]


def test_a_task_can_wait_again(run: Run) -> None:
    """Each wait has a waiter of its own, and none is woken for another."""

    async def main() -> list[Any]:
        first, second = waiter(), waiter()
        got = []
        async with open_nursery() as nursery:

            async def bring() -> None:
                await sleep(1.0)
                first.wake(1)
                first.wake("again")
                await sleep(1.0)
                second.wake(2)

            nursery.start_soon(bring)
            got.append(await first.wait_for(10.0, "late"))
            got.append(await second.wait())
        return got

    assert run(main) == [1, 2]
