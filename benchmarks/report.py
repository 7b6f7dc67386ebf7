"""Measuring two things side by side, and printing the result as a table or as JSON.

The machine is never quiet, so that times from two runs cannot be compared. A ratio can:
`compare` runs ours and the baseline alternately, takes the ratio of each pair, and reports
the median. The JSON is a contract with programs, see "Benchmarks" in ``docs/benchmarks.md``.
"""

import gc
import json
import os
import platform
import statistics
import time  # noqa: TID251 - a benchmark measures the machine, not the simulated world
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import click
from rich.console import Console
from rich.table import Table

Measure = Callable[[], float]
"""Runs once and returns what it measured: nanoseconds a call, events a second, ..."""

Better = Literal["lower", "higher"]


@attrs.frozen
class Row:
    """One measurement of ours, with the baseline's if there is one.

    Attributes:
        what: what was measured, in a few words.
        ours: the median of our measurements, in ``unit``.
        unit: for instance ``ns/call`` or ``requests/s``.
        baseline: the median of the baseline's measurements, in ``unit``.
        baseline_name: what ours was compared with.
        ratio: the median of the pairwise ratios; above 1 means that we are better.
    """

    what: str
    ours: float
    unit: str
    baseline: float | None = None
    baseline_name: str | None = None
    ratio: float | None = None


@attrs.frozen
class Report:
    """Everything one benchmark found, and where."""

    benchmark: str
    machine: Mapping[str, str | int]
    rows: Sequence[Row]

    def as_json(self) -> dict[str, Any]:
        """Return the report in the form that programs read."""
        return {
            "benchmark": self.benchmark,
            "machine": dict(self.machine),
            "rows": [attrs.asdict(row) for row in self.rows],
        }

    def as_table(self) -> Table:
        """Return the report in the form that people read."""
        machine = ", ".join(f"{key} {value}" for key, value in self.machine.items())
        table = Table(title=f"{self.benchmark} ({machine})")
        table.add_column("what")
        table.add_column("ours", justify="right")
        table.add_column("unit")
        table.add_column("baseline", justify="right")
        table.add_column("against")
        table.add_column("ratio", justify="right")
        for row in self.rows:
            table.add_row(
                row.what,
                _number(row.ours),
                row.unit,
                _number(row.baseline),
                row.baseline_name or "",
                "" if row.ratio is None else f"{row.ratio:.2f}",
            )
        return table


def compare(
    what: str,
    ours: Measure,
    baseline: Measure,
    *,
    unit: str,
    baseline_name: str,
    better: Better = "lower",
    rounds: int = 7,
) -> Row:
    """Measure both, alternately, ``rounds`` times each.

    Which of the two goes first changes from round to round, so that neither always finds
    the caches warm.
    """
    pairs: list[tuple[float, float]] = []
    for number in range(rounds):
        if number % 2:
            against = _settled(baseline)
            pairs.append((_settled(ours), against))
        else:
            pairs.append((_settled(ours), _settled(baseline)))
    if better == "lower":
        ratios = [against / mine for mine, against in pairs]
    else:
        ratios = [mine / against for mine, against in pairs]
    return Row(
        what=what,
        ours=statistics.median(mine for mine, _ in pairs),
        unit=unit,
        baseline=statistics.median(against for _, against in pairs),
        baseline_name=baseline_name,
        ratio=statistics.median(ratios),
    )


def alone(what: str, ours: Measure, *, unit: str, rounds: int = 7) -> Row:
    """Measure something that has no baseline."""
    return Row(what=what, ours=statistics.median(_settled(ours) for _ in range(rounds)), unit=unit)


def cpu_ns_per_call(function: Callable[[], object], *, seconds: float = 0.05) -> Measure:
    """Return a measure of the CPU time of one call, taken over about ``seconds`` of calls."""
    calls = 1
    while (elapsed_ns := _cpu_ns(function, calls)) < 1e9 * seconds / 10:
        calls *= 2
    calls = max(1, round(calls * 1e9 * seconds / elapsed_ns))
    return lambda: _cpu_ns(function, calls) / calls


def command(
    benchmark: str, rows: Callable[[bool], Iterable[Row]], *, about: str | None = None
) -> click.Command:
    """Return the command line of a benchmark.

    Args:
        benchmark: its name, as in ``python -m benchmarks.NAME``.
        rows: measures; its argument says whether to be quick rather than exact.
        about: the help text.
    """

    @click.command(name=benchmark, help=about)
    @click.option("--quick", is_flag=True, help="Fewer and shorter rounds: a smoke test.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
    def run(*, quick: bool, as_json: bool) -> None:
        report = Report(benchmark, machine(), list(rows(quick)))
        if as_json:
            click.echo(json.dumps(report.as_json(), indent=2))
        else:
            Console().print(report.as_table())

    return run


def machine() -> dict[str, str | int]:
    """Describe where the numbers come from, as far as it explains them."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": platform.system(),
        "cpu": _cpu_model(),
        "cores": os.cpu_count() or 1,
    }


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _settled(measure: Measure) -> float:
    """Measure without the garbage of whatever ran just before; what is older stays."""
    gc.collect(1)
    return measure()


def _cpu_ns(function: Callable[[], object], calls: int) -> int:
    started_ns = time.thread_time_ns()
    for _ in range(calls):
        function()
    return time.thread_time_ns() - started_ns


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
