"""``kactors etcd``: one member of a replicated store, as a process."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import trio  # noqa: TID251 - a command of the live world

from kactors.cli.options import ENDPOINTS, parse_endpoints, tls_for
from kactors.errors import KactorsError
from kactors.etcd.config import (
    DEFAULT_ELECTION_TICKS,
    DEFAULT_TICK_SECONDS,
    MemberConfig,
)
from kactors.etcd.member_url import MemberUrl
from kactors.etcd.process import run_member
from kactors.etcd.quota import DEFAULT_QUOTA_BYTES

#: Small enough to be filled with zeros in a moment.
SEGMENT_BYTES: Final = 16 * 1000 * 1000


def urls_of(endpoints: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the members that ``--initial-cluster`` names, with their URLs."""
    return tuple(
        [
            (name, str(MemberUrl(host=name, endpoint=endpoint)))
            for name, endpoint in endpoints.items()
        ]
    )


@click.command()
@click.option("--name", required=True, help="Of this member, and in its certificate.")
@click.option(
    "--data-dir",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where this member keeps its log and its snapshots.",
)
@click.option(
    "--initial-cluster",
    required=True,
    metavar=ENDPOINTS,
    callback=parse_endpoints,
    help="All members that begin the cluster; or some that are there, and this one.",
)
@click.option(
    "--initial-cluster-state",
    type=click.Choice(["new", "existing"]),
    default="new",
    show_default=True,
    help="'existing' for a member that was added with `kactors etcdctl member add`.",
)
@click.option("--token", default="kactors", show_default=True, help="Tells clusters apart.")
@click.option(
    "--listen",
    metavar="ADDRESS:PORT",
    help="For members and clients; where --initial-cluster says this member is, unless given.",
)
@click.option(
    "--certs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Directory with ca.crt, NAME.crt and NAME.key.",
)
@click.option("--insecure", is_flag=True, help="Do without TLS: anybody may be anybody.")
@click.option(
    "--heartbeat-ms",
    type=click.IntRange(min=1),
    default=round(1000 * DEFAULT_TICK_SECONDS),
    show_default=True,
    help="Between a leader's signs of life.",
)
@click.option(
    "--election-ms",
    type=click.IntRange(min=2),
    default=round(1000 * DEFAULT_TICK_SECONDS * DEFAULT_ELECTION_TICKS),
    show_default=True,
    help="The shortest time without one after which another member stands for election.",
)
@click.option(
    "--snapshot-count",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="Entries between two snapshots.",
)
@click.option(
    "--quota-bytes",
    type=click.IntRange(min=0),
    default=DEFAULT_QUOTA_BYTES,
    show_default=True,
    help="How much the store may hold; 0 is no bound.",
)
@click.option(
    "--corrupt-check-s",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Seconds between two comparisons of the members' data; 0 is never.",
)
@click.option(
    "--preallocate",
    is_flag=True,
    help="Fill the log's files with zeros ahead of time: syncs are faster on some disks.",
)
@click.option(
    "--inline-sync",
    is_flag=True,
    help="Sync on the event loop: faster where the disk is, worse where it stalls.",
)
def etcd(
    name: str,
    data_dir: Path,
    initial_cluster: dict[str, str],
    initial_cluster_state: str,
    token: str,
    listen: str | None,
    certs: Path | None,
    insecure: bool,
    heartbeat_ms: int,
    election_ms: int,
    snapshot_count: int,
    quota_bytes: int,
    corrupt_check_s: float,
    preallocate: bool,
    inline_sync: bool,
) -> None:
    """Run one member of a replicated key-value store until Ctrl-C.

    Exit status: 0 after a signal, 1 if the member cannot go on, 2 for wrong usage.
    """
    tls = tls_for(name, certs, insecure=insecure)
    try:
        config = MemberConfig(
            name=name,
            initial=urls_of(initial_cluster),
            joining=initial_cluster_state == "existing",
            token=token,
            tick_seconds=heartbeat_ms / 1000,
            election_ticks=max(2, -(-election_ms // heartbeat_ms)),
            snapshot_entries=snapshot_count,
            quota_bytes=quota_bytes,
            corruption_seconds=corrupt_check_s,
            segment_bytes=SEGMENT_BYTES,
            preallocate=preallocate,
        )
    except KactorsError as problem:
        raise click.UsageError(str(problem)) from problem

    def log(line: str) -> None:
        now = datetime.now(UTC).strftime("%H:%M:%S.%f")[:-3]  # noqa: TID251 - live only
        click.echo(f"{now} {name}: {line}", err=True)

    async def run() -> str | None:
        return await run_member(
            config, data_dir, tls=tls, log=log, listen=listen, inline_sync=inline_sync
        )

    try:
        why = trio.run(run)
    except (KactorsError, OSError) as problem:
        raise click.ClickException(str(problem)) from problem
    if why is not None:
        raise click.ClickException(why)
    log("stopped")
