"""How long simulated disks take."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.runtime.random import stream
from kactors.storage.latency import NoLatency, SsdLatency
from kactors.storage.operation import Operation
from tests.storage.every_choice import EveryChoice


def test_without_latency_nothing_takes_time() -> None:
    """Every operation takes 0 ns and no chance is needed."""
    choice = EveryChoice()

    took = {NoLatency().draw_ns(operation, 4096, choice) for operation in Operation}

    assert took == {0}
    assert choice.answers == ()


@given(size=st.integers(0, 1 << 24), seed=st.integers(0, 1 << 32))
def test_a_sync_takes_its_minimum_and_the_transfer(size: int, seed: int) -> None:
    """A sync is never faster than the drive, nor slower than its slowest moment."""
    latency = SsdLatency()
    transfer = size * 1_000_000_000 // latency.bytes_per_s

    took = latency.draw_ns(Operation.SYNC, size, stream(seed, "disk"))

    fastest = latency.sync_min_ns
    slowest = (fastest + 2 * latency.sync_extra_ns_mean) * latency.slow_factor
    assert fastest + transfer <= took <= slowest + transfer


def test_a_slow_moment_comes_now_and_then() -> None:
    """One sync in ``slow_one_in`` takes ``slow_factor`` times as long."""
    latency = SsdLatency(sync_extra_ns_mean=0, slow_one_in=10)
    chance = stream(1, "disk")

    took = [latency.draw_ns(Operation.SYNC, 0, chance) for _ in range(1000)]

    slow = took.count(latency.sync_min_ns * latency.slow_factor)
    assert 50 < slow < 200
    assert took.count(latency.sync_min_ns) == 1000 - slow


def test_writes_go_to_the_cache_at_once() -> None:
    """Only reads and syncs take time; a write does when it is synced."""
    latency = SsdLatency()
    chance = stream(1, "disk")

    waiting = [op for op in Operation if latency.draw_ns(op, 100, chance)]

    assert waiting == [Operation.READ, Operation.SYNC, Operation.SYNC_DIRECTORY]
