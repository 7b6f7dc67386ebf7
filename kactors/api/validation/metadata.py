"""The rules of ``metadata``, the same for all kinds.

Source: kubernetes apimachinery pkg/api/validation/objectmeta.go,
pkg/apis/meta/v1/validation/validation.go.
"""

from collections.abc import Callable, Sequence
from typing import Any

from kactors.api.field_errors import FieldError, duplicate, forbidden, invalid, required, too_long
from kactors.api.names import (
    Faults,
    is_dns1123_label,
    is_label_value,
    is_path_segment_name,
    is_qualified_name,
    prefix_of,
)
from kactors.api.objects import Object

__all__ = ["immutable", "validate_annotations", "validate_conditions", "validate_finalizers",
           "validate_labels", "validate_object_meta",
           "validate_object_meta_update"]  # fmt: skip

_MAX_ANNOTATIONS_BYTES = 256 * 1024
_IMMUTABLE = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp",
              "deletionGracePeriodSeconds")  # fmt: skip
_FINALIZERS_OF_THE_SYSTEM = ("orphan", "foregroundDeletion", "kubernetes")


def validate_object_meta(
    obj: Object,
    validate_name: Callable[[str], Faults],
    *,
    namespaced: bool,
    path: str = "metadata",
) -> list[FieldError]:
    """Return what is wrong with the metadata of an object that has its final name."""
    meta: Object = obj.get("metadata") or {}
    errors = _names(meta, validate_name, path)
    namespace = meta.get("namespace")
    if namespaced:
        faults = is_dns1123_label(namespace or "")
        errors += [invalid(f"{path}.namespace", namespace, fault) for fault in faults]
    errors += validate_labels(meta.get("labels") or {}, f"{path}.labels")
    errors += validate_annotations(meta.get("annotations") or {}, f"{path}.annotations")
    errors += _owners(meta.get("ownerReferences") or (), f"{path}.ownerReferences")
    errors += validate_finalizers(meta.get("finalizers") or (), f"{path}.finalizers")
    return errors


def _names(meta: Object, validate_name: Callable[[str], Faults], path: str) -> list[FieldError]:
    errors = []
    if prefix := meta.get("generateName"):
        faults = prefix_of(validate_name)(prefix)
        errors += [invalid(f"{path}.generateName", prefix, fault) for fault in faults]
    name = meta.get("name")
    if not name:
        errors.append(required(f"{path}.name", "name or generateName is required"))
        return errors
    faults = validate_name(name) + is_path_segment_name(name)
    return errors + [invalid(f"{path}.name", name, fault) for fault in faults]


def validate_labels(labels: dict[str, str], path: str) -> list[FieldError]:
    """Return what is wrong with keys and values of labels."""
    errors = []
    for key, value in labels.items():
        errors += [invalid(path, key, fault) for fault in is_qualified_name(key)]
        errors += [invalid(path, value, fault) for fault in is_label_value(value)]
    return errors


def validate_annotations(annotations: dict[str, str], path: str) -> list[FieldError]:
    """Return what is wrong with the keys of annotations, and with the size of all."""
    errors = []
    size = 0
    for key, value in annotations.items():
        errors += [invalid(path, key, fault) for fault in is_qualified_name(key.lower())]
        size += len(key.encode()) + len(value.encode())
    if size > _MAX_ANNOTATIONS_BYTES:
        errors.append(too_long(path, _MAX_ANNOTATIONS_BYTES))
    return errors


def _owners(references: Sequence[Object], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    controller = ""
    for index, reference in enumerate(references):
        where = f"{path}[{index}]"
        version = reference.get("apiVersion") or ""
        if not version:
            errors.append(invalid(f"{where}.apiVersion", version, "version must not be empty"))
        errors += [invalid(f"{where}.{name}", "", "must not be empty")
                   for name in ("kind", "name", "uid") if not reference.get(name)]  # fmt: skip
        if (version, reference.get("kind")) == ("v1", "Event"):
            errors.append(
                invalid(where, reference, "/v1, Kind=Event is disallowed from being an owner")
            )
        if not reference.get("controller"):
            continue
        if controller:
            detail = (
                'Only one reference can have Controller set to true. Found "true" in references '
                f"for {controller} and {reference.get('name')}"
            )
            errors.append(invalid(path, list(references), detail))
        controller = reference.get("name") or ""
    return errors


def validate_finalizers(finalizers: Sequence[str], path: str) -> list[FieldError]:
    """Return what is wrong with finalizers: names, and the two that exclude each other."""
    errors = []
    for index, name in enumerate(finalizers):
        where = f"{path}[{index}]"
        errors += [invalid(where, name, fault) for fault in is_qualified_name(name)]
        if "/" not in name and name not in _FINALIZERS_OF_THE_SYSTEM:
            detail = "name is neither a standard finalizer name nor is it fully qualified"
            errors.append(invalid(where, name, detail))
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        detail = "finalizer orphan and foregroundDeletion cannot be both set"
        errors.append(invalid(path, list(finalizers), detail))
    return errors


def immutable(new: Any, old: Any, path: str) -> list[FieldError]:
    """Return the fault of a field that has changed and must not."""
    if (new or None) == (old or None):
        return []
    return [invalid(path, new, "field is immutable")]


def validate_object_meta_update(
    new: Object, old: Object, path: str = "metadata"
) -> list[FieldError]:
    """Return what is wrong with a change of metadata."""
    after: Object = new.get("metadata") or {}
    before: Object = old.get("metadata") or {}
    errors: list[FieldError] = []
    if before.get("deletionTimestamp"):
        known = before.get("finalizers") or ()
        added = [each for each in after.get("finalizers") or () if each not in known]
        if added:
            detail = (
                "no new finalizers can be added if the object is being deleted, found new "
                f"finalizers {_go_list(added)}"
            )
            errors.append(forbidden(f"{path}.finalizers", detail))
    for name in _IMMUTABLE:
        errors += immutable(after.get(name), before.get(name), f"{path}.{name}")
    return errors


def _go_list(names: Sequence[str]) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"[]string{{{quoted}}}"


def validate_conditions(obj: Object, path: str) -> list[FieldError]:
    """Return what is wrong with the conditions of a status: types missing or twice."""
    errors = []
    seen = []
    for index, condition in enumerate((obj.get("status") or {}).get("conditions") or ()):
        kind = condition.get("type")
        if not kind:
            errors.append(required(f"{path}[{index}].type"))
        elif kind in seen:
            errors.append(duplicate(f"{path}[{index}].type", kind))
        seen.append(kind)
    return errors
