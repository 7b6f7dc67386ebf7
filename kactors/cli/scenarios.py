"""What the commands that run scenarios share."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from kactors.cli.options import json_file_option
from kactors.scenario.errors import BrokenFile, ScenarioError
from kactors.scenario.outcome import Outcome
from kactors.scenario.report import draw

__all__ = [
    "BROKEN",
    "VIOLATED",
    "broken_files_end",
    "dump",
    "is_stdout",
    "json_option",
    "reference_option",
    "seeds_option",
    "show",
]

#: Exit statuses: something did not hold, ...
VIOLATED = 1
#: ... and a file is broken, or the command was not used as it is meant.
BROKEN = 2

json_option = json_file_option("Write the result as JSON ('-' for standard output).")

reference_option = click.option(
    "--reference",
    is_flag=True,
    help="Compare each end with that of the run without faults, which takes as long again.",
)


def _seeds(context: click.Context, parameter: click.Parameter, value: str) -> range:
    """Read ``A:B``, the seeds from A up to but not including B, or one seed."""
    found = re.fullmatch(r"(\d+)(?::(\d+))?", value)
    if found is None or (found[2] and int(found[2]) <= int(found[1])):
        raise click.BadParameter(
            f"{value!r}: give A:B with A below B, such as 0:100", context, parameter
        )
    first = int(found[1])
    return range(first, int(found[2]) if found[2] else first + 1)


seeds_option = click.option(
    "--seeds",
    callback=_seeds,
    default="0:20",
    show_default=True,
    metavar="A:B",
    help="From A up to, not including, B.",
)

report_option = click.option(
    "--report",
    type=click.File("w", encoding="utf-8", lazy=False),
    help="Draw what was run: an HTML page that needs nothing else.",
)


@contextmanager
def broken_files_end(context: click.Context) -> Iterator[None]:
    """End the command with status 2 and a message that names file and line."""
    try:
        yield
    except BrokenFile as problem:
        click.echo(f"Error: {problem}", err=True)
        context.exit(BROKEN)
    except ScenarioError as problem:
        raise click.UsageError(str(problem), context) from None


def is_stdout(file: IO[str] | None) -> bool:
    """Tell whether a file of an option is standard output, which then is for it alone."""
    return file is not None and file.name == "<stdout>"


def show(outcome: Outcome) -> None:
    """Print what became of a run, for people."""
    symbol = "held" if outcome.verdict == "held" else "VIOLATED"
    click.echo(f"{outcome.scenario.name}, seed {outcome.seed}: {symbol}")
    for violation in outcome.violations:
        click.echo(f"  {violation.at_s:8.1f} s  {violation.text}")
    for goal in outcome.goals:
        mark = "yes" if goal.met else " no"
        when = "" if goal.at_s is None else f" ({goal.at_s:g} s)"
        click.echo(f"  {mark}  {goal.name}{when}")
    faults = ", ".join(
        f"{kind} {counts.felt}/{counts.fired}/{counts.armed}"
        for kind, counts in outcome.faults.items()
    )
    click.echo(f"  faults felt/fired/armed: {faults or 'none'}")
    click.echo(
        f"  {outcome.virtual_s:.0f} virtual s in {outcome.wall_s:.1f} s, {outcome.ratio:.0f} times "
        f"as fast; {outcome.events} messages, digest {outcome.digest}"
    )
    click.echo(f"  replay: {outcome.replay}")


def dump(value: Any, file: IO[str]) -> None:
    """Write JSON and a line's end."""
    json.dump(value, file, indent=2)
    file.write("\n")


def write_report(outcome: Outcome, file: IO[str] | None) -> None:
    """Draw a run, if somebody has asked for it."""
    if file is not None:
        file.write(draw(outcome))
