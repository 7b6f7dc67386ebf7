"""``kactors check``: is a recorded history linearizable?"""

import json
import time  # noqa: TID251 - a command of the live world reports how long it took
from pathlib import Path
from typing import IO

import click

from kactors.checking.drawing import draw
from kactors.checking.errors import MalformedHistory
from kactors.checking.fields import Json
from kactors.checking.history import parse_history, to_json
from kactors.checking.linearizability import DEFAULT_BUDGET, Check, Verdict
from kactors.checking.linearizability import check as check_history
from kactors.cli.options import json_file_option

#: The exit status for each verdict; 2 is left to wrong usage and unreadable histories.
EXIT_STATUS = {Verdict.LINEARIZABLE: 0, Verdict.NOT_LINEARIZABLE: 1, Verdict.UNKNOWN: 3}


@click.command()
@click.argument("history", type=click.File("rb"))
@json_file_option("Write the outcome as JSON ('-' for standard output, instead of the text).")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write an HTML page that draws the failure.",
)
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    default=DEFAULT_BUDGET,
    show_default=True,
    help="Steps of search after which the answer is 'unknown'.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds after which the answer is 'unknown', whatever the budget.",
)
@click.pass_context
def check(
    context: click.Context,
    history: IO[bytes],
    json_file: IO[str] | None,
    report: Path | None,
    budget: int,
    time_limit: float | None,
) -> None:
    """Tell whether HISTORY is linearizable ('-' reads standard input).

    HISTORY has one operation on each line, as JSON; docs/histories.md says how. Exit status: 0
    linearizable, 1 not linearizable, 2 wrong usage or a malformed history, 3 unknown because the
    budget or the time ended first.
    """
    began = time.perf_counter()
    end = float("inf") if time_limit is None else began + time_limit
    try:
        operations = list(parse_history(history))
    except MalformedHistory as problem:
        raise click.UsageError(f"{history.name}: {problem}", context) from None
    outcome = check_history(operations, budget=budget, stop=lambda: time.perf_counter() > end)
    wall_s = time.perf_counter() - began
    if report is not None:
        _write_report(report, draw(outcome, title=history.name), context)
    if json_file is not None:
        json.dump(outcome_json(outcome, wall_s), json_file, indent=2)
        json_file.write("\n")
    if json_file is None or json_file.name != "<stdout>":
        click.echo(outcome_text(outcome, report))
    context.exit(EXIT_STATUS[outcome.verdict])


def _write_report(path: Path, page: str, context: click.Context) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise click.UsageError(
            f"the report cannot be written to {path}: {reason}", context
        ) from None


def outcome_json(outcome: Check, wall_s: float) -> dict[str, Json]:
    """Return the JSON object of ``--json``, documented in ``docs/histories.md``."""
    failure = outcome.failure
    return {
        "verdict": str(outcome.verdict),
        "operations": outcome.operations,
        "wall_s": round(wall_s, 6),
        "steps": outcome.steps,
        "parts": outcome.parts,
        "undecided": outcome.undecided,
        "failure": None
        if failure is None
        else {
            "blocked": to_json(failure.blocked),
            "until_ns": failure.until_ns,
            "prefix": [to_json(operation) for operation in failure.prefix],
            "linearization": [to_json(operation) for operation in failure.linearization],
            "state": failure.state,
        },
    }


def outcome_text(outcome: Check, report: Path | None) -> str:
    """Return what the command says to a person."""
    lines = [f"{outcome.verdict}: {outcome.operations} operations"]
    if outcome.failure is not None:
        lines.append(str(outcome.failure))
        drawn = "--report FILE.html draws it" if report is None else f"drawn in {report}"
        lines.append(f"the shortest prefix has {len(outcome.failure.prefix)} operations; {drawn}")
    if outcome.undecided:
        lines.append(
            f"{outcome.undecided} of {outcome.parts} independent parts were not decided in "
            f"{outcome.steps} steps: raise --budget, or record fewer concurrent operations on a key"
        )
    return "\n".join(lines)
