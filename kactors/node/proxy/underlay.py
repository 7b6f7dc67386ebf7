"""The network under the pods' network: which host gets the packets for an address."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Protocol

__all__ = ["StaticUnderlay", "Underlay"]


class Underlay(Protocol):
    """Routes between nodes; a cloud's route table, or wires."""

    def host_of(self, ip: str) -> str | None:
        """Return the host that packets for ``ip`` arrive at; ``None``: there is no route."""
        ...


class StaticUnderlay:
    """Routes that somebody has written down.

    Args:
        nodes: hosts by their own addresses.
        ranges: hosts by the ranges of addresses of their pods.
    """

    def __init__(
        self, nodes: Mapping[str, str] | None = None, ranges: Mapping[str, str] | None = None
    ) -> None:
        self._nodes = dict(nodes or {})
        self._ranges: dict[tuple[int, int], str] = {}
        self._masks: list[int] = []
        for cidr, host in (ranges or {}).items():
            self.add_range(cidr, host)

    def add_node(self, ip: str, host: str) -> None:
        """Let packets for an address arrive at a host."""
        self._nodes[ip] = host

    def add_range(self, cidr: str, host: str) -> None:
        """Let packets for a range of addresses arrive at a host."""
        network = ip_network(cidr)
        mask = int(network.netmask)
        self._ranges[mask, int(network.network_address)] = host
        if mask not in self._masks:
            self._masks.append(mask)
            self._masks.sort(reverse=True)  # the narrowest range counts

    def remove_range(self, cidr: str) -> None:
        """Forget a range; nothing if it is not known."""
        network = ip_network(cidr)
        self._ranges.pop((int(network.netmask), int(network.network_address)), None)

    def host_of(self, ip: str) -> str | None:
        """See `Underlay.host_of`."""
        host = self._nodes.get(ip)
        if host is not None:
            return host
        number = _number(ip)
        for mask in self._masks:
            host = self._ranges.get((mask, number & mask))
            if host is not None:
                return host
        return None


def _number(ip: str) -> int:
    number = 0
    for part in ip.split("."):
        number = number * 256 + int(part)
    return number
