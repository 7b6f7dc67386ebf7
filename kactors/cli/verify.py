"""``kactors verify``: does a run repeat, event by event?"""

from pathlib import Path
from typing import IO

import click

from kactors.cli.scenarios import VIOLATED, broken_files_end, dump, is_stdout, json_option
from kactors.scenario.loader import load
from kactors.scenario.verify import verify as verify_scenario

__all__ = ["verify"]


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--seed", type=int, help="Of the runs; 0, or a replay file's own.")
@click.option("--paranoid", is_flag=True, help="Compare with a run that shares no objects, too.")
@json_option
@click.pass_context
def verify(
    context: click.Context,
    scenario: Path,
    seed: int | None,
    json_file: IO[str] | None,
    *,
    paranoid: bool,
) -> None:
    """Run a scenario in interpreters with different hashes, and compare every message.

    Ends with 0 if all runs are the same, with 1 if not, and names the first event that differs.
    """
    with broken_files_end(context):
        loaded = load(scenario)
        chosen = seed if seed is not None else loaded.seed or 0
        found = verify_scenario(scenario, chosen, paranoid=paranoid)
    if json_file is not None:
        said = None if found.difference is None else str(found.difference)
        dump({"same": found.same, "digest": found.digest, "first_difference": said}, json_file)
    if not is_stdout(json_file):
        if found.same:
            click.echo(f"the same: {found.events} events, digest {found.digest}")
        else:
            click.echo(str(found.difference))
    context.exit(0 if found.same else VIOLATED)
