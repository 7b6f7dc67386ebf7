"""``kactors up``: a whole cluster on this machine, in real time."""

import json
import signal
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import trio  # noqa: TID251 - a command of the live world
from rich.console import Console

from kactors.cli.kubectl_session import data_option
from kactors.cli.up_display import Display, Lines, Table
from kactors.cluster.errors import InvalidTopology
from kactors.cluster.live.data_directory import DataDirectory
from kactors.cluster.live.errors import ContradictingSettings
from kactors.cluster.live.supervisor import Supervisor, Wanted, supervisor
from kactors.cluster.topology import ETCD_MEMBERS_MAX
from kactors.errors import KactorsError


def parse_knobs(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, Any]:
    """Read ``COMPONENT.NAME=VALUE``; values are JSON, and text if they are not.

    Raises:
        BadParameter: one has another form.
    """
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or "." not in name:
            raise click.BadParameter(f"{text!r} is not COMPONENT.NAME=VALUE", context, parameter)
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


@click.command()
@click.option(
    "--masters", type=click.IntRange(1, ETCD_MEMBERS_MAX), help="Of a new cluster; 3 unless said."
)
@click.option("--nodes", type=click.IntRange(0, 200), help="Of a new cluster; 10 unless said.")
@data_option
@click.option(
    "--set",
    "knobs",
    multiple=True,
    metavar="COMPONENT.NAME=VALUE",
    callback=parse_knobs,
    help="A setting of a component of a new cluster, such as etcd.tick_seconds=0.2.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="One line of JSON for each thing that happens."
)
def up(
    masters: int | None, nodes: int | None, data: Path, knobs: dict[str, Any], *, as_json: bool
) -> None:
    """Run a whole cluster on this machine until Ctrl-C.

    The first time it is made in the directory; after that it goes on from there, with the size
    that it has. One process for each master and one for all nodes; what dies is started again.
    A second Ctrl-C kills everything at once.

    Exit status: 0 after it was stopped in order, 1 if it could not run or was killed, 2 for wrong
    usage.
    """
    wanted = Wanted(masters=masters, nodes=nodes, knobs=knobs)
    console = Console(stderr=False)
    display: Display = Table(console) if console.is_terminal and not as_json else Lines(as_json)

    try:
        with supervisor(DataDirectory(data), wanted, display.show) as cluster, closing(display):
            in_order = trio.run(run, cluster)
    except (ContradictingSettings, InvalidTopology) as problem:
        raise click.UsageError(str(problem)) from problem
    except (KactorsError, OSError) as problem:
        raise click.ClickException(str(problem)) from problem
    sys.exit(0 if in_order else 1)


async def run(cluster: Supervisor) -> bool:
    """Run a cluster until a signal comes; return whether it was stopped in order.

    A second signal does not wait for that.
    """
    in_order = False
    heard = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup ignores it for us
        heard.append(signal.SIGHUP)
    with trio.open_signal_receiver(*heard) as signals:
        async with trio.open_nursery() as nursery:

            async def first() -> str:
                why = signal.Signals(await anext(signals)).name
                nursery.start_soon(second)
                return why

            async def second() -> None:
                await anext(signals)
                nursery.cancel_scope.cancel()

            await cluster.run(first)
            in_order = True
            nursery.cancel_scope.cancel()
    return in_order
