"""CoreDNS as what runs in a container: it asks the apiservers with the token mounted there.

Source: client-go rest ``InClusterConfig``; coredns plugin/kubernetes.
"""

from collections.abc import Iterable
from typing import Final

from kactors.client.config import ClientConfig
from kactors.node.dns.server import DnsServer
from kactors.node.errors import NoSuchContainer
from kactors.node.network import Program, ProgramContext
from kactors.transport.envelope import Address

__all__ = ["COREDNS", "MountedToken", "coredns"]

#: The image by which `kactors.node.network.NodeNetwork` knows the program.
COREDNS: Final = "registry.k8s.io/coredns/coredns"
_TOKEN_PATH: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a path


class MountedToken:
    """The token of a container's service account, read from its volume before each request.

    The kubelet renews the file; a container that is going uses what it has read last.

    Args:
        context: of the program.
    """

    def __init__(self, context: ProgramContext) -> None:
        self._read_file = context.read_file
        self._text = ""

    def __call__(self) -> str:
        """Return the token; empty, which is nobody's, if none was ever mounted."""
        try:
            self._text = self._read_file(_TOKEN_PATH).decode()
        except (NoSuchContainer, FileNotFoundError):
            return self._text
        return self._text


def coredns(replicas: Iterable[Address], zone: str = "cluster.local") -> Program:
    """Return CoreDNS as a program.

    Args:
        replicas: addresses of the apiservers.
        zone: under which the cluster's names are.
    """
    addresses = tuple(replicas)

    def program(context: ProgramContext) -> DnsServer:
        token = MountedToken(context)
        return DnsServer(ClientConfig(replicas=addresses, token=token), zone)

    return program
