"""``kactors hunt``: many seeds on all cores."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from time import perf_counter  # noqa: TID251 - how long it takes, which no run sees
from typing import IO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kactors.cli.options import jobs_option
from kactors.cli.scenarios import (
    VIOLATED,
    broken_files_end,
    dump,
    is_stdout,
    json_option,
    reference_option,
    report_option,
    seeds_option,
)
from kactors.cli.shrinking import shrink_file
from kactors.cli.workers import Done, in_order, run_jobs
from kactors.scenario.campaign import Campaign, Failure, Run, run_once
from kactors.scenario.loader import find_files, load
from kactors.scenario.report import draw_campaign

__all__ = ["hunt"]

_Job = tuple[str, int]
_PRELOAD = ("kactors.cli.shrinking",)
#: Lines that tell how far a hunt is where no bar can be drawn.
_LINES = 50


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@seeds_option
@jobs_option
@click.option(
    "--replays",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("replays"),
    show_default=True,
    help="Where replay files of failures are written.",
)
@click.option("--shrink", is_flag=True, help="Shrink one run of each kind of failure.")
@reference_option
@json_option
@report_option
@click.pass_context
def hunt(
    context: click.Context,
    paths: tuple[Path, ...],
    seeds: range,
    jobs: int,
    replays: Path,
    json_file: IO[str] | None,
    report: IO[str] | None,
    *,
    shrink: bool,
    reference: bool,
) -> None:
    """Run scenarios, or folders of them, with many seeds, on all cores.

    Runs that fail alike are one failure, with a replay file. A worker that is killed costs its
    run's repetition; Ctrl-C shows what is known so far. Ends with 0 if every run held, with 1 if
    one did not or is missing, and with 2 if a file is broken.
    """
    began = perf_counter()
    with broken_files_end(context):
        files = find_files(paths)
        for path in files:
            load(path)  # a broken one is found now, not after hours
        wanted = [(str(path), seed) for seed in seeds for path in files]
        campaign = Campaign()
        try:
            _hunt(wanted, jobs, campaign, reference=reference)
            if shrink:
                found = dict(zip(map(_name, files), files, strict=True))
                _shrink(campaign, found, jobs, reference=reference)
        except KeyboardInterrupt:
            campaign.complete = False
            click.echo("interrupted: what follows is what is known so far", err=True)
    for failure in campaign.failures.values():
        failure.file = _write(failure, replays)
    wall_s = perf_counter() - began
    if json_file is not None:
        dump(campaign.as_json(wall_s), json_file)
    if report is not None:
        report.write(draw_campaign(campaign, wall_s))
    if not is_stdout(json_file):
        _show(campaign, wall_s)
    context.exit(VIOLATED if campaign.failures or not campaign.complete else 0)


def _name(path: Path) -> str:
    return load(path).scenario.name


def _hunt(wanted: Sequence[_Job], jobs: int, campaign: Campaign, *, reference: bool) -> None:
    """Make all runs; those whose worker dies once more."""
    function = partial(run_once, reference=reference)
    lost = _make_runs(function, wanted, jobs, campaign, "and is run once more")
    again = [wanted[number] for number in lost]
    if again and _make_runs(function, again, jobs, campaign, "again: this run is missing"):
        campaign.complete = False


def _make_runs(
    function: Callable[..., Run], wanted: Sequence[_Job], jobs: int, campaign: Campaign, then: str
) -> list[int]:
    """Add runs to the campaign; return the numbers of those whose worker has died.

    Who waits for hours is told of each new failure at once.
    """
    lost = []
    with closing(run_jobs(function, wanted, jobs, _PRELOAD)) as outcomes:
        for done in _shown(outcomes, len(wanted), "hunting"):
            if done.result is not None:
                failure = campaign.add(done.result)
                if failure is not None:
                    click.echo(_told(failure), err=True)
                continue
            lost.append(done.number)
            path, seed = wanted[done.number]
            click.echo(f"the worker on {path}, seed {seed}, {done.death}, {then}", err=True)
    return lost


def _told(failure: Failure) -> str:
    run = failure.run
    return f"violated by {run.scenario}, seed {run.seed}: {run.text}\n  kactors replay {run.replay}"


def _shown(outcomes: Iterator[Done[Run]], total: int, what: str) -> Iterator[Done[Run]]:
    """Yield outcomes in order, and show how far it is: by lines if there is no terminal."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        every = 0 if progress.console.is_terminal else max(1, total // _LINES)

        def counted() -> Iterator[Done[Run]]:
            for number, done in enumerate(outcomes, start=1):
                progress.update(task, advance=1)
                if every and number % every == 0:
                    click.echo(f"{what}: {number} of {total} runs", err=True)
                yield done

        yield from in_order(counted())


def _shrink(campaign: Campaign, files: dict[str, Path], jobs: int, *, reference: bool) -> None:
    """Shrink one run of each failure."""
    failures = list(campaign.failures.values())
    wanted = [(str(files[failure.run.scenario]), failure.run.seed) for failure in failures]
    function = partial(shrink_file, reference=reference)
    with closing(run_jobs(function, wanted, jobs, _PRELOAD)) as outcomes:
        for done in in_order(outcomes):
            if done.result is not None:
                failure = failures[done.number]
                failure.run = done.result.of(failure.run)
                failure.shrunk_faults = done.result.faults


def _write(failure: Failure, folder: Path) -> Path:
    """Write a failure's replay file; its name says what it is."""
    folder.mkdir(parents=True, exist_ok=True)
    what = re.sub(r"[^a-z0-9]+", "-", failure.run.signature.lower()).strip("-")[:60]
    path = folder / f"{failure.run.scenario}-{failure.run.seed}-{what}.py".replace("-", "_")
    path.write_text(failure.run.source, encoding="utf-8")
    return path


def _show(campaign: Campaign, wall_s: float) -> None:
    failed = campaign.runs - campaign.held
    click.echo(f"{campaign.runs} runs: {campaign.held} held, {failed} violated")
    for failure in campaign.failures.values():
        run = failure.run
        click.echo(f"  {run.scenario}, seed {run.seed}, {failure.count} runs: {run.signature}")
        click.echo(f"    {run.text}")
        click.echo(f"    kactors replay {failure.file}")
    counts = ", ".join(
        f"{kind} {each.felt}/{each.fired}/{each.armed}"
        for kind, each in sorted(campaign.faults.items())
    )
    click.echo(f"faults felt/fired/armed: {counts or 'none'}")
    if campaign.probes_never_hit:
        click.echo(f"probes never hit: {', '.join(campaign.probes_never_hit)}")
    ratio = campaign.virtual_s / wall_s if wall_s else 0.0
    click.echo(f"{campaign.virtual_s:.0f} virtual s in {wall_s:.0f} s: {ratio:.0f} times as fast")
