"""The rules of roles and bindings.

Source: kubernetes pkg/apis/rbac/validation/validation.go.
"""

from kactors.api.field_errors import FieldError, invalid, not_supported, required
from kactors.api.names import is_dns1123_subdomain, is_path_segment_name
from kactors.api.objects import Object
from kactors.api.validation.common import faulty, validate_label_selector

__all__ = ["validate_binding", "validate_binding_update", "validate_role"]

_GROUP = "rbac.authorization.k8s.io"


def validate_role(role: Object, *, namespaced: bool) -> list[FieldError]:
    """Return what is wrong with a Role or ClusterRole."""
    errors = []
    for index, rule in enumerate(role.get("rules") or ()):
        errors += _rule(rule, f"rules[{index}]", namespaced=namespaced)
    aggregation = role.get("aggregationRule")
    if aggregation is not None:
        selectors = aggregation.get("clusterRoleSelectors") or ()
        path = "aggregationRule.clusterRoleSelectors"
        if not selectors:
            detail = "at least one clusterRoleSelector required if aggregationRule is non-nil"
            errors.append(required(path, detail))
        for index, selector in enumerate(selectors):
            errors += validate_label_selector(selector, f"{path}[{index}]")
    return errors


def _rule(rule: Object, path: str, *, namespaced: bool) -> list[FieldError]:
    errors = []
    if not rule.get("verbs"):
        errors.append(required(f"{path}.verbs", "verbs must contain at least one value"))
    if urls := rule.get("nonResourceURLs"):
        where = f"{path}.nonResourceURLs"
        if namespaced:
            detail = "namespaced rules cannot apply to non-resource URLs"
            errors.append(invalid(where, urls, detail))
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            detail = "rules cannot apply to both regular resources and non-resource URLs"
            errors.append(invalid(where, urls, detail))
        return errors
    if not rule.get("apiGroups"):
        detail = "resource rules must supply at least one api group"
        errors.append(required(f"{path}.apiGroups", detail))
    if not rule.get("resources"):
        detail = "resource rules must supply at least one resource"
        errors.append(required(f"{path}.resources", detail))
    return errors


def validate_binding(binding: Object, *, namespaced: bool) -> list[FieldError]:
    """Return what is wrong with a RoleBinding or ClusterRoleBinding."""
    reference: Object = binding.get("roleRef") or {}
    errors = []
    group = reference.get("apiGroup") or ""
    if group != _GROUP:
        errors.append(not_supported("roleRef.apiGroup", group, (_GROUP,)))
    kinds = ("Role", "ClusterRole") if namespaced else ("ClusterRole",)
    kind = reference.get("kind") or ""
    if kind not in kinds:
        errors.append(not_supported("roleRef.kind", kind, kinds))
    name = reference.get("name") or ""
    if name:
        errors += faulty("roleRef.name", name, is_path_segment_name(name))
    else:
        errors.append(required("roleRef.name"))
    for index, subject in enumerate(binding.get("subjects") or ()):
        errors += _subject(subject, f"subjects[{index}]")
    return errors


def _subject(subject: Object, path: str) -> list[FieldError]:
    name = subject.get("name") or ""
    errors = [] if name else [required(f"{path}.name")]
    group = subject.get("apiGroup") or ""
    match subject.get("kind") or "":
        case "ServiceAccount":
            if name:
                errors += faulty(f"{path}.name", name, is_dns1123_subdomain(name))
            if group:
                errors.append(not_supported(f"{path}.apiGroup", group, ("",)))
            if not subject.get("namespace"):
                errors.append(required(f"{path}.namespace"))
        case "User" | "Group":
            if group != _GROUP:
                errors.append(not_supported(f"{path}.apiGroup", group, (_GROUP,)))
        case other:
            kinds = ("ServiceAccount", "User", "Group")
            errors.append(not_supported(f"{path}.kind", other, kinds))
    return errors


def validate_binding_update(new: Object, old: Object, *, namespaced: bool) -> list[FieldError]:
    """Return what is wrong with a change of a binding: the role stays."""
    errors = validate_binding(new, namespaced=namespaced)
    if new.get("roleRef") != old.get("roleRef"):
        errors.append(invalid("roleRef", new.get("roleRef"), "cannot change roleRef"))
    return errors
