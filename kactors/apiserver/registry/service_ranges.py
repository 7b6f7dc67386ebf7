"""The addresses and node ports of Services: chosen here, taken by the write of the Service.

Theory of operation
===================

Every address and every node port that is in use is a key in etcd, whose value names the Service. A
replica chooses one that it believes to be free; the transaction that writes the Service creates the
keys of what the Service got, deletes those of what it gave up, and happens only if the former were
not there. So two replicas never hand out the same, and a replica needs no state: if somebody was
faster, it is told which keys those were, and chooses anew.

There is nothing to repair, and nothing leaks: because a Service and its keys change at one revision
or not at all, a key is there exactly as long as a Service that has the address or the port, whoever
crashes when. (Upstream keeps bitmaps beside the Services, which two writes can leave different, and
so has repair loops: ``pkg/registry/core/service/ipallocator/controller``.) A node port that is used
for two protocols, by one Service, is one key.

Source: ``pkg/registry/core/service/storage/alloc.go``, ``ipallocator`` and ``portallocator`` of
Kubernetes. Unlike there, a port for health checks that cannot be had is the client's fault (422).
"""

from collections.abc import Callable, Container, Iterator
from typing import Final

import attrs

from kactors.api.errors import InternalError, Invalid
from kactors.api.field_errors import FieldError, invalid, too_many
from kactors.api.meta import name_of
from kactors.api.objects import Object, field
from kactors.api.service_ranges import (
    AddressRange,
    PortRange,
    address_of,
    give_address,
    needs_health_check,
    node_ports_of,
    ports_without_node_port,
    wants_address,
)
from kactors.apiserver.cache.taken import Taken
from kactors.apiserver.keys import ROOT
from kactors.apiserver.storage import Claims

ADDRESS_KEYS: Final = ROOT + b"ranges/serviceips/"
NODE_PORT_KEYS: Final = ROOT + b"ranges/servicenodeports/"
#: What one Service may have: to give up as many, and take as many others, is one transaction of
#: etcd, which has 128 operations by default.
CLAIMS_MAX: Final = 60
_FAMILY: Final = "IPv4"


@attrs.frozen
class ServiceRanges:
    """Gives Services what they lack; see the module's text.

    Attributes:
        addresses: of the cluster's Services.
        ports: that Services may have on nodes.
        draw: returns a random number from 0 to below its argument.
        taken_addresses: what is known of the keys of addresses.
        taken_ports: what is known of the keys of node ports.
    """

    addresses: AddressRange
    ports: PortRange
    draw: Callable[[int], int]
    taken_addresses: Taken = attrs.field(factory=lambda: Taken(ADDRESS_KEYS))
    taken_ports: Taken = attrs.field(factory=lambda: Taken(NODE_PORT_KEYS))

    def claims(self, before: Object | None, after: Object | None, owner: str) -> Claims:
        """Return which keys change hands when a Service is written.

        Args:
            before: the Service as it is; None if it is new.
            after: as it will be; None if it goes.
            owner: its namespace and name.
        """
        held = () if before is None else _keys(before)
        wanted = () if after is None else _keys(after)
        return Claims(
            tuple(key for key in wanted if key not in held),
            tuple(key for key in held if key not in wanted),
            owner.encode(),
        )

    def give(self, service: Object, old: Object | None, refused: Container[bytes]) -> None:
        """Give a Service, which must be the caller's own and valid, the address and ports it lacks.

        Args:
            service: as it will be.
            old: as it is; None if it is new.
            refused: keys that are others', as etcd has said.

        Raises:
            Invalid: it asks for what it cannot have.
            InternalError: all that it could be given is in use.
        """
        _check_families(service)
        _Gift(self, service, old, refused).give()
        if len(_keys(service)) > CLAIMS_MAX:
            count = len(field(service, "spec", "ports", default=()))
            raise _refusal(service, too_many("spec.ports", count, CLAIMS_MAX - 2))


class _Gift:
    """What is given to one Service."""

    def __init__(
        self, ranges: ServiceRanges, service: Object, old: Object | None, refused: Container[bytes]
    ) -> None:
        self._ranges = ranges
        self._service = service
        self._new = old is None
        self._held = () if old is None else _keys(old)
        self._refused = refused

    def give(self) -> None:
        self._give_address()
        self._give_ports()
        if needs_health_check(self._service):
            self._give_health_check_port()

    def _give_address(self) -> None:
        service, ranges = self._service, self._ranges
        if wants_address(service):
            for address in ranges.addresses.candidates(ranges.draw):
                if self._is_free(_address_key(address), ranges.taken_addresses):
                    give_address(service, address)
                    return
            raise InternalError("failed to allocate a serviceIP: range is full")
        address = address_of(service)
        if not address or (key := _address_key(address)) in self._held:
            return
        why = ""
        if address not in ranges.addresses:
            why = (
                f"the provided IP ({address}) is not in the valid range. "
                f"The range of valid IPs is {ranges.addresses.cidr}"
            )
        elif key in self._refused:
            why = "provided IP is already allocated"
        if why:
            detail = f"failed to allocate IP {address}: {why}"
            raise _refusal(service, invalid("spec.clusterIPs", [address], detail))

    def _give_ports(self) -> None:
        shared: dict[int, int] = {}
        for index, port in enumerate(field(self._service, "spec", "ports", default=())):
            if chosen := port.get("nodePort"):
                self._check_port(chosen, f"spec.ports[{index}].nodePort")
                shared.setdefault(port["port"], chosen)
        for port in ports_without_node_port(self._service):
            # What is one port for two protocols is so on nodes, too, if both begin together.
            known = shared.get(port["port"]) if self._new else None
            port["nodePort"] = known or next(self._free_ports())
            shared.setdefault(port["port"], port["nodePort"])

    def _give_health_check_port(self) -> None:
        spec = self._service["spec"]
        chosen = spec.pop("healthCheckNodePort", None)
        path = "spec.healthCheckNodePort"
        if chosen and chosen in node_ports_of(self._service):
            raise _refusal(self._service, invalid(path, chosen, _ALLOCATED))
        if chosen:
            self._check_port(chosen, path)
        spec["healthCheckNodePort"] = chosen or next(self._free_ports())

    def _check_port(self, port: int, path: str) -> None:
        """Refuse a port that the client has chosen and cannot have.

        Raises:
            Invalid: it is somebody else's, or out of range.
        """
        key, ports = _port_key(port), self._ranges.ports
        if key in self._held:
            return
        if port not in ports:
            detail = (
                "provided port is not in the valid range. The range of valid ports is "
                f"{ports.first}-{ports.last}"
            )
            raise _refusal(self._service, invalid(path, port, detail))
        if key in self._refused:
            raise _refusal(self._service, invalid(path, port, _ALLOCATED))

    def _free_ports(self) -> Iterator[int]:
        """Yield ports that nobody is known to have.

        Raises:
            InternalError: there are no more.
        """
        ranges, mine = self._ranges, node_ports_of(self._service)
        for port in ranges.ports.candidates(ranges.draw):
            if port not in mine and self._is_free(_port_key(port), ranges.taken_ports):
                yield port
        raise InternalError("failed to allocate a nodePort: range is full")

    def _is_free(self, key: bytes, taken: Taken) -> bool:
        return key not in taken and key not in self._refused


_ALLOCATED: Final = "provided port is already allocated"


def _check_families(service: Object) -> None:
    """Refuse addresses that clusters of one family do not have.

    Raises:
        Invalid: the Service asks for one.
    """
    spec: Object = service.get("spec") or {}
    headless = spec.get("clusterIP") == "None"
    if spec.get("type") == "ExternalName" or (headless and not spec.get("selector")):
        return
    if spec.get("ipFamilyPolicy") == "RequireDualStack":
        detail = "this cluster is not configured for dual-stack services"
        raise _refusal(service, invalid("spec.ipFamilyPolicy", "RequireDualStack", detail))
    for index, family in enumerate(spec.get("ipFamilies") or ()):
        if family != _FAMILY:
            detail = "not configured on this cluster"
            raise _refusal(service, invalid(f"spec.ipFamilies[{index}]", family, detail))
    if len(addresses := spec.get("clusterIPs") or ()) > 1:
        detail = (
            f"{_FAMILY} has one address: this cluster is not configured for dual-stack services"
        )
        raise _refusal(service, invalid("spec.clusterIPs", addresses, detail))


def _refusal(service: Object, fault: FieldError) -> Invalid:
    return Invalid("Service", name_of(service), [fault])


def _keys(service: Object) -> tuple[bytes, ...]:
    """Return the keys of what a Service has."""
    address = address_of(service)
    ports = map(_port_key, node_ports_of(service))
    return (_address_key(address), *ports) if address else tuple(ports)


def _address_key(address: str) -> bytes:
    return ADDRESS_KEYS + address.encode()


def _port_key(port: int) -> bytes:
    return NODE_PORT_KEYS + b"%d" % port
