"""``kactors list``: what there is to run, to break, and to watch."""

from pathlib import Path
from typing import IO

import click

from kactors.cli.scenarios import broken_files_end, dump, is_stdout, json_option
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
@json_option
@click.pass_context
def show_list(context: click.Context, folder: Path, json_file: IO[str] | None) -> None:
    """Show the scenarios of a folder, the kinds of faults, and the oracles."""
    with broken_files_end(context):
        loaded = [load(path) for path in find_files([folder])]
    found = {
        "scenarios": {str(each.path): each.summary for each in loaded},
        "faults": {fault.__name__: _first_line(fault) for fault in FAULTS},
        "oracles": {oracle.name: _first_line(oracle) for oracle in ORACLES},
    }
    if json_file is not None:
        dump(found, json_file)
    if is_stdout(json_file):
        return
    for what, lines in found.items():
        click.echo(f"{what.capitalize()}:")
        for name, line in lines.items():
            click.echo(f"  {name:<40} {line}")


def _first_line(documented: type) -> str:
    return (documented.__doc__ or "").strip().partition("\n")[0]
