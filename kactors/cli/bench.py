"""``kactors bench scheduler``: pods a second, in the form of upstream's scheduler_perf."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

import attrs
import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from kactors.bench.cases import CASES, workload_of
from kactors.bench.config import LabelFilter, Workload, read_config
from kactors.bench.data_items import as_data_items
from kactors.bench.errors import BenchError, NoWorkload
from kactors.bench.record import Record
from kactors.bench.run import METERS, run_workload
from kactors.cli.options import json_file_option

__all__ = ["bench"]

NODES: Final = 500
PODS: Final = 1000
_UPSTREAM_FILTER: Final = "performance"


@attrs.define
class _Session:
    """What has been run so far.

    Attributes:
        records: one for each workload that was begun.
        problems: what was wrong with the results, in words.
        complete: all came to their end.
    """

    records: list[Record] = attrs.field(factory=list)
    problems: list[str] = attrs.field(factory=list)
    complete: bool = True


@click.group()
def bench() -> None:
    """Measure how fast things are."""


@bench.command()
@click.option("--nodes", type=click.IntRange(min=1), help=f"How many nodes.  [default: {NODES}]")
@click.option("--pods", type=click.IntRange(min=1), help=f"Pods to measure.  [default: {PODS}]")
@click.option("--case", type=click.Choice(list(CASES)), help="Which pods.  [default: basic]")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file in scheduler_perf's form, instead of --nodes, --pods and --case.",
)
@click.option("--workload", help="Of the file: CASE, or CASE/WORKLOAD.")
@click.option(
    "--label-filter",
    help="Workloads of the file that have these labels ('x') and not those ('-x'), with commas "
    f"between.  [default: {_UPSTREAM_FILTER}, unless --workload is given]",
)
@click.option(
    "--meter",
    type=click.Choice(list(METERS)),
    default="algorithm",
    show_default=True,
    help="The scheduler's core alone; or with apiserver, etcd, and watches.",
)
@click.option(
    "--masters",
    type=click.IntRange(1, 7),
    default=1,
    show_default=True,
    help="End to end: members of etcd, and apiservers.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of all that is chance.")
@json_file_option("Write perfdash's DataItems ('-' for standard output, instead of the table).")
@click.pass_context
def scheduler(
    context: click.Context,
    nodes: int | None,
    pods: int | None,
    case: str | None,
    config: Path | None,
    workload: str | None,
    label_filter: str | None,
    meter: str,
    masters: int,
    seed: int,
    json_file: IO[str] | None,
) -> None:
    """Measure how many pods a second the scheduler gives nodes.

    Ends with 0 if the pods are where they may be, with 1 if they are not or not all was run, and
    with 2 if what was asked for cannot be run. Ctrl-C shows what is known so far.
    """
    try:
        if config is None:
            if workload is not None or label_filter is not None:
                raise click.UsageError("--workload and --label-filter choose from a --config FILE")
            chosen = [workload_of(case or "basic", nodes or NODES, pods or PODS)]
        else:
            if (nodes, pods, case) != (None, None, None):
                raise click.UsageError("--config says how many nodes and pods, and which")
            chosen = _choose(config, workload, label_filter)
    except BenchError as problem:
        raise click.UsageError(str(problem), context) from None
    session = _run(chosen, meter, masters, seed)
    if json_file is not None:
        items = [item for record in session.records for item in record.items()]
        json.dump(as_data_items(items), json_file, indent=2)
        json_file.write("\n")
    if json_file is None or json_file.name != "<stdout>":
        Console().print(_table(session.records))
    for violation in session.problems:
        click.echo(violation, err=True)
    context.exit(0 if session.complete and not session.problems else 1)


def _choose(config: Path, name: str | None, labels: str | None) -> list[Workload]:
    """Return the workloads of a file that are asked for.

    Raises:
        BenchError: the file is broken, or there is none.
    """
    known = read_config(config)
    default = "" if name is not None else _UPSTREAM_FILTER
    matches = LabelFilter.parse(default if labels is None else labels)
    chosen = [
        each for each in known if matches(each.labels) and name in {None, each.case, each.title}
    ]
    if not chosen:
        titles = ", ".join(each.title for each in known)
        raise NoWorkload(
            f"{config}: no workload is asked for: choose with --workload or --label-filter among "
            f"{titles}"
        )
    return chosen


def _run(chosen: Sequence[Workload], meter: str, masters: int, seed: int) -> _Session:
    """Run all workloads; what is known when the user interrupts is returned."""
    session = _Session()
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            for workload in chosen:
                task = progress.add_task(workload.title, total=workload.pods)
                record = Record(workload, meter)
                session.records.append(record)

                def tell(count: int, task: TaskID = task) -> None:
                    progress.update(task, completed=count)

                found = run_workload(record, tell, seed=seed, masters=masters)
                session.problems += [f"{workload.title}: {each}" for each in found]
    except KeyboardInterrupt:
        session.complete = False
        click.echo("interrupted: what follows is what is known so far", err=True)
    return session


def _table(records: Sequence[Record]) -> Table:
    """Show one row for each workload; ratios are of CPU time, which others do not spoil."""
    table = Table(title="pods scheduled a second")
    table.add_column("workload", overflow="fold")
    for name in ("pods", "wall", "CPU", "baseline (CPU)", "ratio", "upstream's CI"):
        table.add_column(name, justify="right")
    for record in records:
        throughput, baseline = record.throughput, record.baseline
        if throughput is None or not throughput.count:
            continue
        threshold = record.workload.threshold
        table.add_row(
            f"{record.workload.title}, {record.meter}",
            f"{throughput.count:,}",
            f"{throughput.buckets()['Average']:,.0f}",
            f"{record.pods_per_cpu_second:,.0f}",
            "" if baseline is None else f"{baseline.name}: {baseline.rate:,.0f}",
            "" if baseline is None else f"{record.pods_per_cpu_second / baseline.rate:,.2f}",
            "" if threshold is None else f"{threshold:,.0f}",
        )
    return table
