"""Where the addresses and node ports of Services come from.

Who stores a Service reserves one of the candidates, in their order, and gives it to the Service
before it is validated. The lower band of a range is for those who choose their own: it is offered
last.

Source: kubernetes pkg/registry/core/service/{ipallocator,portallocator}, ``calculateRangeOffset``.
"""

import ipaddress
from collections.abc import Callable, Iterator

import attrs

from kactors.api.objects import Object, field

__all__ = ["AddressRange", "PortRange", "address_of", "give_address", "needs_health_check",
           "node_ports_of", "ports_without_node_port", "wants_address"]  # fmt: skip

_NODE_PORT_TYPES = ("NodePort", "LoadBalancer")


def _candidates(size: int, reserved: int, draw: Callable[[int], int]) -> Iterator[int]:
    """Yield all offsets below ``size``: from a random one on, those that are reserved last."""
    dynamic = size - reserved
    start = draw(dynamic)
    for step in range(dynamic):
        yield reserved + (start + step) % dynamic
    yield from range(reserved)


@attrs.frozen
class AddressRange:
    """The addresses of a network, without its first and, of IPv4, its last.

    Attributes:
        cidr: the network, such as ``10.96.0.0/16``.
    """

    cidr: str
    _network: ipaddress.IPv4Network | ipaddress.IPv6Network = attrs.field(
        init=False, eq=False, repr=False
    )

    @_network.default
    def _parsed(self) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
        return ipaddress.ip_network(self.cidr)

    @property
    def size(self) -> int:
        """How many addresses there are to give; at least one."""
        ends = 2 if self._network.version == 4 else 1
        return max(1, min(self._network.num_addresses - ends, 2**16))

    @property
    def first(self) -> str:
        """The first address that there is to give."""
        return str(self._network[1 if self._network.num_addresses > 2 else 0])

    def candidates(self, draw: Callable[[int], int]) -> Iterator[str]:
        """Yield each address once, in the order in which to try.

        Args:
            draw: returns a random number from 0 to below its argument.
        """
        size = self.size
        reserved = 0 if size <= 16 else min(max(16, size // 16), 256)
        first = 1 if self._network.num_addresses > 2 else 0
        for offset in _candidates(size, reserved, draw):
            yield str(self._network[first + offset])

    def __contains__(self, address: str) -> bool:
        network, found = self._network, ipaddress.ip_address(address)
        if found not in network:
            return False
        if network.num_addresses <= 2:
            return True
        last = network.broadcast_address if network.version == 4 else None
        return found not in {network.network_address, last}


@attrs.frozen
class PortRange:
    """Ports from ``first`` to ``last``, both included."""

    first: int = 30_000
    last: int = 32_767

    def candidates(self, draw: Callable[[int], int]) -> Iterator[int]:
        """Yield each port once, in the order in which to try.

        Args:
            draw: returns a random number from 0 to below its argument.
        """
        size = self.last - self.first + 1
        reserved = 0 if size <= 16 else min(max(16, size // 32), 128)
        for offset in _candidates(size, reserved, draw):
            yield self.first + offset

    def __contains__(self, port: int) -> bool:
        return self.first <= port <= self.last


def wants_address(service: Object) -> bool:
    """Tell whether a Service is to be given an address: not if it has one, or wants none."""
    spec: Object = service.get("spec") or {}
    return spec.get("type") != "ExternalName" and not spec.get("clusterIP")


def give_address(service: Object, address: str) -> None:
    """Give a Service, which must be the caller's own, its address."""
    service.setdefault("spec", {})["clusterIP"] = address
    service["spec"]["clusterIPs"] = [address]


def address_of(service: Object) -> str:
    """Return the address of a Service; empty if it has none, or wants none."""
    address = field(service, "spec", "clusterIP", default="")
    return "" if address == "None" else str(address)


def needs_health_check(service: Object) -> bool:
    """Tell whether load balancers ask each node if it has a pod of the Service, at a port of it."""
    spec: Object = service.get("spec") or {}
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def node_ports_of(service: Object) -> list[int]:
    """Return the ports of nodes that a Service has, that of health checks too, each once."""
    spec: Object = service.get("spec") or {}
    found = [port.get("nodePort") for port in spec.get("ports") or ()]
    return list(dict.fromkeys(filter(None, [*found, spec.get("healthCheckNodePort")])))


def ports_without_node_port(service: Object) -> list[Object]:
    """Return the ports of a Service that are to be given a ``nodePort``, themselves."""
    spec: Object = service.get("spec") or {}
    kind = spec.get("type")
    unwanted = kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is False
    if kind not in _NODE_PORT_TYPES or unwanted:
        return []
    return [port for port in spec.get("ports") or () if not port.get("nodePort")]
