"""``kactors list``: what there is to run, to break, and to watch."""

from pathlib import Path

import click

from kactors.cli.scenarios import broken_files_end
from kactors.faults import FAULTS
from kactors.scenario.loader import find_files, load
from kactors.scenario.oracles import ORACLES

__all__ = ["show_list"]


@click.command("list")
@click.option(
    "--scenarios",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("scenarios"),
    show_default=True,
    help="Where scenario files are.",
)
@click.pass_context
def show_list(context: click.Context, folder: Path) -> None:
    """Show the scenarios of a folder, the kinds of faults, and the oracles."""
    with broken_files_end(context):
        loaded = [load(path) for path in find_files([folder])]
    click.echo("Scenarios:")
    for each in loaded:
        click.echo(f"  {each.path!s:<40} {each.summary}")
    click.echo("Faults:")
    for fault in FAULTS:
        click.echo(f"  {fault.__name__:<40} {_first_line(fault)}")
    click.echo("Oracles:")
    for oracle in ORACLES:
        click.echo(f"  {oracle.name:<40} {_first_line(oracle)}")


def _first_line(documented: type) -> str:
    return (documented.__doc__ or "").strip().partition("\n")[0]
