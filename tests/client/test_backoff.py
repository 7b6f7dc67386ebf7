"""Pauses that grow."""

from kactors.client.backoff import Backoff
from kactors.runtime import sim, sleep, stream


def test_pauses_double_and_are_stretched() -> None:
    """By up to their jitter; the longest is the last to double."""

    async def main() -> None:
        backoff = Backoff(stream(0, "a"), 1.0, 5.0, jitter=0.5)
        for base in (1.0, 2.0, 4.0, 5.0, 5.0):
            assert base <= backoff.next() <= 1.5 * base
        backoff.reset()
        assert backoff.next() <= 1.5

    sim.run(main)


def test_a_long_time_without_trouble_begins_anew() -> None:
    """If that was asked for."""

    async def main() -> None:
        backoff = Backoff(stream(0, "a"), 1.0, 30.0, jitter=0.0, reset_after=60.0)
        assert [backoff.next() for _ in range(4)] == [1.0, 2.0, 4.0, 8.0]
        await sleep(60.0)
        assert backoff.next() == 16.0
        await sleep(60.1)
        assert backoff.next() == 1.0

    sim.run(main)
