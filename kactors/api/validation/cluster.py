"""The rules of Namespaces, Nodes, Leases, Events, PriorityClasses and disruption budgets.

Source: kubernetes pkg/apis/core/validation/{validation,events}.go,
pkg/apis/{coordination,scheduling,policy}/validation/validation.go.
"""

import ipaddress

from kactors.api.field_errors import FieldError, forbidden, invalid
from kactors.api.meta import name_of, namespace_of
from kactors.api.objects import Object, field
from kactors.api.validation.common import (
    above_zero,
    at_most_hundred_percent,
    enumerated,
    int_or_percent,
    non_negative,
    validate_label_selector,
)
from kactors.api.validation.metadata import validate_finalizers
from kactors.api.validation.placement import validate_taints
from kactors.api.validation.resources import validate_resource_list

__all__ = ["validate_budget", "validate_event", "validate_lease", "validate_namespace",
           "validate_namespace_status", "validate_node", "validate_node_update",
           "validate_priority_class", "validate_priority_class_update"]  # fmt: skip

_ONLY_OF_NODES = ("pods", "attachable-volumes-")
_SET_ONCE = ("podCIDR", "providerID")
_HIGHEST_OF_USERS = 1_000_000_000
_OF_THE_SYSTEM = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
_PREEMPTION = ("Never", "PreemptLowerPriority")


def validate_namespace(namespace: Object) -> list[FieldError]:
    """Return what is wrong with a Namespace."""
    finalizers = field(namespace, "spec", "finalizers", default=())
    return validate_finalizers(finalizers, "spec.finalizers")


def validate_namespace_status(namespace: Object) -> list[FieldError]:
    """Return what is wrong with a Namespace's status: it says Terminating when it is deleted."""
    phase = field(namespace, "status", "phase")
    deleted = bool((namespace.get("metadata") or {}).get("deletionTimestamp"))
    if deleted and phase != "Terminating":
        detail = "may only be 'Terminating' if `deletionTimestamp` is not empty"
        return [invalid("status.phase", phase, detail)]
    if not deleted and phase != "Active":
        detail = "may only be 'Active' if `deletionTimestamp` is empty"
        return [invalid("status.phase", phase, detail)]
    return []


def validate_node(node: Object) -> list[FieldError]:
    """Return what is wrong with a Node."""
    spec: Object = node.get("spec") or {}
    errors = validate_taints(spec.get("taints") or (), "spec.taints")
    for index, block in enumerate(spec.get("podCIDRs") or ()):
        try:
            ipaddress.ip_network(block)
        except ValueError:
            detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
            errors.append(invalid(f"spec.podCIDRs[{index}]", block, detail))
    status: Object = node.get("status") or {}
    for name in ("capacity", "allocatable"):
        amounts = {key: amount for key, amount in (status.get(name) or {}).items()
                   if not key.startswith(_ONLY_OF_NODES)}  # fmt: skip
        errors += validate_resource_list(amounts, f"status.{name}")
    return errors


def validate_node_update(new: Object, old: Object) -> list[FieldError]:
    """Return what is wrong with a change of a Node: what it is, once known, stays."""
    after: Object = new.get("spec") or {}
    before: Object = old.get("spec") or {}
    errors = validate_node(new)
    for name in _SET_ONCE:
        if before.get(name) and after.get(name) != before[name]:
            detail = f'node updates may not change {name} except from "" to valid'
            errors.append(forbidden(f"spec.{name}", detail))
    return errors


def validate_lease(lease: Object) -> list[FieldError]:
    """Return what is wrong with a Lease."""
    spec: Object = lease.get("spec") or {}
    errors = above_zero(spec, "spec", "leaseDurationSeconds")
    return errors + non_negative(spec, "spec", "leaseTransitions")


def validate_event(event: Object) -> list[FieldError]:
    """Return what is wrong with an Event: it is in the namespace of what it is about."""
    about, namespace = field(event, "involvedObject", "namespace"), namespace_of(event)
    # What is about an object without a namespace is in the default one.
    if about == namespace or (not about and namespace in {"default", "kube-system"}):
        return []
    return [invalid("involvedObject.namespace", about, "does not match event.namespace")]


def validate_priority_class(priority: Object) -> list[FieldError]:
    """Return what is wrong with a PriorityClass."""
    errors = []
    name, value = name_of(priority), priority.get("value") or 0
    if name.startswith("system-"):
        if _OF_THE_SYSTEM.get(name) != value:
            detail = (
                "priority class names with 'system-' prefix are reserved for system use only. "
                "error: invalid system priority class"
            )
            errors.append(forbidden("metadata.name", detail))
    elif value > _HIGHEST_OF_USERS:
        detail = f"maximum allowed value of a user defined priority is {_HIGHEST_OF_USERS}"
        errors.append(forbidden("value", detail))
    return errors + enumerated(priority.get("preemptionPolicy"), "preemptionPolicy", _PREEMPTION)


def validate_priority_class_update(new: Object, old: Object) -> list[FieldError]:
    """Return what is wrong with a change of a PriorityClass."""
    errors = []
    if (new.get("value") or 0) != (old.get("value") or 0):
        errors.append(forbidden("value", "may not be changed in an update."))
    if new.get("preemptionPolicy") != old.get("preemptionPolicy"):
        detail = "field is immutable"
        errors.append(invalid("preemptionPolicy", new.get("preemptionPolicy"), detail))
    return errors


def validate_budget(budget: Object) -> list[FieldError]:
    """Return what is wrong with a PodDisruptionBudget."""
    spec: Object = budget.get("spec") or {}
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    errors = []
    if least is not None and most is not None:
        detail = "minAvailable and maxUnavailable cannot be both set"
        errors.append(invalid("spec", spec, detail))
    for name in ("minAvailable", "maxUnavailable"):
        errors += int_or_percent(spec.get(name), f"spec.{name}")
        errors += at_most_hundred_percent(spec.get(name), f"spec.{name}")
    errors += enumerated(
        spec.get("unhealthyPodEvictionPolicy"),
        "spec.unhealthyPodEvictionPolicy",
        ("AlwaysAllow", "IfHealthyBudget"),
        optional=True,
    )
    return errors + validate_label_selector(spec.get("selector"), "spec.selector")
