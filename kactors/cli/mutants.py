"""``kactors mutants``: how soon does the harness find bugs that were planted?"""

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from typing import IO, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kactors.testing.mutants.campaign import Grade, Try, grade, try_mutant
from kactors.testing.mutants.corpus import Corpus, load_corpus
from kactors.testing.mutants.errors import MutantError
from kactors.testing.mutants.mutant import Mutant


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
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default="one for each core",
    help="Worker processes.",
)
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
@click.option(
    "--json",
    "json_file",
    type=click.File("w", lazy=False),
    help="Write the grades as JSON ('-' for standard output, instead of the table).",
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
) -> None:
    """Plant known bugs one by one, and hunt each with the harness.

    Ends with 0 if every mutant was found in at least half of its tries, else with 1. Ctrl-C
    shows what is known so far.
    """
    try:
        corpus = _load(package)
        chosen = [corpus.named(name) for name in only] or list(corpus.mutants)
    except MutantError as problem:
        raise click.UsageError(str(problem), context) from None
    wanted = [(mutant, seed + count) for count in range(tries) for mutant in chosen]
    done = _hunt(package, wanted, budget, jobs, first=seed, shrink=shrink)
    grades = [grade(mutant, done[mutant.name]) for mutant in chosen if done[mutant.name]]
    if json_file is not None:
        json.dump(as_json(grades, len(chosen)), json_file, indent=2)
        json_file.write("\n")
    if json_file is None or json_file.name != "<stdout>":
        Console().print(as_table(grades))
        click.echo(f"{sum(map(is_found, grades))} of {len(chosen)} mutants found")
    context.exit(0 if len(grades) == len(chosen) and all(map(is_found, grades)) else 1)


def _load(package: str) -> Corpus:
    """Load a corpus that need not be installed: from where the command was called, too."""
    import sys

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
) -> dict[str, list[Try]]:
    """Run all tries; what is known when the user interrupts is returned."""
    done: dict[str, list[Try]] = defaultdict(list)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    pool = ProcessPoolExecutor(jobs, max_tasks_per_child=None)
    try:
        futures: list[Future[Try]] = [
            pool.submit(
                try_mutant, package, mutant.name, seed, budget_s, shrink=shrink and seed == first
            )
            for mutant, seed in wanted
        ]
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("hunting", total=len(futures))
            for future in as_completed(futures):
                result = future.result()
                done[result.mutant].append(result)
                progress.update(task, advance=1, description=f"hunting ({result.mutant})")
    except KeyboardInterrupt:
        click.echo("interrupted: what follows is what is known so far", err=True)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return done


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
    table = Table("#", "mutant", "found", "schedules", "p95", "CPU s", "p95", "shrunk", "by")
    for each in grades:
        table.add_row(
            str(each.number),
            each.name,
            f"{each.found}/{each.tries}",
            f"{each.schedules_median:.0f}",
            f"{each.schedules_p95:.0f}",
            f"{each.cpu_s_median:.1f}",
            f"{each.cpu_s_p95:.1f}",
            "-" if each.shrunk_faults is None else str(each.shrunk_faults),
            "; ".join(text.partition(":")[0] for text in each.invariants) or "-",
            style=None if is_found(each) else "red",
        )
    return table
