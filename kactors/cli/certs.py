"""``kactors certs``: an authority and certificates for the hosts of a cluster."""

from datetime import UTC, datetime  # the commands of the live world know what time it is
from pathlib import Path

import click

from kactors.transport.ca import CA_CERTIFICATE, Authority
from kactors.transport.errors import TlsError


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.argument("hosts", nargs=-1, required=True)
@click.option(
    "--name", default="kactors", show_default=True, help="What a new authority is called."
)
def certs(directory: Path, hosts: tuple[str, ...], name: str) -> None:
    """Issue a certificate for each of HOSTS into DIRECTORY.

    The authority is made there, too, if there is none. Whoever can read its key, ca.key, can be
    any host: keep it apart from the hosts once their certificates are issued.
    """
    now = datetime.now(UTC)  # noqa: TID251 - as above
    try:
        if (directory / CA_CERTIFICATE).exists():
            authority = Authority.load(directory)
        else:
            authority = Authority.create(name, now=now)
            authority.save(directory)
            click.echo(f"{directory / CA_CERTIFICATE}: a new authority")
        for host in hosts:
            authority.issue(host, now=now).save(directory)
            click.echo(f"{directory / host}.crt")
    except (TlsError, OSError) as problem:
        raise click.ClickException(str(problem)) from problem
