"""Deadlines of cancel scopes."""

import math

import pytest

from kactors.runtime import (
    cancel_scope,
    checkpoint,
    current_effective_deadline,
    current_time,
    move_on_at,
    sleep,
    sleep_forever,
)
from tests.runtime.contract.worlds import Run


def test_a_deadline_cancels(run: Run) -> None:
    """At the deadline the body ends."""

    async def main() -> float:
        began = current_time()
        with cancel_scope(deadline=began + 2.0) as scope:
            await sleep_forever()
        assert scope.cancel_called
        assert scope.cancelled_caught
        return current_time() - began

    assert run(main) == pytest.approx(2.0, abs=1e-6)


@pytest.mark.parametrize("ago", [0.0, 1.0, math.inf])
def test_a_deadline_in_the_past_cancels_at_the_first_checkpoint(run: Run, ago: float) -> None:
    """Nothing that waits is begun when the time is up already."""

    async def main() -> tuple[bool, bool]:
        scope = cancel_scope(deadline=current_time() - ago)
        assert scope.cancel_called
        with scope:
            await checkpoint()
        with move_on_at(current_time() - ago) as another:
            await checkpoint()
        return scope.cancelled_caught, another.cancelled_caught

    assert run(main) == (True, True)


def test_a_deadline_can_be_moved(run: Run) -> None:
    """The scope follows its deadline forth and back."""

    async def main() -> float:
        began = current_time()
        with cancel_scope(deadline=began + 1.0) as scope:
            scope.deadline = began + 10.0
            await sleep(3.0)
            scope.deadline = began + 4.0
            assert scope.deadline == began + 4.0
            await sleep_forever()
        return current_time() - began

    assert run(main) == pytest.approx(4.0, abs=1e-6)


def test_a_deadline_can_be_taken_away(run: Run) -> None:
    """An infinite deadline is none."""

    async def main() -> bool:
        with cancel_scope(deadline=current_time() + 1.0) as scope:
            scope.deadline = math.inf
            await sleep(5.0)
        return scope.cancel_called

    assert not run(main)


def test_a_deadline_moved_into_the_past_cancels(run: Run) -> None:
    """What waits is cancelled at once."""

    async def main() -> float:
        began = current_time()
        with cancel_scope() as scope:
            scope.deadline = -math.inf
            await sleep_forever()
        return current_time() - began

    assert run(main) == pytest.approx(0.0, abs=1e-6)


def test_a_deadline_does_nothing_once_the_scope_is_left(run: Run) -> None:
    """The code behind the scope is not concerned, even if the deadline is set again."""

    async def main() -> bool:
        with cancel_scope(deadline=current_time() + 1.0) as scope:
            await checkpoint()
        scope.deadline = current_time() + 2.0
        await sleep(5.0)
        return scope.cancel_called

    assert not run(main)


def test_a_deadline_cannot_be_undefined(run: Run) -> None:
    """It is a number."""

    async def main() -> None:
        with pytest.raises(ValueError, match="deadline"):
            cancel_scope(deadline=math.nan)
        scope = cancel_scope()
        with pytest.raises(ValueError, match="deadline"):
            scope.deadline = math.nan
        await checkpoint()

    run(main)


def test_the_effective_deadline_is_the_earliest_around(run: Run) -> None:
    """It looks outwards up to the first shield, and is ``-inf`` once cancelled."""

    async def main() -> None:
        now = current_time()
        assert current_effective_deadline() == math.inf
        with cancel_scope(deadline=now + 10.0) as outer:
            assert current_effective_deadline() == now + 10.0
            with cancel_scope(deadline=now + 20.0):
                assert current_effective_deadline() == now + 10.0
                with cancel_scope(deadline=now + 5.0):
                    assert current_effective_deadline() == now + 5.0
                    with cancel_scope(deadline=now + 7.0, shield=True):
                        assert current_effective_deadline() == now + 7.0
                        outer.cancel()
                        assert current_effective_deadline() == now + 7.0
                    assert current_effective_deadline() == -math.inf
        assert current_effective_deadline() == math.inf
        await checkpoint()

    run(main)
