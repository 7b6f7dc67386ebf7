"""Doing one thing to many, a few at a time."""

import pytest

from kactors.controllers.parallel import parallelize
from kactors.runtime import current_time, sim, sleep


def test_a_few_at_a_time_in_order() -> None:
    """Seven things of a second each take three seconds for three workers."""
    begun: list[tuple[int, float]] = []

    async def work(number: int) -> None:
        begun.append((number, current_time()))
        await sleep(1.0)

    async def main() -> float:
        await parallelize(3, range(7), work)
        return current_time()

    assert sim.run(main) == 3.0
    assert sorted(begun) == [(n, float(n // 3)) for n in range(7)]


def test_nothing_to_do_takes_no_time() -> None:
    """With no items nobody works."""

    async def work(_: int) -> None:
        raise AssertionError("there is nothing to do")

    async def main() -> float:
        await parallelize(8, (), work)
        return current_time()

    assert sim.run(main) == 0.0


def test_an_error_ends_the_others() -> None:
    """And is raised."""
    ended: list[int] = []

    async def work(number: int) -> None:
        await sleep(1.0 + number)
        if number == 0:
            raise ValueError("no")
        ended.append(number)

    async def main() -> None:
        await parallelize(2, range(4), work)

    with pytest.raises(BaseExceptionGroup) as caught:
        sim.run(main)
    assert caught.group_contains(ValueError, match="no")
    assert ended == []
