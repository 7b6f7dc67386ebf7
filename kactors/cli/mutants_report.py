"""What a campaign against planted bugs found: for programs, for a terminal, and for the docs."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from kactors.testing.mutants.campaign import Grade

__all__ = ["as_json", "as_markdown", "as_table", "is_found"]


def is_found(result: Grade) -> bool:
    """Answer whether a mutant counts as found: in at least half of its tries."""
    return 2 * result.found >= result.tries


def as_json(grades: Sequence[Grade], of: int) -> dict[str, Any]:
    """Return the JSON object of ``--json``; ``docs/mutants.md`` describes it."""
    return {
        "mutants": [
            {
                "name": each.name,
                "number": each.number,
                "found": is_found(each),
                "tries": each.tries,
                "tries_found": each.found,
                "schedules_median": each.schedules_median,
                "schedules_p95": each.schedules_p95,
                "cpu_s_median": round(each.cpu_s_median, 3),
                "cpu_s_p95": round(each.cpu_s_p95, 3),
                "shrunk_faults": each.shrunk_faults,
                "shrunk": each.shrunk,
                "invariants": list(each.invariants),
                "source": each.source,
            }
            for each in grades
        ],
        "found": sum(map(is_found, grades)),
        "of": of,
    }


def as_table(grades: Sequence[Grade]) -> Table:
    """Return what a person reads."""
    table = Table()
    for name in ("#", "mutant", "found", "schedules", "p95", "CPU s", "p95", "faults", "broken"):
        words = name in ("mutant", "broken")
        table.add_column(name, justify="left" if words else "right", no_wrap=name == "mutant")
    for each in grades:
        table.add_row(*_cells(each), style=None if is_found(each) else "red")
    return table


def as_markdown(grades: Sequence[Grade]) -> str:
    """Return the table of ``docs/mutants.md``, which stands between its ``table`` comments."""
    head = ("row", "mutant", "found", "schedules", "p95", "CPU s", "p95", "faults", "broken")
    rule = ("--:", "---", "--:", "--:", "--:", "--:", "--:", "--:", "---")
    rows = [
        [text.replace("|", "\\|") for text in (number, f"`{name}`", *rest)]
        for number, name, *rest in map(_cells, grades)
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, rule, *rows))


def _cells(each: Grade) -> tuple[str, ...]:
    return (
        str(each.number),
        each.name,
        f"{each.found}/{each.tries}",
        f"{each.schedules_median:.0f}",
        f"{each.schedules_p95:.0f}",
        f"{each.cpu_s_median:.1f}",
        f"{each.cpu_s_p95:.1f}",
        "-" if each.shrunk_faults is None else str(each.shrunk_faults),
        "; ".join(dict.fromkeys(text.partition(":")[0] for text in each.invariants)) or "-",
    )
