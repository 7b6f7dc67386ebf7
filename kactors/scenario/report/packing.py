"""Puts spans with labels into as few lines as there can be without one lying on another."""

from collections.abc import Iterable

import attrs

from kactors.scenario.report.axis import Axis
from kactors.scenario.report.markup import WIDTH, plot, rect, text_at

__all__ = ["Label", "draw_labels"]

#: Units that a letter takes where a page is narrow; more than it takes where it is wide.
_LETTER = 10.0
_GAP = 14.0
_LINE = 19
_BAR = 15


@attrs.frozen
class Label:
    """A span that says what it is.

    Attributes:
        begin_s, end_s: scenario time; None is the end of the run.
        text: beside its beginning.
        title: all there is to say.
        look: class of its bar.
    """

    begin_s: float
    end_s: float | None
    text: str
    title: str
    look: str


def draw_labels(axis: Axis, labels: Iterable[Label]) -> str:
    """Return a plot of spans: earlier ones above later ones that have no room beside them."""
    lines: list[float] = []
    shapes, texts = [], []
    for label in sorted(labels, key=lambda each: (each.begin_s, each.text)):
        left, right = axis.x(label.begin_s), axis.x(label.end_s)
        room = len(label.text) * _LETTER
        # What begins near the right border is named at its left.
        before = left + room > WIDTH and left > room
        first = left - room if before else left
        last = right if before else max(right, left + room)
        line = next((at for at, taken in enumerate(lines) if taken <= first), len(lines))
        lines[line : line + 1] = [last + _GAP]
        top = line * _LINE + 2
        shapes.append(rect(left, right, top, top + _BAR, label.look, label.title))
        x = left - 4 if before else left + 5
        texts.append(text_at(x, top, label.text, "label", before=before, title=label.title))
    return plot(max(len(lines), 1) * _LINE + 2, shapes, texts)
