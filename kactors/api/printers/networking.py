"""Services and their endpoints.

Source: kubernetes pkg/printers/internalversion/printers.go.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from kactors.api.objects import Object, field
from kactors.api.printers.columns import (
    AGE,
    NAME,
    NONE,
    Column,
    Table,
    at,
    joined,
    labels_text,
    wide,
)

__all__ = ["ENDPOINTS", "ENDPOINT_SLICE", "SERVICE"]

_SHOWN_MAX: Final = 3


def _external(service: Object, now_ns: int) -> str:
    del now_ns
    spec: Object = service.get("spec") or {}
    given = spec.get("externalIPs") or []
    match spec.get("type"):
        case "ExternalName":
            return str(spec.get("externalName") or NONE)
        case "LoadBalancer":
            ingress = field(service, "status", "loadBalancer", "ingress", default=())
            found = [each.get("ip") or each.get("hostname") for each in ingress] + given
            return joined(found) if found else "<pending>"
        case _:
            return joined(given)


def _ports(service: Object, now_ns: int) -> str:
    del now_ns
    return joined(_port(port) for port in field(service, "spec", "ports", default=()))


def _port(port: Object) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node_port}/{port.get('protocol', 'TCP')}"


def _some(values: Iterable[object], count: int) -> str:
    """Return the first few of so many values, and how many more there are."""
    shown = joined(islice(values, _SHOWN_MAX))
    return shown if count <= _SHOWN_MAX else f"{shown} + {count - _SHOWN_MAX} more..."


def _endpoints(obj: Object, now_ns: int) -> str:
    del now_ns
    found = []
    for subset in obj.get("subsets") or ():
        ports = subset.get("ports") or ()
        for address in subset.get("addresses") or ():
            found += [f"{address['ip']}:{port['port']}" for port in ports] or [address["ip"]]
    return _some(found, len(found))


def _slice_ports(obj: Object, now_ns: int) -> str:
    del now_ns
    ports = obj.get("ports") or ()
    if not ports:
        return "<unset>"
    return _some((port.get("port", "*") for port in ports), len(ports))


def _slice_endpoints(obj: Object, now_ns: int) -> str:
    del now_ns
    found = [
        address for each in obj.get("endpoints") or () for address in each.get("addresses") or ()
    ]
    return _some(found, len(found)) if found else "<unset>"


SERVICE: Table = (
    NAME,
    Column("TYPE", at("spec", "type")),
    Column("CLUSTER-IP", at("spec", "clusterIP")),
    Column("EXTERNAL-IP", _external),
    Column("PORT(S)", _ports),
    AGE,
    wide("SELECTOR", lambda obj, _: labels_text(field(obj, "spec", "selector"))),
)

ENDPOINTS: Table = (NAME, Column("ENDPOINTS", _endpoints), AGE)

ENDPOINT_SLICE: Table = (
    NAME,
    Column("ADDRESSTYPE", at("addressType")),
    Column("PORTS", _slice_ports),
    Column("ENDPOINTS", _slice_endpoints),
    AGE,
)
