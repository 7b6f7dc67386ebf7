"""Services as a proxy sees them: one `ServicePort` for each of their ports.

Source: kubernetes pkg/proxy/serviceport.go.
"""

from typing import Final

import attrs

from kactors.api.meta import key_of, uid_of
from kactors.api.objects import Object

__all__ = ["DEFAULT_AFFINITY_SECONDS", "ServicePort", "service_ports"]

DEFAULT_AFFINITY_SECONDS: Final = 10800


@attrs.frozen
class ServicePort:
    """One port of one Service.

    Attributes:
        service: ``namespace/name``.
        uid: of the Service: another one of the same name is another.
        name: of the port; may be empty.
        protocol: TCP, UDP or SCTP.
        port: on the Service's addresses.
        node_port: on every node; 0 for none.
        cluster_ips: addresses inside the cluster.
        external_ips: further addresses, of load balancers too.
        affinity_seconds: for how long a client stays with its endpoint; 0 for no such affinity.
        internal_local, external_local: whether the policy for traffic is Local.
        health_check_node_port: where load balancers ask for local endpoints; 0 for none.
    """

    service: str
    uid: str
    name: str
    protocol: str
    port: int
    node_port: int = 0
    cluster_ips: tuple[str, ...] = ()
    external_ips: tuple[str, ...] = ()
    affinity_seconds: int = 0
    internal_local: bool = False
    external_local: bool = False
    health_check_node_port: int = 0

    @property
    def external(self) -> bool:
        """Whether traffic from outside can come."""
        return bool(self.node_port or self.external_ips)

    @property
    def uses_cluster_endpoints(self) -> bool:
        """Whether any of its traffic may go to any node.

        That from a node itself to an address for outside traffic may, whatever the policy.
        """
        return not self.internal_local or self.external

    @property
    def uses_local_endpoints(self) -> bool:
        """Whether any of its traffic must stay on its node."""
        return self.internal_local or (self.external and self.external_local)


def service_ports(service: Object) -> tuple[ServicePort, ...]:
    """Return what a proxy serves of ``service``: nothing, if headless or ExternalName."""
    spec = service.get("spec") or {}
    cluster_ip = spec.get("clusterIP")
    if not cluster_ip or cluster_ip == "None" or spec.get("type") == "ExternalName":
        return ()
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    external = [
        *(spec.get("externalIPs") or ()),
        *(each["ip"] for each in ingress if each.get("ip") and each.get("ipMode") != "Proxy"),
    ]
    seconds = 0
    if spec.get("sessionAffinity") == "ClientIP":
        client = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
        seconds = client.get("timeoutSeconds") or DEFAULT_AFFINITY_SECONDS
    return tuple(
        ServicePort(
            service=key_of(service),
            uid=uid_of(service),
            name=port.get("name") or "",
            protocol=port.get("protocol") or "TCP",
            port=port["port"],
            node_port=port.get("nodePort") or 0,
            cluster_ips=tuple(spec.get("clusterIPs") or (cluster_ip,)),
            external_ips=tuple(external),
            affinity_seconds=seconds,
            internal_local=spec.get("internalTrafficPolicy") == "Local",
            external_local=spec.get("externalTrafficPolicy") == "Local",
            health_check_node_port=spec.get("healthCheckNodePort") or 0,
        )
        for port in spec.get("ports") or ()
    )
