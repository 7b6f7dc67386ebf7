"""How the hosts of a cluster reach each other: TCP with mutual TLS, on one machine."""

from collections.abc import Callable
from datetime import UTC, datetime

from kactors.cluster.live.data_directory import DataDirectory
from kactors.cluster.live.settings import LiveSettings
from kactors.transport.base import Transport
from kactors.transport.certificate import load_tls
from kactors.transport.tcp import TcpTransport

__all__ = ["transport_of"]


def transport_of(
    data: DataDirectory, settings: LiveSettings, host: str
) -> Callable[[int], Transport]:
    """Return what makes the transport for each life of a host; it listens if it has an endpoint.

    Raises:
        TlsError: its certificate is of no use.
    """
    tls = load_tls(data.pki, host, now=datetime.now(UTC))  # noqa: TID251 - live-only module
    topology, endpoints = settings.topology, settings.endpoints
    # Masters answer nodes and clients where these have called from.
    dialled = topology.master_names if host not in topology.node_names else settings.hosts
    peers = {name: endpoints[name] for name in dialled if name != host}

    def make(incarnation: int) -> Transport:
        return TcpTransport(
            host=host,
            incarnation=incarnation,
            listen=endpoints.get(host),
            peers=peers,
            tls=tls,
        )

    return make
