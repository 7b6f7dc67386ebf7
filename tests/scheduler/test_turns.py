"""Writes about one pod in order."""

import pytest

from kactors.runtime import move_on_after, open_nursery, sim, sleep
from kactors.scheduler.turns import Turn, Turns


async def work(log: list[str], name: str, turn: Turn, seconds: float) -> None:
    """Do something in its turn."""
    async with turn:
        await sleep(seconds)
        log.append(name)


@pytest.mark.parametrize("seed", range(5))
def test_turns_of_one_key_follow_each_other(seed: int) -> None:
    """Whoever took a turn first acts first, however long that takes; other keys do not wait."""
    log: list[str] = []

    async def story() -> None:
        turns = Turns()
        async with open_nursery() as nursery:
            for number, (key, seconds) in enumerate([("a", 3), ("a", 1), ("b", 2), ("a", 0)]):
                nursery.start_soon(work, log, f"{key}{number}", turns.take(key), seconds)
        assert len(turns) == 0

    sim.run(story, seed=seed)

    assert log == ["b2", "a0", "a1", "a3"]


def test_a_turn_that_is_given_up() -> None:
    """Somebody who was cancelled while waiting does not hold up those behind."""
    log: list[str] = []

    async def story() -> None:
        turns = Turns()
        first, second, third = (turns.take("a") for _ in range(3))
        async with open_nursery() as nursery:
            nursery.start_soon(work, log, "third", third, 0)
            with move_on_after(1):
                await work(log, "second", second, 0)
            nursery.start_soon(work, log, "first", first, 0)
        assert len(turns) == 0

    sim.run(story)

    assert "second" not in log
    assert set(log) == {"first", "third"}
