"""``kactors raft``: hunts bugs of the Raft core, and shows one schedule closely."""

import json
import time  # noqa: TID251 - a command of the live world reports how long it took
from contextlib import closing
from pathlib import Path
from typing import IO, Any

import attrs
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kactors.cli.options import jobs_option, json_file_option
from kactors.cli.workers import in_order, run_jobs
from kactors.raft.trace import TraceEvent, ndjson
from kactors.testing.raft.effect import Tally
from kactors.testing.raft.hunt import Hunt, hunt, nth_schedule
from kactors.testing.raft.minimise import minimise
from kactors.testing.raft.run import run
from kactors.testing.raft.schedule import Kind, Schedule
from kactors.testing.raft.survive import explain

#: After these a disk may hold a part of what one step wrote.
_PARTLY_WRITTEN = frozenset({Kind.CRASH_AT_STEP, Kind.POWER_LOSS, Kind.TORN_WRITE})
#: Schedules of one job: some seconds of work.
_SLICE = 50


@attrs.define
class _Campaign:
    """What is known so far.

    Attributes:
        total: the sum over all slices.
        cpu_s: what they took.
        lost: ``(first, behind the last)`` schedule of slices whose workers died.
        interrupted: the user did not want to wait.
    """

    total: Hunt = attrs.field(factory=Hunt)
    cpu_s: float = 0.0
    lost: list[tuple[int, int]] = attrs.field(factory=list)
    interrupted: bool = False


@click.group()
def raft() -> None:
    """Test the Raft core under random storms of faults."""


@raft.command("hunt")
@click.option("--schedules", type=click.IntRange(min=1), default=2000, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Names the series.")
@jobs_option
@click.option(
    "--pages",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="Where the diagrams of failures are written.",
)
@json_file_option("Write the outcome as JSON ('-' for standard output, instead of the text).")
@click.pass_context
def hunt_command(
    context: click.Context,
    schedules: int,
    seed: int,
    jobs: int,
    pages: Path,
    json_file: IO[str] | None,
) -> None:
    """Run many schedules; stop at the first that breaks a property, and explain it.

    Ends with 0 if all were run and hold, and every kind of fault was felt, else with 1. Ctrl-C
    shows what is known so far.
    """
    began = time.perf_counter()
    campaign = _hunt(seed, schedules, jobs)
    total = campaign.total
    explanation = ""
    if total.found is not None:
        explanation = str(explain(minimise(total.found.schedule), pages=pages))
    body = as_json(campaign, time.perf_counter() - began, explanation)
    if json_file is not None:
        json.dump(body, json_file, indent=2)
        json_file.write("\n")
    if json_file is None or json_file.name != "<stdout>":
        click.echo(as_text(body, explanation))
    complete = not campaign.interrupted and not campaign.lost
    context.exit(0 if complete and total.found is None and not total.tally.silent else 1)


def _hunt(seed: int, schedules: int, jobs: int) -> _Campaign:
    """Run the hunt in slices, in order, until one finds something or the user interrupts."""
    campaign = _Campaign()
    starts = range(0, schedules, _SLICE)
    slices = [(seed, start, min(start + _SLICE, schedules)) for start in starts]
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    try:
        with (
            Progress(*columns, console=Console(stderr=True), transient=True) as progress,
            closing(run_jobs(_hunt_slice, slices, jobs)) as outcomes,
        ):
            task = progress.add_task("hunting", total=schedules)
            for outcome in in_order(outcomes):
                _, start, end = slices[outcome.number]
                if outcome.result is None:
                    campaign.lost.append((start, end))
                    text = f"the worker on schedules {start} to {end - 1} {outcome.death}"
                    click.echo(f"{text}; they count for nothing", err=True)
                else:
                    part, seconds = outcome.result
                    merge(campaign.total, part)
                    campaign.cpu_s += seconds
                progress.update(task, advance=end - start)
                if campaign.total.found is not None:
                    break
    except KeyboardInterrupt:
        campaign.interrupted = True
        click.echo("interrupted: what follows is what is known so far", err=True)
    return campaign


def _hunt_slice(seed: int, start: int, end: int) -> tuple[Hunt, float]:
    began = time.process_time()
    return hunt(seed, range(start, end)), time.process_time() - began


def merge(total: Hunt, part: Hunt) -> None:
    """Add one slice to the sum."""
    for name in ("schedules", "virtual_ns", "steps", "acknowledged", "served"):
        setattr(total, name, getattr(total, name) + getattr(part, name))
    total.tally.add(part.tally)
    total.found = total.found or part.found


def as_json(campaign: _Campaign, wall_s: float, explanation: str) -> dict[str, Any]:
    """Return the JSON object of ``--json``."""
    total, cpu_s = campaign.total, campaign.cpu_s
    return {
        "schedules": total.schedules,
        "violated": 0 if total.found is None else 1,
        "violation": None if total.found is None else str(total.found.violation),
        "explanation": explanation or None,
        "virtual_h": round(total.virtual_ns / 3.6e12, 3),
        "cpu_s": round(cpu_s, 3),
        "wall_s": round(wall_s, 3),
        "schedules_per_cpu_s": round(total.schedules / cpu_s, 2) if cpu_s else None,
        "steps": total.steps,
        "acknowledged": total.acknowledged,
        "served": total.served,
        "faults": faults_json(total.tally),
        "never_felt": [kind.value for kind in total.tally.silent],
        "interrupted": campaign.interrupted,
        "lost": [list(part) for part in campaign.lost],
    }


def faults_json(tally: Tally) -> dict[str, dict[str, int]]:
    """Return the counts of each kind of fault."""
    return {kind.value: attrs.asdict(count) for kind, count in tally.counts.items()}


def as_text(body: dict[str, Any], explanation: str) -> str:
    """Return what the command says to a person."""
    summary = (
        f"{body['schedules']} schedules, {body['virtual_h']} virtual hours, "
        f"{body['cpu_s']} s of CPU time ({body['schedules_per_cpu_s']} schedules a second), "
        f"{body['acknowledged']} writes and {body['served']} reads answered"
    )
    lines = [
        summary,
        f"{'fault':22}{'armed':>9}{'fired':>9}{'felt':>9}",
    ]
    lines.extend(
        f"{kind:22}{counts['armed']:9}{counts['fired']:9}{counts['felt']:9}"
        for kind, counts in body["faults"].items()
    )
    if body["never_felt"]:
        lines.append(f"never felt, so never tested: {', '.join(body['never_felt'])}")
    lines.extend(f"schedules {a} to {b - 1} were lost: run them again" for a, b in body["lost"])
    lines.append(explanation or "no property was broken")
    return "\n".join(lines)


@raft.command("replay")
@click.argument("number", type=click.IntRange(min=0))
@click.option("--seed", type=int, default=0, show_default=True, help="Names the series.")
@click.option(
    "--trace",
    type=click.File("w", lazy=False),
    help="Write what the members do as NDJSON, for etcd/raft's TLA+ trace specification.",
)
@click.option("--shrink/--no-shrink", default=True, show_default=True)
@click.option(
    "--pages",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="Where the diagram of a failure is written.",
)
@click.pass_context
def replay(
    context: click.Context,
    number: int,
    seed: int,
    trace: IO[str] | None,
    *,
    shrink: bool,
    pages: Path,
) -> None:
    """Run schedule NUMBER of a hunt again; explain it if it breaks a property."""
    schedule = nth_schedule(seed, number)

    def write(event: TraceEvent) -> None:
        if trace is not None:
            trace.write(ndjson(event) + "\n")

    outcome = run(schedule, observe=write if trace is not None else None)
    if trace is not None and (unknown := unknown_to_the_specification(schedule)):
        click.echo(f"the trace specification knows no {', no '.join(unknown)}", err=True)
    if outcome.violation is None:
        click.echo(f"{schedule}\nheld for {outcome.virtual_ns / 1e9:.3f} s, {outcome.steps} steps")
        return
    click.echo(str(explain(minimise(schedule) if shrink else schedule, pages=pages)))
    context.exit(1)


def unknown_to_the_specification(schedule: Schedule) -> list[str]:
    """Return what a run of ``schedule`` may do that ``Traceetcdraft.tla`` does not explain."""
    kinds = {fault.kind for fault in schedule.faults}
    return [
        name
        for name, used in (
            ("pre-vote", schedule.knobs.pre_vote),
            ("joint configurations", Kind.CHANGE in kinds),
            ("member that loses its disk", Kind.WIPE in kinds),
            ("partly written disk", not kinds.isdisjoint(_PARTLY_WRITTEN)),
        )
        if used
    ]
