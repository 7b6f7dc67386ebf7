"""What a replica is started with."""

import ipaddress
from collections.abc import Sequence
from typing import Final

import attrs

from kactors.apiserver.admission.chain import PLUGINS
from kactors.apiserver.admission.plugin import Plugin
from kactors.apiserver.authentication.tokens import TokenAuthority
from kactors.apiserver.cache.watch_cache import RingLimits
from kactors.apiserver.errors import BadServerConfig
from kactors.apiserver.handlers.watch import WatchTimes
from kactors.transport.envelope import Address

#: Upstream's ``--event-ttl``.
EVENT_SECONDS: Final = 3600
#: Upstream's ``--etcd-compaction-interval``.
COMPACTION_SECONDS: Final = 300.0
#: kubeadm's ``--service-cidr``.
SERVICE_CIDR: Final = "10.96.0.0/12"
#: Upstream's ``--service-node-port-range``.
NODE_PORTS: Final = (30_000, 32_767)
#: Upstream's ``--secure-port``.
SECURE_PORT: Final = 6443


@attrs.frozen(kw_only=True)
class ApiServerConfig:
    """The knobs of one replica; the defaults are upstream's where upstream has such a knob.

    Attributes:
        etcd: the members of the cluster.
        authority: issues and reads tokens; the same for all replicas.
        anonymous: whether who shows no token may ask as `system:anonymous`.
        plugins: of admission, in their order.
        event_seconds: that an Event lives.
        compaction_seconds: between two compactions of etcd; 0 leaves that to others.
        ring: how many changes the watch cache remembers.
        watch: how long watches live.
        service_cidr: the IPv4 network of Services' addresses; the same for all replicas.
        node_ports: the first and the last port that Services may have on nodes.
        advertise_address: the replica's own IP address, at which it is an endpoint of the Service
            ``kubernetes``; empty for a replica that is none.
        advertise_port: beside it.

    Raises:
        BadServerConfig: there is no member of etcd to ask, or a range or an address is none.
    """

    etcd: tuple[Address, ...] = attrs.field()
    authority: TokenAuthority
    anonymous: bool = True
    plugins: Sequence[type[Plugin]] = PLUGINS
    event_seconds: int = EVENT_SECONDS
    compaction_seconds: float = COMPACTION_SECONDS
    ring: RingLimits = attrs.Factory(RingLimits)
    watch: WatchTimes = attrs.Factory(WatchTimes)
    service_cidr: str = attrs.field(default=SERVICE_CIDR)
    node_ports: tuple[int, int] = attrs.field(default=NODE_PORTS)
    advertise_address: str = attrs.field(default="")
    advertise_port: int = SECURE_PORT

    @etcd.validator
    def _check_etcd(self, _: object, members: tuple[Address, ...]) -> None:
        if not members:
            raise BadServerConfig("an apiserver needs members of etcd: give at least one address")

    @service_cidr.validator
    def _check_cidr(self, _: object, cidr: str) -> None:
        try:
            ipaddress.IPv4Network(cidr)
        except ValueError as problem:
            raise BadServerConfig(
                f"service_cidr is {cidr!r}: give an IPv4 network, such as {SERVICE_CIDR}"
            ) from problem

    @node_ports.validator
    def _check_ports(self, _: object, ports: tuple[int, int]) -> None:
        first, last = ports
        if not 1 <= first <= last < 1 << 16:
            raise BadServerConfig(
                f"node_ports is {ports!r}: give the first and the last of some ports, such as "
                f"{NODE_PORTS}"
            )

    @advertise_address.validator
    def _check_address(self, _: object, address: str) -> None:
        try:
            ipaddress.IPv4Address(address or "0.0.0.0")  # noqa: S104 - nobody binds to it
        except ValueError as problem:
            raise BadServerConfig(
                f"advertise_address is {address!r}: give an IPv4 address, or none"
            ) from problem
