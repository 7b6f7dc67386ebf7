"""The time axis that all rows of a report share."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from kactors.scenario.report.markup import WIDTH, plot, rect, row, tag, text_at
from kactors.scenario.timeline import FaultSpan, Timeline

__all__ = ["Axis", "axis_row", "overlay"]

#: Steps between marks that people can count by, in seconds.
_STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 36000, 86400)
_MOST_MARKS = 13
#: Of a coming up so many seconds are shown, or such a share of what comes after it.
_SHOWN_S, _SHOWN = 5.0, 0.15
#: Units that a mark's text takes.
_TEXT = 40.0


@attrs.frozen
class Axis:
    """Scenario time, from the left to the right.

    Attributes:
        begin_s, end_s: scenario time.
    """

    begin_s: float
    end_s: float

    @classmethod
    def of(cls, timeline: Timeline) -> "Axis":
        """Return the axis of a timeline, of at least one second.

        Of a long coming up only the end is shown: it is the chaos that people look for.
        """
        times = [*timeline.phases.values(), *(sample.at_s for sample in timeline.samples)]
        begin_s, end_s = min(times, default=0.0), max(times, default=0.0)
        if "chaos" in timeline.phases:
            begin_s = max(begin_s, -max(_SHOWN_S, _SHOWN * end_s))
        return cls(begin_s, max(end_s, begin_s + 1.0))

    def shows(self, at_s: float) -> bool:
        """Tell whether an instant is on the axis."""
        return self.begin_s <= at_s <= self.end_s

    def x(self, at_s: float | None) -> float:
        """Return where a time is, in units of drawings; None, and what is beyond, is an end."""
        if at_s is None:
            return WIDTH
        share = (at_s - self.begin_s) / (self.end_s - self.begin_s)
        return min(max(share, 0.0), 1.0) * WIDTH

    def marks(self) -> Iterator[int]:
        """Yield round times that are spread evenly."""
        length = self.end_s - self.begin_s
        step = next((each for each in _STEPS if length / each <= _MOST_MARKS), _STEPS[-1])
        at_s = -int(-self.begin_s // step) * step
        while at_s <= self.end_s:
            yield at_s
            at_s += step


def axis_row(axis: Axis, phases: Mapping[str, float]) -> str:
    """Return the row of phases and times."""
    names = [name for name in phases if name != "end"]
    shapes, texts = [], []
    for number, name in enumerate(names):
        left = axis.x(phases[name])
        following = names[number + 1] if number + 1 < len(names) else "end"
        right = axis.x(phases.get(following))
        begins = f"from {phases[name]:.6g} s"
        shapes.append(rect(left, right, 0, 18, f"phase p{number % 3}", begins))
        if right - left > _TEXT:
            texts.append(text_at(left + 4, 1, name, "strong", title=begins))
    for at_s in axis.marks():
        x = axis.x(at_s)
        if x < WIDTH - _TEXT:
            texts.append(text_at(x + 2, 20, f"{at_s} s", "soft"))
    return row("phases", plot(36, shapes, texts), look="axis")


def overlay(
    axis: Axis, faults: Sequence[FaultSpan], phases: Mapping[str, float], broken: Sequence[float]
) -> str:
    """Return what lies over all rows: when faults lasted, marks of time, and what was broken.

    Args:
        axis: of time.
        faults: shaded, all alike.
        phases: their beginnings are lines.
        broken: when something was violated.
    """
    shapes = [
        rect(axis.x(begin), axis.x(end), 0, 100, "shade") for begin, end in _union(axis, faults)
    ]
    shapes += [_line(axis.x(at_s), "mark") for at_s in axis.marks()]
    shapes += [_line(axis.x(at_s), "border") for name, at_s in phases.items() if name != "end"]
    shapes += [_line(min(axis.x(at_s), WIDTH - 1), "finding") for at_s in broken]
    drawing = tag(
        "svg",
        "".join(shapes),
        viewBox=f"0 0 {WIDTH:.0f} 100",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
    return tag("div", drawing, class_="overlay", id="overlay")


def _line(x: float, look: str) -> str:
    return tag("line", x1=x, x2=x, y1=0, y2=100, class_=look)


def _union(axis: Axis, faults: Sequence[FaultSpan]) -> Iterator[tuple[float, float]]:
    """Yield when there was a fault of any kind."""
    spans = sorted(
        (fault.begin_s, axis.end_s if fault.end_s is None else fault.end_s) for fault in faults
    )
    open_span: tuple[float, float] | None = None
    for begin, end in spans:
        if open_span is not None and begin <= open_span[1]:
            open_span = (open_span[0], max(open_span[1], end))
            continue
        if open_span is not None:
            yield open_span
        open_span = (begin, end)
    if open_span is not None:
        yield open_span
