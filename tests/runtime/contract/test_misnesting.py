"""Cancel scopes used as they are not meant to be, or deeper than anybody would."""

import contextlib
from collections.abc import AsyncIterator

import pytest

from kactors.runtime import (
    cancel_scope,
    cancelled_class,
    checkpoint,
    move_on_after,
    open_nursery,
    sleep,
    sleep_forever,
)
from tests.runtime.contract.worlds import Run


def test_a_scope_is_entered_once(run: Run) -> None:
    """Entering it again is a `RuntimeError`, also after it was left."""

    async def main() -> None:
        scope = cancel_scope()
        with scope:
            with pytest.raises(RuntimeError), scope:
                pass
            await checkpoint()
        with pytest.raises(RuntimeError), scope:
            pass
        await checkpoint()

    run(main)


def test_many_nested_scopes_are_cancelled(run: Run) -> None:
    """The depth of nesting is not limited by the interpreter's stack."""
    swallowed: list[bool] = []

    async def nest(depth: int) -> None:
        scopes = [cancel_scope() for _ in range(depth)]
        for scope in scopes:
            scope.__enter__()
        try:
            await sleep_forever()
        except cancelled_class() as cancelled:
            swallowed.extend(
                scope.__exit__(type(cancelled), cancelled, None) for scope in reversed(scopes)
            )
            raise

    async def main() -> bool:
        with move_on_after(1.0) as scope:
            await nest(3000)
        return scope.cancelled_caught

    assert run(main)
    assert swallowed == [False] * 3000


def test_misnested_scopes_are_reported(run: Run) -> None:
    """Leaving an outer scope before an inner one is a `RuntimeError`."""

    async def main() -> None:
        outer, inner = cancel_scope(), cancel_scope()
        outer.__enter__()
        inner.__enter__()
        try:
            with pytest.raises(RuntimeError, match=r"[Cc]ancel scope"):
                outer.__exit__(None, None, None)
        finally:
            inner.__exit__(None, None, None)
        await checkpoint()

    run(main)


def test_a_scope_left_by_another_task_is_reported(run: Run) -> None:
    """A scope belongs to the task that has entered it."""
    reported: list[bool] = []

    async def generator() -> AsyncIterator[None]:
        with cancel_scope():
            yield

    async def leave(scoped: AsyncIterator[None]) -> None:
        with pytest.raises(RuntimeError, match=r"[Cc]ancel scope"):
            await anext(scoped)
        reported.append(True)

    async def main() -> None:
        scoped = generator()
        async with open_nursery() as nursery:

            async def enter() -> None:
                await anext(scoped)
                await sleep(1.0)

            nursery.start_soon(enter)
            await sleep(0.5)
            nursery.start_soon(leave, scoped)

    # How such a run ends is each world's own affair.
    with contextlib.suppress(RuntimeError, BaseExceptionGroup):
        run(main)
    assert reported
