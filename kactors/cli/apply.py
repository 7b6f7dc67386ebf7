"""``kactors apply``: objects become as files say."""

from pathlib import Path

import click

from kactors.api.errors import ApiError
from kactors.cli.kubectl_session import (
    data_option,
    namespace_option,
    refusal,
    run,
    timeout_option,
)
from kactors.client.errors import ClientError
from kactors.client.rest import Client
from kactors.cluster.live.kubectl.apply import apply_manifest
from kactors.cluster.live.kubectl.manifests import read_manifests


@click.command()
@click.option(
    "-f",
    "--filename",
    "files",
    multiple=True,
    required=True,
    metavar="FILE",
    help="YAML or JSON; a directory of such files; - for standard input.",
)
@namespace_option
@data_option
@timeout_option
def apply(files: tuple[str, ...], namespace: str, data: Path, timeout: float) -> None:
    """Create or change objects so that they are as FILE says.

    What an earlier apply said and this one does not say is removed; what others have said stays.
    Nothing is done before all files have been read.

    Exit status: 0 if all objects are as they should be, 1 if not, 2 for wrong usage.
    """

    async def story(client: Client) -> bool:
        manifests = [each for file in files for each in read_manifests(file, namespace)]
        if not manifests:
            raise click.ClickException("there are no objects in what was given")
        succeeded = True
        for manifest in manifests:
            try:
                done = await apply_manifest(client, manifest)
            except (ApiError, ClientError) as problem:
                click.echo(f"Error: {manifest.place}: {refusal(problem)}", err=True)
                succeeded = False
            else:
                click.echo(f"{manifest.label} {done}")
        return succeeded

    run(data, timeout, story)
