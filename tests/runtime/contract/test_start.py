"""`Nursery.start`: a child that says when it is ready."""

from typing import Any

import pytest

from kactors.runtime import (
    Event,
    Nursery,
    TaskStatus,
    cancel_scope,
    cancelled_class,
    checkpoint,
    current_time,
    move_on_after,
    open_nursery,
    sleep,
    sleep_forever,
)
from tests.runtime.contract.worlds import Run


async def service(
    value: object, *, before: float = 0.0, after: float = 0.0, task_status: TaskStatus
) -> None:
    """Take a while to start, and a while to run."""
    await sleep(before)
    task_status.started(value)
    await sleep(after)


def test_start_returns_the_value_of_started(run: Run) -> None:
    """It returns when the child is ready; the child then goes on in the nursery."""

    async def main() -> tuple[Any, float, float]:
        began = current_time()
        async with open_nursery() as nursery:

            async def child(*, task_status: TaskStatus) -> None:
                await service("ready", before=1.0, after=2.0, task_status=task_status)

            value = await nursery.start(child)
            ready = current_time() - began
        return value, ready, current_time() - began

    value, ready, ended = run(main)

    assert value == "ready"
    assert ready == pytest.approx(1.0, abs=1e-6)
    assert ended == pytest.approx(3.0, abs=1e-6)


def test_started_needs_no_value(run: Run) -> None:
    """Then `start` returns None."""

    async def child(*, task_status: TaskStatus) -> None:
        task_status.started()

    async def main() -> Any:
        async with open_nursery() as nursery:
            return await nursery.start(child)

    assert run(main) is None


def test_an_error_before_started_comes_out_of_start(run: Run) -> None:
    """As it is, not in a group; the nursery and its other children do not notice."""
    others: list[str] = []

    async def other() -> None:
        await sleep(2.0)
        others.append("ended")

    async def child(*, task_status: TaskStatus) -> None:
        await sleep(1.0)
        raise ValueError("no luck")

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(other)
            with pytest.raises(ValueError, match="no luck"):
                await nursery.start(child)

    run(main)

    assert others == ["ended"]


def test_an_error_group_before_started_comes_out_whole(run: Run) -> None:
    """A child that uses a nursery of its own raises a group; it is not unwrapped further."""

    async def fail() -> None:
        raise ValueError("deep")

    async def child(*, task_status: TaskStatus) -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(fail)

    async def main() -> None:
        async with open_nursery() as nursery:
            await nursery.start(child)

    with pytest.raises(ExceptionGroup) as info:
        run(main)

    (inner,) = info.value.exceptions
    assert isinstance(inner, ExceptionGroup)
    assert isinstance(inner.exceptions[0], ValueError)


def test_an_error_after_started_comes_out_of_the_nursery(run: Run) -> None:
    """By then the child is one like any other."""

    async def child(*, task_status: TaskStatus) -> None:
        task_status.started()
        await sleep(1.0)
        raise ValueError("later")

    async def main() -> None:
        async with open_nursery() as nursery:
            await nursery.start(child)
            await sleep_forever()

    with pytest.raises(ExceptionGroup) as info:
        run(main)

    assert [str(error) for error in info.value.exceptions] == ["later"]


def test_a_child_that_never_starts_is_reported(run: Run) -> None:
    """Ending without `started` is a `RuntimeError` of `start`."""

    async def child(*, task_status: TaskStatus) -> None:
        await checkpoint()

    async def main() -> None:
        async with open_nursery() as nursery:
            with pytest.raises(RuntimeError, match="started"):
                await nursery.start(child)

    run(main)


def test_started_counts_once(run: Run) -> None:
    """A second call is a `RuntimeError`."""

    async def child(*, task_status: TaskStatus) -> None:
        task_status.started(1)
        with pytest.raises(RuntimeError, match="started"):
            task_status.started(2)

    async def main() -> Any:
        async with open_nursery() as nursery:
            return await nursery.start(child)

    assert run(main) == 1


def test_cancelling_start_cancels_the_child(run: Run) -> None:
    """Until it has started, the child is inside the scopes of who waits for it."""
    seen: list[str] = []

    async def child(*, task_status: TaskStatus) -> None:
        try:
            await sleep_forever()
        except cancelled_class():
            seen.append("cancelled")
            raise

    async def main() -> float:
        began = current_time()
        async with open_nursery() as nursery:
            with move_on_after(1.0) as scope:
                await nursery.start(child)
            assert scope.cancelled_caught
        return current_time() - began

    assert run(main) == pytest.approx(1.0, abs=1e-6)
    assert seen == ["cancelled"]


def test_cancelling_the_nursery_does_not_cancel_who_starts(run: Run) -> None:
    """A start is below its caller until it is done, and below the nursery afterwards."""
    seen: list[str] = []

    async def child(*, task_status: TaskStatus) -> None:
        await sleep(1.0)
        seen.append("still starting")
        task_status.started()
        await checkpoint()
        seen.append("not reached")

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.cancel_scope.cancel()
            with cancel_scope(shield=True):
                await nursery.start(child)
            seen.append("started")

    run(main)

    assert seen == ["still starting", "started"]


def test_after_started_the_callers_cancellation_does_not_concern_the_child(run: Run) -> None:
    """The child, and the scopes that it has entered, move to the nursery."""
    seen: list[str] = []

    async def child(*, task_status: TaskStatus) -> None:
        with cancel_scope(), move_on_after(10.0):
            async with open_nursery() as inner:
                inner.start_soon(grandchild)
                task_status.started()
                await sleep(2.0)
                seen.append("child")

    async def grandchild() -> None:
        await sleep(3.0)
        seen.append("grandchild")

    async def main() -> None:
        async with open_nursery() as nursery:
            with cancel_scope() as scope:
                await nursery.start(child)
                scope.cancel()
                await checkpoint()
            assert scope.cancelled_caught

    run(main)

    assert seen == ["child", "grandchild"]


def test_a_child_moved_into_a_cancelled_nursery_is_cancelled(run: Run) -> None:
    """Also the parts of it that wait already."""
    seen: list[str] = []

    async def grandchild() -> None:
        try:
            await sleep_forever()
        except cancelled_class():
            seen.append("grandchild")
            raise

    async def child(*, task_status: TaskStatus) -> None:
        async with open_nursery() as inner:
            inner.start_soon(grandchild)
            await sleep(1.0)
            task_status.started()

    async def main() -> float:
        began = current_time()
        async with open_nursery() as nursery:
            nursery.cancel_scope.cancel()
            with cancel_scope(shield=True):
                await nursery.start(child)
        return current_time() - began

    assert run(main) == pytest.approx(1.0, abs=1e-6)
    assert seen == ["grandchild"]


def test_started_can_be_said_for_a_task_that_waits(run: Run) -> None:
    """Anybody who has the status may say it; the waiting child moves, and is cancelled there."""
    seen: list[str] = []

    async def child(handed_over: list[TaskStatus], *, task_status: TaskStatus) -> None:
        handed_over.append(task_status)
        try:
            await sleep_forever()
        except cancelled_class():
            seen.append("cancelled")
            raise

    async def say(handed_over: list[TaskStatus]) -> None:
        await sleep(1.0)
        handed_over[0].started("said")

    async def main() -> Any:
        handed_over: list[TaskStatus] = []
        async with open_nursery() as outer:
            outer.start_soon(say, handed_over)
            async with open_nursery() as nursery:
                nursery.cancel_scope.cancel()
                with cancel_scope(shield=True):
                    value = await nursery.start(child, handed_over)
            return value

    assert run(main) == "said"
    assert seen == ["cancelled"]


def test_when_start_is_cancelled_a_late_started_changes_nothing(run: Run) -> None:
    """The child ends where it is, and does not move into the nursery."""

    async def child(*, task_status: TaskStatus) -> None:
        try:
            await sleep_forever()
        finally:
            task_status.started("late")

    async def main() -> None:
        async with open_nursery() as nursery:
            with move_on_after(1.0) as scope:
                await nursery.start(child)
            assert scope.cancelled_caught

    run(main)


def test_a_pending_start_keeps_the_nursery_open(run: Run) -> None:
    """A nursery waits for children that another task is starting in it."""
    ended: list[str] = []

    async def slow(*, task_status: TaskStatus) -> None:
        await sleep(2.0)
        task_status.started()
        await sleep(2.0)
        ended.append("slow")

    async def starter(nursery: Nursery, starting: Event) -> None:
        starting.set()
        await nursery.start(slow)
        ended.append("starter")

    async def main() -> float:
        began = current_time()
        starting = Event()
        async with open_nursery() as outer:
            async with open_nursery() as nursery:
                outer.start_soon(starter, nursery, starting)
                await starting.wait()
            ended.append("nursery")
        return current_time() - began

    assert run(main) == pytest.approx(4.0, abs=1e-6)
    assert ended == ["starter", "slow", "nursery"]


def test_a_failed_start_lets_the_nursery_go(run: Run) -> None:
    """When the start that kept it open fails, the nursery is left."""

    async def failing(*, task_status: TaskStatus) -> None:
        await sleep(1.0)
        raise ValueError("no luck")

    async def starter(nursery: Nursery, starting: Event) -> None:
        starting.set()
        with pytest.raises(ValueError, match="no luck"):
            await nursery.start(failing)

    async def main() -> float:
        began = current_time()
        starting = Event()
        async with open_nursery() as outer, open_nursery() as nursery:
            outer.start_soon(starter, nursery, starting)
            await starting.wait()
        return current_time() - began

    assert run(main) == pytest.approx(1.0, abs=1e-6)


def test_a_nursery_that_was_left_starts_nothing(run: Run) -> None:
    """It is a `RuntimeError`, as with `start_soon`."""

    async def child(*, task_status: TaskStatus) -> None:
        raise AssertionError("not reached")

    async def main() -> None:
        async with open_nursery() as nursery:
            pass
        with pytest.raises(RuntimeError):
            await nursery.start(child)

    run(main)
