"""Sleeping, and the clock it follows."""

import math

import pytest

from kactors.runtime import (
    checkpoint,
    current_time,
    current_time_ns,
    move_on_after,
    open_nursery,
    sleep,
    sleep_forever,
    sleep_until,
)
from tests.runtime.contract.worlds import Run


def test_the_shorter_sleep_ends_first(run: Run) -> None:
    """Tasks wake in the order of their times, not of their starts."""
    woken: list[float] = []

    async def sleeper(seconds: float) -> None:
        await sleep(seconds)
        woken.append(seconds)

    async def main() -> None:
        async with open_nursery() as nursery:
            for seconds in (0.03, 0.01, 0.02, 0.05, 0.04):
                nursery.start_soon(sleeper, seconds)

    run(main)

    assert woken == [0.01, 0.02, 0.03, 0.04, 0.05]


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 0.001, 1.001, 4.35, 86_400.0])
def test_sleep_takes_its_time(run: Run, seconds: float) -> None:
    """The clock has moved by what was slept, to a microsecond."""

    async def main() -> float:
        began = current_time()
        await sleep(seconds)
        return current_time() - began

    assert run(main) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize("seconds", [0.0001, 0.3, 1.001, 4.35, 1234.5678])
def test_sleep_until_never_wakes_early(run: Run, seconds: float) -> None:
    """After ``sleep_until(deadline)`` the clock shows the deadline or later."""

    async def main() -> tuple[float, float]:
        deadline = current_time() + seconds
        await sleep_until(deadline)
        return deadline, current_time()

    deadline, woken = run(main)

    assert deadline <= woken < deadline + 1e-6


def test_sleep_until_the_past_is_only_a_checkpoint(run: Run) -> None:
    """A deadline that has passed costs no time."""

    async def main() -> float:
        began = current_time()
        await sleep_until(began - 5.0)
        await sleep_until(-math.inf)
        return current_time() - began

    assert run(main) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("seconds", [-1.0, -1e-9, math.nan])
def test_sleep_refuses_what_is_no_duration(run: Run, seconds: float) -> None:
    """A negative or undefined duration is a `ValueError`."""

    async def main() -> None:
        await sleep(seconds)

    with pytest.raises(ValueError, match="seconds"):
        run(main)


def test_sleep_until_refuses_what_is_no_time(run: Run) -> None:
    """An undefined deadline is a `ValueError`."""

    async def main() -> None:
        await sleep_until(math.nan)

    with pytest.raises(ValueError, match="deadline"):
        run(main)


@pytest.mark.parametrize("forever", [sleep_forever, lambda: sleep(math.inf), lambda: sleep(1e300)])
def test_sleeping_for_ever_ends_when_cancelled(run: Run, forever: Run) -> None:
    """Only cancellation ends an endless sleep."""

    async def main() -> float:
        began = current_time()
        with move_on_after(3.0) as scope:
            await forever()
        assert scope.cancelled_caught
        return current_time() - began

    assert run(main) == pytest.approx(3.0, abs=1e-6)


def test_time_is_one_in_both_units(run: Run) -> None:
    """Seconds and nanoseconds are of one clock."""

    async def main() -> None:
        await sleep(0.5)
        before, seconds, after = current_time_ns(), current_time(), current_time_ns()
        assert before - 1000 <= seconds * 1e9 <= after + 1000

    run(main)


def test_tasks_take_turns(run: Run) -> None:
    """Of two tasks that only check in, neither gets more than a turn ahead."""
    turns = {"a": 0, "b": 0}
    ahead: list[int] = []

    async def spinner(name: str) -> None:
        for _ in range(100):
            turns[name] += 1
            ahead.append(abs(turns["a"] - turns["b"]))
            await checkpoint()

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(spinner, "a")
            nursery.start_soon(spinner, "b")

    run(main)

    assert turns == {"a": 100, "b": 100}
    assert max(ahead) <= 2


def test_a_spinning_task_does_not_stop_time(run: Run) -> None:
    """Whoever sleeps wakes although another task checks in without end."""

    async def spin() -> None:
        while True:
            await sleep(0.001)
            await checkpoint()

    async def main() -> float:
        async with open_nursery() as nursery:
            nursery.start_soon(spin)
            await sleep(0.1)
            nursery.cancel_scope.cancel()
        return current_time()

    run(main)


def test_a_sleep_can_be_a_task(run: Run) -> None:
    """The functions of the face can be started like any async function."""

    async def main() -> float:
        began = current_time()
        async with open_nursery() as nursery:
            nursery.start_soon(sleep, 2.0)
            nursery.start_soon(checkpoint)
        return current_time() - began

    assert run(main) == pytest.approx(2.0, abs=1e-6)
