"""Areas, columns and lines."""

import re

from hypothesis import given
from hypothesis import strategies as st

from kactors.scenario.report.charts import areas, columns, decades, lines, top_of

_layers = st.integers(1, 20).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 9).map(float), min_size=size, max_size=size), min_size=1, max_size=4
    )
)


@given(_layers)
def test_areas_and_columns_stay_within_the_drawing(found: list[list[float]]) -> None:
    """However many layers there are, and whatever is in them."""
    ends = [float(number + 1) for number in range(len(found[0]))]
    layers = [(f"l{number}", values) for number, values in enumerate(found)]
    most = top_of(sum(layer) for layer in zip(*found, strict=True))
    for shape in areas(ends, layers, most, 50.0):
        heights = [float(y) for y in re.findall(r"[ML][\d.]+ (-?[\d.]+)", shape)]
        assert all(-0.05 <= y <= 50.05 for y in heights)
    drawn = columns(ends, layers, most, 50.0)
    shown = [values for values in found if any(values)]
    assert len(drawn) == len(shown)
    for shape, values in zip(drawn, shown, strict=True):
        assert shape.count("M") == sum(value > 0 for value in values)


def test_an_area_has_no_corner_where_nothing_changes() -> None:
    """A day without change is two corners long, above and below."""
    ends = [float(number) for number in range(1, 1001)]
    (shape,) = areas(ends, [("a", [1.0] * 1000)], 2, 10.0)
    assert 'd="M0 5L1000 5L1000 10L0 10Z"' in shape


def test_a_single_call_among_thousands_is_seen() -> None:
    """A column has a least height."""
    _, shape = columns([1.0], [("a", [5000.0]), ("b", [1.0])], 5001, 70.0)
    assert "v-1.5" in shape


def test_a_line_is_broken_where_there_is_no_value() -> None:
    """Nobody was answered then."""
    (shape,) = lines([1.0, 2.0, 3.0, 4.0], [("a", [10.0, 10.0, None, 100.0])], (0, 2), 80.0)
    assert shape.count("M") == 2
    assert "M1 40h1L2 40M4 0" in shape
    assert lines([1.0], [("a", [None])], (0, 2), 80.0) == []


def test_names_of_powers_have_room() -> None:
    """Some are left out where there are many."""
    assert len(decades((0, 3), 80, "ms")) == 4
    assert "1,000 ms" in decades((0, 3), 80, "ms")[-1]
    assert len(decades((0, 9), 80, "ms")) == 5


def test_a_scale_has_a_top() -> None:
    """Also if there is nothing on it."""
    assert top_of([]) == top_of([0.0]) == 1
    assert top_of([2.5, 1.0]) == 3
