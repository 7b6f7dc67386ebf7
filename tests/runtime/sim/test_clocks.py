"""Hosts whose clocks are wrong, in a simulated world."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.runtime import (
    cancel_scope,
    current_host,
    current_time,
    current_time_ns,
    move_on_after,
    sleep,
    sleep_forever,
    sleep_until,
    waiter,
)
from kactors.runtime.sim import SimHost, Simulation
from kactors.runtime.sim.world import EPOCH_NS

DRIFTS = st.integers(-900_000, 3_000_000)


def test_wall_time_begins_at_the_epoch_of_simulations() -> None:
    """Or wherever a host believes it to be."""
    with Simulation() as simulation:
        right = simulation.add_host("right")
        wrong = simulation.add_host("wrong", wall_offset_ns=5)
        simulation.run_for(2.0)

        assert right.clock.wall_ns() == EPOCH_NS + 2_000_000_000
        assert wrong.clock.wall_ns() == 2_000_000_005


def test_running_timers_follow_a_change_of_drift() -> None:
    """Sleeps, deadlines and limited waits, whatever began before."""
    ended: dict[str, float] = {}

    async def by_sleep() -> None:
        await sleep(2.0)

    async def by_deadline() -> None:
        with move_on_after(2.0):
            await sleep_forever()

    async def by_wait() -> None:
        await waiter().wait_for(2.0, None)

    async def note(async_fn: object, name: str, simulation: Simulation) -> None:
        await async_fn()  # type: ignore[operator]
        ended[name] = simulation.time

    with Simulation() as simulation:
        host, other = simulation.add_host("a"), simulation.add_host("b")
        for async_fn in (by_sleep, by_deadline, by_wait):
            host.spawn(note, async_fn, async_fn.__name__, simulation)
        other.spawn(note, by_sleep, "other", simulation)
        simulation.run_for(1.0)
        host.set_drift(1_000_000)
        simulation.run_for(0.25)
        host.set_drift(-500_000)
        simulation.run_for(5.0)

    # At 1 s a second is left; by 1.25 s half of it has passed; the rest takes twice as long.
    assert ended == {"by_sleep": 2.25, "by_deadline": 2.25, "by_wait": 2.25, "other": 2.0}


@settings(max_examples=50)
@given(
    first=DRIFTS,
    changes=st.lists(st.tuples(st.floats(0.01, 3.0), DRIFTS), max_size=5),
    seconds=st.floats(0.0, 5.0),
)
def test_a_sleep_takes_its_time_on_the_hosts_clock(
    first: int, changes: list[tuple[float, int]], seconds: float
) -> None:
    """However the clock drifts meanwhile, to a nanosecond for each change."""
    took: list[int] = []

    async def nap() -> None:
        began = current_time_ns()
        await sleep(seconds)
        took.append(current_time_ns() - began)

    with Simulation() as simulation:
        host = simulation.add_host("a", drift_ppm=first)
        host.spawn(nap)
        for after, drift_ppm in changes:
            simulation.run_for(after)
            host.set_drift(drift_ppm)
        simulation.run_until_quiescent()

    # A fast clock skips nanoseconds: it shows at most so many at once.
    assert 0 <= took[0] - round(seconds * 1e9) <= 4 + len(changes)


@settings(max_examples=50)
@given(drift_ppm=DRIFTS, seconds=st.floats(0.0, 1000.0))
def test_a_deadline_is_never_early(drift_ppm: int, seconds: float) -> None:
    """Neither that of `sleep_until` nor that of a scope, on the clock of the host."""

    async def main() -> None:
        deadline = current_time() + seconds
        await sleep_until(deadline)
        assert deadline <= current_time() < deadline + 1e-6
        deadline = current_time() + seconds
        with cancel_scope(deadline=deadline) as scope:
            assert scope.deadline == deadline
            await sleep_forever()
        assert scope.cancelled_caught
        assert deadline <= current_time() < deadline + 1e-6
        assert current_host().clock.monotonic_ns() == current_time_ns()

    with Simulation() as simulation:
        host = simulation.add_host("a", drift_ppm=drift_ppm)
        simulation.run_for(0.1)
        simulation.run_until_done(host.spawn(main))


def test_events_of_other_hosts_stay_where_they_are() -> None:
    """A change of one clock moves no event of the world, called off or not."""
    seen: list[float] = []

    async def asleep(simulation: Simulation) -> None:
        await sleep(1.0)
        seen.append(simulation.time)

    with Simulation() as simulation:
        kernel = simulation.kernel
        host, other = simulation.add_host("a"), simulation.add_host("b")
        other.spawn(asleep, simulation)
        kernel.call_at(1_000_000_000, lambda _: seen.append(simulation.time), None)
        kernel.call_off(kernel.call_at(1_000_000_000, seen.append, math.nan))
        simulation.run_for(0.5)
        host.set_drift(2_000_000)
        simulation.run_for(5.0)

    assert seen == [1.0, 1.0]


def test_a_timer_that_is_overdue_after_a_change_goes_off_now() -> None:
    """Time never goes back for it."""
    ended: list[float] = []

    async def nap(simulation: Simulation) -> None:
        await sleep(1.0)
        ended.append(simulation.time)

    async def speed_up(host: SimHost) -> None:
        await sleep(0.999_999_999)
        host.set_drift(3_000_000)

    with Simulation() as simulation:
        host = simulation.add_host("a")
        host.spawn(nap, simulation)
        simulation.add_host("b").spawn(speed_up, host)
        simulation.run_for(2.0)

    assert ended == [1.0]


def test_a_pause_does_not_stop_the_clock() -> None:
    """Timers that come due in a pause go off when it ends, all of them."""
    ended: list[tuple[str, float]] = []

    async def nap(name: str, seconds: float) -> None:
        await sleep(seconds)
        ended.append((name, current_time()))

    async def limited() -> None:
        late = await waiter().wait_for(2.0, "late")
        ended.append((late, current_time()))

    async def scoped() -> None:
        with move_on_after(2.0):
            await sleep_forever()
        ended.append(("scope", current_time()))

    with Simulation() as simulation:
        host = simulation.add_host("a")
        host.spawn(nap, "early", 0.5)
        host.spawn(nap, "due", 2.0)
        host.spawn(nap, "after", 4.0)
        host.spawn(limited)
        host.spawn(scoped)
        simulation.run_for(1.0)
        host.pause()
        simulation.run_for(2.0)
        assert ended == [("early", 0.5)]
        host.resume()
        simulation.run_for(2.0)

    assert sorted(ended[1:4]) == [("due", 3.0), ("late", 3.0), ("scope", 3.0)]
    assert ended[4:] == [("after", 4.0)]


def test_a_value_that_arrives_in_a_pause_is_not_late() -> None:
    """Though the limit of the wait has passed, the value is there when the host resumes."""
    got: list[str] = []
    waiters = []

    async def limited() -> None:
        mine = waiter()
        waiters.append(mine)
        got.append(await mine.wait_for(2.0, "late"))

    with Simulation() as simulation:
        host = simulation.add_host("a")
        host.spawn(limited)
        simulation.run_for(1.0)
        host.pause()
        simulation.run_for(2.0)
        waiters[0].wake("value")
        host.resume()
        simulation.run_for(1.0)

    assert got == ["value"]
