"""PersistentVolume, PersistentVolumeClaim and StorageClass.

Source: kubernetes pkg/registry/core/{persistentvolume,persistentvolumeclaim}/strategy.go,
pkg/registry/storage/storageclass/strategy.go.
"""

from kactors.api.resource import Resource, Subresource
from kactors.api.strategy import Strategy

__all__ = ["PERSISTENT_VOLUME", "PERSISTENT_VOLUME_CLAIM", "STORAGE_CLASS"]


class PersistentVolumeStrategy(Strategy):
    """A piece of storage."""

    namespaced = False


class PersistentVolumeClaimStrategy(Strategy):
    """The wish for a piece of storage."""


class StorageClassStrategy(Strategy):
    """How storage is made."""

    namespaced = False
    has_status = False


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
