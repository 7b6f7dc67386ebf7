"""The rules of Services, Endpoints and EndpointSlices.

Source: kubernetes pkg/apis/core/validation/validation.go, ``ValidateService``,
``ValidateServiceUpdate``, ``validateEndpointSubsets``; pkg/apis/discovery/validation.
"""

import ipaddress
from collections.abc import Sequence
from typing import Any

from kactors.api.field_errors import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    required,
    too_many,
)
from kactors.api.names import is_dns1123_label, is_dns1123_subdomain, is_ip, is_port_name
from kactors.api.objects import Object
from kactors.api.service_ranges import needs_health_check
from kactors.api.validation.common import (
    enumerated,
    faulty,
    port_name_or_number,
    port_number,
)
from kactors.api.validation.metadata import immutable, validate_labels

__all__ = [
    "ONLY_OF_LOAD_BALANCERS", "validate_endpoint_slice", "validate_endpoints", "validate_service",
    "validate_service_update",
]  # fmt: skip

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_WITH_NODE_PORTS = ("NodePort", "LoadBalancer")
_FAMILIES = ("IPv4", "IPv6")
_FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
ONLY_OF_LOAD_BALANCERS = (
    "loadBalancerSourceRanges", "loadBalancerClass", "allocateLoadBalancerNodePorts",
)  # fmt: skip
_MAX_AFFINITY_S = 86_400
_MAX_ENDPOINTS, _MAX_ADDRESSES = 1000, 100


def validate_service(service: Object) -> list[FieldError]:
    """Return what is wrong with a Service."""
    spec: Object = service.get("spec") or {}
    kind = spec.get("type") or ""
    errors = enumerated(kind, "spec.type", _TYPES)
    headless = spec.get("clusterIP") == "None"
    ports = spec.get("ports") or ()
    if not ports and not headless and kind != "ExternalName":
        errors.append(required("spec.ports"))
    errors += _of_type(spec, kind, headless=headless)
    errors += _ports(ports, kind)
    errors += validate_labels(spec.get("selector") or {}, "spec.selector")
    errors += _affinity(spec)
    if (address := spec.get("clusterIP")) and not headless:
        errors += faulty("spec.clusterIPs[0]", address, is_ip(address))
    for name in ("externalTrafficPolicy", "internalTrafficPolicy"):
        policies = ("Cluster", "Local")
        errors += enumerated(spec.get(name), f"spec.{name}", policies, optional=True)
    errors += _traffic(spec, kind)
    errors += _addresses(spec)
    if spec.get("healthCheckNodePort") and not needs_health_check(service):
        detail = (
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        )
        errors.append(invalid("spec.healthCheckNodePort", spec["healthCheckNodePort"], detail))
    for index, address in enumerate(spec.get("externalIPs") or ()):
        errors += faulty(f"spec.externalIPs[{index}]", address, is_ip(address))
    return errors


def _addresses(spec: Object) -> list[FieldError]:
    """Check that the two fields in which the address stands agree."""
    address, addresses = spec.get("clusterIP"), spec.get("clusterIPs") or []
    if not addresses or addresses[0] == address:
        return []
    detail = "first value must match `clusterIP`"
    if not address:
        detail = "must be empty when `clusterIP` is not specified"
    return [invalid("spec.clusterIPs", addresses, detail)]


def _of_type(spec: Object, kind: str, *, headless: bool) -> list[FieldError]:
    errors = []
    if kind in _WITH_NODE_PORTS and headless:
        detail = f"may not be set to 'None' for {kind} services"
        errors.append(invalid("spec.clusterIPs[0]", "None", detail))
    if kind == "ExternalName":
        if spec.get("clusterIP"):
            detail = "may not be set for ExternalName services"
            errors.append(forbidden("spec.clusterIPs", detail))
        name = (spec.get("externalName") or "").removesuffix(".")
        if name:
            errors += faulty("spec.externalName", name, is_dns1123_subdomain(name))
        else:
            errors.append(required("spec.externalName"))
    return errors


def _traffic(spec: Object, kind: str) -> list[FieldError]:
    """Check families of addresses, and what only some types may have."""
    errors = []
    for index, family in enumerate(spec.get("ipFamilies") or ()):
        errors += enumerated(family, f"spec.ipFamilies[{index}]", _FAMILIES)
    policy = spec.get("ipFamilyPolicy")
    errors += enumerated(policy, "spec.ipFamilyPolicy", _FAMILY_POLICIES, optional=True)
    outside = kind in _WITH_NODE_PORTS or (kind == "ClusterIP" and spec.get("externalIPs"))
    if spec.get("externalTrafficPolicy") and not outside:
        detail = "may only be set for externally-accessible services"
        path = "spec.externalTrafficPolicy"
        errors.append(invalid(path, spec["externalTrafficPolicy"], detail))
    if kind != "LoadBalancer":
        detail = "may only be used when `type` is 'LoadBalancer'"
        errors += [forbidden(f"spec.{name}", detail)
                   for name in ONLY_OF_LOAD_BALANCERS if spec.get(name) is not None]  # fmt: skip
    for index, block in enumerate(spec.get("loadBalancerSourceRanges") or ()):
        try:
            ipaddress.ip_network(block.strip())
        except ValueError:
            detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
            errors.append(invalid(f"spec.loadBalancerSourceRanges[{index}]", block, detail))
    return errors


def _ports(ports: Sequence[Object], kind: str) -> list[FieldError]:
    errors = []
    names: list[str] = []
    pairs: list[tuple[Any, Any]] = []
    outside: list[tuple[Any, int]] = []
    for index, port in enumerate(ports):
        where = f"spec.ports[{index}]"
        name = port.get("name") or ""
        if name:
            errors += faulty(f"{where}.name", name, is_dns1123_label(name))
            if name in names:
                errors.append(duplicate(f"{where}.name", name))
        elif len(ports) > 1:
            errors.append(required(f"{where}.name"))
        names.append(name)
        errors += port_number(port.get("port"), f"{where}.port")
        errors += enumerated(port.get("protocol"), f"{where}.protocol", _PROTOCOLS)
        errors += port_name_or_number(port.get("targetPort"), f"{where}.targetPort")
        if node_port := port.get("nodePort"):
            if kind in _WITH_NODE_PORTS:
                errors += port_number(node_port, f"{where}.nodePort")
                if (pair := (port.get("protocol"), node_port)) in outside:
                    errors.append(duplicate(f"{where}.nodePort", node_port))
                outside.append(pair)
            else:
                detail = f"may not be used when `type` is '{kind}'"
                errors.append(forbidden(f"{where}.nodePort", detail))
        pair = (port.get("protocol"), port.get("port"))
        if pair in pairs:
            errors.append(duplicate(where, {"protocol": pair[0], "port": pair[1]}))
        pairs.append(pair)
    return errors


def _affinity(spec: Object) -> list[FieldError]:
    kind = spec.get("sessionAffinity")
    errors = enumerated(kind, "spec.sessionAffinity", ("ClientIP", "None"))
    if kind == "ClientIP":
        config: Object = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
        seconds = config.get("timeoutSeconds") or 0
        if not 0 < seconds <= _MAX_AFFINITY_S:
            path = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
            detail = f"must be greater than 0 and less than {_MAX_AFFINITY_S}"
            errors.append(invalid(path, seconds, detail))
    return errors


def validate_service_update(new: Object, old: Object) -> list[FieldError]:
    """Return what is wrong with a change of a Service: its address stays."""
    after: Object = new.get("spec") or {}
    before: Object = old.get("spec") or {}
    errors = validate_service(new)
    kept = "ExternalName" not in {after.get("type"), before.get("type")}
    address = before.get("clusterIP")
    if kept and address and after.get("clusterIP") != address:
        detail = "may not change once set"
        errors.append(invalid("spec.clusterIPs[0]", after.get("clusterIP"), detail))
    if needs_health_check(new) and needs_health_check(old):
        path = "spec.healthCheckNodePort"
        errors += immutable(
            after.get("healthCheckNodePort"), before.get("healthCheckNodePort"), path
        )
    return errors


def validate_endpoints(endpoints: Object) -> list[FieldError]:
    """Return what is wrong with Endpoints."""
    errors = []
    for index, subset in enumerate(endpoints.get("subsets") or ()):
        where = f"subsets[{index}]"
        ready, others = subset.get("addresses") or (), subset.get("notReadyAddresses") or ()
        if not ready and not others:
            detail = "must specify `addresses` or `notReadyAddresses`"
            errors.append(required(where, detail))
        for name, addresses in (("addresses", ready), ("notReadyAddresses", others)):
            for place, each in enumerate(addresses):
                address = each.get("ip") or ""
                errors += faulty(f"{where}.{name}[{place}].ip", address, is_ip(address))
        ports = subset.get("ports") or ()
        for place, port in enumerate(ports):
            inner = f"{where}.ports[{place}]"
            if len(ports) > 1 and not port.get("name"):
                errors.append(required(f"{inner}.name"))
            errors += port_number(port.get("port"), f"{inner}.port")
            errors += enumerated(port.get("protocol"), f"{inner}.protocol", _PROTOCOLS)
    return errors


def validate_endpoint_slice(piece: Object, old: Object | None = None) -> list[FieldError]:
    """Return what is wrong with an EndpointSlice, or with its change from ``old``."""
    kinds = ("FQDN", "IPv4", "IPv6")
    kind = piece.get("addressType")
    errors = enumerated(kind, "addressType", kinds)
    if old is not None:
        errors += immutable(kind, old.get("addressType"), "addressType")
    endpoints = piece.get("endpoints") or ()
    if len(endpoints) > _MAX_ENDPOINTS:
        return [*errors, too_many("endpoints", len(endpoints), _MAX_ENDPOINTS)]
    for index, endpoint in enumerate(endpoints):
        where = f"endpoints[{index}].addresses"
        addresses = endpoint.get("addresses") or ()
        if not addresses:
            errors.append(required(where, "must contain at least 1 address"))
        elif len(addresses) > _MAX_ADDRESSES:
            errors.append(too_many(where, len(addresses), _MAX_ADDRESSES))
        check = is_dns1123_subdomain if kind == "FQDN" else is_ip
        for place, address in enumerate(addresses):
            errors += faulty(f"{where}[{place}]", address, check(address))
    return errors + _slice_ports(piece.get("ports") or ())


def _slice_ports(ports: Sequence[Object]) -> list[FieldError]:
    errors = []
    names: list[str] = []
    for index, port in enumerate(ports):
        name = port.get("name") or ""
        where = f"ports[{index}]"
        if name in names:
            errors.append(duplicate(f"{where}.name", name))
        names.append(name)
        if name:
            errors += faulty(f"{where}.name", name, is_port_name(name) and is_dns1123_label(name))
        errors += enumerated(port.get("protocol"), f"{where}.protocol", _PROTOCOLS)
    return errors
