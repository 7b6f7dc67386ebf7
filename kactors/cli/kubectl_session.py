"""What ``kactors apply``, ``delete`` and ``get`` share: where the cluster is, and how they end."""

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import trio  # noqa: TID251 - commands of the live world

from kactors.api.errors import ApiError
from kactors.cli.options import client_name
from kactors.client.errors import ClientError
from kactors.client.rest import Client
from kactors.cluster.live.access import connect
from kactors.cluster.live.data_directory import DataDirectory
from kactors.cluster.live.kubectl.errors import BadName
from kactors.errors import KactorsError

__all__ = ["DEFAULT_DATA", "data_option", "namespace_option", "refusal", "run", "timeout_option"]

DEFAULT_DATA = "kactors-data"

CommandT = TypeVar("CommandT", bound=Callable[..., Any])
Story = Callable[[Client], Awaitable[bool]]

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_DATA,
    envvar="KACTORS_DATA",
    show_default=True,
    help="The directory in which the cluster lives.",
)
namespace_option = click.option(
    "-n", "--namespace", default="", help="Of the objects; 'default' unless said."
)
timeout_option = click.option(
    "--request-timeout",
    "timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help="Seconds for one request to the apiservers.",
)


def run(data: Path, timeout: float, story: Story) -> None:
    """Be a client of the cluster for as long as ``story`` takes; exit with 1 if it returns False.

    Raises:
        UsageError: what was asked for makes no sense.
        ClickException: there is no cluster, or it refuses.
    """
    directory = DataDirectory(data)

    async def play(host: str) -> bool:
        async with connect(directory, host, timeout=timeout) as (_, client):
            return await story(client)

    try:
        directory.settings()  # says best what is wrong if there is no cluster
        with client_name(directory.pki, None) as host:
            succeeded = trio.run(functools.partial(play, host))
    except BadName as problem:
        raise click.UsageError(str(problem)) from problem
    except (ApiError, ClientError) as problem:
        raise click.ClickException(refusal(problem)) from problem
    except (KactorsError, OSError) as problem:
        raise click.ClickException(str(problem)) from problem
    except KeyboardInterrupt:
        raise click.exceptions.Exit(130) from None
    if not succeeded:
        raise click.exceptions.Exit(1)


def refusal(problem: Exception) -> str:
    """Return what went wrong, as kubectl says it."""
    if isinstance(problem, ApiError):
        return f"from server ({problem.reason or problem.code}): {problem}"
    return str(problem)
