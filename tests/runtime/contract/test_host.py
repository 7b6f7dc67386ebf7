"""Hosts: what a life, a crash and a pause mean in both worlds."""

from typing import Any

import pytest

from kactors.errors import KactorsError
from kactors.runtime import (
    Event,
    cancel_scope,
    checkpoint,
    current_host,
    current_time,
    open_nursery,
    sleep,
    sleep_forever,
)
from kactors.runtime.face import current
from tests.runtime.contract.worlds import Run, RunWorld, World


def test_a_task_knows_its_host(run_world: RunWorld) -> None:
    """So do its children."""
    seen: list[tuple[str, str]] = []

    async def look(task: str) -> None:
        await checkpoint()
        seen.append((task, current_host().name))

    async def parent(task: str) -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(look, task)
            await look(task)

    async def main(world: World) -> None:
        other = world.add_host("other", zone="z")
        other.spawn(parent, "there")
        await parent("here")
        await sleep(1.0)
        assert (other.zone, other.incarnation, other.up, other.paused) == ("z", 1, True, False)

    run_world(main)

    assert sorted(seen) == [("here", "main")] * 2 + [("there", "other")] * 2


def test_a_child_belongs_to_the_host_of_its_nursery(run_world: RunWorld) -> None:
    """Whoever starts it."""
    seen: list[str] = []

    async def look() -> None:
        seen.append(current_host().name)

    async def main(world: World) -> None:
        async with open_nursery() as nursery:

            async def start() -> None:
                nursery.start_soon(look)

            world.add_host("other").spawn(start)
            await sleep(1.0)

    run_world(main)

    assert seen == ["main"]


def test_a_function_can_be_called_as_on_the_nurserys_host(run_world: RunWorld) -> None:
    """Whoever calls it; what it raises comes out."""

    def where(*names: str) -> tuple[str, ...]:
        return (*names, current_host().name)

    async def main(world: World) -> None:
        seen: list[tuple[str, ...]] = []
        async with open_nursery() as nursery:

            async def call() -> None:
                seen.append(nursery.call(where, "there"))
                with pytest.raises(ValueError, match="invalid literal"):
                    nursery.call(int, "one")
                seen.append(where("here"))

            world.add_host("other").spawn(call)
            await sleep(1.0)
            seen.append(nursery.call(where))
        assert seen == [("there", "main"), ("here", "other"), ("main",)]

    run_world(main)


def test_names_are_unique(run_world: RunWorld) -> None:
    """A second host of one name is a `ValueError`."""

    async def main(world: World) -> None:
        await checkpoint()
        with pytest.raises(ValueError, match="main"):
            world.add_host("main")

    run_world(main)


def test_a_host_without_a_disk_says_so(run: Run) -> None:
    """Using what was not given is an error that tells how to give it."""

    async def main() -> None:
        with pytest.raises(KactorsError, match="disk"):
            await current_host().disk.list()
        await checkpoint()

    run(main)


def test_a_crash_ends_every_task(run_world: RunWorld) -> None:
    """Children, nurseries and the shielded included."""
    steps: list[str] = []

    async def work() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(tick, "child")
            with cancel_scope():
                await tick("body")

    async def tick(name: str) -> None:
        while True:
            await sleep(1.0)
            steps.append(name)

    async def main(world: World) -> None:
        other = world.add_host("other")
        other.spawn(work)
        await sleep(2.5)
        other.crash()
        other.crash()
        assert not other.up
        steps.append("crash")
        await sleep(5.0)

    run_world(main)

    assert sorted(steps[:4]) == ["body", "body", "child", "child"]
    assert steps[4:] == ["crash"]


def test_a_restart_begins_the_next_life(run_world: RunWorld) -> None:
    """`boot` runs again, with the next incarnation and another stream of chance."""
    lives: list[tuple[int, float]] = []

    async def boot() -> None:
        host = current_host()
        lives.append((host.incarnation, host.random("x").random()))
        await sleep_forever()

    async def main(world: World) -> None:
        other = world.add_host("other")
        other.boot = boot
        other.start()
        await sleep(1.0)
        other.crash()
        await sleep(1.0)
        other.restart()
        await sleep(1.0)
        other.restart()
        await sleep(1.0)
        assert other.up
        assert len(other.tasks) == 1

    run_world(main)

    assert [incarnation for incarnation, _ in lives] == [1, 2, 3]
    assert len({chance for _, chance in lives}) == 3


def test_a_crash_calls_its_hooks(run_world: RunWorld) -> None:
    """Once for each crash, before the tasks die."""
    seen: list[tuple[str, int]] = []

    async def main(world: World) -> None:
        other = world.add_host("other")
        other.on_crash.append(lambda: seen.append(("crash", len(other.tasks))))
        other.spawn(sleep_forever)
        await sleep(1.0)
        other.crash()
        other.restart()
        other.restart()
        await sleep(1.0)

    run_world(main)

    assert [what for what, _ in seen] == ["crash", "crash"]


def test_a_host_can_crash_itself(run_world: RunWorld) -> None:
    """The task that does it ends at its next checkpoint."""
    steps: list[str] = []

    async def crash_myself(host: Any) -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(sleep_forever)
            await sleep(1.0)
            host.crash()
            steps.append("called")
            await sleep(1.0)
            steps.append("not reached")

    async def main(world: World) -> None:
        other = world.add_host("other")
        other.spawn(crash_myself, other)
        await sleep(3.0)
        assert not other.up
        other.restart()
        assert other.incarnation == 2

    run_world(main)

    assert steps == ["called"]


def test_a_host_can_restart_itself(run_world: RunWorld) -> None:
    """The task that does it does not see the next life."""
    steps: list[str] = []

    async def boot() -> None:
        host: Any = current_host()
        life = host.incarnation
        await sleep(1.0)
        steps.append(f"life {life}")
        if life < 3:
            host.restart()
            with cancel_scope():
                await sleep(1.0)
            steps.append("not reached")

    async def main(world: World) -> None:
        other = world.add_host("other")
        other.boot = boot
        other.start()
        await sleep(10.0)
        assert not other.tasks

    run_world(main)

    assert steps == ["life 1", "life 2", "life 3"]


def test_a_host_that_is_down_runs_nothing(run_world: RunWorld) -> None:
    """Spawning there is a bug of the caller."""

    async def main(world: World) -> None:
        other = world.add_host("other")
        other.crash()
        with pytest.raises(AssertionError, match="down"):
            other.spawn(sleep_forever)
        await checkpoint()

    run_world(main)


def test_a_paused_host_stands_still(run_world: RunWorld) -> None:
    """Its clock goes on; what came due meanwhile happens when it resumes."""
    ticks: list[float] = []

    async def tick() -> None:
        for _ in range(4):
            await sleep(1.0)
            ticks.append(current_time())

    async def main(world: World) -> None:
        began = current_time()
        other = world.add_host("other")
        other.spawn(tick)
        await sleep(1.5)
        other.pause()
        await sleep(3.0)
        assert (len(ticks), other.paused) == (1, True)
        other.resume()
        await sleep(5.0)
        assert (len(ticks), other.paused) == (4, False)
        assert [round(at - began, 3) for at in ticks] == [1.0, 4.5, 5.5, 6.5]

    run_world(main)


def test_a_paused_host_does_not_answer(run_world: RunWorld) -> None:
    """A task woken by another host goes on only after the pause."""
    woken: list[float] = []

    async def wait(event: Event) -> None:
        await event.wait()
        woken.append(current_time())

    async def main(world: World) -> None:
        began = current_time()
        event = Event()
        other = world.add_host("other")
        other.spawn(wait, event)
        await sleep(1.0)
        other.pause()
        event.set()
        await sleep(2.0)
        assert not woken
        other.resume()
        await sleep(1.0)
        assert [round(at - began, 3) for at in woken] == [3.0]

    run_world(main)


def test_a_cancellation_reaches_a_paused_task_when_it_resumes(run_world: RunWorld) -> None:
    """A timeout that passes during the pause is noticed after it."""
    left: list[float] = []

    async def wait(scopes: list[Any]) -> None:
        with cancel_scope() as scope:
            scopes.append(scope)
            await sleep_forever()
        left.append(current_time())

    async def main(world: World) -> None:
        began = current_time()
        scopes: list[Any] = []
        other = world.add_host("other")
        other.spawn(wait, scopes)
        await sleep(1.0)
        other.pause()
        scopes[0].cancel()
        await sleep(1.0)
        assert not left
        other.resume()
        await sleep(1.0)
        assert [round(at - began, 3) for at in left] == [2.0]

    run_world(main)


def test_tasks_spawned_on_a_paused_host_wait(run_world: RunWorld) -> None:
    """Their first step comes after the pause."""
    ran: list[float] = []

    async def note() -> None:
        ran.append(current_time())

    async def main(world: World) -> None:
        other = world.add_host("other")
        other.pause()
        other.spawn(note)
        await sleep(1.0)
        assert not ran
        other.resume()
        await sleep(1.0)
        assert len(ran) == 1

    run_world(main)


def test_resuming_calls_hooks_once(run_world: RunWorld) -> None:
    """A crash forgets them."""
    called: list[str] = []

    async def main(world: World) -> None:
        other = world.add_host("other")
        other.pause()
        other.when_resumed(lambda: called.append("first"))
        other.resume()
        other.resume()
        other.pause()
        other.resume()
        other.pause()
        other.when_resumed(lambda: called.append("never"))
        other.crash()
        assert not other.paused
        other.restart()
        other.resume()
        await checkpoint()

    run_world(main)

    assert called == ["first"]


def test_a_paused_host_can_crash(run_world: RunWorld) -> None:
    """Its tasks end, and the next life is not paused."""
    steps: list[int] = []

    async def boot() -> None:
        await sleep(1.0)
        steps.append(current_host().incarnation)

    async def main(world: World) -> None:
        other = world.add_host("other")
        other.boot = boot
        other.start()
        await sleep(0.5)
        other.pause()
        await sleep(2.0)
        other.restart()
        await sleep(2.0)

    run_world(main)

    assert steps == [2]


def test_a_root_task_that_fails_ends_the_world(run_world: RunWorld) -> None:
    """What it raised comes out, with a note that says who raised it."""

    async def fail() -> None:
        await sleep(1.0)
        raise ValueError("no luck")

    async def main(world: World) -> None:
        world.add_host("other").spawn(fail)
        await sleep_forever()

    with pytest.raises(ValueError, match="no luck") as info:
        run_world(main)

    assert "fail" in info.value.__notes__[0]
    assert "other" in info.value.__notes__[0]


def test_the_result_of_the_run_is_the_main_tasks(run: Run) -> None:
    """Other tasks of the host end with it, whatever they wait for."""

    async def main(answer: int) -> int:
        host: Any = current_host()
        host.spawn(sleep_forever)
        await sleep(1.0)
        return answer + 1

    assert run(main, 41) == 42


def test_an_error_of_the_run_is_the_main_tasks(run: Run) -> None:
    """It comes out as it was raised, in no group."""

    async def main() -> None:
        await sleep(1.0)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run(main)


def test_a_wall_clock_jumps_and_a_monotonic_one_does_not(run: Run) -> None:
    """Each host has its own."""

    async def main() -> None:
        clock = current_host().clock
        wall, monotonic = clock.wall_ns(), clock.monotonic_ns()
        clock.jump(-3_600_000_000_000)
        assert clock.wall_ns() - wall == pytest.approx(-3.6e12, abs=1e9)
        assert 0 <= clock.monotonic_ns() - monotonic < 1e9
        assert clock.offset_ns == pytest.approx(clock.wall_ns() - clock.monotonic_ns(), abs=1e9)
        await checkpoint()

    run(main)


def test_a_drifting_host_sleeps_at_its_own_rate(run_world: RunWorld) -> None:
    """A clock that runs twice as fast is done after half the time."""
    took: list[float] = []

    async def nap(true_time: Any) -> None:
        began, truly_began = current_time(), true_time()
        await sleep(2.0)
        await sleep(0.0)
        with cancel_scope(deadline=current_time() + 2.0) as scope:
            assert scope.deadline == pytest.approx(current_time() + 2.0, abs=1e-6)
            await sleep_forever()
        took.extend((current_time() - began, true_time() - truly_began))

    async def main(world: World) -> None:
        mine = current_host().clock
        fast = world.add_host("fast", drift_ppm=1_000_000)
        fast.spawn(nap, lambda: mine.monotonic_ns() / 1e9)
        await sleep(5.0)

    run_world(main)

    assert took == pytest.approx([4.0, 2.0], abs=1e-6)


def test_a_nursery_says_where_its_children_wait(run: Run) -> None:
    """Each with its name and the line of user code."""

    async def child() -> None:
        await sleep_forever()

    async def main() -> tuple[str, ...]:
        async with open_nursery() as nursery:
            nursery.start_soon(child, name="first")
            nursery.start_soon(child, name="second")
            await sleep(1.0)
            lines = current.runtime.waiting(nursery)
            nursery.cancel_scope.cancel()
        return lines

    first, second = run(main)

    assert first.startswith("first at ")
    assert second.startswith("second at ")
    assert "test_host.py" in first
    assert "child" in first
