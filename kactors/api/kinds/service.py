"""Service.

Source: kubernetes pkg/registry/core/service/strategy.go.
"""

from kactors.api.defaults.fill import fill, part
from kactors.api.field_errors import FieldError
from kactors.api.names import Faults, is_dns1035_label
from kactors.api.objects import Object, field
from kactors.api.resource import Resource, Subresource, text_at
from kactors.api.service_ranges import needs_health_check
from kactors.api.strategy import Strategy
from kactors.api.validation.service import (
    ONLY_OF_LOAD_BALANCERS,
    validate_service,
    validate_service_update,
)

__all__ = ["SERVICE"]

_AFFINITY_SECONDS = 10_800
_OF_ADDRESSES = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")
_REACHED_FROM_OUTSIDE = ("NodePort", "LoadBalancer")


class ServiceStrategy(Strategy):
    """A name and an address for pods."""

    allow_create_on_update = True

    def default(self, obj: Object) -> None:
        """Fill in type, affinity, ports and traffic policies."""
        spec = part(obj, "spec")
        fill(spec, sessionAffinity="None", type="ClusterIP")
        if spec["sessionAffinity"] == "None":
            spec.pop("sessionAffinityConfig", None)
        elif spec["sessionAffinity"] == "ClientIP":
            by_address = part(part(spec, "sessionAffinityConfig"), "clientIP")
            fill(by_address, timeoutSeconds=_AFFINITY_SECONDS)
        for port in spec.get("ports") or ():
            fill(port, protocol="TCP")
            port["targetPort"] = port.get("targetPort") or port.get("port", 0)
        kind = spec["type"]
        if kind in _REACHED_FROM_OUTSIDE or (kind == "ClusterIP" and spec.get("externalIPs")):
            fill(spec, externalTrafficPolicy="Cluster")
        if kind != "ExternalName":
            fill(spec, internalTrafficPolicy="Cluster")
        if kind == "LoadBalancer":
            fill(spec, allocateLoadBalancerNodePorts=True)
        for ingress in field(obj, "status", "loadBalancer", "ingress", default=()):
            if kind == "LoadBalancer" and ingress.get("ip"):
                fill(ingress, ipMode="VIP")

    def prepare_for_create(self, obj: Object) -> None:
        """Empty the status; a service has one family of addresses unless it says otherwise."""
        obj["status"] = {"loadBalancer": {}}
        spec = part(obj, "spec")
        if spec.get("clusterIP") and not spec.get("clusterIPs"):
            spec["clusterIPs"] = [spec["clusterIP"]]
        if spec.get("type") != "ExternalName":
            fill(spec, ipFamilyPolicy="SingleStack")
            spec.setdefault("ipFamilies", ["IPv4"])

    def prepare_for_update(self, new: Object, old: Object) -> None:
        """Keep what was allocated, where the client says nothing else and the type allows it."""
        super().prepare_for_update(new, old)
        after, before = part(new, "spec"), old.get("spec") or {}
        _keep_address(after, before)
        _drop_other_types(after, before)
        if needs_health_check(old):
            if not needs_health_check(new):
                _drop_unchanged(after, before, "healthCheckNodePort")
            elif kept := before.get("healthCheckNodePort"):
                after["healthCheckNodePort"] = after.get("healthCheckNodePort") or kept
        _keep_node_ports(after, before)

    def validate_name(self, name: str) -> Faults:
        """Tell what is wrong with a name."""
        return is_dns1035_label(name)

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the spec."""
        return validate_service(obj)

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of the spec."""
        return validate_service_update(new, old)


def _keep_address(after: Object, before: Object) -> None:
    """Keep the address that a Service has, if its type is one that has any."""
    if after.get("type") == "ExternalName":
        _drop_unchanged(after, before, *_OF_ADDRESSES)
    elif before.get("type") != "ExternalName":
        fill(after, **{name: before[name] for name in _OF_ADDRESSES if name in before})
    elif after.get("clusterIP") and not after.get("clusterIPs"):
        after["clusterIPs"] = [after["clusterIP"]]


def _drop_other_types(after: Object, before: Object) -> None:
    """Drop what only the type of before could have."""
    kind = after.get("type")
    if kind != "LoadBalancer":
        _drop_unchanged(after, before, *ONLY_OF_LOAD_BALANCERS)
    if kind not in _REACHED_FROM_OUTSIDE and not after.get("externalIPs"):
        _drop_unchanged(after, before, "externalTrafficPolicy")
    if kind == "ExternalName":
        _drop_unchanged(after, before, "internalTrafficPolicy")


def _keep_node_ports(after: Object, before: Object) -> None:
    """Keep the node port of each port that there was, if the type is one that has any."""
    kind, was = after.get("type"), before.get("type")
    ports = {_port_key(port): port for port in before.get("ports") or ()}
    for port in after.get("ports") or ():
        known = ports.get(_port_key(port))
        if known is None or not known.get("nodePort"):
            continue
        if kind in _REACHED_FROM_OUTSIDE:
            port["nodePort"] = port.get("nodePort") or known["nodePort"]
        elif was in _REACHED_FROM_OUTSIDE:
            _drop_unchanged(port, known, "nodePort")


def _port_key(port: Object) -> tuple[str, int]:
    return port.get("protocol") or "TCP", port.get("port") or 0


def _drop_unchanged(after: Object, before: Object, *names: str) -> None:
    """Drop what only the type of before allowed, unless the client has chosen it anew."""
    for name in names:
        if name in after and after[name] == before.get(name):
            del after[name]


SERVICE = Resource(
    "Service", "", "v1", "services", ServiceStrategy(),
    short_names=("svc",), categories=("all",), subresources=(Subresource("status"),),
    storage_prefix="services/specs",
    field_labels={
        "spec.clusterIP": text_at("spec", "clusterIP"),
        "spec.type": text_at("spec", "type"),
    },
)  # fmt: skip
