"""The rules of a pod's spec, alone or in a template.

Source: kubernetes pkg/apis/core/validation/validation.go, ``ValidatePodSpec``.
"""

from collections.abc import Sequence

from kactors.api.field_errors import FieldError, duplicate, forbidden, invalid, required
from kactors.api.memo import Memo
from kactors.api.names import (
    is_dns1123_label,
    is_dns1123_subdomain,
    is_ip,
    is_qualified_name,
)
from kactors.api.objects import Object
from kactors.api.validation.common import enumerated, faulty, non_negative
from kactors.api.validation.containers import validate_containers, validate_init_containers
from kactors.api.validation.metadata import validate_labels
from kactors.api.validation.placement import (
    validate_affinity,
    validate_tolerations,
    validate_topology_spread,
)
from kactors.api.validation.resources import validate_resource_list
from kactors.api.validation.security import validate_pod_security
from kactors.api.validation.volumes import validate_volumes

__all__ = ["validate_active_deadline", "validate_pod_spec", "validate_scheduling_gates"]

_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_PREEMPTION_POLICIES = ("PreemptLowerPriority", "Never")
_MAX_INT32 = 2**31 - 1
_right: Memo[bool] = Memo()
"""Specs without a fault, wherever they are."""


def validate_pod_spec(spec: Object, path: str) -> list[FieldError]:
    """Return what is wrong with a pod's spec; one that was found right before is recognised."""
    key = _right.key_of(spec)
    if _right.get(key):
        return []
    errors = _faults(spec, path)
    if not errors:
        _right.put(key, True)
    return errors


def _faults(spec: Object, path: str) -> list[FieldError]:
    volumes = spec.get("volumes") or ()
    regular = spec.get("containers") or ()
    host_network = bool(spec.get("hostNetwork"))
    errors = validate_volumes(volumes, f"{path}.volumes")
    errors += validate_containers(regular, volumes, f"{path}.containers", host_network=host_network)
    errors += validate_init_containers(
        spec.get("initContainers") or (),
        regular,
        volumes,
        f"{path}.initContainers",
        host_network=host_network,
    )
    errors += enumerated(spec.get("restartPolicy"), f"{path}.restartPolicy", _RESTART_POLICIES)
    errors += _dns(spec, path)
    errors += _names(spec, path)
    errors += _placement(spec, path)
    errors += validate_active_deadline(spec.get("activeDeadlineSeconds"), path)
    errors += non_negative(spec, path, "terminationGracePeriodSeconds")
    errors += validate_pod_security(spec.get("securityContext") or {}, f"{path}.securityContext")
    errors += _host_aliases(spec.get("hostAliases") or (), f"{path}.hostAliases")
    errors += enumerated(
        spec.get("preemptionPolicy"),
        f"{path}.preemptionPolicy",
        _PREEMPTION_POLICIES,
        optional=True,
    )
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        errors.append(invalid(f"{path}.shareProcessNamespace", True, detail))
    return errors


def _dns(spec: Object, path: str) -> list[FieldError]:
    policy = spec.get("dnsPolicy")
    errors = enumerated(policy, f"{path}.dnsPolicy", _DNS_POLICIES)
    config: Object = spec.get("dnsConfig") or {}
    where = f"{path}.dnsConfig"
    servers = config.get("nameservers") or ()
    if policy == "None" and not servers:
        detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
        errors.append(required(f"{where}.nameservers", detail))
    if len(servers) > 3:
        detail = "must not have more than 3 nameservers"
        errors.append(invalid(f"{where}.nameservers", list(servers), detail))
    for index, server in enumerate(servers):
        errors += faulty(f"{where}.nameservers[{index}]", server, is_ip(server))
    return errors


def _names(spec: Object, path: str) -> list[FieldError]:
    errors = []
    for name in ("serviceAccountName", "nodeName", "priorityClassName", "runtimeClassName"):
        if found := spec.get(name):
            errors += faulty(f"{path}.{name}", found, is_dns1123_subdomain(found))
    for name in ("hostname", "subdomain"):
        if found := spec.get(name):
            errors += faulty(f"{path}.{name}", found, is_dns1123_label(found))
    for index, secret in enumerate(spec.get("imagePullSecrets") or ()):
        if not secret.get("name"):
            errors.append(required(f"{path}.imagePullSecrets[{index}].name"))
    for index, gate in enumerate(spec.get("readinessGates") or ()):
        kind = gate.get("conditionType") or ""
        where = f"{path}.readinessGates[{index}].conditionType"
        errors += faulty(where, kind, is_qualified_name(kind))
    return errors


def _placement(spec: Object, path: str) -> list[FieldError]:
    errors = validate_labels(spec.get("nodeSelector") or {}, f"{path}.nodeSelector")
    errors += validate_affinity(spec.get("affinity") or {}, f"{path}.affinity")
    errors += validate_tolerations(spec.get("tolerations") or (), f"{path}.tolerations")
    errors += validate_topology_spread(
        spec.get("topologySpreadConstraints") or (), f"{path}.topologySpreadConstraints"
    )
    errors += validate_resource_list(spec.get("overhead") or {}, f"{path}.overhead")
    gates = spec.get("schedulingGates") or ()
    errors += validate_scheduling_gates(gates, f"{path}.schedulingGates")
    if gates and spec.get("nodeName"):
        detail = "cannot be set until all schedulingGates have been cleared"
        errors.append(forbidden(f"{path}.nodeName", detail))
    return errors


def validate_scheduling_gates(gates: Sequence[Object], path: str) -> list[FieldError]:
    """Return what is wrong with scheduling gates."""
    errors = []
    seen: list[str] = []
    for index, gate in enumerate(gates):
        name = gate.get("name") or ""
        errors += faulty(f"{path}[{index}].name", name, is_qualified_name(name))
        if name in seen:
            errors.append(duplicate(f"{path}[{index}]", name))
        seen.append(name)
    return errors


def validate_active_deadline(seconds: int | None, path: str) -> list[FieldError]:
    """Return what is wrong with how long a pod may be active."""
    if seconds is None or 1 <= seconds <= _MAX_INT32:
        return []
    detail = f"must be between 1 and {_MAX_INT32}, inclusive"
    return [invalid(f"{path}.activeDeadlineSeconds", seconds, detail)]


def _host_aliases(aliases: Sequence[Object], path: str) -> list[FieldError]:
    errors = []
    for index, alias in enumerate(aliases):
        address = alias.get("ip") or ""
        errors += faulty(f"{path}[{index}].ip", address, is_ip(address))
        for place, name in enumerate(alias.get("hostnames") or ()):
            where = f"{path}[{index}].hostnames[{place}]"
            errors += faulty(where, name, is_dns1123_subdomain(name))
    return errors
