"""The way into a cluster on one machine, for commands and for its supervisor."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from kactors.actors.live_world import LiveWorld
from kactors.actors.system_asker import SystemAsker
from kactors.client.config import ClientConfig
from kactors.client.rest import Client
from kactors.cluster.addresses import apiservers
from kactors.cluster.live import identities
from kactors.cluster.live.data_directory import DataDirectory
from kactors.cluster.live.wires import transport_of

__all__ = ["Access", "connect"]


class Access(NamedTuple):
    """What somebody has who is in.

    Attributes:
        asker: asks any actor.
        client: asks the apiservers, as somebody who may do everything.
    """

    asker: SystemAsker
    client: Client


@asynccontextmanager
async def connect(
    data: DataDirectory, host: str, *, timeout: float = 30.0
) -> AsyncIterator[Access]:
    """Be a host of the cluster that only asks, within trio.

    Args:
        data: of the cluster.
        host: whose certificate to show; two that are there at one time need two.
        timeout: seconds for one call.

    Raises:
        LiveClusterError, TlsError: the directory does not hold what it must.
    """
    settings = data.settings()
    replicas = apiservers(settings.topology)
    token = identities.admin_token(data.pki)
    # Who waits for less long than a replica is waited for would never ask another one.
    config = ClientConfig(
        replicas=replicas,
        token=token,
        timeout=timeout,
        read_timeout=min(5.0, timeout / 2),
        write_timeout=min(10.0, timeout),
    )
    async with LiveWorld() as world:
        machine = world.add_host(host, transport_of(data, settings, host))
        asker = SystemAsker(machine.system, host)
        yield Access(asker, Client.connect(asker, config))
