"""``kactors delete``: objects go."""

from pathlib import Path

import click

from kactors.api.errors import ApiError, NotFound
from kactors.api.meta import name_of, namespace_of
from kactors.api.resource import Resource
from kactors.cli.kubectl_session import (
    data_option,
    namespace_option,
    refusal,
    run,
    timeout_option,
)
from kactors.client.errors import ClientError
from kactors.client.rest import Client
from kactors.cluster.live.kubectl.apply import client_of
from kactors.cluster.live.kubectl.delete import delete_object, until_gone
from kactors.cluster.live.kubectl.errors import BadName
from kactors.cluster.live.kubectl.manifests import label_of, read_manifests
from kactors.cluster.live.kubectl.names import parse_names

Target = tuple[Resource, str, str]


def targets_of(files: tuple[str, ...], words: tuple[str, ...], namespace: str) -> list[Target]:
    """Return resource, name and namespace of each object that is to go, the last one first.

    Raises:
        BadName, BadManifest: nobody knows what is meant.
    """
    if bool(files) == bool(words):
        raise BadName("say what to delete, by -f FILE or by KIND NAME...; not both")
    if files:
        read = [each for file in files for each in read_manifests(file, namespace)]
        return [
            (each.resource, name_of(each.obj), namespace_of(each.obj)) for each in reversed(read)
        ]
    found: list[Target] = []
    for asked in parse_names(words):
        if not asked.names:
            raise BadName(f"say which of the {asked.resource.plural}: KIND NAME...")
        where = (namespace or "default") if asked.resource.namespaced else ""
        found += [(asked.resource, name, where) for name in asked.names]
    return found


@click.command()
@click.argument("words", nargs=-1, metavar="[KIND NAME... | KIND/NAME...]")
@click.option("-f", "--filename", "files", multiple=True, metavar="FILE", help="As of apply.")
@click.option("--ignore-not-found", is_flag=True, help="What is not there is no error.")
@click.option("--wait/--no-wait", default=True, help="Wait until they are gone.", show_default=True)
@namespace_option
@data_option
@timeout_option
def delete(
    words: tuple[str, ...],
    files: tuple[str, ...],
    ignore_not_found: bool,
    wait: bool,
    namespace: str,
    data: Path,
    timeout: float,
) -> None:
    """Delete objects, those of files in the opposite order.

    Exit status: 0 if all are gone, 1 if not, 2 for wrong usage.
    """

    async def story(client: Client) -> bool:
        succeeded = True
        going = []
        for resource, name, where in targets_of(files, words, namespace):
            objects = client_of(client, resource)
            try:
                uid = await delete_object(objects, name, where)
            except (ApiError, ClientError) as problem:
                if not (ignore_not_found and isinstance(problem, NotFound)):
                    click.echo(f"Error: {refusal(problem)}", err=True)
                    succeeded = False
            else:
                kind, _, name = label_of(resource, name).partition("/")
                click.echo(f'{kind} "{name}" deleted')
                going.append((objects, name, where, uid))
        if wait:
            for each in going:
                await until_gone(*each)
        return succeeded

    run(data, timeout, story)
