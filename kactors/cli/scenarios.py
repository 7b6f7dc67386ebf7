"""What the commands that run scenarios share."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from kactors.scenario.errors import BrokenFile, ScenarioError
from kactors.scenario.outcome import Outcome

__all__ = [
    "BROKEN",
    "VIOLATED",
    "broken_files_end",
    "dump",
    "is_stdout",
    "json_option",
    "show",
]

#: Exit statuses: something did not hold, ...
VIOLATED = 1
#: ... and a file is broken, or the command was not used as it is meant.
BROKEN = 2

json_option = click.option(
    "--json",
    "json_file",
    type=click.File("w", lazy=False),
    help="Write the result as JSON ('-' for standard output).",
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
