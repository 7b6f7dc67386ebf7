"""Cancel scopes: level-triggered, nested, shielded, with deadlines."""

import pytest

from kactors.runtime import (
    CancelScope,
    Event,
    cancel_scope,
    cancel_shielded_checkpoint,
    cancelled_class,
    checkpoint,
    checkpoint_if_cancelled,
    current_time,
    move_on_after,
    open_nursery,
    sleep,
    sleep_forever,
)
from tests.runtime.contract.worlds import Run


def test_a_scope_swallows_its_own_cancellation(run: Run) -> None:
    """The body ends where it waits, and the code behind the scope goes on."""

    async def main() -> None:
        called: list[bool] = []
        with cancel_scope() as scope:
            called.append(scope.cancel_called)
            scope.cancel()
            scope.cancel()
            called.append(scope.cancel_called)
            await sleep_forever()
            raise AssertionError("not reached")
        assert scope.cancelled_caught
        assert called == [False, True]

    run(main)


def test_cancelling_what_never_waits_catches_nothing(run: Run) -> None:
    """A body that ends without a checkpoint was cancelled too late."""

    async def main() -> None:
        with cancel_scope() as scope:
            scope.cancel()
        assert scope.cancel_called
        assert not scope.cancelled_caught

    run(main)


def test_cancellation_is_level_triggered(run: Run) -> None:
    """Every checkpoint in a cancelled scope raises, not only the first."""
    raised: list[int] = []

    async def main() -> None:
        event = Event()
        event.set()
        with cancel_scope() as scope:
            scope.cancel()
            for number, point in enumerate((sleep_forever, checkpoint, event.wait)):
                try:
                    await point()
                except cancelled_class():
                    raised.append(number)
            await checkpoint_if_cancelled()
            raise AssertionError("not reached")
        assert scope.cancelled_caught
        await checkpoint()

    run(main)

    assert raised == [0, 1, 2]


def test_except_exception_does_not_stop_a_cancellation(run: Run) -> None:
    """What checkpoints raise is no `Exception`."""

    async def main() -> bool:
        with cancel_scope() as scope:
            scope.cancel()
            try:
                await checkpoint()
            except Exception as error:
                raise AssertionError("an `except Exception` caught it") from error
        return scope.cancelled_caught

    assert run(main)
    assert run(_cancelled_is_no_exception)


async def _cancelled_is_no_exception() -> bool:
    return not issubclass(cancelled_class(), Exception)


def test_cancel_before_enter(run: Run) -> None:
    """A scope cancelled beforehand lets its body run up to the first checkpoint."""
    reached: list[str] = []

    async def main() -> None:
        scope = cancel_scope()
        scope.cancel()
        with scope:
            reached.append("body")
            await checkpoint()
            reached.append("beyond")
        assert scope.cancelled_caught

    run(main)

    assert reached == ["body"]


def test_the_outer_cancellation_passes_the_inner_scope(run: Run) -> None:
    """Only the scope that was cancelled catches."""

    async def main() -> tuple[bool, bool, bool]:
        with cancel_scope() as outer, cancel_scope() as middle, cancel_scope() as inner:
            outer.cancel()
            await checkpoint()
        return outer.cancelled_caught, middle.cancelled_caught, inner.cancelled_caught

    assert run(main) == (True, False, False)


def test_the_inner_cancellation_stays_inside(run: Run) -> None:
    """Behind the inner scope the outer one's work goes on."""

    async def main() -> tuple[bool, bool]:
        with cancel_scope() as outer:
            with cancel_scope() as inner:
                inner.cancel()
                await checkpoint()
            await checkpoint()
        return outer.cancelled_caught, inner.cancelled_caught

    assert run(main) == (False, True)


def test_when_both_are_cancelled_the_outer_catches(run: Run) -> None:
    """The inner scope leaves it to the outer one."""

    async def main() -> tuple[bool, bool]:
        with cancel_scope() as outer, cancel_scope() as inner:
            inner.cancel()
            outer.cancel()
            await checkpoint()
        return outer.cancelled_caught, inner.cancelled_caught

    assert run(main) == (True, False)


def test_a_shield_keeps_the_outer_cancellation_out(run: Run) -> None:
    """Inside the shield work goes on; behind it the cancellation is met."""
    reached: list[str] = []

    async def main() -> None:
        with cancel_scope() as outer:
            outer.cancel()
            with cancel_scope(shield=True):
                await sleep(1.0)
                reached.append("shielded")
                with cancel_scope():
                    await checkpoint()
                    reached.append("below the shield")
            await checkpoint()
            reached.append("behind")
        assert outer.cancelled_caught

    run(main)

    assert reached == ["shielded", "below the shield"]


def test_a_shield_does_not_keep_its_own_cancellation_out(run: Run) -> None:
    """A shielded scope can be cancelled itself."""

    async def main() -> bool:
        with cancel_scope(shield=True) as scope:
            scope.cancel()
            await sleep_forever()
        return scope.cancelled_caught

    assert run(main)


def test_a_shield_can_be_raised_and_lowered(run: Run) -> None:
    """Lowering it lets in what waits outside; raising it again keeps it out again."""
    steps: list[str] = []

    async def main() -> None:
        with cancel_scope() as outer:
            with cancel_scope() as inner:
                outer.cancel()
                inner.shield = True
                await sleep(1.0)
                steps.append("shielded")
                inner.shield = False
                try:
                    await sleep_forever()
                except cancelled_class():
                    steps.append("lowered")
                inner.shield = True
                await sleep(1.0)
                steps.append("shielded again")
            await checkpoint()
            steps.append("behind")

    run(main)

    assert steps == ["shielded", "lowered", "shielded again"]


def test_lowering_a_shield_wakes_who_waits_behind_it(run: Run) -> None:
    """A task that waits in the shielded scope meets the cancellation at once."""

    async def main() -> float:
        began = current_time()
        scopes: list[CancelScope] = []

        async def child() -> None:
            with cancel_scope(shield=True) as scope:
                scopes.append(scope)
                await sleep_forever()

        async with open_nursery() as nursery:
            nursery.start_soon(child)
            await sleep(1.0)
            nursery.cancel_scope.cancel()
            with cancel_scope(shield=True):
                await sleep(1.0)
                scopes[0].shield = False
        return current_time() - began

    assert run(main) == pytest.approx(2.0, abs=1e-6)


def test_another_task_can_cancel(run: Run) -> None:
    """A scope may be cancelled from anywhere."""

    async def main() -> float:
        began = current_time()
        with cancel_scope() as scope:
            async with open_nursery() as nursery:

                async def cancel() -> None:
                    await sleep(1.0)
                    scope.cancel()

                nursery.start_soon(cancel)
                nursery.start_soon(sleep_forever)
        assert scope.cancelled_caught
        return current_time() - began

    assert run(main) == pytest.approx(1.0, abs=1e-6)


def test_groups_are_split(run: Run) -> None:
    """The scope takes its cancellations out of a group; errors go on."""

    async def fail(message: str) -> None:
        try:
            await sleep_forever()
        finally:
            raise ValueError(message)

    async def main() -> None:
        with cancel_scope() as scope:
            async with open_nursery() as nursery:
                nursery.start_soon(fail, "a")
                nursery.start_soon(sleep_forever)
                await checkpoint()
                scope.cancel()

    with pytest.raises(BaseExceptionGroup) as info:
        run(main)

    assert [str(error) for error in info.value.exceptions] == ["a"]
    assert isinstance(info.value, ExceptionGroup)


def test_an_error_on_the_way_out_is_not_swallowed(run: Run) -> None:
    """A cancelled scope swallows cancellations and nothing else."""

    async def main() -> None:
        with cancel_scope() as scope:
            scope.cancel()
            try:
                await checkpoint()
            finally:
                raise KeyError("on the way out")

    with pytest.raises(KeyError, match="on the way out"):
        run(main)


def test_cleanup_can_wait_behind_a_shield(run: Run) -> None:
    """The idiom for cleaning up: a shield with a deadline."""

    async def main() -> tuple[float, bool]:
        began = current_time()
        cleaned = False
        with move_on_after(1.0):
            try:
                await sleep_forever()
            finally:
                with move_on_after(5.0, shield=True):
                    await sleep(2.0)
                    cleaned = True
        return current_time() - began, cleaned

    took, cleaned = run(main)

    assert took == pytest.approx(3.0, abs=1e-6)
    assert cleaned


def test_a_shielded_checkpoint_lets_others_run_but_does_not_raise(run: Run) -> None:
    """For when the work is done and must not be reported as cancelled."""
    order: list[str] = []

    async def other() -> None:
        order.append("other")

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(other)
            nursery.cancel_scope.cancel()
            while not order:
                await cancel_shielded_checkpoint()
            order.append("main")
            await checkpoint_if_cancelled()
            order.append("not reached")
        await checkpoint_if_cancelled()

    run(main)

    assert order == ["other", "main"]
