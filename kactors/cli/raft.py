"""``kactors raft``: hunts bugs of the Raft core, and shows one schedule closely."""

import json
import os
import time  # noqa: TID251 - a command of the live world reports how long it took
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import IO, Any

import attrs
import click

from kactors.raft.trace import TraceEvent, ndjson
from kactors.testing.raft.effect import Tally
from kactors.testing.raft.hunt import Hunt, hunt, nth_schedule
from kactors.testing.raft.minimise import minimise
from kactors.testing.raft.run import run
from kactors.testing.raft.survive import explain

_SLICE = 50


@click.group()
def raft() -> None:
    """Test the Raft core under random storms of faults."""


@raft.command("hunt")
@click.option("--schedules", type=click.IntRange(min=1), default=2000, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Names the series.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default="one for each core",
    help="Worker processes.",
)
@click.option(
    "--pages",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="Where the diagrams of failures are written.",
)
@click.option(
    "--json",
    "json_file",
    type=click.File("w", lazy=False),
    help="Write the outcome as JSON ('-' for standard output, instead of the text).",
)
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

    Ends with 0 if all hold and every kind of fault was felt, else with 1.
    """
    began = time.perf_counter()
    total, cpu_s = Hunt(), 0.0
    for part, seconds in _parts(seed, schedules, jobs):
        merge(total, part)
        cpu_s += seconds
        if total.found is not None:
            break
    explanation = ""
    if total.found is not None:
        explanation = str(explain(minimise(total.found.schedule), pages=pages))
    body = as_json(total, cpu_s, time.perf_counter() - began, explanation)
    if json_file is not None:
        json.dump(body, json_file, indent=2)
        json_file.write("\n")
    if json_file is None or json_file.name != "<stdout>":
        click.echo(as_text(body, explanation))
    context.exit(0 if total.found is None and not total.tally.silent else 1)


def _parts(seed: int, schedules: int, jobs: int) -> Iterator[tuple[Hunt, float]]:
    """Yield the hunt in slices, in order."""
    slices = [
        (seed, start, min(start + _SLICE, schedules)) for start in range(0, schedules, _SLICE)
    ]
    with ProcessPoolExecutor(jobs) as pool:
        try:
            yield from pool.map(_hunt_slice, slices)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _hunt_slice(part: tuple[int, int, int]) -> tuple[Hunt, float]:
    seed, start, end = part
    began = time.process_time()
    return hunt(seed, range(start, end)), time.process_time() - began


def merge(total: Hunt, part: Hunt) -> None:
    """Add one slice to the sum."""
    for name in ("schedules", "virtual_ns", "steps", "acknowledged", "served"):
        setattr(total, name, getattr(total, name) + getattr(part, name))
    total.tally.add(part.tally)
    total.found = total.found or part.found


def as_json(total: Hunt, cpu_s: float, wall_s: float, explanation: str) -> dict[str, Any]:
    """Return the JSON object of ``--json``."""
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
    if outcome.violation is None:
        click.echo(f"{schedule}\nheld for {outcome.virtual_ns / 1e9:.3f} s, {outcome.steps} steps")
        return
    click.echo(str(explain(minimise(schedule) if shrink else schedule, pages=pages)))
    context.exit(1)
