"""The rules of what says where pods may run: affinity, tolerations, spreading, taints.

Source: kubernetes pkg/apis/core/validation/validation.go, ``validateAffinity``,
``ValidateTolerations``, ``validateTopologySpreadConstraints``, ``validateNodeTaints``.
"""

from collections.abc import Sequence

from kactors.api.field_errors import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)
from kactors.api.names import is_dns1123_label, is_label_value
from kactors.api.names import is_qualified_name as is_label_name
from kactors.api.objects import Object
from kactors.api.validation.common import enumerated, faulty, validate_label_selector

__all__ = ["validate_affinity", "validate_node_selector", "validate_taints",
           "validate_tolerations", "validate_topology_spread"]  # fmt: skip

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_UNSATISFIABLE = ("DoNotSchedule", "ScheduleAnyway")


def validate_affinity(affinity: Object, path: str) -> list[FieldError]:
    """Return what is wrong with the affinity of a pod."""
    errors = []
    if (found := affinity.get("nodeAffinity")) is not None:
        where = f"{path}.nodeAffinity"
        if (selector := found.get(_REQUIRED)) is not None:
            errors += validate_node_selector(selector, f"{where}.{_REQUIRED}")
        for index, each in enumerate(found.get(_PREFERRED) or ()):
            inner = f"{where}.{_PREFERRED}[{index}]"
            errors += _weight(each, inner)
            errors += _node_term(each.get("preference") or {}, f"{inner}.preference")
    for name in ("podAffinity", "podAntiAffinity"):
        found = affinity.get(name) or {}
        for index, each in enumerate(found.get(_REQUIRED) or ()):
            errors += _pod_term(each, f"{path}.{name}.{_REQUIRED}[{index}]")
        for index, each in enumerate(found.get(_PREFERRED) or ()):
            inner = f"{path}.{name}.{_PREFERRED}[{index}]"
            errors += _weight(each, inner)
            errors += _pod_term(each.get("podAffinityTerm") or {}, f"{inner}.podAffinityTerm")
    return errors


def _weight(term: Object, path: str) -> list[FieldError]:
    weight = term.get("weight") or 0
    if 1 <= weight <= 100:
        return []
    return [invalid(f"{path}.weight", weight, "must be in the range 1-100")]


def validate_node_selector(selector: Object, path: str) -> list[FieldError]:
    """Return what is wrong with the terms of a ``NodeSelector``."""
    terms = selector.get("nodeSelectorTerms") or ()
    if not terms:
        detail = "must have at least one node selector term"
        return [required(f"{path}.nodeSelectorTerms", detail)]
    errors = []
    for index, term in enumerate(terms):
        errors += _node_term(term, f"{path}.nodeSelectorTerms[{index}]")
    return errors


def _node_term(term: Object, path: str) -> list[FieldError]:
    errors = []
    for index, each in enumerate(term.get("matchExpressions") or ()):
        errors += _node_expression(each, f"{path}.matchExpressions[{index}]")
    for index, each in enumerate(term.get("matchFields") or ()):
        errors += _node_field(each, f"{path}.matchFields[{index}]")
    return errors


def _node_expression(each: Object, path: str) -> list[FieldError]:
    errors = []
    values = each.get("values") or ()
    match each.get("operator") or "":
        case "In" | "NotIn":
            if not values:
                detail = "must be specified when `operator` is 'In' or 'NotIn'"
                errors.append(required(f"{path}.values", detail))
        case "Exists" | "DoesNotExist":
            if values:
                detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                errors.append(forbidden(f"{path}.values", detail))
        case "Gt" | "Lt":
            if len(values) != 1:
                detail = "must be specified single value when `operator` is 'Lt' or 'Gt'"
                errors.append(required(f"{path}.values", detail))
        case other:
            errors.append(invalid(f"{path}.operator", other, "not a valid selector operator"))
    key = each.get("key") or ""
    return errors + faulty(f"{path}.key", key, is_label_name(key))


def _node_field(each: Object, path: str) -> list[FieldError]:
    errors = []
    operator = each.get("operator") or ""
    if operator not in {"In", "NotIn"}:
        errors.append(invalid(f"{path}.operator", operator, "not a valid selector operator"))
    elif len(each.get("values") or ()) != 1:
        detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        errors.append(required(f"{path}.values", detail))
    key = each.get("key") or ""
    if key != "metadata.name":
        errors.append(invalid(f"{path}.key", key, "not a valid field selector key"))
    return errors


def _pod_term(term: Object, path: str) -> list[FieldError]:
    errors = validate_label_selector(term.get("labelSelector"), f"{path}.labelSelector")
    errors += validate_label_selector(term.get("namespaceSelector"), f"{path}.namespaceSelector")
    for index, namespace in enumerate(term.get("namespaces") or ()):
        errors += faulty(f"{path}.namespaces[{index}]", namespace, is_dns1123_label(namespace))
    return errors + _topology_key(term, path)


def _topology_key(term: Object, path: str) -> list[FieldError]:
    key = term.get("topologyKey") or ""
    if not key:
        return [required(f"{path}.topologyKey", "can not be empty")]
    return faulty(f"{path}.topologyKey", key, is_label_name(key))


def validate_tolerations(tolerations: Sequence[Object], path: str) -> list[FieldError]:
    """Return what is wrong with the tolerations of a pod."""
    errors = []
    for index, each in enumerate(tolerations):
        where = f"{path}[{index}]"
        key, operator = each.get("key") or "", each.get("operator") or ""
        effect, value = each.get("effect") or "", each.get("value") or ""
        if key:
            errors += faulty(f"{where}.key", key, is_label_name(key))
        elif operator != "Exists":
            detail = (
                "operator must be Exists when `key` is empty, which means "
                '"match all values and all keys"'
            )
            errors.append(invalid(f"{where}.operator", operator, detail))
        if each.get("tolerationSeconds") is not None and effect != "NoExecute":
            detail = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            errors.append(invalid(f"{where}.effect", effect, detail))
        if operator in {"", "Equal"}:
            errors += faulty(f"{where}.operator", value, is_label_value(value))
        elif operator != "Exists":
            errors.append(not_supported(f"{where}.operator", operator, ("Equal", "Exists")))
        elif value:
            detail = "value must be empty when `operator` is 'Exists'"
            errors.append(invalid(f"{where}.operator", each, detail))
        errors += enumerated(effect, f"{where}.effect", _EFFECTS, optional=True)
    return errors


def validate_taints(taints: Sequence[Object], path: str) -> list[FieldError]:
    """Return what is wrong with the taints of a node."""
    errors = []
    seen: list[tuple[str, str]] = []
    for index, taint in enumerate(taints):
        where = f"{path}[{index}]"
        key, effect = taint.get("key") or "", taint.get("effect") or ""
        errors += faulty(f"{where}.key", key, is_label_name(key))
        value = taint.get("value") or ""
        errors += faulty(f"{where}.value", value, is_label_value(value))
        errors += enumerated(effect, f"{where}.effect", _EFFECTS)
        if (key, effect) in seen:
            errors.append(duplicate(where, taint))
        seen.append((key, effect))
    return errors


def validate_topology_spread(constraints: Sequence[Object], path: str) -> list[FieldError]:
    """Return what is wrong with the topology spread constraints of a pod."""
    errors = []
    seen: list[tuple[str, str]] = []
    for index, each in enumerate(constraints):
        where = f"{path}[{index}]"
        if (each.get("maxSkew") or 0) <= 0:
            detail = "must be greater than zero"
            errors.append(invalid(f"{where}.maxSkew", each.get("maxSkew") or 0, detail))
        errors += _topology_key(each, where)
        action = each.get("whenUnsatisfiable") or ""
        if action not in _UNSATISFIABLE:
            errors.append(not_supported(f"{where}.whenUnsatisfiable", action, _UNSATISFIABLE))
        pair = (each.get("topologyKey") or "", action)
        if pair in seen:
            field = f"{where}.{{topologyKey, whenUnsatisfiable}}"
            errors.append(duplicate(field, f"{{{pair[0]}, {pair[1]}}}"))
        seen.append(pair)
        errors += _min_domains(each, where)
        for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            policies = ("Ignore", "Honor")
            errors += enumerated(each.get(name), f"{where}.{name}", policies, optional=True)
        errors += validate_label_selector(each.get("labelSelector"), f"{where}.labelSelector")
    return errors


def _min_domains(each: Object, path: str) -> list[FieldError]:
    domains, action = each.get("minDomains"), each.get("whenUnsatisfiable")
    if domains is None:
        return []
    errors = []
    if domains <= 0:
        errors.append(invalid(f"{path}.minDomains", domains, "must be greater than zero"))
    if action != "DoNotSchedule":
        detail = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
        errors.append(invalid(f"{path}.minDomains", domains, detail))
    return errors
