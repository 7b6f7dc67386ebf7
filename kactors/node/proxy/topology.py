"""Which endpoints of a Service's port this node may send to.

*Usable* are ready endpoints; where there are none, those that serve still while they terminate,
so that a rollout on a single pod loses no connection.

Source: kubernetes pkg/proxy/topology.go (CategorizeEndpoints).
"""

from collections.abc import Callable, Sequence

import attrs

from kactors.node.proxy.endpoint import Endpoint
from kactors.node.proxy.service_port import ServicePort

__all__ = ["Categories", "categorize_endpoints"]

_Wanted = Callable[[Endpoint], bool]


@attrs.frozen
class Categories:
    """The endpoints of one Service's port, seen from one node.

    Attributes:
        cluster: for traffic that may go anywhere.
        local: for traffic that must stay on the node.
        anywhere: there are usable endpoints, if not for this node: its traffic is dropped rather
            than refused.
    """

    cluster: tuple[Endpoint, ...] = ()
    local: tuple[Endpoint, ...] = ()
    anywhere: bool = False


def categorize_endpoints(
    endpoints: Sequence[Endpoint], port: ServicePort, node: str, zone: str
) -> Categories:
    """Return the endpoints of ``port`` as the proxy on ``node``, in ``zone``, may use them."""
    cluster: tuple[Endpoint, ...] = ()
    local: tuple[Endpoint, ...] = ()
    if port.uses_cluster_endpoints:
        near = _topology(endpoints, node, zone)
        cluster = tuple(each for each in endpoints if each.ready and near(each))
        if not cluster:
            cluster = tuple(each for each in endpoints if _lingers(each))
    anywhere = bool(cluster)
    if port.uses_local_endpoints:
        anywhere = anywhere or any(each.ready or _lingers(each) for each in endpoints)
        mine = [each for each in endpoints if each.node == node]
        local = tuple(each for each in mine if each.ready)
        if not local:
            local = tuple(each for each in mine if _lingers(each))
    return Categories(cluster, local, anywhere)


def _lingers(endpoint: Endpoint) -> bool:
    return endpoint.serving and endpoint.terminating and not endpoint.ready


def _topology(endpoints: Sequence[Endpoint], node: str, zone: str) -> _Wanted:
    """Return which endpoints the hints of all of them leave to this node.

    Hints count only if every ready endpoint has them and one is for this node or zone; else
    somebody is about to change them, and everything is open.
    """
    ready = [each for each in endpoints if each.ready]
    for_node = [node in each.node_hints for each in ready]
    if any(for_node) and all(each.node_hints for each in ready):
        return lambda each: node in each.node_hints
    for_zone = [zone in each.zone_hints for each in ready]
    if any(for_zone) and all(each.zone_hints for each in ready):
        return lambda each: zone in each.zone_hints
    return lambda _: True
