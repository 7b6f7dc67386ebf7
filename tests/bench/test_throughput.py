"""Samples of throughput."""

from collections.abc import Iterable

import pytest

from kactors.bench.throughput import Throughput

SECOND = 1_000_000_000


def counted(times: Iterable[float]) -> Throughput:
    """Return the throughput of pods that are scheduled at these seconds."""
    throughput = Throughput(0)
    for each in times:
        throughput.scheduled(int(each * SECOND))
    return throughput


def test_the_first_sample_only_starts_the_clock() -> None:
    """Five pods in the first second, three in the second, two in the third; then one more."""
    found = counted([0.1] * 5 + [1.1] * 3 + [2.1] * 2 + [3.1])

    assert found.samples == [2, 3]


def test_a_second_without_pods_prolongs_the_next_sample() -> None:
    """Six pods after two seconds are three in each, counted twice."""
    found = counted([0.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 3.5])

    assert found.samples == [3, 3]


def test_what_is_over_too_soon_is_one_sample() -> None:
    """A hundred pods in half a second."""
    found = counted([0.5] * 100)

    assert found.samples == [200]
    assert found.buckets()["Perc99"] == found.buckets()["Average"] == 200


def test_percentiles_are_samples() -> None:
    """Of ten samples, half are at most the fifth."""
    times = [0.5] + [second + 0.5 for second in range(1, 11) for _ in range(second)] + [11.5]

    buckets = counted(times).buckets()

    assert buckets["Average"] == 5.5
    assert (buckets["Perc50"], buckets["Perc90"], buckets["Perc99"]) == (5, 9, 10)


def test_nothing_counted_is_nothing_said() -> None:
    """No sample, no bucket, no division by zero."""
    throughput = Throughput(0)

    assert throughput.buckets() == {}
    assert throughput.overall == 0
    assert throughput.seconds == pytest.approx(0)
