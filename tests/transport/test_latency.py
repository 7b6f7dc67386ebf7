"""Latencies: bounds, one number for each draw, and what is refused."""

import math
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.runtime.random import stream
from kactors.transport.latency import (
    Bimodal,
    Constant,
    Exponential,
    InvalidRuleError,
    Latency,
    LogNormal,
    Uniform,
)

ALL: list[Latency] = [
    Constant(0.002),
    Uniform(0.001, 0.003),
    Exponential(0.005, minimum=0.001),
    Bimodal(),
    LogNormal(0.002, sigma=0.7, minimum=0.001),
]


def draws(latency: Latency, count: int, seed: int = 1) -> list[int]:
    """Draw so many nanoseconds from a fresh stream."""
    sample = latency.sampler(stream(seed, "test"))
    return [sample() for _ in range(count)]


@pytest.mark.parametrize("latency", ALL, ids=repr)
def test_the_same_stream_gives_the_same_latencies(latency: Latency) -> None:
    """A latency is a function of its stream."""
    assert draws(latency, 50) == draws(latency, 50)


@pytest.mark.parametrize("latency", ALL[1:], ids=repr)
def test_every_draw_uses_up_one_number(latency: Latency) -> None:
    """The n-th message meets the n-th number, however the earlier ones turned out."""
    chance = stream(1, "test")
    sample = latency.sampler(chance)
    for _ in range(100):
        sample()

    other = stream(1, "test")
    for _ in range(100):
        other.random()

    assert chance.random() == other.random()


@pytest.mark.parametrize("latency", ALL, ids=repr)
def test_a_latency_is_a_value(latency: Latency) -> None:
    """Its repr is source code."""
    assert eval(repr(latency)) == latency


@given(st.floats(0, 10), st.floats(0, 10), st.integers(0, 2**32))
def test_uniform_stays_within_its_bounds(one: float, other: float, seed: int) -> None:
    """No draw is below ``low`` or above ``high``."""
    low, high = sorted((one, other))

    drawn = draws(Uniform(low, high), 20, seed)

    assert all(round(low * 1e9) <= ns <= round(high * 1e9) for ns in drawn)


def test_exponential_has_its_mean_and_minimum() -> None:
    """The mean counts the minimum."""
    drawn = draws(Exponential(0.005, minimum=0.002), 20_000)

    assert min(drawn) >= 2_000_000
    assert fmean(drawn) == pytest.approx(5_000_000, rel=0.03)


def test_bimodal_is_foundationdbs() -> None:
    """One message in a thousand takes longer than 0.8 ms, up to 100 ms."""
    drawn = draws(Bimodal(), 100_000)

    slow = [ns for ns in drawn if ns > 800_000]
    assert 60 <= len(slow) <= 140
    assert min(drawn) >= 100_000
    assert 50_000_000 < max(slow) <= 100_000_000


def test_bimodal_may_be_always_slow_or_never() -> None:
    """The probabilities 0 and 1 divide nothing by zero."""
    assert max(draws(Bimodal(slow=0), 1000)) <= 800_000
    assert max(draws(Bimodal(slow=1), 1000)) > 50_000_000


def test_log_normal_has_its_median() -> None:
    """Half of the messages are faster than the median."""
    drawn = draws(LogNormal(0.002, sigma=0.7), 20_001)

    assert sorted(drawn)[10_000] == pytest.approx(2_000_000, rel=0.05)
    assert set(draws(LogNormal(0.002, sigma=0), 5)) == {2_000_000}


@pytest.mark.parametrize("bad", [-1, math.inf, math.nan, "1", None, True])
def test_a_duration_that_is_none_is_refused(bad: float) -> None:
    """The message names class, field and remedy."""
    with pytest.raises(InvalidRuleError, match=r"Constant\.seconds is .*finite number of seconds"):
        Constant(bad)


def test_bounds_in_the_wrong_order_are_refused() -> None:
    """What contradicts itself is refused where it is made."""
    with pytest.raises(InvalidRuleError, match="exchange"):
        Uniform(2, 1)
    with pytest.raises(InvalidRuleError, match="minimum lies above"):
        Exponential(1, minimum=2)
    with pytest.raises(InvalidRuleError, match="low <= high <= tail"):
        Bimodal(high=0.2)
    with pytest.raises(InvalidRuleError, match="sigma above 10"):
        LogNormal(1, sigma=11)
    with pytest.raises(InvalidRuleError, match=r"Bimodal\.slow is 2"):
        Bimodal(slow=2)
