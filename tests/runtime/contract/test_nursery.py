"""Nurseries: nothing outlives them, and no error is lost."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial

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


async def fail(message: str, after: float = 0.0) -> None:
    """Raise `ValueError` after a while."""
    await sleep(after)
    raise ValueError(message)


def test_a_nursery_waits_for_its_children(run: Run) -> None:
    """It is left when the last one has ended."""

    async def main() -> float:
        began = current_time()
        async with open_nursery() as nursery:
            for seconds in (1.0, 3.0, 2.0):
                nursery.start_soon(sleep, seconds)
        return current_time() - began

    assert run(main) == pytest.approx(3.0, abs=1e-6)


def test_children_of_children_are_waited_for(run: Run) -> None:
    """A child may start more in its parent's nursery."""
    ended: list[int] = []

    async def descend(nursery: Nursery, depth: int) -> None:
        await sleep(1.0)
        if depth:
            nursery.start_soon(descend, nursery, depth - 1)
        ended.append(depth)

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(descend, nursery, 4)
        assert ended == [4, 3, 2, 1, 0]

    run(main)


def test_an_empty_nursery_is_left_at_once(run: Run) -> None:
    """Leaving it lets others run, but takes no time and raises nothing even if cancelled."""
    others: list[str] = []

    async def other() -> None:
        others.append("ran")

    async def main() -> None:
        async with open_nursery() as outer:
            outer.start_soon(other)
            while not others:
                async with open_nursery():
                    pass
        with cancel_scope() as scope:
            scope.cancel()
            async with open_nursery():
                pass
        assert not scope.cancelled_caught

    run(main)


def test_start_soon_does_not_run_the_child_yet(run: Run) -> None:
    """The child's first step comes after the parent's next checkpoint begins."""
    ran: list[bool] = []

    async def child() -> None:
        ran.append(True)

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(child)
            assert not ran
        assert ran

    run(main)


def test_keyword_arguments_come_in_a_partial(run: Run) -> None:
    """Whatever can be called without arguments can be started, named or not."""
    got: list[tuple[int, int]] = []

    async def child(a: int, *, b: int) -> None:
        got.append((a, b))

    class Callable:
        async def __call__(self, a: int) -> None:
            got.append((a, 0))

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(partial(child, 1, b=2))
            nursery.start_soon(Callable(), 3)
            assert await nursery.start(partial(started_at_once, value=5)) == 5

    run(main)

    assert sorted(got) == [(1, 2), (3, 0)]


async def started_at_once(*, value: int, task_status: TaskStatus) -> None:
    """Say so at once."""
    task_status.started(value)


def test_a_child_has_to_be_an_async_function(run: Run) -> None:
    """Starting anything else is a `TypeError` that names it."""

    async def main() -> None:
        async with open_nursery() as nursery:
            with pytest.raises(TypeError):
                nursery.start_soon(print)  # type: ignore[arg-type]
            await checkpoint()

    run(main)


@pytest.mark.parametrize("from_child", [True, False])
def test_one_error_comes_in_a_group(run: Run, from_child: bool) -> None:
    """Groups are strict: even a single error is in one."""

    async def main() -> None:
        async with open_nursery() as nursery:
            if from_child:
                nursery.start_soon(fail, "only")
            else:
                await fail("only")

    with pytest.raises(ExceptionGroup) as info:
        run(main)

    assert [str(error) for error in info.value.exceptions] == ["only"]


def test_all_errors_come_in_the_group(run: Run) -> None:
    """Of several children that fail at one time, none is lost."""

    async def main() -> None:
        async with open_nursery() as nursery:
            for name in ("a", "b", "c"):
                nursery.start_soon(fail, name, 1.0)
            await sleep(0.5)
            await fail("body", 0.5)

    with pytest.raises(ExceptionGroup) as info:
        run(main)

    # Two events at one instant have no order, so the first may cancel the others.
    messages = [str(error) for error in info.value.exceptions]
    assert set(messages) <= {"a", "b", "c", "body"}
    assert messages


def test_an_error_on_the_way_out_joins_the_group(run: Run) -> None:
    """What a cancelled sibling raises is collected, too."""

    async def stubborn() -> None:
        try:
            await sleep_forever()
        finally:
            raise KeyError("on the way out")

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(stubborn)
            nursery.start_soon(fail, "first", 1.0)

    with pytest.raises(ExceptionGroup) as info:
        run(main)

    assert sorted(type(error).__name__ for error in info.value.exceptions) == [
        "KeyError",
        "ValueError",
    ]


def test_a_failure_cancels_the_siblings_and_the_body(run: Run) -> None:
    """The nursery does not wait for work that is in vain."""
    cancelled: list[str] = []

    async def sibling() -> None:
        try:
            await sleep_forever()
        except cancelled_class():
            cancelled.append("sibling")
            raise

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(sibling)
            nursery.start_soon(fail, "child", 1.0)
            try:
                await sleep_forever()
            except cancelled_class():
                cancelled.append("body")
                raise

    with pytest.raises(ExceptionGroup) as info:
        run(main)

    assert [str(error) for error in info.value.exceptions] == ["child"]
    assert sorted(cancelled) == ["body", "sibling"]


def test_a_nursery_waits_for_cleanup(run: Run) -> None:
    """Cancelled children may take their time behind a shield; nothing outlives the nursery."""
    cleaned: list[float] = []

    async def child() -> None:
        try:
            await sleep_forever()
        finally:
            with cancel_scope(shield=True):
                await sleep(2.0)
            cleaned.append(current_time())

    async def main() -> float:
        began = current_time()
        async with open_nursery() as nursery:
            nursery.start_soon(child)
            await sleep(1.0)
            nursery.cancel_scope.cancel()
        assert cleaned
        return current_time() - began

    assert run(main) == pytest.approx(3.0, abs=1e-6)


def test_cancelling_the_nursery_is_silent(run: Run) -> None:
    """Its cancel scope swallows the cancellations of all children."""

    async def main() -> bool:
        async with open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(sleep_forever)
            await sleep(1.0)
            nursery.cancel_scope.cancel()
        return nursery.cancel_scope.cancelled_caught

    assert run(main)


def test_a_cancellation_around_reaches_the_children(run: Run) -> None:
    """The children are inside of every scope that the nursery is in."""

    async def main() -> tuple[bool, bool]:
        with move_on_after(1.0) as scope:
            async with open_nursery() as nursery:
                nursery.start_soon(sleep_forever)
                nursery.start_soon(sleep_forever)
        return scope.cancelled_caught, nursery.cancel_scope.cancelled_caught

    assert run(main) == (True, False)


def test_a_child_is_not_inside_the_scopes_of_who_starts_it(run: Run) -> None:
    """The nursery decides, not the place of the call."""
    reached: list[str] = []

    async def child() -> None:
        await sleep(2.0)
        reached.append("child")

    async def main() -> None:
        async with open_nursery() as nursery:
            with cancel_scope() as scope:
                nursery.start_soon(child)
                scope.cancel()
                await checkpoint()
            assert scope.cancelled_caught

    run(main)

    assert reached == ["child"]


def test_a_child_of_a_cancelled_nursery_still_begins(run: Run) -> None:
    """It runs up to its first checkpoint, as in any cancelled scope."""
    reached: list[str] = []

    async def child() -> None:
        reached.append("begun")
        await checkpoint()
        reached.append("beyond")

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.cancel_scope.cancel()
            nursery.start_soon(child)

    run(main)

    assert reached == ["begun"]


def test_a_nursery_that_was_left_takes_no_children(run: Run) -> None:
    """Starting one is a `RuntimeError`, and nothing of it runs."""
    ran: list[bool] = []

    async def child() -> None:
        ran.append(True)

    async def main() -> None:
        async with open_nursery() as nursery:
            pass
        with pytest.raises(RuntimeError):
            nursery.start_soon(child)
        await checkpoint()

    run(main)

    assert not ran


def test_children_can_be_started_while_the_nursery_waits(run: Run) -> None:
    """As long as one child runs the nursery takes more."""
    ended: list[str] = []

    async def late() -> None:
        await sleep(1.0)
        ended.append("late")

    async def starter(nursery: Nursery) -> None:
        await sleep(1.0)
        nursery.start_soon(late)
        ended.append("starter")

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(starter, nursery)

    run(main)

    assert ended == ["starter", "late"]


def test_an_error_keeps_its_cause_and_context(run: Run) -> None:
    """The history of an error is its own: the nursery adds nothing to it."""

    async def child() -> None:
        try:
            int("cause")
        except ValueError as cause:
            raise KeyError("effect") from cause

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(child)

    with pytest.raises(ExceptionGroup) as info:
        run(main)

    (error,) = info.value.exceptions
    assert isinstance(error.__cause__, ValueError)
    assert error.__context__ is error.__cause__
    assert info.value.__cause__ is None


def test_groups_nest_like_nurseries(run: Run) -> None:
    """Each nursery makes a group of its own; ``except*`` sees through them."""
    seen: list[str] = []

    async def inner() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(fail, "deep")

    async def main() -> None:
        try:
            async with open_nursery() as nursery:
                nursery.start_soon(inner)
        except* ValueError as group:
            (nested,) = group.exceptions
            assert isinstance(nested, ExceptionGroup)
            seen.append(str(nested.exceptions[0]))

    run(main)

    assert seen == ["deep"]


def test_a_base_exception_passes_like_any_other(run: Run) -> None:
    """What is no `Exception` makes a `BaseExceptionGroup`."""

    class Stop(BaseException):
        pass

    async def child() -> None:
        raise Stop

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(child)

    with pytest.raises(BaseExceptionGroup) as info:
        run(main)

    assert isinstance(info.value.exceptions[0], Stop)


def test_closing_a_generator_ends_the_nursery_in_it(run: Run) -> None:
    """`aclose` on an async generator that yields within a nursery leaves no child behind."""
    ended: list[str] = []

    async def child() -> None:
        try:
            await sleep_forever()
        finally:
            ended.append("child")

    async def generator() -> AsyncIterator[int]:
        async with open_nursery() as nursery:
            nursery.start_soon(child)
            await checkpoint()
            yield 1

    async def main() -> None:
        with contextlib.suppress(BaseExceptionGroup):
            async with contextlib.aclosing(generator()) as items:  # type: ignore[type-var]
                assert await anext(items) == 1
        assert ended == ["child"]

    run(main)


def test_many_children(run: Run) -> None:
    """A thousand children wait for one event and all end."""
    ended: list[int] = []

    async def child(number: int, event: Event) -> None:
        await event.wait()
        ended.append(number)

    async def main() -> None:
        event = Event()
        async with open_nursery() as nursery:
            for number in range(1000):
                nursery.start_soon(child, number, event)
            await sleep(1.0)
            event.set()

    run(main)

    assert sorted(ended) == list(range(1000))
