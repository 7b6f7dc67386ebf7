"""A crash takes the memory away: cleanup code has no effect, wherever the task was."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from kactors.runtime import (
    CancelScope,
    Event,
    Nursery,
    TaskStatus,
    TooSlowError,
    cancel_scope,
    cancelled_class,
    checkpoint,
    current_host,
    current_time,
    fail_after,
    move_on_after,
    open_channel,
    open_nursery,
    sleep,
    sleep_forever,
    waiter,
)
from kactors.runtime.face import AsyncFunction
from kactors.runtime.sim import SimHost, Simulation


def crash_after(seconds: float, async_fn: AsyncFunction, *args: Any) -> Simulation:
    """Run a task on a host, crash that, and let ten more seconds pass."""
    with Simulation(seed=1) as simulation:
        host = simulation.add_host("a")
        host.spawn(async_fn, *args)
        simulation.run_for(seconds)
        host.crash()
        assert not host.tasks
        simulation.run_for(10.0)
    return simulation


def test_cleanup_cannot_wait() -> None:
    """Whatever it awaits raises; shields and nurseries do not help."""
    steps: list[str] = []

    async def attempt(name: str, async_fn: AsyncFunction, *args: Any) -> None:
        try:
            await async_fn(*args)
        except cancelled_class():
            steps.append(f"{name} raised")
            raise
        finally:
            steps.append(f"{name} tried")
        steps.append("not reached")

    async def shielded() -> None:
        with cancel_scope(shield=True), move_on_after(5.0, shield=True) as scope:
            scope.shield = False
            scope.shield = True
            await sleep(1.0)

    async def in_a_nursery() -> None:
        async with open_nursery() as nursery:
            with pytest.raises(RuntimeError, match="not open"):
                nursery.start_soon(attempt, "child", checkpoint)
            await sleep_forever()

    async def started() -> None:
        async with open_nursery() as nursery:
            await nursery.start(starting)

    async def starting(*, task_status: TaskStatus) -> None:
        steps.append("not reached")

    async def work() -> None:
        send, receive = open_channel[int](0)
        try:
            await sleep_forever()
        finally:
            for name, async_fn in (
                ("sleep", sleep_forever),
                ("wait", waiter().wait),
                ("event", Event().wait),
                ("receive", receive.receive),
                ("shield", shielded),
                ("nursery", in_a_nursery),
            ):
                with contextlib.suppress(BaseException):
                    await attempt(name, async_fn)
            with contextlib.suppress(BaseException):
                await send.send(1)
            with contextlib.suppress(BaseException):
                await started()
            steps.append("end")

    crash_after(1.0, work)

    names = ("sleep", "wait", "event", "receive", "shield", "nursery")
    assert steps == [f"{name} {what}" for name in names for what in ("raised", "tried")] + ["end"]


def test_what_cleanup_schedules_does_not_happen() -> None:
    """Neither a message nor a timer leaves a dead host."""
    delivered: list[str] = []

    async def work() -> None:
        host: Any = current_host()
        kernel = host.kernel
        try:
            kernel.call_at(kernel.now_ns + 3_000_000_000, delivered.append, "sent in life")
            await sleep_forever()
        finally:
            kernel.call_at(kernel.now_ns, delivered.append, "last words")
            kernel.call_at(kernel.now_ns + 1_000_000_000, delivered.append, "last words")

    crash_after(1.0, work)

    assert delivered == ["sent in life"]


def test_no_error_of_cleanup_comes_out() -> None:
    """Not even of kinds that nobody expects."""

    class Strange(BaseException):
        pass

    async def fail(error: BaseException) -> None:
        try:
            await sleep_forever()
        finally:
            raise error

    async def work() -> None:
        async with open_nursery() as nursery:
            for error in (ValueError("a"), Strange(), RuntimeError("ignored"), AssertionError()):
                nursery.start_soon(fail, error)

    crash_after(1.0, work)


def test_a_crash_is_no_cancellation() -> None:
    """Scopes catch nothing, deadlines are not reported, and loops around them end."""
    steps: list[str] = []

    async def work() -> None:
        while True:
            try:
                with fail_after(2.0):
                    with move_on_after(1.5) as scope:
                        await sleep_forever()
                    assert scope.cancelled_caught
                    steps.append("moved on")
                    await sleep_forever()
            except TooSlowError:
                steps.append("too slow")

    crash_after(5.75, work)

    assert steps == ["moved on", "too slow"] * 2 + ["moved on"]


def test_a_crash_right_after_a_cancellation_is_a_crash() -> None:
    """Though its scope is cancelled, and the task was woken for it, it does not go on."""
    steps: list[str] = []
    scopes: list[CancelScope] = []

    async def work() -> None:
        with cancel_scope() as scope:
            scopes.append(scope)
            try:
                await sleep_forever()
            finally:
                steps.append(f"cancelled: {scope.cancel_called}")
                await checkpoint()
                steps.append("not reached")
        steps.append("not reached either")

    async def crash(host: SimHost) -> None:
        await sleep(1.0)
        scopes[0].cancel()
        host.crash()

    with Simulation() as simulation:
        host = simulation.add_host("a")
        host.spawn(work)
        simulation.add_host("b").spawn(crash, host)
        simulation.run_for(5.0)

    assert steps == ["cancelled: True"]


def test_a_crash_reaches_every_place_where_a_task_may_be() -> None:
    """Not begun, in a nursery's exit, in a start, in a generator, in a context manager."""
    reached: list[str] = []

    @asynccontextmanager
    async def managed() -> AsyncIterator[Nursery]:
        async with open_nursery() as nursery:
            nursery.start_soon(never_ready)
            try:
                yield nursery
            finally:
                await sleep(1.0)
                reached.append("context manager")

    async def generator() -> AsyncIterator[int]:
        try:
            yield 1
            await sleep_forever()
        finally:
            await sleep(1.0)
            reached.append("generator")

    async def never_ready(*, task_status: TaskStatus | None = None) -> None:
        try:
            await sleep_forever()
        finally:
            await sleep(1.0)
            reached.append("start")

    async def in_context() -> None:
        async with managed() as nursery:
            await nursery.start(never_ready)

    async def in_generator() -> None:
        async for _ in generator():
            pass

    async def within_the_loop() -> None:
        async for _ in generator():
            await sleep_forever()

    async def at_the_exit() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(never_ready)
        reached.append("exit")

    async def begin_late() -> None:
        reached.append("begun")

    async def work() -> None:
        async with open_nursery() as nursery:
            for async_fn in (in_context, in_generator, within_the_loop, at_the_exit):
                nursery.start_soon(async_fn)
            await sleep(1.0)
            nursery.start_soon(begin_late)
            host: Any = current_host()
            host.crash()

    crash_after(5.0, work)

    assert reached == []


def test_a_task_that_crashes_its_host_starts_nothing_more() -> None:
    """Until its next checkpoint it runs on, but nothing comes of it."""
    steps: list[str] = []

    async def zombie() -> None:
        steps.append("not reached")

    async def work() -> None:
        host: Any = current_host()
        async with open_nursery() as nursery:
            nursery.start_soon(sleep_forever)
            await sleep(1.0)
            host.crash()
            with pytest.raises(RuntimeError, match="not open"):
                nursery.start_soon(zombie)
            with move_on_after(5.0):
                steps.append("still here")
                await checkpoint()
            steps.append("not reached")

    crash_after(3.0, work)

    assert steps == ["still here"]


def test_a_task_may_end_while_its_host_crashes_by_its_hand() -> None:
    """If no checkpoint comes the task simply ends."""

    async def work() -> int:
        host: Any = current_host()
        await sleep(1.0)
        host.crash()
        return 1

    crash_after(3.0, work)


def test_cleanup_that_awaits_something_foreign_is_ended() -> None:
    """A coroutine that yields on its own when it is closed is closed again."""

    class Foreign:
        def __await__(self) -> Any:
            yield "not ours"

    tries: list[int] = []

    async def work() -> None:
        try:
            await sleep_forever()
        finally:
            for number in range(5):
                tries.append(number)
                with contextlib.suppress(GeneratorExit):
                    await Foreign()

    crash_after(1.0, work)

    assert tries == [0, 1, 2, 3, 4]


def test_the_next_life_shares_nothing_with_the_last() -> None:
    """Tasks of the last life do not wake in the next, whatever wakes them."""
    steps: list[tuple[int, str]] = []
    events: list[Event] = []

    async def boot() -> None:
        life = current_host().incarnation
        events.append(Event())
        async with open_nursery() as nursery:
            nursery.start_soon(sleeper, life)
            await events[-1].wait()
            steps.append((life, "event"))

    async def sleeper(life: int) -> None:
        await sleep(2.0)
        steps.append((life, "timer"))

    with Simulation() as simulation:
        host = simulation.add_host("a")
        host.boot = boot
        host.start()
        simulation.run_for(1.0)
        host.restart()
        simulation.run_for(1.0)
        host.restart()
        events[0].set()
        events[1].set()
        simulation.run_for(1.0)
        events[2].set()
        simulation.run_for(5.0)

    assert steps == [(3, "event"), (3, "timer")]


def test_a_dropped_generator_cannot_wait() -> None:
    """Its cleanup meets a cancellation, and the task that dropped it is not disturbed."""
    steps: list[str] = []

    async def generator() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            steps.append("cleanup")
            try:
                await sleep(1.0)
                steps.append("not reached")
            except cancelled_class():
                steps.append("cancelled")
                raise

    async def main() -> float:
        async for _ in generator():
            break
        began = current_time()
        with move_on_after(3.0) as scope:
            await sleep_forever()
        assert scope.cancelled_caught
        return current_time() - began

    with Simulation() as simulation:
        assert simulation.run_until_done(simulation.add_host("a").spawn(main)) == 3.0

    assert steps == ["cleanup", "cancelled"]


def test_crashes_during_work_of_every_kind_leave_a_world_that_runs() -> None:
    """Crash at every instant of a busy host; the rest of the world notices nothing."""

    async def busy(host: SimHost) -> None:
        send, receive = open_channel[int](1)

        async def produce() -> None:
            for item in range(1000):
                with move_on_after(0.003):
                    await send.send(item)
                    await sleep(0.002)

        async def consume() -> None:
            async for _ in receive:
                async with open_nursery() as nursery:
                    nursery.start_soon(sleep, 0.001)
                    await nursery.start(ready)

        async def ready(*, task_status: TaskStatus) -> None:
            await sleep(0.001)
            task_status.started()
            with cancel_scope(shield=True):
                await sleep(0.001)

        async with open_nursery() as nursery:
            nursery.start_soon(produce)
            nursery.start_soon(consume)

    async def witness(ticks: list[float]) -> None:
        while True:
            await sleep(0.01)
            ticks.append(current_time())

    expected: list[float] | None = None
    for step in range(60):
        ticks: list[float] = []
        with Simulation(seed=2) as simulation:
            host = simulation.add_host("a")
            host.boot = lambda: busy(host)  # noqa: B023 - the host of this round
            host.start()
            simulation.add_host("b").spawn(witness, ticks)
            simulation.run_for(0.02 + step / 2000)
            host.restart()
            simulation.run_for(0.1 - simulation.time)
        if expected is None:
            expected = ticks
        assert ticks == expected
        assert len(ticks) == 10
