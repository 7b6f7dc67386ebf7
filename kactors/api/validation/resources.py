"""The rules of requests and limits.

Source: kubernetes pkg/apis/core/validation/validation.go, ``ValidateResourceRequirements``.
"""

from kactors.api.field_errors import FieldError, invalid, required
from kactors.api.names import is_qualified_name
from kactors.api.objects import Object
from kactors.api.quantity import parse_quantity
from kactors.api.validation.common import faulty

__all__ = ["may_be_overcommitted", "validate_resource_list", "validate_resources"]

_OF_CONTAINERS = ("cpu", "memory", "ephemeral-storage", "storage")


def _is_native(name: str) -> bool:
    return "/" not in name or "kubernetes.io/" in name


def may_be_overcommitted(name: str) -> bool:
    """Tell whether limits may be above requests: not of huge pages and extended resources."""
    return _is_native(name) and not name.startswith("hugepages-")


def validate_resource_list(amounts: Object, path: str) -> list[FieldError]:
    """Return what is wrong with names and amounts of resources."""
    errors = []
    for name, text in amounts.items():
        where = f"{path}[{name}]"
        errors += faulty(where, name, is_qualified_name(name))
        if "/" not in name and name not in _OF_CONTAINERS and not name.startswith("hugepages-"):
            detail = "must be a standard resource type or fully qualified"
            errors.append(invalid(where, name, detail))
        amount = parse_quantity(text)
        if amount.nanos < 0:
            errors.append(invalid(where, text, "must be greater than or equal to 0"))
        elif not _is_native(name) and amount.milli_value() % 1000:
            errors.append(invalid(where, text, "must be an integer"))
    return errors


def validate_resources(resources: Object, path: str) -> list[FieldError]:
    """Return what is wrong with the resources of a container."""
    limits: Object = resources.get("limits") or {}
    requests: Object = resources.get("requests") or {}
    errors = validate_resource_list(limits, f"{path}.limits")
    errors += validate_resource_list(requests, f"{path}.requests")
    where = f"{path}.requests"
    for name, text in requests.items():
        limit = limits.get(name)
        if limit is None:
            if not may_be_overcommitted(name):
                detail = "Limit must be set for non overcommitable resources"
                errors.append(required(f"{path}.limits", detail))
            continue
        if not may_be_overcommitted(name) and parse_quantity(text) != parse_quantity(limit):
            errors.append(invalid(where, text, f"must be equal to {name} limit of {limit}"))
        elif parse_quantity(limit) < parse_quantity(text):
            detail = f"must be less than or equal to {name} limit of {limit}"
            errors.append(invalid(where, text, detail))
    return errors
