"""``kactors shrink``: the smallest run that fails in the same way."""

from pathlib import Path
from typing import IO

import attrs
import click

from kactors.cli.scenarios import VIOLATED, broken_files_end, dump, is_stdout, json_option
from kactors.cli.shrinking import shrink_file
from kactors.scenario.shrink import RUNS_MAX

__all__ = ["shrink"]


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--seed", type=int, help="Of the failing run; 0, or a replay file's own.")
@click.option(
    "--runs",
    "runs_max",
    type=click.IntRange(min=2),
    default=RUNS_MAX,
    show_default=True,
    help="How many runs it may take.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the replay file; SCENARIO with _shrunk at its end unless given.",
)
@json_option
@click.pass_context
def shrink(
    context: click.Context,
    scenario: Path,
    seed: int | None,
    runs_max: int,
    out: Path | None,
    json_file: IO[str] | None,
) -> None:
    """Shrink a failing run: fewer faults, steps and nodes, milder knobs, a shorter time.

    Writes a replay file. Ends with 1 if the run fails, as it should, and with 0 if it holds.
    """
    with broken_files_end(context):
        found = shrink_file(str(scenario), seed, runs_max)
    if found is None:
        click.echo("nothing to shrink: the run holds", err=True)
        context.exit(0)
    path = out or scenario.with_name(f"{scenario.stem}_shrunk.py")
    path.write_text(found.source, encoding="utf-8")
    if json_file is not None:
        dump({**attrs.asdict(found), "file": str(path)}, json_file)
    if not is_stdout(json_file):
        click.echo(f"{found.signature}: {found.faults} faults left after {found.runs} runs")
        click.echo(f"  {found.text}")
        click.echo(f"  kactors replay {path}")
    context.exit(VIOLATED)
