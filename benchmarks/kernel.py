"""The simulated kernel against trio's MockClock, and against simpy.

What components pay for is measured through the face, as they use it. Trio runs on its
`MockClock` with ``autojump_threshold=0``: the fastest virtual time that it offers.
"""

import time  # noqa: TID251 - a benchmark measures the machine, not the simulated world
from collections.abc import Awaitable, Callable, Generator, Iterable
from typing import Any

import simpy
import trio  # noqa: TID251 - the baseline
import trio.testing  # noqa: TID251 - the baseline

from benchmarks.report import Row, command, compare
from kactors import runtime
from kactors.runtime import sim

AsyncMain = Callable[..., Awaitable[Any]]
Delays = list[list[float]]
"""For each task how long it sleeps, each time."""


def rows(quick: bool) -> Iterable[Row]:
    """Measure everything; a tenth of it if ``quick``."""
    scale, rounds = (10, 3) if quick else (1, 7)
    yield _against_trio(
        "sleep and wake, one task", our_sleeper, trio_sleeper, 20_000 // scale, rounds
    )
    delays = random_delays(100, 400 // scale)
    yield compare(
        "events, 100 tasks with random timeouts",
        _per_second(lambda: sim.run(our_sleepers, delays), 40_000 // scale),
        _per_second(lambda: simpy_sleepers(delays), 40_000 // scale),
        unit="events/s",
        baseline_name="simpy",
        better="higher",
        rounds=rounds,
    )
    many = random_delays(10_000 // scale, 3)
    yield compare(
        f"events, {len(many):,} tasks with random timeouts",
        _per_second(lambda: sim.run(our_sleepers, many), 30_000 // scale),
        _per_second(lambda: simpy_sleepers(many), 30_000 // scale),
        unit="events/s",
        baseline_name="simpy",
        better="higher",
        rounds=rounds,
    )
    yield _against_trio(
        "events, many tasks with random timeouts", our_sleepers, trio_sleepers, many, rounds
    )
    count = 5_000 // scale
    yield _against_trio("ping-pong of two tasks by events", our_events, trio_events, count, rounds)
    yield _against_trio(
        "ping-pong of two tasks by channels", our_channels, trio_channels, count, rounds
    )
    yield _against_trio(
        "a child task that ends at once", our_children, trio_children, count, rounds
    )
    yield _against_trio(
        "a deadline that does not pass", our_deadlines, trio_deadlines, count, rounds
    )


def random_delays(tasks: int, times: int) -> Delays:
    """Draw, exponentially distributed around a second, how long each task sleeps."""
    return [
        [chance.exponential(1.0) for _ in range(times)]
        for chance in (runtime.stream(1, "delays", task) for task in range(tasks))
    ]


# -- sleeping ---------------------------------------------------------------------------


async def our_sleeper(count: int) -> None:
    """Sleep ``count`` times."""
    sleep = runtime.sleep
    for _ in range(count):
        await sleep(0.001)


async def trio_sleeper(count: int) -> None:
    """Do what `our_sleeper` does."""
    sleep = trio.sleep
    for _ in range(count):
        await sleep(0.001)


async def our_sleepers(delays: Delays) -> None:
    """Run one task for each row of ``delays``."""

    async def sleeper(mine: list[float]) -> None:
        sleep = runtime.sleep
        for delay in mine:
            await sleep(delay)

    async with runtime.open_nursery() as nursery:
        for mine in delays:
            nursery.start_soon(sleeper, mine)


async def trio_sleepers(delays: Delays) -> None:
    """Do what `our_sleepers` does."""

    async def sleeper(mine: list[float]) -> None:
        sleep = trio.sleep
        for delay in mine:
            await sleep(delay)

    async with trio.open_nursery() as nursery:
        for mine in delays:
            nursery.start_soon(sleeper, mine)


def simpy_sleepers(delays: Delays) -> None:
    """Do what `our_sleepers` does."""
    env = simpy.Environment()

    def sleeper(mine: list[float]) -> Generator[Any, Any, None]:
        timeout = env.timeout
        for delay in mine:
            yield timeout(delay)

    for mine in delays:
        env.process(sleeper(mine))
    env.run()


# -- two tasks that wake each other -----------------------------------------------------


async def our_events(count: int) -> None:
    """Let two tasks wait for each other's event, ``count`` times each."""
    pings = [runtime.Event() for _ in range(count)]
    pongs = [runtime.Event() for _ in range(count)]

    async def ponger() -> None:
        for ping, pong in zip(pings, pongs, strict=True):
            await ping.wait()
            pong.set()

    async with runtime.open_nursery() as nursery:
        nursery.start_soon(ponger)
        for ping, pong in zip(pings, pongs, strict=True):
            ping.set()
            await pong.wait()


async def trio_events(count: int) -> None:
    """Do what `our_events` does."""
    pings = [trio.Event() for _ in range(count)]
    pongs = [trio.Event() for _ in range(count)]

    async def ponger() -> None:
        for ping, pong in zip(pings, pongs, strict=True):
            await ping.wait()
            pong.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ponger)
        for ping, pong in zip(pings, pongs, strict=True):
            ping.set()
            await pong.wait()


async def our_channels(count: int) -> None:
    """Send ``count`` items to another task, which sends each back."""
    there, arrival = runtime.open_channel[int](1)
    back, home = runtime.open_channel[int](1)

    async def echo() -> None:
        async for item in arrival:
            await back.send(item)

    async with runtime.open_nursery() as nursery:
        nursery.start_soon(echo)
        for item in range(count):
            await there.send(item)
            await home.receive()
        there.close()


async def trio_channels(count: int) -> None:
    """Do what `our_channels` does."""
    there, arrival = trio.open_memory_channel[int](1)
    back, home = trio.open_memory_channel[int](1)

    async def echo() -> None:
        async for item in arrival:
            await back.send(item)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(echo)
        for item in range(count):
            await there.send(item)
            await home.receive()
        there.close()


# -- nurseries and deadlines ------------------------------------------------------------


async def our_children(count: int) -> None:
    """Start ``count`` children, fifty at a time, that have nothing to do."""

    async def child() -> None:
        pass

    for _ in range(count // 50):
        async with runtime.open_nursery() as nursery:
            for _ in range(50):
                nursery.start_soon(child)


async def trio_children(count: int) -> None:
    """Do what `our_children` does."""

    async def child() -> None:
        pass

    for _ in range(count // 50):
        async with trio.open_nursery() as nursery:
            for _ in range(50):
                nursery.start_soon(child)


async def our_deadlines(count: int) -> None:
    """Sleep ``count`` times within a deadline, as a request waits for its reply."""
    for _ in range(count):
        with runtime.fail_after(10.0):
            await runtime.sleep(0.001)


async def trio_deadlines(count: int) -> None:
    """Do what `our_deadlines` does."""
    for _ in range(count):
        with trio.fail_after(10.0):
            await trio.sleep(0.001)


# -- measuring --------------------------------------------------------------------------


def _against_trio(
    what: str, ours: AsyncMain, trios: AsyncMain, size: int | Delays, rounds: int
) -> Row:
    count = size if isinstance(size, int) else sum(map(len, size))

    def run_trio() -> None:
        trio.run(trios, size, clock=trio.testing.MockClock(autojump_threshold=0))

    return compare(
        what,
        _ns_each(lambda: sim.run(ours, size), count),
        _ns_each(run_trio, count),
        unit="ns each",
        baseline_name="trio",
        rounds=rounds,
    )


def _ns_each(program: Callable[[], object], count: int) -> Callable[[], float]:
    # Not `process_time_ns`: the simulated world's watchdog keeps an interval timer on this
    # process, and with one Linux reads the process's clock in ticks of milliseconds only.
    def measure() -> float:
        started_ns = time.thread_time_ns()
        program()
        return (time.thread_time_ns() - started_ns) / count

    return measure


def _per_second(program: Callable[[], object], count: int) -> Callable[[], float]:
    ns_each = _ns_each(program, count)
    return lambda: 1e9 / ns_each()


main = command("kernel", rows, about=__doc__)

if __name__ == "__main__":
    main()
