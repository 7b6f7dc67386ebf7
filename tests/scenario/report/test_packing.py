"""Spans with labels."""

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kactors.scenario.report.axis import Axis
from kactors.scenario.report.packing import Label, draw_labels

_AXIS = Axis(0.0, 100.0)
_spans = st.lists(
    st.tuples(st.floats(0, 100), st.floats(0, 50), st.text("abc", min_size=1, max_size=12)),
    max_size=20,
)


@given(_spans)
def test_bars_do_not_overlap(spans: list[tuple[float, float, str]]) -> None:
    """Two bars in one line have a gap between them, and each label is there."""
    drawn = draw_labels(
        _AXIS, [Label(begin, begin + length, text, "", "felt") for begin, length, text in spans]
    )
    bars: dict[float, list[tuple[float, float]]] = {}
    for x, y, width in re.findall(r'x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"', drawn):
        bars.setdefault(float(y), []).append((float(x), float(x) + float(width)))
    assert sum(map(len, bars.values())) == len(spans)
    for line in bars.values():
        line.sort()
        assert all(first[1] < second[0] for first, second in pairwise(line))
    assert drawn.count("<span") == len(spans)


def test_a_label_at_the_right_border_is_at_its_bars_left() -> None:
    """It would not be seen otherwise."""
    drawn = draw_labels(_AXIS, [Label(99.0, None, "a long label", "", "felt")])
    assert "right:1.40%" in drawn


def test_without_labels_there_is_one_empty_line() -> None:
    """A row has a height."""
    assert "height:21px" in draw_labels(_AXIS, [])
