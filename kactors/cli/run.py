"""``kactors run``: one scenario, once."""

import json
from pathlib import Path
from typing import IO

import attrs
import click

from kactors.cli.scenarios import (
    VIOLATED,
    broken_files_end,
    dump,
    is_stdout,
    json_option,
    reference_option,
    report_option,
    show,
    write_report,
)
from kactors.evidence.chrome import write_chrome
from kactors.evidence.trace import Recorder, write_lines
from kactors.scenario.loader import load, located
from kactors.scenario.outcome import Outcome
from kactors.scenario.run import Options
from kactors.scenario.run import run as run_scenario

__all__ = ["run"]


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--seed", type=int, help="Decides all chance; 0, or a replay file's own.")
@json_option
@report_option
@click.option(
    "--trace",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what happened, as JSON lines; for https://ui.perfetto.dev if it ends in .json.",
)
@click.option(
    "--timeline",
    type=click.File("w", lazy=False),
    help="Write the run second by second, as JSON: all that a report is drawn from.",
)
@click.option("--paranoid", is_flag=True, help="Let no two actors share a decoded object.")
@reference_option
@click.pass_context
def run(
    context: click.Context,
    scenario: Path,
    seed: int | None,
    json_file: IO[str] | None,
    report: IO[str] | None,
    trace: Path | None,
    timeline: IO[str] | None,
    *,
    paranoid: bool,
    reference: bool,
) -> None:
    """Run a scenario in virtual time and say whether everything held.

    Ends with 0 if it did, with 1 if something was violated, and with 2 if the file is broken.
    """
    with broken_files_end(context):
        loaded = load(scenario)
        chosen = seed if seed is not None else loaded.seed or 0
        with located(loaded.path, loaded.source):
            options = Options(paranoid=paranoid, trace=trace is not None, reference=reference)
            outcome, recorder = run_scenario(loaded.scenario, chosen, options)
    if trace is not None and recorder is not None:
        _write_trace(recorder, trace)
    if timeline is not None:
        json.dump(attrs.asdict(outcome.timeline), timeline)
    write_report(outcome, report)
    _tell(outcome, json_file)
    context.exit(VIOLATED if outcome.violations else 0)


def _tell(outcome: Outcome, json_file: IO[str] | None) -> None:
    if json_file is not None:
        dump(outcome.as_json(), json_file)
    if not is_stdout(json_file):
        show(outcome)


def _write_trace(recorder: Recorder, path: Path) -> None:
    writer = write_chrome if path.suffix == ".json" else write_lines
    with path.open("w", encoding="utf-8") as file:
        writer(recorder.records, file)
