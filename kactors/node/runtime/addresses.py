"""Addresses for pods: one range per node, given out in turn.

The next address is the one after the last that was given, so that an address rests as long as
possible before another pod has it: stale tables then point to nobody rather than to a stranger.

Source: containernetworking plugins, plugins/ipam/host-local/backend/allocator.
"""

from ipaddress import ip_network

from kactors.node.errors import NetworkNotReady

__all__ = ["AddressPool"]


class AddressPool:
    """The addresses of one range; the first two and the last are nobody's (network, gateway).

    Args:
        cidr: the range, for instance ``10.244.3.0/24``.
    """

    def __init__(self, cidr: str) -> None:
        network = ip_network(cidr)
        self.cidr = cidr
        self._base = int(network.network_address)
        self._size = network.num_addresses
        self._address = type(network.network_address)
        self._last = 1
        self._taken: dict[str, str] = {}

    def __len__(self) -> int:
        """Return how many are given out."""
        return len(self._taken)

    def allocate(self, owner: str) -> str:
        """Return an address that nobody has.

        Raises:
            NetworkNotReady: there is none left.
        """
        usable = self._size - 3
        for step in range(1, usable + 1):
            place = 2 + (self._last - 2 + step) % usable
            text = str(self._address(self._base + place))
            if text not in self._taken:
                self._last = place
                self._taken[text] = owner
                return text
        raise NetworkNotReady(f"all {max(usable, 0)} addresses of {self.cidr} are in use")

    def release(self, address: str) -> None:
        """Let others have the address; nothing if nobody had it."""
        self._taken.pop(address, None)
