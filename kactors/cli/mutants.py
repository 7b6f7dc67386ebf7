"""``kactors mutants``: how soon does the harness find bugs that were planted?"""

import json
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from typing import IO

import attrs
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kactors.cli.mutants_report import as_json, as_markdown, as_table, is_found
from kactors.cli.options import jobs_option, json_file_option
from kactors.cli.workers import run_jobs
from kactors.testing.mutants.campaign import Try, grade, try_mutant
from kactors.testing.mutants.corpus import Corpus, load_corpus
from kactors.testing.mutants.errors import MutantError
from kactors.testing.mutants.mutant import Mutant


@attrs.define
class _Campaign:
    """What is known so far.

    Attributes:
        done: the tries of each mutant, by its name.
        complete: every try ended by itself.
        problem: what the harness itself has failed with, which ended the campaign.
    """

    done: dict[str, list[Try]] = attrs.field(factory=lambda: defaultdict(list))
    complete: bool = True
    problem: Exception | None = None


@click.command()
@click.option(
    "--budget",
    type=click.FloatRange(min=0.1),
    default=300.0,
    show_default=True,
    help="CPU seconds for each try.",
)
@click.option(
    "--tries",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Independent series of schedules for each mutant.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the first series.")
@click.option("--only", multiple=True, metavar="NAME", help="Hunt this mutant; may be repeated.")
@jobs_option
@click.option(
    "--corpus",
    "package",
    default="tests.mutants",
    show_default=True,
    help="The package whose modules plant bugs.",
)
@click.option(
    "--shrink/--no-shrink",
    default=True,
    show_default=True,
    help="Minimise the first schedule that finds a mutant.",
)
@json_file_option("Write the grades as JSON ('-' for standard output, instead of the table).")
@click.option(
    "--markdown",
    type=click.File("w", lazy=False),
    help="Write the table of docs/mutants.md ('-' for standard output, instead of the table).",
)
@click.pass_context
def mutants(
    context: click.Context,
    budget: float,
    tries: int,
    seed: int,
    only: tuple[str, ...],
    jobs: int,
    package: str,
    *,
    shrink: bool,
    json_file: IO[str] | None,
    markdown: IO[str] | None,
) -> None:
    """Plant known bugs one by one, and hunt each with the harness.

    Ends with 0 if every mutant was found in at least half of its tries, with 1 if one was not or
    the campaign is not complete, and with 2 if there is no such corpus. Ctrl-C shows what
    is known so far.
    """
    try:
        corpus = _load(package)
        chosen = [corpus.named(name) for name in only] or list(corpus.mutants)
        for mutant in chosen:
            with mutant.apply():
                pass  # one that does not fit the code is found now, not after hours
    except MutantError as problem:
        raise click.UsageError(str(problem), context) from None
    wanted = [(mutant, seed + count) for count in range(tries) for mutant in chosen]
    campaign = _hunt(package, wanted, budget, jobs, first=seed, shrink=shrink)
    done = campaign.done
    grades = [grade(mutant, done[mutant.name]) for mutant in chosen if done[mutant.name]]
    if json_file is not None:
        json.dump(as_json(grades, len(chosen)), json_file, indent=2)
        json_file.write("\n")
    if markdown is not None:
        markdown.write(as_markdown(grades))
    if all(file is None or file.name != "<stdout>" for file in (json_file, markdown)):
        Console().print(as_table(grades))
        click.echo(f"{sum(map(is_found, grades))} of {len(chosen)} mutants found")
    if campaign.problem is not None:
        raise campaign.problem
    held = campaign.complete and len(grades) == len(chosen) and all(map(is_found, grades))
    context.exit(0 if held else 1)


def _load(package: str) -> Corpus:
    """Load a corpus that need not be installed: from where the command was called, too."""
    if "" not in sys.path and os.getcwd() not in sys.path:  # noqa: PTH109 - as Python itself
        sys.path.insert(0, os.getcwd())  # noqa: PTH109
    return load_corpus(package)


def _hunt(
    package: str,
    wanted: Sequence[tuple[Mutant, int]],
    budget_s: float,
    jobs: int,
    *,
    first: int,
    shrink: bool,
) -> _Campaign:
    """Run all tries; what is known when the user interrupts is returned."""
    campaign = _Campaign()
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    arguments = [
        (package, mutant.name, seed, budget_s, shrink and seed == first) for mutant, seed in wanted
    ]
    try:
        with (
            Progress(*columns, console=Console(stderr=True), transient=True) as progress,
            closing(run_jobs(_try, arguments, jobs)) as outcomes,
        ):
            task = progress.add_task("hunting", total=len(arguments))
            for outcome in outcomes:
                mutant, seed = wanted[outcome.number]
                if outcome.result is None:
                    campaign.complete = False
                    text = f"the worker on {mutant.name}, series {seed}, {outcome.death}"
                    click.echo(f"{text}; this try counts for nothing", err=True)
                else:
                    campaign.done[mutant.name].append(outcome.result)
                progress.update(task, advance=1, description=f"hunting ({mutant.name})")
    except KeyboardInterrupt:
        campaign.complete = False
        click.echo("interrupted: what follows is what is known so far", err=True)
    except Exception as problem:  # noqa: BLE001 - raised again once what is known is written
        campaign.complete = False
        campaign.problem = problem
    return campaign


def _try(package: str, name: str, seed: int, budget_s: float, shrink: bool) -> Try:
    return try_mutant(package, name, seed, budget_s, shrink=shrink)
