"""Taking turns."""

import pytest

from kactors.runtime import open_nursery, sim, sleep
from kactors.storage.turn import Turn


def test_one_task_at_a_time_has_the_turn() -> None:
    """Whoever comes while it is taken waits, and gets it later."""
    log: list[str] = []

    async def work(turn: Turn, name: str) -> None:
        async with turn:
            log.append(f"{name} begins")
            await sleep(1.0)
            log.append(f"{name} ends")

    async def main() -> None:
        turn = Turn()
        async with open_nursery() as nursery:
            for name in "ab":
                nursery.start_soon(work, turn, name)
                await sleep(0.1)
            assert turn.busy
        assert not turn.busy

    sim.run(main)

    assert log == ["a begins", "a ends", "b begins", "b ends"]


def test_the_end_of_a_turn_can_be_awaited() -> None:
    """Watchers go on when it is over, and at once if nobody has it."""

    async def main() -> bool:
        turn = Turn()
        await turn.wait_over()
        async with open_nursery() as nursery, turn:
            nursery.start_soon(turn.wait_over)
            await sleep(1.0)
        return turn.busy

    assert sim.run(main) is False


def test_an_error_ends_the_turn() -> None:
    """A turn that failed is over too."""

    async def fail(turn: Turn) -> None:
        async with turn:
            raise KeyError

    async def main() -> bool:
        turn = Turn()
        with pytest.raises(KeyError):
            await fail(turn)
        return turn.busy

    assert sim.run(main) is False
