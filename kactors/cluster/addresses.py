"""Where everything is: actors, and the addresses of nodes and pods.

Nodes are in 172.16.0.0/16, masters in 172.31.0.0/16, pods in 10.0.0.0/8 (a /24 for each node),
Services in 10.96.0.0/12 as with kubeadm; pods leave out what is the Services'.
"""

from typing import Final

from kactors.cluster.topology import Topology
from kactors.transport.envelope import Address

__all__ = ["APISERVER", "DNS_IP", "ETCD", "PODS_CIDR", "apiservers", "etcd_members",
           "master_ip", "node_ip", "pod_cidr"]  # fmt: skip

ETCD: Final = "etcd"
APISERVER: Final = "kube-apiserver"
#: The tenth of the Services' addresses, as with kubeadm.
DNS_IP: Final = "10.96.0.10"
#: From which a cloud controller manager gives each node its range; below the Services'.
PODS_CIDR: Final = "10.0.0.0/10"
_SERVICES_FIRST: Final = 96
_SERVICES_RANGES: Final = 16


def etcd_members(topology: Topology) -> tuple[Address, ...]:
    """Return the addresses of all members of etcd."""
    return tuple(Address(name, ETCD) for name in topology.master_names)


def apiservers(topology: Topology) -> tuple[Address, ...]:
    """Return the addresses of all replicas of the apiserver."""
    return tuple(Address(name, APISERVER) for name in topology.master_names)


def master_ip(number: int) -> str:
    """Return the address of a master, whose number counts from 1."""
    return f"172.31.0.{number}"


def node_ip(number: int) -> str:
    """Return the address of a node, whose number counts from 1."""
    return f"172.{16 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def pod_cidr(number: int) -> str:
    """Return the range of a node's pods, whose number counts from 1."""
    second = number >> 8
    if second >= _SERVICES_FIRST:
        second += _SERVICES_RANGES
    return f"10.{second}.{number & 255}.0/24"
