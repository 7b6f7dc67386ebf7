"""Charts over time: stacked areas, stacked columns, and lines on a scale of powers of ten."""

from collections.abc import Iterable, Sequence
from math import ceil, log10

from kactors.scenario.report.markup import path, text_at

__all__ = ["Point", "areas", "columns", "decades", "lines"]

#: Where a value ends, and the value.
Point = tuple[float, float]


def areas(
    ends: Sequence[float], layers: Sequence[tuple[str, Sequence[float]]], most: float, height: float
) -> list[str]:
    """Return layers, each upon the ones before it.

    Args:
        ends: where each value's stretch ends; it begins where the one before it does.
        layers: class and values of each.
        most: the sum that reaches the top.
        height: of the drawing.
    """
    base = [0.0] * len(ends)
    shapes = []
    for look, values in layers:
        upper = [below + value for below, value in zip(base, values, strict=True)]
        if any(values):
            above = _steps(ends, [height * (1 - value / most) for value in upper])
            below = _steps(ends, [height * (1 - value / most) for value in base])
            shapes.append(path(f"M{_points(above)}L{_points(reversed(below))}Z", look))
        base = upper
    return shapes


def _steps(ends: Sequence[float], heights: Sequence[float]) -> list[Point]:
    """Return the corners of a staircase, without those where nothing changes."""
    corners: list[Point] = []
    left = 0.0
    for right, y in zip(ends, heights, strict=True):
        if corners and corners[-1][1] == y:
            corners[-1] = (right, y)
        else:
            corners += [(left, y), (right, y)]
        left = right
    return corners


def _points(corners: Iterable[Point]) -> str:
    return "L".join(f"{_short(x)} {_short(y)}" for x, y in corners)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def columns(
    ends: Sequence[float], layers: Sequence[tuple[str, Sequence[float]]], most: float, height: float
) -> list[str]:
    """Return stacked columns, one path for each layer; arguments as for `areas`."""
    base = [0.0] * len(ends)
    shapes = []
    for look, values in layers:
        left, boxes = 0.0, []
        for number, (right, value) in enumerate(zip(ends, values, strict=True)):
            if value:
                bottom = height * (1 - base[number] / most)
                # What happened at all is seen, however much else there was.
                tall = max(height * value / most, 1.5)
                wide = max(right - left - 0.4, 0.6)
                boxes.append(
                    f"M{_short(left)} {_short(bottom)}h{_short(wide)}v{_short(-tall)}"
                    f"h{_short(-wide)}z"
                )
            base[number] += value
            left = right
        if boxes:
            shapes.append(path("".join(boxes), look))
    return shapes


def lines(
    ends: Sequence[float],
    layers: Sequence[tuple[str, Sequence[float | None]]],
    powers: tuple[int, int],
    height: float,
) -> list[str]:
    """Return lines on a scale of powers of ten, broken where there is no value.

    Args:
        ends: where each value is.
        layers: class and values of each.
        powers: those of ten at the bottom and at the top.
        height: of the drawing.
    """
    low, high = powers
    shapes = []
    for look, values in layers:
        data, joined = "", False
        for x, value in zip(ends, values, strict=True):
            if value is None:
                joined = False
                continue
            share = (log10(max(value, 10.0**low)) - low) / (high - low)
            y = height * (1 - min(share, 1.0))
            # A point of its own is a short line.
            data += f"{'L' if joined else 'M'}{_short(x)} {_short(y)}" + ("" if joined else "h1")
            joined = True
        if data:
            shapes.append(path(data, look))
    return shapes


def decades(powers: tuple[int, int], height: float, unit: str) -> list[str]:
    """Return the names of powers of ten, for the left border of a plot."""
    low, high = powers
    # Names are some 15 pixels high.
    every = -(-15 * (high - low) // int(height))
    return [
        text_at(
            0,
            min(max(height * (1 - (power - low) / (high - low)) - 7, 0), height - 14),
            f"{10**power:,} {unit}",
            "tick",
        )
        for power in range(low, high + 1, every)
    ]


def top_of(values: Iterable[float]) -> int:
    """Return a whole number at the top of a scale, 1 at least."""
    return max(1, ceil(max(values, default=0)))
