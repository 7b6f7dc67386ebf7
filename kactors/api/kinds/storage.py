"""PersistentVolume, PersistentVolumeClaim and StorageClass.

Source: kubernetes pkg/registry/core/{persistentvolume,persistentvolumeclaim}/strategy.go,
pkg/registry/storage/storageclass/strategy.go.
"""

from kactors.api.defaults.fill import fill, part
from kactors.api.defaults.volumes import default_claim
from kactors.api.field_errors import FieldError
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource
from kactors.api.strategy import Strategy
from kactors.api.validation.storage import (
    validate_claim,
    validate_claim_update,
    validate_storage_class,
    validate_storage_class_update,
    validate_volume,
    validate_volume_update,
)

__all__ = ["PERSISTENT_VOLUME", "PERSISTENT_VOLUME_CLAIM", "STORAGE_CLASS"]


class PersistentVolumeStrategy(Strategy):
    """A piece of storage."""

    namespaced = False

    def default(self, obj: Object) -> None:
        """Keep what was stored."""
        fill(part(obj, "spec"), persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")
        fill(part(obj, "status"), phase="Pending")

    def prepare_for_create(self, obj: Object) -> None:
        """Nothing is bound yet."""
        obj["status"] = {"phase": "Pending"}

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the spec."""
        return validate_volume(obj)

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of the spec."""
        return validate_volume_update(new, old)


class PersistentVolumeClaimStrategy(Strategy):
    """The wish for a piece of storage."""

    def default(self, obj: Object) -> None:
        """Ask for a file system."""
        default_claim(obj)

    def prepare_for_create(self, obj: Object) -> None:
        """Nothing is bound yet."""
        obj["status"] = {"phase": "Pending"}

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the spec."""
        return validate_claim(obj)

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of the spec."""
        return validate_claim_update(new, old)


class StorageClassStrategy(Strategy):
    """How storage is made."""

    namespaced = False
    has_status = False

    def default(self, obj: Object) -> None:
        """Delete what nobody claims, and bind at once."""
        fill(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the class."""
        return validate_storage_class(obj)

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of the class."""
        return validate_storage_class_update(new, old)


PERSISTENT_VOLUME = Resource(
    "PersistentVolume", "", "v1", "persistentvolumes", PersistentVolumeStrategy(),
    short_names=("pv",), subresources=(Subresource("status"),),
)  # fmt: skip
PERSISTENT_VOLUME_CLAIM = Resource(
    "PersistentVolumeClaim", "", "v1", "persistentvolumeclaims", PersistentVolumeClaimStrategy(),
    short_names=("pvc",), subresources=(Subresource("status"),),
)  # fmt: skip
STORAGE_CLASS = Resource(
    "StorageClass", "storage.k8s.io", "v1", "storageclasses", StorageClassStrategy(),
    short_names=("sc",),
)  # fmt: skip
