"""The subresource scale of what has replicas.

Source: ``pkg/registry/apps/deployment/storage/storage.go`` of Kubernetes, `ScaleREST`.
"""

from kactors.api.codec import decode, encode
from kactors.api.errors import Invalid, MalformedSelector
from kactors.api.meta import name_of, resource_version_of
from kactors.api.objects import Object, deep_copy
from kactors.api.scale import scale_of, set_scale, validate_scale
from kactors.apiserver.cache.entry import Entry
from kactors.apiserver.registry.guaranteed_update import Written
from kactors.apiserver.registry.object_store import Change, ObjectStore, Write


def read_scale(entry: Entry) -> bytes:
    """Return the bytes of an object's ``Scale``."""
    return encode(_scale(entry.object))


def _scale(obj: Object) -> Object:
    try:
        return scale_of(obj)
    except MalformedSelector:
        # Validation keeps such selectors out; one that is there nevertheless selects nothing.
        return scale_of({**obj, "spec": {**obj["spec"], "selector": None}})


async def update_scale(store: ObjectStore, write: Write, change: Change) -> Written:
    """Change how many replicas an object is to have.

    Args:
        store: of the objects.
        write: who, and of which object.
        change: makes the new ``Scale`` of the present one.

    Raises:
        NotFound, Conflict, Invalid, Forbidden: as for an update.
    """

    def scaled(old: Object | None) -> Object:
        if old is None:
            raise write.not_found()
        scale = change(_scale(old))
        faults = validate_scale(scale)
        if faults:
            raise Invalid("Scale", name_of(old), faults, group="autoscaling")
        new: Object = deep_copy(old)
        new["metadata"]["resourceVersion"] = resource_version_of(scale)
        set_scale(new, scale)
        return new

    written = await store.update(write, scaled)
    return Written(encode(_scale(decode(written.body, written.revision))), written.revision)
