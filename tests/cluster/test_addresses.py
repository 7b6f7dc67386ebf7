"""Addresses of nodes and pods: valid, distinct, and apart from the Services'."""

from ipaddress import ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from kactors.cluster.addresses import master_ip, node_ip, pod_cidr
from kactors.cluster.topology import ETCD_MEMBERS_MAX, NODES_MAX

NUMBERS = st.integers(1, NODES_MAX)
SERVICES = ip_network("10.96.0.0/12")


@given(NUMBERS)
def test_addresses_are_where_they_are_said_to_be(number: int) -> None:
    """Nodes are in one private range, pods in another, and Services in neither."""
    pods = ip_network(pod_cidr(number))

    assert ip_address(node_ip(number)) in ip_network("172.16.0.0/12")
    assert pods.subnet_of(ip_network("10.0.0.0/8"))  # type: ignore[arg-type]
    assert not pods.overlaps(SERVICES)


@given(NUMBERS, NUMBERS)
def test_addresses_are_distinct(one: int, other: int) -> None:
    """Different nodes have different addresses and different ranges."""
    assert (node_ip(one) == node_ip(other)) == (one == other)
    assert (pod_cidr(one) == pod_cidr(other)) == (one == other)


def test_masters_are_apart_from_nodes() -> None:
    """As many as there may be have addresses of their own, in no range that nodes have."""
    masters = {master_ip(number) for number in range(1, ETCD_MEMBERS_MAX + 1)}

    assert len(masters) == ETCD_MEMBERS_MAX
    assert all(ip_address(each) in ip_network("172.31.0.0/16") for each in masters)
    assert ip_address(node_ip(NODES_MAX)) in ip_network("172.16.0.0/16")
