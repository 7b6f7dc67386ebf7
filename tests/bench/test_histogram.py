"""Histograms."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.bench.histogram import Histogram

# Above the first bucket, which begins at 0.
SECONDS = st.floats(2e-6, 100.0)


def test_quantiles_are_read_as_prometheus_reads_them() -> None:
    """Ten durations in the bucket from 1 to 2: the median is in its middle."""
    histogram = Histogram([1.0, 2.0, 4.0])
    for _ in range(10):
        histogram.observe(1.5)

    assert histogram.quantile(0.5) == 1.5
    assert histogram.quantile(1.0) == 2.0
    assert histogram.milliseconds()["Average"] == 1500


def test_what_is_beyond_the_last_bucket_counts_as_its_bound() -> None:
    """Nobody knows how far beyond it is."""
    histogram = Histogram([1.0])
    histogram.observe(100.0)

    assert histogram.quantile(0.5) == 1.0


def test_without_durations_everything_is_zero() -> None:
    """No division by zero."""
    assert set(Histogram().milliseconds().values()) == {0.0}


@given(st.lists(SECONDS, min_size=1), st.floats(0.01, 1.0))
def test_a_quantile_is_in_the_bucket_of_the_real_one(durations: list[float], part: float) -> None:
    """Buckets double, so it is wrong by a factor of two at most."""
    histogram = Histogram()
    for each in durations:
        histogram.observe(each)

    rank = part * len(durations)
    real = sorted(durations)[max(-int(-rank // 1), 1) - 1]
    assert real / 2.001 <= histogram.quantile(part) <= real * 2.001
