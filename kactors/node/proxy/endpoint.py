"""Endpoints as a proxy sees them, from EndpointSlices.

Source: kubernetes pkg/proxy/endpointslicecache.go, pkg/proxy/endpoint.go.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import attrs

from kactors.api.meta import labels_of, namespace_of
from kactors.api.objects import Object

__all__ = ["SERVICE_NAME_LABEL", "Endpoint", "endpoints_of", "service_key_of"]

SERVICE_NAME_LABEL: Final = "kubernetes.io/service-name"


@attrs.frozen
class Endpoint:
    """One address and port that traffic of a Service's port may go to.

    Attributes:
        ip, port: where.
        node: on which node it is; empty if nobody says.
        ready: it takes new traffic.
        serving: it would, were it not terminating.
        terminating: its pod is being deleted.
        zone_hints, node_hints: for whom it is meant; empty for all.
        pod_uid: the pod that had the address when the slice was written; empty if none is named.
    """

    ip: str
    port: int
    node: str = ""
    ready: bool = True
    serving: bool = True
    terminating: bool = False
    zone_hints: tuple[str, ...] = ()
    node_hints: tuple[str, ...] = ()
    pod_uid: str = ""


def service_key_of(endpoint_slice: Object) -> str:
    """Return ``namespace/name`` of the Service that a slice belongs to; empty if to none."""
    name = labels_of(endpoint_slice).get(SERVICE_NAME_LABEL)
    return f"{namespace_of(endpoint_slice)}/{name}" if name else ""


def endpoints_of(slices: Iterable[Object], port_name: str) -> tuple[Endpoint, ...]:
    """Return the endpoints of one port of a Service, by address; each address and port once.

    An address may be in two slices for a moment; then the later slice by name counts.
    """
    found: dict[tuple[str, int], Endpoint] = {}
    for each in slices:
        for port in each.get("ports") or ():
            if (port.get("name") or "") == port_name and port.get("port"):
                for item in each.get("endpoints") or ():
                    for ip in (item.get("addresses") or ())[:1]:
                        found[ip, port["port"]] = _endpoint(item, ip, port["port"])
    return tuple(found[key] for key in sorted(found, key=_order))


def _endpoint(item: Object, ip: str, port: int) -> Endpoint:
    conditions = item.get("conditions") or {}
    hints = item.get("hints") or {}
    # What is not said is taken for ready, and what is ready for serving: see the API's reference.
    ready = conditions.get("ready", True) is not False
    serving = conditions.get("serving")
    target = item.get("targetRef") or {}
    return Endpoint(
        ip=ip,
        port=port,
        node=item.get("nodeName") or "",
        ready=ready,
        serving=ready if serving is None else serving,
        terminating=bool(conditions.get("terminating")),
        zone_hints=tuple(hint["name"] for hint in hints.get("forZones") or ()),
        node_hints=tuple(hint["name"] for hint in hints.get("forNodes") or ()),
        pod_uid=target.get("uid") or "",
    )


def _order(key: tuple[str, int]) -> tuple[tuple[int, str], int]:
    return address_order(key[0]), key[1]


@lru_cache(maxsize=65536)
def address_order(ip: str) -> tuple[int, str]:
    """Return what sorts addresses as numbers."""
    parts = ip.split(".")
    if len(parts) == 4 and all(part.isdigit() for part in parts):
        number = 0
        for part in parts:
            number = number * 256 + int(part)
        return number, ip
    return 1 << 40, ip
