"""``kactors etcdctl``: a small client of a store that `kactors etcd` runs."""

from pathlib import Path

import click

from kactors.cli import etcdctl_cluster, etcdctl_keys, etcdctl_lease
from kactors.cli.control import Control
from kactors.cli.options import ENDPOINTS, client_name, parse_endpoints, tls_for
from kactors.etcd.client import DEFAULT_TIMEOUT


@click.group()
@click.option(
    "--endpoints",
    required=True,
    metavar=ENDPOINTS,
    callback=parse_endpoints,
    envvar="KACTORS_ETCD_ENDPOINTS",
    help="Members to begin with; also in KACTORS_ETCD_ENDPOINTS.",
)
@click.option(
    "--certs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="KACTORS_ETCD_CERTS",
    help="Directory with ca.crt and client-N.crt, client-N.key; also in KACTORS_ETCD_CERTS.",
)
@click.option("--insecure", is_flag=True, help="Do without TLS.")
@click.option("--client", "name", help="The name in this client's certificate, if not client-N.")
@click.option("--timeout", type=float, default=DEFAULT_TIMEOUT, show_default=True, help="Seconds.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object on each line.")
@click.pass_context
def etcdctl(
    context: click.Context,
    endpoints: dict[str, str],
    certs: Path | None,
    insecure: bool,
    name: str | None,
    timeout: float,
    as_json: bool,
) -> None:
    """Talk to a store.

    Exit status: 0 done, 1 refused, 2 wrong usage, 3 sent but of unknown outcome, 4 nobody answered
    and nothing was done.
    """
    host = context.with_resource(client_name(certs, name))
    tls = tls_for(host, certs, insecure=insecure)
    context.obj = Control(endpoints, as_json, host, tls, timeout)


for _command in (*etcdctl_keys.COMMANDS, etcdctl_lease.lease, *etcdctl_cluster.COMMANDS):
    etcdctl.add_command(_command)
