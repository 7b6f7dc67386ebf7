"""The rules of PersistentVolumes, their claims, and StorageClasses.

Source: kubernetes pkg/apis/core/validation/validation.go, ``ValidatePersistentVolume``,
``ValidatePersistentVolumeClaim``; pkg/apis/storage/validation.
"""

from kactors.api.field_errors import FieldError, forbidden, invalid, required
from kactors.api.names import is_dns1123_subdomain
from kactors.api.objects import Object, field, without
from kactors.api.quantity import parse_quantity
from kactors.api.validation.common import enumerated, faulty, validate_label_selector
from kactors.api.validation.metadata import immutable
from kactors.api.validation.placement import validate_node_selector
from kactors.api.validation.resources import validate_resource_list

__all__ = ["validate_claim", "validate_claim_update", "validate_storage_class",
           "validate_storage_class_update", "validate_volume",
           "validate_volume_update"]  # fmt: skip

_ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_RECLAIM_POLICIES = ("Delete", "Recycle", "Retain")
_VOLUME_MODES = ("Block", "Filesystem")
_BINDING_MODES = ("Immediate", "WaitForFirstConsumer")
_NOT_A_SOURCE = (
    "accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity",
    "persistentVolumeReclaimPolicy", "storageClassName", "volumeAttributesClassName", "volumeMode",
)  # fmt: skip


def _modes(spec: Object, detail: str) -> list[FieldError]:
    modes = spec.get("accessModes") or ()
    errors = [] if modes else [required("spec.accessModes", detail)]
    for mode in modes:
        errors += enumerated(mode, "spec.accessModes", _ACCESS_MODES)
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        detail = "may not use ReadWriteOncePod with other access modes"
        errors.append(forbidden("spec.accessModes", detail))
    return errors


def validate_volume(volume: Object) -> list[FieldError]:
    """Return what is wrong with a PersistentVolume."""
    spec: Object = volume.get("spec") or {}
    errors = _modes(spec, "")
    capacity: Object = spec.get("capacity") or {}
    if not capacity:
        errors.append(required("spec.capacity"))
    elif list(capacity) != ["storage"]:
        errors += enumerated(next(iter(capacity)), "spec.capacity", ("storage",))
    errors += validate_resource_list(capacity, "spec.capacity")
    if "storage" in capacity and parse_quantity(capacity["storage"]).nanos == 0:
        detail = "must be greater than zero"
        errors.append(invalid("spec.capacity[storage]", capacity["storage"], detail))
    policy = spec.get("persistentVolumeReclaimPolicy")
    path = "spec.persistentVolumeReclaimPolicy"
    errors += enumerated(policy, path, _RECLAIM_POLICIES, optional=True)
    errors += enumerated(spec.get("volumeMode"), "spec.volumeMode", _VOLUME_MODES, optional=True)
    sources = [name for name in spec if name not in _NOT_A_SOURCE and spec[name] is not None]
    if not sources:
        errors.append(required("spec", "must specify a volume type"))
    detail = "may not specify more than 1 volume type"
    errors += [forbidden(f"spec.{name}", detail) for name in sources[1:]]
    if (selector := field(spec, "nodeAffinity", "required")) is not None:
        errors += validate_node_selector(selector, "spec.nodeAffinity.required")
    return errors


def validate_volume_update(new: Object, old: Object) -> list[FieldError]:
    """Return what is wrong with a change of a PersistentVolume: where it is stays."""
    after: Object = new.get("spec") or {}
    before: Object = old.get("spec") or {}
    errors = validate_volume(new)
    moved = any(
        after.get(name) != before.get(name)
        for name in {**before, **after}
        if name not in _NOT_A_SOURCE
    )
    if moved:
        detail = "spec.persistentvolumesource is immutable after creation"
        errors.append(forbidden("spec.persistentvolumesource", detail))
    errors += immutable(after.get("volumeMode"), before.get("volumeMode"), "spec.volumeMode")
    if before.get("nodeAffinity") is not None:
        path = "spec.nodeAffinity"
        errors += immutable(after.get("nodeAffinity"), before["nodeAffinity"], path)
    return errors


def validate_claim(claim: Object) -> list[FieldError]:
    """Return what is wrong with a PersistentVolumeClaim."""
    spec: Object = claim.get("spec") or {}
    errors = _modes(spec, "at least 1 access mode is required")
    errors += validate_label_selector(spec.get("selector"), "spec.selector")
    amount = field(spec, "resources", "requests", "storage")
    path = "spec.resources[storage]"
    if amount is None:
        errors.append(required(path))
    elif parse_quantity(amount).nanos <= 0:
        errors.append(invalid(path, amount, "must be greater than zero"))
    if name := spec.get("storageClassName"):
        errors += faulty("spec.storageClassName", name, is_dns1123_subdomain(name))
    return errors + enumerated(
        spec.get("volumeMode"), "spec.volumeMode", _VOLUME_MODES, optional=True
    )


def validate_claim_update(new: Object, old: Object) -> list[FieldError]:
    """Return what is wrong with a change of a claim: it may be bound once, and then grow."""
    after: Object = new.get("spec") or {}
    before: Object = old.get("spec") or {}
    errors = validate_claim(new)
    free = ["resources", "volumeAttributesClassName"]
    if not before.get("volumeName"):
        free.append("volumeName")
    if before.get("storageClassName") is None:
        free.append("storageClassName")
    changed = [
        name for name in {**before, **after}
        if name not in free and after.get(name) != before.get(name)
    ]  # fmt: skip
    resources = without(after.get("resources") or {}, "requests", "storage")
    was = without(before.get("resources") or {}, "requests", "storage")
    if changed or resources != was:
        detail = (
            "spec is immutable after creation except resources.requests and "
            "volumeAttributesClassName for bound claims"
        )
        errors.append(forbidden("spec", detail))
    size, before_size = (field(each, "resources", "requests", "storage", default="0")
                         for each in (after, before))  # fmt: skip
    smaller = parse_quantity(size) < parse_quantity(before_size)
    if size != before_size and field(old, "status", "phase") != "Bound":
        detail = (
            "spec is immutable after creation except resources.requests and "
            "volumeAttributesClassName for bound claims"
        )
        errors.append(forbidden("spec", detail))
    elif smaller and parse_quantity(size) < parse_quantity(
        field(old, "status", "capacity", "storage", default="0")
    ):
        detail = "field can not be less than status.capacity"
        errors.append(forbidden("spec.resources.requests.storage", detail))
    return errors


def validate_storage_class(storage: Object) -> list[FieldError]:
    """Return what is wrong with a StorageClass."""
    errors = [] if storage.get("provisioner") else [required("provisioner")]
    errors += enumerated(storage.get("reclaimPolicy"), "reclaimPolicy", ("Delete", "Retain"))
    return errors + enumerated(
        storage.get("volumeBindingMode"), "volumeBindingMode", _BINDING_MODES
    )


def validate_storage_class_update(new: Object, old: Object) -> list[FieldError]:
    """Return what is wrong with a change of a StorageClass: it makes the same volumes."""
    errors = validate_storage_class(new)
    for name in ("parameters", "provisioner", "reclaimPolicy"):
        if (new.get(name) or None) != (old.get(name) or None):
            errors.append(forbidden(name, f"updates to {name} are forbidden."))
    path = "volumeBindingMode"
    return errors + immutable(new.get(path), old.get(path), path)
