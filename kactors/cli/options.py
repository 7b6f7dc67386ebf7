"""Options that several commands share, and how they are read."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from kactors.errors import KactorsError
from kactors.transport.certificate import load_tls
from kactors.transport.tcp import split_endpoint
from kactors.transport.tls import TlsConfig

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

#: Certificates for clients are called so, with a number: each running client needs its own.
CLIENT_PREFIX: Final = "client-"
#: How members are written on the command line.
ENDPOINTS: Final = "NAME=ADDRESS:PORT,..."

#: How many processes share the work of a command.
jobs_option: Final = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default="one for each core",
    help="Worker processes.",
)


def json_file_option(what: str) -> Callable[[CommandT], CommandT]:
    """Return the option ``--json FILE``, given to the command as ``json_file``."""
    return click.option("--json", "json_file", type=click.File("w", lazy=False), help=what)


def parse_endpoints(
    context: click.Context, parameter: click.Parameter, value: str
) -> dict[str, str]:
    """Read ``NAME=ADDRESS:PORT`` of one or more members, separated by commas.

    Raises:
        BadParameter: it has another form.
    """
    found: dict[str, str] = {}
    for part in value.split(","):
        name, equals, endpoint = part.strip().partition("=")
        problem = None if name and equals else f"{part!r} is not NAME=ADDRESS:PORT"
        if name in found:
            problem = f"{name!r} stands there twice"
        try:
            split_endpoint(endpoint)
        except KactorsError as wrong:
            problem = problem or str(wrong)
        if problem is not None:
            raise click.BadParameter(problem, context, parameter)
        found[name] = endpoint
    return found


def tls_for(host: str, certs: Path | None, *, insecure: bool) -> TlsConfig | None:
    """Return the TLS of a host; None if it was asked to do without.

    Raises:
        UsageError: neither was said, or both.
        ClickException: the certificates are of no use.
    """
    if (certs is None) is not insecure:
        raise click.UsageError(
            "say where the certificates are with --certs DIRECTORY (`kactors certs` makes them), "
            "or --insecure to do without; not both"
        )
    if certs is None:
        return None
    try:
        return load_tls(certs, host, now=datetime.now(UTC))  # noqa: TID251 - live only
    except KactorsError as problem:
        raise click.ClickException(str(problem)) from problem


@contextmanager
def client_name(certs: Path | None, name: str | None) -> Iterator[str]:
    """Yield the name of this process' host: a given one, or one that no other process has.

    Two clients at one time must not have one name: the members would take the second for a later
    life of the first. So each takes a certificate ``client-N`` that nobody else has locked.

    Raises:
        ClickException: all are taken, or there are none.
    """
    if name is not None:
        yield name
        return
    if certs is None:
        yield f"{CLIENT_PREFIX}{os.getpid()}"
        return
    keys = sorted(certs.glob(f"{CLIENT_PREFIX}*.key"))
    for key in keys:
        with key.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield key.stem
            return
    raise click.ClickException(
        f"no free certificate {CLIENT_PREFIX}N in {certs} ({len(keys)} are there): issue more with "
        f"`kactors certs {certs} {CLIENT_PREFIX}{len(keys)}`"
    )
