"""The live world: what it has that the simulated one has not."""

import contextlib
import time  # noqa: TID251 - the machine's clock, to compare with
from typing import Any

import pytest
import trio  # noqa: TID251 - the live world runs on it
import trio.testing  # noqa: TID251 - a clock that jumps

from kactors.runtime import (
    Event,
    NoRuntimeError,
    cancel_scope,
    checkpoint,
    current_host,
    current_time,
    current_time_ns,
    move_on_after,
    open_nursery,
    sleep,
    sleep_forever,
    waiter,
)
from kactors.runtime.face import AsyncFunction, current
from kactors.runtime.live import LiveHost, LiveWorld, run
from kactors.runtime.sim import run as run_simulated


def jumping() -> trio.testing.MockClock:
    """Make a clock that jumps to the next deadline when all wait."""
    return trio.testing.MockClock(autojump_threshold=0)


def run_on_trio(async_fn: AsyncFunction, *args: Any) -> Any:
    """Run on trio alone, without a host."""
    return trio.run(async_fn, *args, clock=jumping())


# -- real time ----------------------------------------------------------------------------


def test_real_time_passes() -> None:
    """A sleep of some milliseconds takes at least those, on every clock."""

    async def main() -> tuple[float, float]:
        began, wall_ns = current_time(), current_host().clock.wall_ns()
        await sleep(0.005)
        return current_time() - began, (current_host().clock.wall_ns() - wall_ns) / 1e9

    before = time.monotonic()
    slept, by_wall_clock = run(main)
    took = time.monotonic() - before

    assert 0.005 <= slept <= took
    assert by_wall_clock > 0.001


def test_real_deadlines_pass() -> None:
    """The contract's tests run on a clock that jumps; this one does not."""

    async def main() -> list[str]:
        seen = []
        with move_on_after(0.005) as scope:
            await sleep_forever()
        seen.append(f"scope {scope.cancelled_caught}")
        seen.append(await waiter().wait_for(0.005, "late"))
        return seen

    assert run(main) == ["scope True", "late"]


def test_wall_time_is_the_machines() -> None:
    """But for what was done to the host's clock."""

    async def main() -> None:
        clock = current_host().clock
        assert abs(clock.wall_ns() - time.time_ns()) < 10**9
        clock.jump(10**18)
        assert abs(clock.wall_ns() - time.time_ns() - 10**18) < 10**9
        await checkpoint()

    run(main)


def test_the_clock_can_be_read_in_a_thread() -> None:
    """A disk that works in threads can tell the time there."""

    async def main() -> None:
        clock = current_host().clock
        before = clock.monotonic_ns()
        within = await trio.to_thread.run_sync(clock.monotonic_ns)
        assert before <= within <= clock.monotonic_ns()

    run(main)


# -- seeds --------------------------------------------------------------------------------


def test_a_seed_may_be_given() -> None:
    """Then chance repeats itself; else the machine draws the seed."""

    async def draw() -> float:
        await checkpoint()
        return current_host().random("x").random()

    assert run(draw, seed=1) == run(draw, seed=1)
    assert run(draw) != run(draw)


def test_chance_is_that_of_the_simulated_world() -> None:
    """One seed, host and key mean the same stream in both worlds."""

    async def draw() -> float:
        await checkpoint()
        return current_host().random("x").random()

    assert run(draw, seed=7) == run_simulated(draw, seed=7)


# -- worlds within worlds -----------------------------------------------------------------


def test_a_simulation_runs_in_a_live_task() -> None:
    """And leaves the live world as it was."""

    async def simulated() -> float:
        await sleep(1000.0)
        return current_time()

    async def main() -> tuple[float, str]:
        within = run_simulated(simulated)
        await sleep(0.001)
        return within, current_host().name

    assert run(main, host="mine") == (1000.0, "mine")


def test_afterwards_no_world_runs() -> None:
    """Whether the run ended well or not."""

    async def fail() -> None:
        raise ValueError("no luck")

    before = current.runtime
    run(checkpoint)
    with pytest.raises(ValueError, match="no luck"):
        run(fail)
    assert current.runtime is before


def test_two_worlds_share_a_trio_run() -> None:
    """The face works until the last is left, in whatever order they are."""
    seen: list[str] = []

    async def short(other: Event) -> None:
        async with LiveWorld() as world:
            await world.add_host("short").spawn(sleep, 1.0).wait()
        seen.append("short left")
        other.set()

    async def main() -> None:
        async with trio.open_nursery() as nursery, LiveWorld() as world:
            left = Event()
            nursery.start_soon(short, left)
            await world.add_host("long").spawn(left.wait).wait()
            await sleep(1.0)
            seen.append("still running")

    run_on_trio(main)

    assert seen == ["short left", "still running"]


def test_trios_own_tasks_may_use_the_face() -> None:
    """They have time and nurseries, but no host."""

    async def main() -> None:
        async with LiveWorld(), open_nursery() as nursery:
            nursery.start_soon(sleep, 1.0)
            with cancel_scope(deadline=current_time() + 0.5) as scope:
                await sleep_forever()
            assert scope.cancelled_caught
            assert current_time_ns() == pytest.approx(current_time() * 1e9, abs=1000)
            with pytest.raises(NoRuntimeError, match="spawn"):
                current_host()

    run_on_trio(main)


def test_the_first_host_finds_its_world() -> None:
    """To add more hosts."""

    async def main() -> list[str]:
        host = current_host()
        assert isinstance(host, LiveHost)
        host.world.add_host("second")
        await checkpoint()
        return list(host.world.hosts)

    assert run(main) == ["main", "second"]


# -- how it ends --------------------------------------------------------------------------


def test_leaving_the_world_cancels_its_tasks() -> None:
    """And waits for their cleanup."""
    cleaned: list[bool] = []

    async def serve() -> None:
        try:
            await sleep_forever()
        finally:
            with cancel_scope(shield=True):
                await sleep(1.0)
            cleaned.append(True)

    async def main() -> None:
        async with LiveWorld() as world:
            world.add_host("a").spawn(serve)
            await sleep(1.0)
        assert cleaned == [True]

    run_on_trio(main)


def test_an_error_of_the_body_comes_out_as_it_is() -> None:
    """Its context, too, is its own."""

    async def main() -> None:
        async with LiveWorld() as world:
            world.add_host("a").spawn(sleep_forever)
            await sleep(1.0)
            raise KeyError("body")

    with pytest.raises(KeyError, match="body") as info:
        run_on_trio(main)

    assert info.value.__context__ is None


def test_several_errors_come_out_in_a_group() -> None:
    """None is lost."""

    async def fail() -> None:
        try:
            await sleep_forever()
        finally:
            raise ValueError("on the way out")

    async def main() -> None:
        async with LiveWorld() as world:
            world.add_host("a").spawn(fail)
            await sleep(1.0)
            raise KeyError("body")

    with pytest.raises(ExceptionGroup) as info:
        run_on_trio(main)

    assert [type(error) for error in info.value.exceptions] == [KeyError, ValueError]


def test_a_cancellation_from_outside_passes_the_world() -> None:
    """The scope that was cancelled catches it."""

    async def main() -> None:
        with trio.move_on_after(1.0) as scope:
            async with LiveWorld() as world:
                await world.add_host("a").spawn(sleep_forever).wait()
        assert scope.cancelled_caught

    run_on_trio(main)


# -- crashes ------------------------------------------------------------------------------


def test_the_next_life_waits_for_the_end_of_the_last() -> None:
    """Cleanup of a live host takes effect, and may take time: ports and files are shared."""
    steps: list[str] = []

    async def boot() -> None:
        life = current_host().incarnation
        steps.append(f"boot {life}")
        try:
            await sleep_forever()
        finally:
            with cancel_scope(shield=True):
                await sleep(1.0)
            steps.append(f"end {life}")

    async def main() -> None:
        async with LiveWorld() as world:
            host = world.add_host("a")
            host.boot = boot
            host.start()
            await sleep(1.0)
            host.restart()
            host.restart()
            await sleep(3.0)
            steps.append("leave")

    run_on_trio(main)

    assert steps == ["boot 1", "end 1", "boot 3", "leave", "end 3"]


def test_a_dead_hosts_last_words_are_not_heard() -> None:
    """What cleanup raises after a crash does not end the world."""

    async def fail() -> None:
        try:
            await sleep_forever()
        finally:
            raise ValueError("last words")

    async def main() -> None:
        async with LiveWorld() as world:
            host = world.add_host("a")
            task = host.spawn(fail)
            await sleep(1.0)
            host.crash()
            await task.wait()
            assert task.done
            assert not host.tasks

    run_on_trio(main)


def test_a_task_spawned_just_before_a_crash_does_not_begin() -> None:
    """As in the simulated world."""
    began: list[bool] = []

    async def begin() -> None:
        began.append(True)

    async def main() -> None:
        async with LiveWorld() as world:
            host = world.add_host("a")
            task = host.spawn(begin)
            host.crash()
            await task.wait()

    run_on_trio(main)

    assert not began


def test_things_have_names() -> None:
    """In messages, and when debugging."""

    async def main() -> None:
        async with LiveWorld() as world:
            host = world.add_host("a")
            task = host.spawn(sleep_forever, name="server")
            assert repr(task) == "<task 'server' on a>"
            assert repr(host) == "<host 'a', up, incarnation 1>"
            host.pause()
            assert "paused" in repr(host)
            host.crash()
            assert "down" in repr(host)
            await checkpoint()

    run_on_trio(main)


# -- waking -------------------------------------------------------------------------------


def test_a_callback_in_trios_thread_can_wake() -> None:
    """It need not be a task: a loop's callback, for instance, or a thread's message."""

    async def main() -> tuple[str, str]:
        first, second = waiter(), waiter()
        token = trio.lowlevel.current_trio_token()
        token.run_sync_soon(first.wake, "callback")
        await trio.to_thread.run_sync(lambda: token.run_sync_soon(second.wake, "thread"))
        return await first.wait(), await second.wait_for(10.0, "late")

    assert run(main) == ("callback", "thread")


# -- drift --------------------------------------------------------------------------------


def test_what_has_begun_keeps_its_rate() -> None:
    """A change of drift concerns what begins later."""

    async def main() -> None:
        host = current_host()
        assert isinstance(host, LiveHost)
        true_time = trio.current_time
        began = true_time()
        with cancel_scope(deadline=current_time() + 2.0) as scope:
            host.set_drift(1_000_000)
            assert scope.deadline == pytest.approx(current_time() + 4.0, abs=1e-5)
            await sleep_forever()
        assert true_time() - began == pytest.approx(2.0, abs=1e-5)
        await sleep(2.0)
        assert true_time() - began == pytest.approx(3.0, abs=1e-5)
        with contextlib.suppress(Exception):
            scope.deadline = float("inf")

    run(main, clock=jumping())
