"""How a simulated run is driven, and how it ends badly."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from kactors.runtime import (
    Event,
    NoRuntimeError,
    cancel_scope,
    checkpoint,
    current_time,
    open_nursery,
    sleep,
    sleep_forever,
    waiter,
)
from kactors.runtime.face import current
from kactors.runtime.sim import (
    DeadlockError,
    LivelockError,
    NeverAwaitsError,
    Simulation,
    SimulationError,
    run,
)


async def tick(ticks: list[float], times: int = 1_000_000) -> None:
    """Note the time every second."""
    for _ in range(times):
        await sleep(1.0)
        ticks.append(current_time())


# -- how far ----------------------------------------------------------------------------


def test_run_for_lets_time_pass() -> None:
    """What is due at the end is done, and time stands exactly there."""
    ticks: list[float] = []
    with Simulation() as simulation:
        simulation.add_host("a").spawn(tick, ticks)

        simulation.run_for(2.0)
        simulation.run_for(0.5)
        between = simulation.time
        simulation.run_for(1.0)

    assert ticks == [1.0, 2.0, 3.0]
    assert (between, simulation.time) == (2.5, 3.5)


def test_run_for_lets_time_pass_where_nothing_happens() -> None:
    """An empty world has a clock, too."""
    with Simulation() as simulation:
        simulation.run_for(1e9)
        assert simulation.time == 1e9


def test_run_until_a_condition() -> None:
    """The run stops at the event that made it true."""
    ticks: list[float] = []
    with Simulation() as simulation:
        simulation.add_host("a").spawn(tick, ticks)

        held = simulation.run_until(lambda: len(ticks) >= 3)

        assert held
        assert simulation.time == 3.0
        assert simulation.run_until(lambda: True)
        assert simulation.time == 3.0


def test_run_until_gives_up() -> None:
    """After ``timeout`` seconds, or when nothing can happen any more."""
    ticks: list[float] = []
    with Simulation() as simulation:
        simulation.add_host("a").spawn(tick, ticks, 10)

        assert not simulation.run_until(lambda: False, timeout=4.0)
        assert simulation.time == 4.0
        assert not simulation.run_until(lambda: False)
        assert simulation.time == 10.0


def test_run_until_quiescent() -> None:
    """Until no event is left; what still waits then waits for ever."""
    ticks: list[float] = []
    with Simulation() as simulation:
        host = simulation.add_host("a")
        host.spawn(tick, ticks, 3)
        host.spawn(sleep_forever)

        simulation.run_until_quiescent()

        assert len(ticks) == 3
        assert [task.name for task in host.tasks] == ["sleep_forever"]


def test_run_until_done_leaves_the_rest_for_later() -> None:
    """The run stops at once; other tasks can go on afterwards."""
    ticks: list[float] = []

    async def answer() -> int:
        await sleep(2.5)
        return 42

    with Simulation() as simulation:
        host = simulation.add_host("a")
        host.spawn(tick, ticks)

        assert simulation.run_until_done(host.spawn(answer)) == 42
        assert (len(ticks), simulation.time) == (2, 2.5)
        simulation.run_for(2.0)

    assert ticks == [1.0, 2.0, 3.0, 4.0]


def test_a_done_task_is_done() -> None:
    """Waiting for it again returns its value."""

    async def answer() -> int:
        return 42

    with Simulation() as simulation:
        task = simulation.add_host("a").spawn(answer)
        assert simulation.run_until_done(task) == 42
        assert simulation.run_until_done(task) == 42


def test_what_dies_with_its_host_is_never_done() -> None:
    """Waiting for such a task is an error, at the moment of the crash."""

    async def crash(host: Any) -> None:
        await sleep(1.0)
        host.crash()

    with Simulation() as simulation:
        host = simulation.add_host("a")
        ticks: list[float] = []
        simulation.add_host("b").spawn(tick, ticks)
        simulation.hosts["b"].spawn(crash, host)

        with pytest.raises(SimulationError, match="died with its host"):
            simulation.run_until_done(host.spawn(sleep_forever))

    assert ticks in ([], [1.0])


def test_a_run_can_be_nested_in_another() -> None:
    """Each world has its own time, and the outer one is back afterwards."""

    async def inner() -> float:
        await sleep(100.0)
        return current_time()

    async def outer() -> tuple[float, float]:
        await sleep(1.0)
        within = run(inner)
        await sleep(1.0)
        return within, current_time()

    assert run(outer) == (100.0, 2.0)


def test_a_world_cannot_be_run_from_within_itself() -> None:
    """That would be a task waiting for itself."""

    async def main(simulation: Simulation) -> None:
        simulation.run_for(1.0)

    with Simulation() as simulation:
        task = simulation.add_host("a").spawn(main, simulation)
        with pytest.raises(AssertionError, match="within itself"):
            simulation.run_until_done(task)


# -- who asks where nobody runs -----------------------------------------------------------


@pytest.mark.parametrize("function", [current_time, open_nursery, cancel_scope, checkpoint])
def test_outside_of_a_world_the_face_says_so(function: Callable[[], Any]) -> None:
    """`NoRuntimeError` names what was called, and how to run a world."""
    with pytest.raises(NoRuntimeError, match=r"sim\.run"):
        function()


def test_after_a_run_nobody_runs() -> None:
    """Whether it ended well or not."""
    before = current.runtime
    run(checkpoint)
    with pytest.raises(DeadlockError):
        run(sleep_forever)
    assert current.runtime is before


def test_a_callback_cannot_wait() -> None:
    """Only tasks can, and the error says how to start one."""
    errors: list[str] = []

    def callback(simulation: Simulation) -> None:
        try:
            simulation.kernel.sleep(1.0).send(None)
        except SimulationError as error:
            errors.append(str(error))

    with Simulation() as simulation:
        simulation.kernel.call_at(5, callback, simulation)
        simulation.run_until_quiescent()

    assert len(errors) == 1
    assert "spawn" in errors[0]


# -- how it ends badly --------------------------------------------------------------------


def test_a_deadlock_says_what_every_task_waits_for() -> None:
    """One line for each: host, task, file, line, function, and the source."""

    async def wait_for_news() -> None:
        await Event().wait()

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(wait_for_news, name="reader")

    with pytest.raises(DeadlockError) as info:
        run(main)

    parent, child = info.value.waiting
    assert parent.startswith("main: ")
    assert "main at " in parent
    assert child.startswith("main: reader at ")
    assert "test_run.py:" in child
    assert "wait_for_news: await Event().wait()" in child
    assert "2 tasks wait" in str(info.value)


def test_a_paused_host_shows_in_a_deadlock() -> None:
    """For that may be the reason."""

    async def main(host: Any) -> None:
        host.pause()
        await sleep(1.0)

    with Simulation() as simulation:
        host = simulation.add_host("a")
        task = host.spawn(main, host)
        with pytest.raises(DeadlockError, match=r"a \(paused\): "):
            simulation.run_until_done(task)


def test_sleeping_for_ever_is_no_event() -> None:
    """An endless sleep is a deadlock, and not 146 years long."""

    async def main() -> None:
        await sleep(float("inf"))

    with pytest.raises(DeadlockError, match=r"at 0\.0"):
        run(main)


def test_tasks_that_wake_each_other_without_end_are_reported() -> None:
    """Time has to move."""

    async def spin() -> None:
        while True:
            await checkpoint()

    async def main() -> None:
        await sleep(3.0)
        async with open_nursery() as nursery:
            nursery.start_soon(spin)
            nursery.start_soon(spin)

    with pytest.raises(LivelockError, match=r"at 3\.0.* s .*spin"):
        run(main, steps_at_one_instant_max=1000)


def test_events_that_follow_each_other_without_end_are_reported() -> None:
    """Also when they are timers and callbacks."""

    async def spin() -> None:
        while True:
            await sleep(0.0)

    with pytest.raises(LivelockError):
        run(spin, steps_at_one_instant_max=1000)


def test_a_busy_instant_is_no_livelock() -> None:
    """The limit counts from the last move of time."""

    async def main() -> None:
        for _ in range(5):
            for _ in range(300):
                await checkpoint()
            await sleep(0.001)

    run(main, steps_at_one_instant_max=1000)


@pytest.mark.parametrize("wait", ["sleep", "wait_for"])
def test_a_loop_that_sleeps_for_what_is_left_ends(wait: str) -> None:
    """A rest of less than a nanosecond, as floats leave it, is a nanosecond and not nothing."""

    async def main() -> int:
        turns = 0
        mark = current_time() + 1e-10
        while current_time() < mark:
            rest = mark - current_time()
            await (sleep(rest) if wait == "sleep" else waiter().wait_for(rest, None))
            turns += 1
        return turns

    assert run(main) == 1


def test_a_task_that_never_awaits_is_reported() -> None:
    """With its name and the line where it is; ``except Exception`` does not hide it."""

    async def think() -> None:
        await sleep(1.0)
        while True:
            try:
                while True:
                    pass
            except Exception:  # noqa: BLE001 - the point of the test
                pass

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(think, name="thinker")

    with pytest.raises(NeverAwaitsError, match=r"thinker.*test_run\.py:\d+"):
        run(main, step_seconds_max=0.05)


def test_many_short_steps_are_not_one_long_one() -> None:
    """The clock of the watchdog starts anew with each step."""

    async def main() -> None:
        for _ in range(40):
            sum(range(100_000))
            await sleep(0.001)

    run(main, step_seconds_max=0.04)


def test_an_interrupt_comes_out_at_once() -> None:
    """`KeyboardInterrupt` ends the run; what still runs is ended with it."""
    cleaned: list[bool] = []

    async def interrupted() -> None:
        await sleep(1.0)
        raise KeyboardInterrupt

    async def other() -> None:
        try:
            await sleep_forever()
        finally:
            cleaned.append(True)

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(other)
            nursery.start_soon(interrupted)

    with pytest.raises(KeyboardInterrupt):
        run(main)

    assert cleaned == [True]


def test_a_failure_names_the_seed_and_the_time() -> None:
    """Enough to run it again."""

    async def main() -> None:
        await sleep(1.5)
        raise ValueError("no luck")

    with pytest.raises(ValueError, match="no luck") as info:
        run(main, seed=17)

    assert "1.5" in info.value.__notes__[0]
    assert "seed 17" in info.value.__notes__[0]


# -- how it ends well ---------------------------------------------------------------------


@pytest.mark.parametrize("closing", ["", "simulation.close()"])
def test_what_waits_at_the_end_makes_no_noise(closing: str) -> None:
    """Neither where a world is closed nor where Python ends without."""
    program = f"""
from kactors.runtime import open_nursery, sleep, sleep_forever, move_on_after
from kactors.runtime.sim import Simulation

async def stream():
    try:
        while True:
            yield 1
            await sleep(1.0)
    finally:
        await sleep(1.0)

async def stubborn():
    try:
        async with open_nursery() as nursery:
            nursery.start_soon(sleep_forever)
            async for _ in stream():
                pass
    finally:
        with move_on_after(5.0, shield=True):
            await sleep(1.0)
        async with open_nursery() as nursery:
            nursery.start_soon(sleep, 1.0)

async def main(world):
    await stubborn()

simulation = Simulation()
simulation.add_host("a").spawn(main, simulation)
simulation.hosts["a"].spawn(stubborn)
simulation.run_for(5.5)
simulation.hosts["a"].spawn(stubborn)
{closing}
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )

    assert (done.stdout, done.stderr) == ("", "")


def test_closing_twice_is_closing_once() -> None:
    """And a closed world has no tasks."""
    simulation = Simulation()
    host = simulation.add_host("a")
    host.spawn(sleep_forever)
    simulation.run_for(1.0)

    simulation.close()
    simulation.close()

    assert not host.tasks
    assert not host.up
