"""Where the addresses and node ports of Services come from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.objects import Object
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
from tests.api.kinds.objects import created


@given(st.integers(25, 32), st.integers(0, 2**16))
def test_every_address_once(prefix: int, drawn: int) -> None:
    """The candidates are all the addresses of the network, whatever is drawn."""
    addresses = AddressRange(f"10.96.0.0/{prefix}")
    found = list(addresses.candidates(lambda below: drawn % below))
    assert len(found) == len({*found}) == addresses.size
    assert all(address in addresses for address in found)


def test_the_lower_band_comes_last() -> None:
    """The first addresses are for those who choose their own, such as DNS."""
    found = list(AddressRange("10.96.0.0/24").candidates(lambda _: 3))
    assert found[0] == "10.96.0.20"
    assert found[-16:] == [f"10.96.0.{number}" for number in range(1, 17)]
    assert "10.96.0.0" not in found
    assert "10.96.0.255" not in found


def test_small_networks_have_no_band() -> None:
    """Every address is offered from the start."""
    assert next(AddressRange("10.0.0.0/29").candidates(lambda _: 0)) == "10.0.0.1"
    assert AddressRange("10.0.0.1/32").size == 1
    assert AddressRange("fd00::/112").size == 2**16 - 1


def test_the_ends_of_a_network_are_no_addresses_to_give() -> None:
    """Its own and, of IPv4, that of a broadcast; of a network of one there is nothing else."""
    addresses = AddressRange("10.0.0.0/24")
    assert addresses.first == "10.0.0.1"
    assert "10.0.0.1" in addresses
    assert "10.0.0.254" in addresses
    assert not [each for each in ("10.0.0.0", "10.0.0.255", "10.0.1.1") if each in addresses]
    assert "fd00::ffff" in AddressRange("fd00::/112")
    assert "fd00::" not in AddressRange("fd00::/112")
    assert AddressRange("10.0.0.1/32").first == "10.0.0.1"
    assert "10.0.0.1" in AddressRange("10.0.0.1/32")


@given(st.integers(0, 2**16))
def test_every_port_once(drawn: int) -> None:
    """The candidates are all ports of the range; the lower band comes last."""
    ports = PortRange()
    found = list(ports.candidates(lambda below: drawn % below))
    assert sorted(found) == list(range(30_000, 32_768))
    assert found[-86:] == list(range(30_000, 30_086))
    assert 29_999 not in ports
    assert found[0] in ports


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"type": "ClusterIP"}, True),
        ({"type": "NodePort"}, True),
        ({"type": "ClusterIP", "clusterIP": "None"}, False),
        ({"type": "ClusterIP", "clusterIP": "10.0.0.1"}, False),
        ({"type": "ExternalName"}, False),
    ],
)
def test_who_wants_an_address(spec: Object, expected: bool) -> None:
    """Not who has one, and not who wants none."""
    assert wants_address({"spec": spec}) is expected


def test_giving_an_address() -> None:
    """It stands in both fields."""
    service = created("Service")
    give_address(service, "10.0.0.1")
    assert service["spec"]["clusterIP"] == "10.0.0.1"
    assert service["spec"]["clusterIPs"] == ["10.0.0.1"]
    assert not wants_address(service)


def test_which_ports_want_node_ports() -> None:
    """Those of services that are reached from outside, unless they have one."""
    ports = [{"port": 80}, {"port": 81, "nodePort": 30_001}]
    spec = {"type": "NodePort", "ports": ports}
    assert ports_without_node_port({"spec": spec}) == [{"port": 80}]
    assert ports_without_node_port({"spec": spec})[0] is ports[0]
    assert ports_without_node_port({"spec": {**spec, "type": "ClusterIP"}}) == []
    without = {**spec, "type": "LoadBalancer", "allocateLoadBalancerNodePorts": False}
    assert ports_without_node_port({"spec": without}) == []


def test_what_a_service_has() -> None:
    """One address, and every port of nodes once; a port for health checks is one of them."""
    ports = [{"port": 1, "nodePort": 30_001}, {"port": 2, "nodePort": 30_001}, {"port": 3}]
    spec = {"clusterIP": "10.0.0.1", "ports": ports, "healthCheckNodePort": 30_002}
    assert address_of({"spec": spec}) == "10.0.0.1"
    assert address_of({"spec": {"clusterIP": "None"}}) == ""
    assert address_of({}) == ""
    assert node_ports_of({"spec": spec}) == [30_001, 30_002]
    assert node_ports_of({}) == []


def test_which_services_need_health_checks() -> None:
    """Those whose load balancer must not send traffic to nodes without their pods."""
    spec = {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}
    assert needs_health_check({"spec": spec})
    assert not needs_health_check({"spec": {**spec, "type": "NodePort"}})
    assert not needs_health_check({"spec": {**spec, "externalTrafficPolicy": "Cluster"}})
    assert not needs_health_check({})
