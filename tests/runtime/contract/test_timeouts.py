"""`move_on_after`, `fail_after` and their kin."""

import math

import pytest

from kactors.runtime import (
    TooSlowError,
    cancel_scope,
    checkpoint,
    current_time,
    fail_after,
    fail_at,
    move_on_after,
    move_on_at,
    sleep,
    sleep_forever,
)
from tests.runtime.contract.worlds import Run


def test_move_on_after_moves_on(run: Run) -> None:
    """After its time the body is left silently."""

    async def main() -> float:
        began = current_time()
        with move_on_after(2.0) as scope:
            await sleep_forever()
        assert scope.cancelled_caught
        return current_time() - began

    assert run(main) == pytest.approx(2.0, abs=1e-6)


def test_a_body_in_time_is_left_alone(run: Run) -> None:
    """Nothing happens to it, then or later."""

    async def main() -> None:
        with move_on_after(2.0) as one, move_on_at(current_time() + 2.0) as two:
            await sleep(1.0)
        with fail_after(2.0) as three, fail_at(current_time() + 2.0) as four:
            await sleep(1.0)
        await sleep(5.0)
        assert not any(scope.cancelled_caught for scope in (one, two, three, four))

    run(main)


def test_zero_seconds_are_over_at_the_first_checkpoint(run: Run) -> None:
    """No time is no time."""

    async def main() -> bool:
        with move_on_after(0.0) as scope:
            await checkpoint()
        return scope.cancelled_caught

    assert run(main)


def test_fail_after_fails(run: Run) -> None:
    """It says how much time there was."""

    async def main() -> None:
        with fail_after(2.0):
            await sleep_forever()

    with pytest.raises(TooSlowError, match=r"2\.0 s"):
        run(main)


def test_fail_at_fails(run: Run) -> None:
    """It raises `TooSlowError` like `fail_after`."""

    async def main() -> None:
        with fail_at(current_time() + 2.0):
            await sleep_forever()

    with pytest.raises(TooSlowError):
        run(main)


def test_an_outer_cancellation_is_not_too_slow(run: Run) -> None:
    """`fail_after` raises for its own deadline only."""

    async def main() -> bool:
        with cancel_scope() as outer, fail_after(2.0):
            outer.cancel()
            await sleep_forever()
        return outer.cancelled_caught

    assert run(main)


def test_an_error_within_passes(run: Run) -> None:
    """What the body raises comes out as it is."""

    async def main() -> None:
        with fail_after(2.0):
            await checkpoint()
            raise KeyError("body")

    with pytest.raises(KeyError, match="body"):
        run(main)


def test_a_shielded_timeout_runs_inside_a_cancelled_scope(run: Run) -> None:
    """Its body has its time, whatever is cancelled around it."""

    async def main() -> float:
        began = current_time()
        with cancel_scope() as outer:
            outer.cancel()
            with pytest.raises(TooSlowError), fail_after(2.0, shield=True):
                await sleep_forever()
        return current_time() - began

    assert run(main) == pytest.approx(2.0, abs=1e-6)


@pytest.mark.parametrize("seconds", [-1.0, math.nan])
def test_a_timeout_refuses_what_is_no_duration(run: Run, seconds: float) -> None:
    """A negative or undefined duration is a `ValueError`."""

    async def main() -> None:
        await checkpoint()
        with pytest.raises(ValueError, match="seconds"):
            move_on_after(seconds)
        with pytest.raises(ValueError, match="seconds"), fail_after(seconds):
            pass

    run(main)


def test_no_timeout_is_an_infinite_one(run: Run) -> None:
    """``math.inf`` seconds never pass."""

    async def main() -> None:
        with move_on_after(math.inf) as one, fail_after(math.inf), move_on_after(1e300):
            await sleep(1e6)
        assert not one.cancel_called

    run(main)
