"""DefaultStorageClass: a claim that names no class gets the default one, if there is one.

Source: ``plugin/pkg/admission/storage/storageclass/setdefault`` of Kubernetes.
"""

from typing import Final

from kactors.api.meta import annotations_of, creation_time_of, name_of
from kactors.api.objects import Object
from kactors.apiserver.admission.plugin import AdmissionRequest, Plugin
from kactors.apiserver.cache.watchers import EVERYTHING

_ANNOTATIONS: Final = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
_CLASS_ANNOTATION: Final = "volume.beta.kubernetes.io/storage-class"


class DefaultStorageClass(Plugin):
    """See the module's text."""

    async def admit(self, request: AdmissionRequest) -> None:
        """Name the default class in a claim that names none; the newest, if there are several."""
        if not request.is_on("", "persistentvolumeclaims"):
            return
        claim = request.new
        spec = claim.setdefault("spec", {})
        if spec.get("storageClassName") is not None or _CLASS_ANNOTATION in annotations_of(claim):
            return
        cache = self.backend.caches.of("storage.k8s.io", "storageclasses")
        classes = [entry.object for entry in cache.select(EVERYTHING)]
        defaults = [found for found in classes if _is_default(found)]
        if defaults:
            newest = min(defaults, key=lambda found: (-creation_time_of(found), name_of(found)))
            spec["storageClassName"] = name_of(newest)


def _is_default(storage_class: Object) -> bool:
    annotations = annotations_of(storage_class)
    return any(annotations.get(name) == "true" for name in _ANNOTATIONS)
