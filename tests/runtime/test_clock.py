"""A host's clocks: views of true time that may be wrong, but never run backwards."""

import math
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kactors.runtime.clock import NANOSECONDS, Clock, first_ns_at

DRIFTS = st.integers(-999_999, 3_000_000)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 10**12),
        st.one_of(
            st.none(),
            DRIFTS.map(lambda ppm: ("drift", ppm)),
            st.integers(-(10**15), 10**15).map(lambda by_ns: ("jump", by_ns)),
        ),
    ),
    max_size=20,
)


class TrueTime:
    """True time that the test moves."""

    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        """Read it."""
        return self.ns


def test_a_fresh_clock_shows_true_time() -> None:
    """Monotonic time is true time, wall time is that with an offset."""
    true = TrueTime()
    clock = Clock(true, offset_ns=1000)
    true.ns = 50

    assert (clock.monotonic_ns(), clock.wall_ns(), clock.offset_ns) == (50, 1050, 1000)
    assert (clock.skewed, clock.drift_ppm) == (False, 0)


def test_a_jump_moves_the_wall_clock_only() -> None:
    """It may go back."""
    true = TrueTime()
    clock = Clock(true, offset_ns=1000)
    true.ns = 50

    clock.jump(-500)

    assert (clock.monotonic_ns(), clock.wall_ns()) == (50, 550)


def test_a_drift_makes_no_step() -> None:
    """From now on the clock runs at another rate, from where it stands."""
    true = TrueTime()
    clock = Clock(true)
    true.ns = 1_000_000

    clock.set_drift(100)
    assert clock.monotonic_ns() == 1_000_000
    true.ns = 2_000_000
    assert clock.monotonic_ns() == 2_000_100
    clock.set_drift(-100)
    true.ns = 3_000_000
    assert clock.monotonic_ns() == 3_000_000


@pytest.mark.parametrize("drift_ppm", [-1_000_000, -2_000_000])
def test_a_clock_cannot_be_stopped(drift_ppm: int) -> None:
    """A drift that would do it is a `ValueError`."""
    clock = Clock(TrueTime())
    with pytest.raises(ValueError, match="stops the clock"):
        clock.set_drift(drift_ppm)


@given(drift_ppm=DRIFTS, steps=STEPS)
def test_monotonic_time_never_goes_back(
    drift_ppm: int, steps: list[tuple[int, tuple[str, int] | None]]
) -> None:
    """Whatever is done to the clock, and between any two readings."""
    true = TrueTime()
    clock = Clock(true, drift_ppm=drift_ppm)
    before = clock.monotonic_ns()
    for elapsed, change in steps:
        true.ns += elapsed
        now = clock.monotonic_ns()
        assert now >= before
        match change:
            case ("drift", ppm):
                clock.set_drift(ppm)
            case ("jump", by_ns):
                clock.jump(by_ns)
        assert clock.monotonic_ns() == now
        before = now


@given(drift_ppm=DRIFTS, steps=STEPS, ahead=st.integers(0, 10**15))
def test_an_instant_is_found_again(
    drift_ppm: int, steps: list[tuple[int, tuple[str, int] | None]], ahead: int
) -> None:
    """`true_ns_of` gives the first instant at which the clock shows a time, not before."""
    true = TrueTime()
    clock = Clock(true, drift_ppm=drift_ppm)
    for elapsed, change in steps:
        true.ns += elapsed
        if change is not None and change[0] == "drift":
            clock.set_drift(change[1])
    local_ns = clock.monotonic_ns() + ahead

    instant = clock.true_ns_of(local_ns)

    assert clock.local_ns(instant) >= local_ns
    if instant > true.ns:
        assert clock.local_ns(instant - 1) < local_ns


@given(st.one_of(st.floats(0, 1e9), st.integers(0, 10**9)))
@example(1.001)
@example(0.1)
@example(4.35)
def test_the_first_nanosecond_at_a_time(seconds: float) -> None:
    """Read as seconds it is that time or later, and at most a nanosecond later."""
    ns = first_ns_at(seconds)

    assert ns / NANOSECONDS >= seconds
    assert ns - Fraction(seconds) * NANOSECONDS <= 1


def test_undefined_times_have_no_nanosecond() -> None:
    """They are refused."""
    with pytest.raises(ValueError, match="NaN"):
        first_ns_at(math.nan)
    with pytest.raises(OverflowError):
        first_ns_at(math.inf)
