"""Rows of numbers over time: nodes, pods, clients of the API, calls of Services."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import ceil, log10

from kactors.scenario.report.axis import Axis
from kactors.scenario.report.charts import areas, columns, decades, lines, top_of
from kactors.scenario.report.markup import WIDTH, key, plot, row, tag, text_at
from kactors.scenario.report.thinning import Stretch

__all__ = ["series_rows"]

#: Class and name of each phase that a pod may be in, from the bottom.
_PHASES = (
    ("ready", "ready"),
    ("running", "running, not ready"),
    ("pending", "pending"),
    ("succeeded", "succeeded"),
    ("lost", "failed or unknown"),
)
#: Class of each outcome of a call, from the bottom.
_CALLS = {
    "served": "served",
    "misrouted": "misrouted",
    "refused": "refused",
    "timed out": "timeout",
    "no such host": "nohost",
    "lookup failed": "lookup",
}


def series_rows(axis: Axis, stretches: Sequence[Stretch]) -> Iterator[str]:
    """Yield the rows; what there was nothing of has none."""
    if not stretches:
        return
    ends = [axis.x(each.end_s) for each in stretches]
    # What is counted at an instant is taken for true until the next one; what has ended within a
    # stretch is drawn upon it.
    until = [*ends[1:], WIDTH]
    yield _nodes(until, stretches)
    yield _pods(until, stretches)
    if any(each.api is not None for each in stretches):
        yield _latencies(ends, stretches)
        yield _operations(ends, stretches)
    for service in sorted({service for each in stretches for service in each.calls}):
        yield _calls(ends, stretches, service)


def _nodes(ends: Sequence[float], stretches: Sequence[Stretch]) -> str:
    values = [float(each.nodes_ready) for each in stretches]
    most = top_of(values)
    shapes = areas(ends, [("area ready", values)], most, 36)
    return row("nodes ready", plot(36, shapes, [_tick(most)]))


def _pods(ends: Sequence[float], stretches: Sequence[Stretch]) -> str:
    pods = [each.pods for each in stretches]
    values = {
        "ready": [float(each.get("Ready", 0)) for each in pods],
        "running": [float(max(0, each.get("Running", 0) - each.get("Ready", 0))) for each in pods],
        "pending": [float(each.get("Pending", 0)) for each in pods],
        "succeeded": [float(each.get("Succeeded", 0)) for each in pods],
        "lost": [float(each.get("Failed", 0) + each.get("Unknown", 0)) for each in pods],
    }
    most = top_of(sum(layer) for layer in zip(*values.values(), strict=True))
    shapes = areas(ends, [(f"area {look}", values[look]) for look, _ in _PHASES], most, 110)
    keys = [key(look, name) for look, name in _PHASES if any(values[look])]
    return row("pods", plot(110, shapes, [_tick(most)]), details=_keys(keys))


def _latencies(ends: Sequence[float], stretches: Sequence[Stretch]) -> str:
    p50 = [None if each.api is None else each.api.p50_ms for each in stretches]
    p99 = [None if each.api is None else each.api.p99_ms for each in stretches]
    known = [value for value in (*p50, *p99) if value]
    high = max(1, ceil(log10(max(known, default=10.0))))
    low = min(high - 1, int(log10(max(1.0, min(known, default=1.0)))))
    shapes = lines(ends, [("line p99", p99), ("line p50", p50)], (low, high), 88)
    keys = _keys([key("p50", "median"), key("p99", "99th percentile")])
    return row("API latency", plot(88, shapes, decades((low, high), 88, "ms")), details=keys)


def _operations(ends: Sequence[float], stretches: Sequence[Stretch]) -> str:
    count: dict[str, Callable[[Stretch], int]] = {
        "done": lambda each: each.api.done if each.api else 0,
        "refused": lambda each: each.api.failed if each.api else 0,
        "unknown": lambda each: each.api.unknown if each.api else 0,
    }
    names = {"done": "answered", "refused": "failed", "unknown": "unknown to the client"}
    values = {look: _rates(stretches, of) for look, of in count.items()}
    return _columns("API operations", ends, values, names)


def _calls(ends: Sequence[float], stretches: Sequence[Stretch], service: str) -> str:
    values = {
        look: _rates(stretches, partial(_count, service, name)) for name, look in _CALLS.items()
    }
    names = {look: name for name, look in _CALLS.items()}
    return _columns(f"calls of {service}", ends, values, names)


def _count(service: str, outcome: str, stretch: Stretch) -> int:
    return stretch.calls[service][outcome] if service in stretch.calls else 0


def _rates(stretches: Sequence[Stretch], of: Callable[[Stretch], int]) -> list[float]:
    """Return how many there were in each second of each stretch."""
    return [of(each) / each.seconds for each in stretches]


def _columns(
    name: str,
    ends: Sequence[float],
    values: dict[str, list[float]],
    names: dict[str, str],
) -> str:
    most = top_of(sum(layer) for layer in zip(*values.values(), strict=True))
    shapes = columns(ends, [(f"area {look}", found) for look, found in values.items()], most, 70)
    keys = [key(look, names[look]) for look in values if any(values[look])]
    texts = [_tick(most, "/s")]
    return row(name, plot(70, shapes, texts), details=_keys(keys))


def _tick(most: int, unit: str = "") -> str:
    return text_at(0, 0, f"{most:,}{unit}", "tick")


def _keys(keys: Sequence[str]) -> str:
    return tag("div", "".join(keys), class_="keys")
