"""Where a packet goes: the destination that a node's table gives to a new connection.

Source: kubernetes pkg/proxy/nftables/README.md, pkg/proxy/iptables/proxier.go (syncProxyRules).
"""

from enum import Enum
from typing import Final

import attrs

from kactors.node.proxy.affinity import AffinityTable
from kactors.node.proxy.endpoint import Endpoint
from kactors.node.proxy.table import ServiceTable
from kactors.runtime import Random

__all__ = ["Destination", "Verdict", "route"]


class Verdict(Enum):
    """What a table does with a new connection."""

    ENDPOINT = "endpoint"
    """It goes to an endpoint of a Service."""
    DIRECT = "direct"
    """The table has nothing to say: it goes where it was sent to."""
    REJECT = "reject"
    """The Service has no endpoints: it is refused at once."""
    DROP = "drop"
    """It has, but not for this node: nobody answers."""


@attrs.frozen
class Destination:
    """What becomes of one connection.

    Attributes:
        verdict: see `Verdict`.
        ip, port: where it goes, if it goes.
        service: ``namespace/name`` of the Service, if it was sent to one.
        endpoint: the chosen one.
    """

    verdict: Verdict
    ip: str = ""
    port: int = 0
    service: str = ""
    endpoint: Endpoint | None = None


_ANY_ADDRESS: Final = ""


def route(
    table: ServiceTable,
    affinity: AffinityTable,
    random: Random,
    *,
    source_ip: str,
    ip: str,
    port: int,
    protocol: str = "TCP",
    node_ips: tuple[str, ...] = (),
    local_source: bool = True,
    now: float = 0.0,
) -> Destination:
    """Return where a node sends a new connection.

    Args:
        table: the node's.
        affinity: the node's.
        random: chooses among endpoints, each alike.
        source_ip: who connects.
        ip: whereto.
        port: whereto.
        protocol: TCP, UDP or SCTP.
        node_ips: the node's own addresses, which have node ports.
        local_source: the client is on this node; traffic from here to an address for outside
            traffic may go to any node even where the policy is Local.
        now: seconds, for affinity.
    """
    found = table.find((ip, port, protocol))
    if found is None and ip in node_ips:
        found = table.find((_ANY_ADDRESS, port, protocol))
    if found is None:
        return Destination(Verdict.DIRECT, ip, port)
    rule, external = found
    categories, wanted = rule.categories, rule.port
    local = wanted.external_local if external else wanted.internal_local
    if external and local_source:
        local = False
    endpoints = categories.local if local else categories.cluster
    if not endpoints:
        verdict = Verdict.DROP if categories.anywhere and local else Verdict.REJECT
        return Destination(verdict, service=wanted.service)
    chosen = None
    key = (wanted.uid, source_ip, protocol, wanted.port)
    if wanted.affinity_seconds:
        chosen = affinity.find(key, endpoints, now)
    if chosen is None:
        chosen = endpoints[random.below(len(endpoints))]
    if wanted.affinity_seconds:
        affinity.note(key, chosen, wanted.affinity_seconds, now)
    return Destination(Verdict.ENDPOINT, chosen.ip, chosen.port, wanted.service, chosen)
