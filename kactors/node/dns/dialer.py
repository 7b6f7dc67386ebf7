"""Connects to names, as programs in containers do: look it up, then try its addresses."""

from kactors.node.dns.resolver import Asker, ResolvConf, Resolver
from kactors.node.errors import ConnectionFailed
from kactors.node.proxy.dataplane import Connection, DataPlane
from kactors.runtime import Random, current_time

__all__ = ["Dialer"]


class Dialer:
    """Connects to names from one pod, or from a node itself.

    Args:
        network: of the node.
        asker: asks the DNS servers.
        conf: what the container is told about names.
        random: chooses where to begin among several addresses, as CoreDNS's ``loadbalance`` does.
        source_ip: of the pod; the node's own unless given.
    """

    def __init__(
        self,
        network: DataPlane,
        asker: Asker,
        conf: ResolvConf,
        random: Random,
        source_ip: str = "",
    ) -> None:
        self._network = network
        self._resolver = Resolver(conf, network, asker, source_ip)
        self._random = random
        self._source_ip = source_ip

    async def connect(
        self, name: str, port: int, *, protocol: str = "TCP", seconds: float = 1.0
    ) -> Connection:
        """Connect to one of the addresses of a name.

        Args:
            name: short, longer, or in full with a dot at its end.
            port: whereto.
            protocol: TCP, UDP or SCTP.
            seconds: how long to try, all addresses together; looking up the name has its own time.

        Raises:
            NoSuchName: nobody has the name.
            LookupFailed: no server has answered, or none has addresses.
            ConnectionRefused, ConnectionTimedOut: the last address that was tried said so.
        """
        addresses = await self._resolver.addresses(name)
        first = self._random.below(len(addresses)) if len(addresses) > 1 else 0
        until = current_time() + seconds
        for number, ip in enumerate((*addresses[first:], *addresses[:first]), 1):
            # Each of those that are left has its share, as with Go's dialer.
            share = (until - current_time()) / (len(addresses) - number + 1)
            try:
                return await self._network.connect(
                    ip, port, source_ip=self._source_ip, protocol=protocol, seconds=share
                )
            except ConnectionFailed:
                if number == len(addresses):
                    raise
        raise AssertionError("the last try returns or raises")
