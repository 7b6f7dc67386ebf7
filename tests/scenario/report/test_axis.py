"""The axis of time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.scenario.report.axis import Axis, overlay
from kactors.scenario.timeline import FaultSpan, Timeline
from tests.scenario.report.outcomes import timeline

_times = st.floats(-1e5, 1e5, allow_nan=False)


@given(_times, st.floats(1.0, 1e6), _times)
def test_all_times_are_within_the_drawing(begin_s: float, length: float, at_s: float) -> None:
    """What is before or after the axis is at its ends."""
    axis = Axis(begin_s, begin_s + length)
    assert 0.0 <= axis.x(at_s) <= 1000.0
    assert axis.x(None) == 1000.0


@given(st.integers(-1000, 1000), st.integers(1, 900_000))
def test_marks_are_few_and_within(begin_s: int, length: int) -> None:
    """There are enough to count by, and not more than have room."""
    axis = Axis(begin_s, begin_s + length)
    marks = list(axis.marks())
    assert len(marks) <= 14
    assert all(begin_s <= mark <= begin_s + length for mark in marks)
    assert marks == sorted(set(marks))


def test_an_axis_has_a_length() -> None:
    """A timeline without anything lasts a second."""
    assert Axis.of(Timeline(hosts=(), zones={})) == Axis(0.0, 1.0)


def test_a_long_coming_up_is_cut() -> None:
    """What comes after it is what matters; a run that never came up is shown whole."""
    shown = timeline(100)
    shown.phases["come up"] = -500.0
    assert Axis.of(shown) == Axis(-15.0, 100.0)
    never = Timeline(hosts=(), zones={}, phases={"come up": 0.0, "end": 600.0})
    assert Axis.of(never) == Axis(0.0, 600.0)


@pytest.mark.parametrize(
    ("spans", "shades"),
    [
        ([], 0),
        ([(1.0, 4.0), (2.0, 3.0)], 1),
        ([(5.0, 6.0), (1.0, 2.0)], 2),
        ([(1.0, None), (2.0, 3.0)], 1),
    ],
)
def test_times_with_faults_are_shaded_once(
    spans: list[tuple[float, float | None]], shades: int
) -> None:
    """Faults at one time are one shade."""
    faults = [FaultSpan("Cut", "", (), begin, end, True) for begin, end in spans]
    assert overlay(Axis(0.0, 10.0), faults, {}, []).count('class="shade"') == shades
