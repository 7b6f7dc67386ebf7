"""What became of the corpus of planted bugs: for programs, for a terminal, and for the docs."""

from collections.abc import Sequence
from typing import Any, Literal

import attrs
from rich.table import Table

from kactors.scenario.planted import REPLAYS, Catch

__all__ = ["as_json", "as_markdown", "as_table"]

_HEAD = ("bug", "scenario", "seed", "runs", "faults", "shrunk", "replayed", "CPU s", "broken")


def as_json(catches: Sequence[Catch], of: int) -> dict[str, Any]:
    """Return the JSON object of ``--json``; ``docs/corpus.md`` describes it."""
    return {
        "bugs": [
            {**attrs.asdict(each), "caught": each.caught, "cpu_s": round(each.cpu_s, 1)}
            for each in catches
        ],
        "caught": sum(each.caught for each in catches),
        "of": of,
    }


def as_table(catches: Sequence[Catch]) -> Table:
    """Return what a person reads."""
    table = Table()
    for name in _HEAD:
        words = name in {"bug", "scenario", "broken"}
        justify: Literal["left", "right"] = "left" if words else "right"
        least = 24 if name == "broken" else None
        table.add_column(name, justify=justify, no_wrap=name == "bug", min_width=least)
    for each in catches:
        table.add_row(*_cells(each), style=None if each.caught else "red")
    return table


def as_markdown(catches: Sequence[Catch]) -> str:
    """Return the table of ``docs/corpus.md``."""
    rule = ("---", "---", "--:", "--:", "--:", "--:", "--:", "--:", "---")
    rows = [[text.replace("|", "\\|") for text in _cells(each)] for each in catches]
    return "".join(f"| {' | '.join(row)} |\n" for row in (_HEAD, rule, *rows))


def _cells(each: Catch) -> tuple[str, ...]:
    return (
        each.id,
        each.scenario,
        _or_none(each.seed),
        str(each.runs),
        _or_none(each.faults),
        _or_none(each.shrunk_faults),
        f"{each.replayed}/{REPLAYS}" + ("" if each.holds_without or each.seed is None else "!"),
        f"{each.cpu_s:.0f}",
        each.signature or f"not found: {each.breaks}",
    )


def _or_none(number: int | None) -> str:
    return "-" if number is None else str(number)
