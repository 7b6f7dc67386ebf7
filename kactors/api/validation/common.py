"""Checks that many kinds need.

Source: kubernetes pkg/apis/core/validation/validation.go, pkg/apis/apps/validation/validation.go,
apimachinery pkg/apis/meta/v1/validation/validation.go.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from kactors.api.field_errors import FieldError, forbidden, invalid, not_supported, required
from kactors.api.names import Faults, is_label_value, is_percent, is_port_name, is_port_number
from kactors.api.names import is_qualified_name as is_label_name
from kactors.api.objects import Object
from kactors.api.validation.metadata import validate_labels

__all__ = ["above_zero", "at_most_hundred_percent", "enumerated", "faulty", "int_or_percent",
           "is_zero", "non_negative", "port_name_or_number", "port_number",
           "validate_label_selector"]  # fmt: skip


def faulty(path: str, value: Any, faults: Faults) -> list[FieldError]:
    """Return each fault of a name as an error."""
    return [invalid(path, value, fault) for fault in faults]


def non_negative(obj: Object, path: str, *names: str) -> list[FieldError]:
    """Return the fields of ``obj``, of those named, that are below zero."""
    detail = "must be greater than or equal to 0"
    return [invalid(f"{path}.{name}", obj[name], detail)
            for name in names if (obj.get(name) or 0) < 0]  # fmt: skip


def above_zero(obj: Object, path: str, *names: str) -> list[FieldError]:
    """Return the fields of ``obj``, of those named, that are there and not above zero."""
    found = [name for name in names if obj.get(name) is not None]
    return [invalid(f"{path}.{name}", obj[name], "must be greater than 0")
            for name in found if obj[name] <= 0]  # fmt: skip


def enumerated(
    value: str | None, path: str, valid: Sequence[str], *, optional: bool = False
) -> list[FieldError]:
    """Return what is wrong with a value of an enumeration."""
    if not value:
        return [] if optional else [required(path)]
    return [] if value in valid else [not_supported(path, value, valid)]


def port_number(value: int | None, path: str) -> list[FieldError]:
    """Return what is wrong with a port's number."""
    return faulty(path, value, is_port_number(value or 0))


def port_name_or_number(value: int | str | None, path: str) -> list[FieldError]:
    """Return what is wrong with a port that is given by number or by name."""
    if isinstance(value, str):
        return faulty(path, value, is_port_name(value))
    return port_number(value, path)


def int_or_percent(value: int | str | None, path: str) -> list[FieldError]:
    """Return what is wrong with a count that may be a percentage."""
    if isinstance(value, str):
        return faulty(path, value, is_percent(value))
    if (value or 0) < 0:
        return [invalid(path, value, "must be greater than or equal to 0")]
    return []


def at_most_hundred_percent(value: int | str | None, path: str) -> list[FieldError]:
    """Return the fault of a percentage above 100."""
    if isinstance(value, str) and not is_percent(value) and int(value[:-1]) > 100:
        return [invalid(path, value, "must not be greater than 100%")]
    return []


def is_zero(value: int | str | None) -> bool:
    """Tell whether a count, or a percentage, is nothing."""
    return value in {None, 0} or (isinstance(value, str) and value.strip("0") == "%")


_WITH_VALUES = ("In", "NotIn")
_WITHOUT_VALUES = ("Exists", "DoesNotExist")


def validate_label_selector(selector: Object | None, path: str) -> list[FieldError]:
    """Return what is wrong with a ``LabelSelector``; ``None`` is good."""
    if selector is None:
        return []
    errors = validate_labels(selector.get("matchLabels") or {}, f"{path}.matchLabels")
    expressions: Iterable[Object] = selector.get("matchExpressions") or ()
    for index, each in enumerate(expressions):
        errors += _expression(each, f"{path}.matchExpressions[{index}]")
    return errors


def _expression(each: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    operator, values = each.get("operator") or "", each.get("values") or ()
    if operator in _WITH_VALUES:
        if not values:
            detail = "must be specified when `operator` is 'In' or 'NotIn'"
            errors.append(required(f"{path}.values", detail))
    elif operator in _WITHOUT_VALUES:
        if values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            errors.append(forbidden(f"{path}.values", detail))
    else:
        errors.append(invalid(f"{path}.operator", operator, "not a valid selector operator"))
    key = each.get("key") or ""
    errors += faulty(f"{path}.key", key, is_label_name(key))
    for index, value in enumerate(values):
        errors += faulty(f"{path}.values[{index}]", value, is_label_value(value))
    return errors
