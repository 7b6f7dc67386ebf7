"""Pauses between tries."""

from kactors.client.rate_limiter import (
    BucketRateLimiter,
    ItemExponentialFailureRateLimiter,
    ItemFastSlowRateLimiter,
    MaxOfRateLimiter,
    default_controller_rate_limiter,
)
from kactors.runtime import sim, sleep


def test_each_failure_doubles_an_items_pause_up_to_a_limit() -> None:
    """Items do not know of each other; a thousand failures are as bad as twenty."""
    limiter = ItemExponentialFailureRateLimiter[str](1.0, 100.0)

    assert [limiter.when("a") for _ in range(9)] == [1, 2, 4, 8, 16, 32, 64, 100, 100]
    assert limiter.when("b") == 1
    assert [limiter.when("c") for _ in range(1000)][-1] == 100
    assert limiter.num_requeues("a") == 9
    limiter.forget("a")
    assert limiter.when("a") == 1


def test_a_few_fast_tries_then_slow_ones() -> None:
    """Until the item is forgotten."""
    limiter = ItemFastSlowRateLimiter[str](0.1, 10.0, 2)

    assert [limiter.when("a") for _ in range(3)] == [0.1, 0.1, 10.0]
    assert limiter.num_requeues("a") == 3
    limiter.forget("a")
    assert limiter.when("a") == 0.1


def test_a_bucket_lets_a_burst_through_and_then_its_rate() -> None:
    """Tokens that are yet to come are given out in advance; idleness fills the bucket again."""

    async def main() -> None:
        bucket = BucketRateLimiter(qps=10.0, burst=3)
        waits = [round(bucket.when("a"), 9) for _ in range(5)]
        assert waits == [0, 0, 0, 0.1, 0.2]
        await sleep(100.0)
        assert [bucket.try_accept() for _ in range(4)] == [True, True, True, False]
        bucket.forget("a")
        assert bucket.num_requeues("a") == 0

    sim.run(main)


def test_the_longest_of_several_pauses_counts() -> None:
    """All limiters are told of each failure."""
    fast, slow = ItemExponentialFailureRateLimiter[str](1.0), ItemFastSlowRateLimiter[str](3, 3, 1)
    both = MaxOfRateLimiter((fast, slow))

    assert [both.when("a") for _ in range(4)] == [3, 3, 4, 8]
    assert both.num_requeues("a") == 4
    both.forget("a")
    assert fast.num_requeues("a") == 0


def test_controllers_wait_five_milliseconds_to_a_thousand_seconds() -> None:
    """And no more than ten keys a second are tried again, a hundred in a burst."""

    async def main() -> None:
        limiter = default_controller_rate_limiter()
        assert limiter.when("a") == 0.005
        assert [limiter.when("a") for _ in range(20)][-1] == 1000.0
        many = [limiter.when(f"key-{number}") for number in range(100)]
        assert round(many[-1], 6) == 2.1  # the 121st token, at ten a second after a hundred

    sim.run(main)
