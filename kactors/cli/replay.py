"""``kactors replay``: a run again, from its token or its file."""

from pathlib import Path
from typing import IO

import click

from kactors.cli.scenarios import (
    VIOLATED,
    broken_files_end,
    dump,
    is_stdout,
    json_option,
    report_option,
    show,
    write_report,
)
from kactors.scenario.build import build_id
from kactors.scenario.errors import UnknownToken
from kactors.scenario.loader import LoadedScenario, load, located
from kactors.scenario.outcome import Outcome
from kactors.scenario.run import run
from kactors.scenario.token import Token

__all__ = ["replay"]


@click.command()
@click.argument("what", metavar="FILE|TOKEN")
@click.option(
    "--scenarios",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("scenarios"),
    show_default=True,
    help="Where the scenarios that tokens name are.",
)
@json_option
@report_option
@click.pass_context
def replay(
    context: click.Context,
    what: str,
    folder: Path,
    json_file: IO[str] | None,
    report: IO[str] | None,
) -> None:
    """Make a run again: from a replay file, or from the token that a run has printed.

    A token is exact on the build that printed it; a file has the faults themselves. Another build
    is warned of. Ends as `kactors run` does.
    """
    with broken_files_end(context):
        if Path(what).is_file():
            loaded, seed, expected = load(Path(what)), 0, None
            _warn(loaded.build)
            seed = loaded.seed or 0
        else:
            token = Token.parse(what)
            loaded, seed, expected = _named(folder, token.scenario), token.seed, token
            _warn(token.build)
        with located(loaded.path, loaded.source):
            outcome, _ = run(loaded.scenario, seed)
    _warn_of_plan(outcome, expected)
    write_report(outcome, report)
    if json_file is not None:
        dump(outcome.as_json(), json_file)
    if not is_stdout(json_file):
        show(outcome)
    context.exit(VIOLATED if outcome.violations else 0)


def _named(folder: Path, name: str) -> LoadedScenario:
    path = folder / f"{name.replace('-', '_')}.py"
    if not path.is_file():
        raise UnknownToken(
            f"the token is of the scenario {name!r}, and there is no {path}: "
            "say with --scenarios where it is, or give the replay file"
        )
    return load(path)


def _warn(build: str) -> None:
    if build and build != build_id():
        click.echo(
            f"warning: this was run by kactors {build}, and this is {build_id()}: "
            "what happens after the same faults may differ",
            err=True,
        )


def _warn_of_plan(outcome: Outcome, expected: Token | None) -> None:
    if expected is not None and Token.parse(outcome.replay).plan != expected.plan:
        click.echo(
            "warning: the scenario, or what is drawn for this seed, is not what it was: "
            "this is another run",
            err=True,
        )
