"""``kactors corpus``: do the oracles and goals see bugs that were found in the wild?"""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kactors.cli.corpus_report import as_json, as_markdown, as_table
from kactors.cli.options import jobs_option
from kactors.cli.scenarios import (
    VIOLATED,
    broken_files_end,
    dump,
    is_stdout,
    json_option,
    seeds_option,
)
from kactors.cli.workers import run_jobs
from kactors.scenario.errors import NothingPlanted
from kactors.scenario.planted import Catch, Planted, catch, load_planted
from kactors.testing.ddmin import ddmin

__all__ = ["corpus"]

_PRELOAD = ("kactors.cli.corpus",)


@click.command()
@click.option("--only", multiple=True, metavar="ID", help="Hunt this bug; may be repeated.")
@seeds_option
@jobs_option
@click.option(
    "--corpus",
    "package",
    default="tests.corpus",
    show_default=True,
    help="The package whose modules plant bugs.",
)
@click.option(
    "--replays",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the replay files there.",
)
@json_option
@click.option(
    "--markdown",
    type=click.File("w", lazy=False),
    help="Write the table of docs/corpus.md ('-' for standard output, instead of the table).",
)
@click.pass_context
def corpus(
    context: click.Context,
    only: tuple[str, ...],
    seeds: range,
    jobs: int,
    package: str,
    replays: Path | None,
    json_file: IO[str] | None,
    markdown: IO[str] | None,
) -> None:
    """Plant bugs found in the wild one by one, and hunt each with its scenario.

    Each is looked for with one seed after the other; the run that shows it is shrunk, replayed
    three times from its file, and run without the bug. Ends with 0 if all were caught, with 1 if
    one was not, and with 2 if there is no such corpus.
    """
    with broken_files_end(context):
        chosen = _chosen(package, only)
        for planted in chosen:
            with planted.apply():
                pass  # one that does not fit the code is found now, not after hours
        with tempfile.TemporaryDirectory() as scratch:
            folder = replays or Path(scratch)
            folder.mkdir(parents=True, exist_ok=True)
            wanted = [(package, each.id, seeds, folder) for each in chosen]
            catches = list(_hunt(wanted, jobs))
    if json_file is not None:
        dump(as_json(catches, len(chosen)), json_file)
    if markdown is not None:
        markdown.write(as_markdown(catches))
    if not is_stdout(json_file) and not is_stdout(markdown):
        Console().print(as_table(catches))
        click.echo(f"{sum(each.caught for each in catches)} of {len(chosen)} bugs caught")
    held = len(catches) == len(chosen) and all(each.caught for each in catches)
    context.exit(0 if held else VIOLATED)


def _chosen(package: str, only: Sequence[str]) -> list[Planted]:
    """Return the bugs that are asked for, of a corpus that need not be installed."""
    here = os.getcwd()  # noqa: PTH109 - as Python itself
    if "" not in sys.path and here not in sys.path:
        sys.path.insert(0, here)
    known = {each.id: each for each in load_planted(package)}
    for name in only:
        if name not in known:
            raise NothingPlanted(f"no bug is called {name!r}; there are {', '.join(known)}")
    return [known[name] for name in only or known]


def _hunt(wanted: Sequence[tuple[str, str, range, Path]], jobs: int) -> Iterator[Catch]:
    """Yield what became of each bug, in the order of the corpus; who dies is left out."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    found: dict[int, Catch] = {}
    try:
        with (
            Progress(*columns, console=Console(stderr=True), transient=True) as progress,
            closing(run_jobs(_catch, wanted, jobs, _PRELOAD)) as outcomes,
        ):
            task = progress.add_task("hunting", total=len(wanted))
            for done in outcomes:
                if done.result is not None:
                    found[done.number] = done.result
                else:
                    click.echo(f"the worker on {wanted[done.number][1]} {done.death}", err=True)
                progress.update(task, advance=1)
    except KeyboardInterrupt:
        click.echo("interrupted: what follows is what is known so far", err=True)
    for number in sorted(found):
        yield found[number]


def _catch(package: str, name: str, seeds: range, folder: Path) -> Catch:
    """Catch one bug, in a process of its own."""
    (planted,) = _chosen(package, (name,))
    return catch(planted, seeds, ddmin, folder)
