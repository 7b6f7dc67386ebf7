"""Locks and semaphores: fair, and safe to cancel."""

import pytest

from kactors.runtime import (
    Lock,
    Semaphore,
    WouldBlock,
    cancel_scope,
    checkpoint,
    move_on_after,
    open_nursery,
    sleep,
)
from tests.runtime.contract.worlds import Run


def test_one_at_a_time(run: Run) -> None:
    """A lock is held by one task, and goes to the next in the order of their coming."""
    holders: list[int] = []

    async def hold(number: int, lock: Lock) -> None:
        await sleep(number / 100)
        async with lock:
            assert lock.locked()
            holders.append(number)
            await sleep(1.0)
            assert holders[-1] == number

    async def main() -> None:
        lock = Lock()
        async with open_nursery() as nursery:
            for number in range(5):
                nursery.start_soon(hold, number, lock)
        assert not lock.locked()

    run(main)

    assert holders == [0, 1, 2, 3, 4]


def test_so_many_at_a_time(run: Run) -> None:
    """A semaphore lets in as many as it was given."""
    inside: list[int] = []
    most: list[int] = []

    async def enter(number: int, semaphore: Semaphore) -> None:
        async with semaphore:
            inside.append(number)
            most.append(len(inside))
            await sleep(1.0)
            inside.remove(number)

    async def main() -> None:
        semaphore = Semaphore(3)
        async with open_nursery() as nursery:
            for number in range(10):
                nursery.start_soon(enter, number, semaphore)
            await sleep(0.5)
            assert semaphore.tasks_waiting == 7
        assert semaphore.value == 3

    run(main)

    assert max(most) == 3
    assert len(most) == 10


def test_who_is_cancelled_leaves_the_line(run: Run) -> None:
    """And acquires nothing."""

    async def main() -> None:
        lock = Lock()
        await lock.acquire()
        with move_on_after(1.0) as scope:
            await lock.acquire()
        assert scope.cancelled_caught
        assert lock.tasks_waiting == 0
        lock.release()
        assert not lock.locked()
        with cancel_scope() as scope:
            scope.cancel()
            await lock.acquire()
        assert scope.cancelled_caught
        assert not lock.locked()

    run(main)


def test_a_lock_is_not_lost_with_one_who_is_cancelled_as_it_is_given(run: Run) -> None:
    """It goes to the next in line; or nobody would ever get it again."""
    held: list[str] = []

    async def hold(name: str, lock: Lock) -> None:
        async with lock:
            held.append(name)

    async def main() -> None:
        lock = Lock()
        await lock.acquire()
        async with open_nursery() as nursery:
            with cancel_scope() as scope:
                async with open_nursery() as first:
                    first.start_soon(hold, "cancelled", lock)
                    await sleep(0.01)
                    nursery.start_soon(hold, "next", lock)
                    await sleep(0.01)
                    scope.cancel()
                    lock.release()
        assert held == ["next"]
        assert not lock.locked()

    run(main)


def test_who_was_given_the_lock_has_it(run: Run) -> None:
    """A cancellation that comes after the hand-over is met at the next checkpoint."""
    held: list[bool] = []

    async def hold(lock: Lock) -> None:
        await lock.acquire()
        held.append(True)
        try:
            await checkpoint()
        finally:
            lock.release()

    async def main() -> None:
        lock = Lock()
        await lock.acquire()
        async with open_nursery() as nursery:
            nursery.start_soon(hold, lock)
            await sleep(1.0)
            lock.release()
            nursery.cancel_scope.cancel()
        assert not lock.locked()

    run(main)

    assert held == [True]


def test_nowait_does_not_wait(run: Run) -> None:
    """What cannot be had at once is refused."""

    async def main() -> None:
        lock, semaphore = Lock(), Semaphore(1)
        lock.acquire_nowait()
        semaphore.acquire_nowait()
        for acquire_nowait in (lock.acquire_nowait, semaphore.acquire_nowait):
            with pytest.raises(WouldBlock):
                acquire_nowait()
        await checkpoint()

    run(main)


def test_releasing_too_often_is_an_error(run: Run) -> None:
    """A lock nobody holds, or a semaphore at its maximum, cannot be released."""

    async def main() -> None:
        with pytest.raises(RuntimeError):
            Lock().release()
        with pytest.raises(ValueError, match="maximum"):
            Semaphore(1, max_value=1).release()
        unlimited = Semaphore(0)
        unlimited.release()
        assert unlimited.value == 1
        await checkpoint()

    run(main)


@pytest.mark.parametrize(("initial", "maximum"), [(-1, None), (2, 1)])
def test_a_semaphore_begins_within_its_bounds(initial: int, maximum: int | None) -> None:
    """Anything else is a `ValueError`."""
    with pytest.raises(ValueError, match="semaphore"):
        Semaphore(initial, max_value=maximum)
