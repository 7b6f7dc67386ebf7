"""``kactors get``: objects are shown."""

import time  # noqa: TID251 - a command of the live world: objects have an age
from pathlib import Path

import attrs
import click

from kactors.api.errors import NotFound
from kactors.api.objects import Object
from kactors.cli.kubectl_session import data_option, namespace_option, refusal, run, timeout_option
from kactors.client.rest import Client
from kactors.cluster.live.kubectl.apply import client_of
from kactors.cluster.live.kubectl.errors import BadName
from kactors.cluster.live.kubectl.follow import follow
from kactors.cluster.live.kubectl.names import Asked, parse_names
from kactors.cluster.live.kubectl.output import Form, Printer, document


@attrs.frozen(kw_only=True)
class Query:
    """Which objects, and in which form.

    Attributes:
        namespace: of the objects; ``None`` for all.
        labels, fields: selectors.
        form: see there.
    """

    namespace: str | None
    labels: str
    fields: str
    form: Form

    def where(self, asked: Asked) -> str:
        """Return the namespace to ask in; empty for all, and for kinds that have none."""
        return (self.namespace or "") if asked.resource.namespaced else ""

    def printer(self, asked: Asked, *, prefix: bool) -> Printer:
        """Return what puts the objects into lines."""
        return Printer(
            asked.resource,
            wide=self.form is Form.WIDE,
            namespaces=self.namespace is None and asked.resource.namespaced,
            prefix=prefix,
        )


async def read(client: Client, query: Query, asked: Asked) -> tuple[list[Object], int, bool]:
    """Return the objects, their revision if they were listed, and whether all were found."""
    objects = client_of(client, asked.resource)
    if not asked.names:
        listed = await objects.list(
            query.where(asked), label_selector=query.labels, field_selector=query.fields
        )
        return [_complete(obj, asked) for obj in listed.items], listed.revision, True
    found: list[Object] = []
    for name in asked.names:
        try:
            found.append(_complete(await objects.get(name, query.where(asked)), asked))
        except NotFound as problem:
            click.echo(f"Error: {refusal(problem)}", err=True)
    return found, 0, len(found) == len(asked.names)


def _complete(obj: Object, asked: Asked) -> Object:
    """Return an object that says what it is, before anything else."""
    resource = asked.resource
    return {"apiVersion": resource.api_version, "kind": resource.kind, **obj}


def show_tables(query: Query, found: list[tuple[Asked, list[Object]]]) -> None:
    """Write a table for each resource of which there is something."""
    shown = [(asked, objects) for asked, objects in found if objects]
    for place, (asked, objects) in enumerate(shown):
        printer = query.printer(asked, prefix=len(found) > 1)
        if place:
            click.echo()
        click.echo("\n".join(printer.lines(objects, time.time_ns())))
    if not shown:
        where = "" if query.namespace is None else f" in {query.namespace} namespace"
        if not any(asked.resource.namespaced for asked, _ in found):
            where = ""
        click.echo(f"No resources found{where}.", err=True)


def show(query: Query, found: list[tuple[Asked, list[Object]]], *, single: bool) -> None:
    """Write what was found: a single object as it is, several in a List."""
    objects = [obj for _, each in found for obj in each]
    if query.form is Form.NAME:
        for asked, each in found:
            for obj in each:
                click.echo(Printer(asked.resource).name(obj))
    elif not query.form.tabular:
        if single and objects:
            click.echo(document(objects[0], query.form), nl=False)
        elif not single:
            whole = {"apiVersion": "v1", "kind": "List", "items": objects}
            click.echo(document(whole, query.form), nl=False)
    elif objects or not any(asked.names for asked, _ in found):
        show_tables(query, found)


async def watch(client: Client, query: Query, asked: Asked) -> None:
    """Show the objects, and then every change of one, until interrupted."""
    fields = query.fields
    if asked.names:
        fields = ",".join(filter(None, (fields, f"metadata.name={asked.names[0]}")))
    objects = client_of(client, asked.resource)
    where = query.where(asked)
    listed = await objects.list(where, label_selector=query.labels, field_selector=fields)
    printer = query.printer(asked, prefix=False)

    def show_some(some: list[Object]) -> None:
        if query.form.tabular:
            click.echo("\n".join(printer.lines(some, time.time_ns())))
            return
        for obj in some:
            named = query.form is Form.NAME
            click.echo(printer.name(obj) if named else document(obj, query.form), nl=named)

    show_some([_complete(obj, asked) for obj in listed.items])
    async for event in follow(
        objects, where, revision=listed.revision, label_selector=query.labels, field_selector=fields
    ):
        show_some([_complete(event.object, asked)])


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="KIND[,KIND...] [NAME...] | KIND/NAME...")
@namespace_option
@click.option("-A", "--all-namespaces", is_flag=True, help="Objects of all namespaces.")
@click.option("-l", "--selector", "labels", default="", help="Labels: a=b,c!=d,e in (f,g),!h.")
@click.option("--field-selector", "fields", default="", help="Fields: status.phase=Running.")
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice([form.value for form in Form]),
    default=Form.TABLE.value,
    show_default=True,
    help="In which form.",
)
@click.option("-w", "--watch", "watches", is_flag=True, help="Go on with what happens to them.")
@data_option
@timeout_option
def get(
    words: tuple[str, ...],
    namespace: str,
    all_namespaces: bool,
    labels: str,
    fields: str,
    form: str,
    watches: bool,
    data: Path,
    timeout: float,
) -> None:
    """Show objects: all of one kind or of several, or those of some names.

    Exit status: 0, 1 if one was not found or the cluster refuses, 2 for wrong usage.
    """
    query = Query(
        namespace=None if all_namespaces else namespace or "default",
        labels=labels,
        fields=fields,
        form=Form(form),
    )

    async def story(client: Client) -> bool:
        asked = parse_names(words)
        named = any(each.names for each in asked)
        if named and all_namespaces:
            raise BadName("an object has its name in one namespace: say which, instead of -A")
        if named and (labels or fields):
            raise BadName("give names or selectors, not both")
        if watches:
            if len(asked) != 1 or len(asked[0].names) > 1:
                raise BadName("only one kind, or one object, can be watched")
            await watch(client, query, asked[0])
        found, complete = [], True
        for each in asked:
            objects, _, all_there = await read(client, query, each)
            found.append((each, objects))
            complete = complete and all_there
        single = len(asked) == 1 and len(asked[0].names) == 1
        show(query, found, single=single)
        return complete

    run(data, timeout, story)
