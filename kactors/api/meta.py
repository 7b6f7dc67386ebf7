"""What every object has: names, labels, owners, conditions; the readers of ``metadata``.

Source: kubernetes apimachinery pkg/apis/meta/v1/meta.go, controller_ref.go; client-go
tools/cache/store.go for keys.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from kactors.api.objects import Object
from kactors.api.times import format_micro_time, format_time, parse_time

__all__ = [
    "annotations_of", "api_version_of", "controller_ref", "creation_time_of", "deletion_time_of",
    "finalizers_of", "format_micro_time", "format_time", "generation_of", "get_condition",
    "is_being_deleted", "is_controlled_by", "is_true", "key_of", "kind_of", "labels_of",
    "metadata_of", "name_of", "namespace_of", "object_reference", "owner_of_controller",
    "owner_reference", "owners_of", "parse_time", "resource_version_of", "revision_of",
    "split_key", "uid_of", "with_condition",
]  # fmt: skip

_NOTHING: Mapping[str, Any] = {}


def metadata_of(obj: Object) -> Object:
    """Return ``metadata``, not to be changed; empty if there is none."""
    return obj.get("metadata") or {}


def kind_of(obj: Object) -> str:
    """Return the kind; empty if the object does not say."""
    return obj.get("kind") or ""


def api_version_of(obj: Object) -> str:
    """Return the group and version, as in ``apps/v1``; empty if the object does not say."""
    return obj.get("apiVersion") or ""


def name_of(obj: Object) -> str:
    """Return the name; empty if there is none yet."""
    return (obj.get("metadata") or _NOTHING).get("name") or ""


def namespace_of(obj: Object) -> str:
    """Return the namespace; empty if there is none."""
    return (obj.get("metadata") or _NOTHING).get("namespace") or ""


def key_of(obj: Object) -> str:
    """Return ``namespace/name``, or ``name`` without a namespace: what work queues hold."""
    metadata = obj.get("metadata") or _NOTHING
    namespace = metadata.get("namespace")
    name: str = metadata.get("name") or ""
    return f"{namespace}/{name}" if namespace else name


def split_key(key: str) -> tuple[str, str]:
    """Return namespace and name of a key made by `key_of`."""
    namespace, _, name = key.rpartition("/")
    return namespace, name


def uid_of(obj: Object) -> str:
    """Return the uid; empty if there is none yet."""
    return (obj.get("metadata") or _NOTHING).get("uid") or ""


def labels_of(obj: Object) -> dict[str, str]:
    """Return the labels, not to be changed."""
    return (obj.get("metadata") or _NOTHING).get("labels") or {}


def annotations_of(obj: Object) -> dict[str, str]:
    """Return the annotations, not to be changed."""
    return (obj.get("metadata") or _NOTHING).get("annotations") or {}


def finalizers_of(obj: Object) -> Sequence[str]:
    """Return the finalizers."""
    return (obj.get("metadata") or _NOTHING).get("finalizers") or ()


def generation_of(obj: Object) -> int:
    """Return the generation of the spec; 0 if the kind has none."""
    return (obj.get("metadata") or _NOTHING).get("generation") or 0


def resource_version_of(obj: Object) -> str:
    """Return the resource version, which is opaque to clients; empty if there is none."""
    return (obj.get("metadata") or _NOTHING).get("resourceVersion") or ""


def revision_of(obj: Object) -> int:
    """Return the revision of the store at which the object was written; 0 if it never was."""
    return int(resource_version_of(obj) or 0)


def creation_time_of(obj: Object) -> int:
    """Return when the object was created, in nanoseconds since 1970; 0 if it does not say."""
    text = (obj.get("metadata") or _NOTHING).get("creationTimestamp")
    return parse_time(text) if text else 0


def deletion_time_of(obj: Object) -> int | None:
    """Return until when the object may finish, in nanoseconds since 1970; ``None`` if it lives."""
    text = (obj.get("metadata") or _NOTHING).get("deletionTimestamp")
    return parse_time(text) if text else None


def is_being_deleted(obj: Object) -> bool:
    """Tell whether deletion has been asked for."""
    return bool((obj.get("metadata") or _NOTHING).get("deletionTimestamp"))


def owners_of(obj: Object) -> Sequence[Object]:
    """Return the owner references."""
    return (obj.get("metadata") or _NOTHING).get("ownerReferences") or ()


def owner_of_controller(obj: Object) -> Object | None:
    """Return the reference to the object's controller, of which there is at most one."""
    for reference in owners_of(obj):
        if reference.get("controller"):
            return reference
    return None


def is_controlled_by(obj: Object, owner: Object) -> bool:
    """Tell whether ``owner`` itself, by its uid, is the controller of ``obj``."""
    reference = owner_of_controller(obj)
    return reference is not None and reference.get("uid") == uid_of(owner)


def owner_reference(owner: Object) -> Object:
    """Return a reference that makes ``owner`` an owner, not the controller.

    ``owner`` must say its kind and version.
    """
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": uid_of(owner),
    }


def controller_ref(owner: Object) -> Object:
    """Return the reference that makes ``owner`` the controller (upstream's NewControllerRef)."""
    return {**owner_reference(owner), "controller": True, "blockOwnerDeletion": True}


def object_reference(obj: Object) -> Object:
    """Return an ``ObjectReference``, as events have it; what is empty is left out."""
    found = {
        "kind": kind_of(obj),
        "namespace": namespace_of(obj),
        "name": name_of(obj),
        "uid": uid_of(obj),
        "apiVersion": api_version_of(obj),
        "resourceVersion": resource_version_of(obj),
    }
    return {key: value for key, value in found.items() if value}


def get_condition(obj: Object, kind: str) -> Object | None:
    """Return the condition of type ``kind`` in the status; ``None`` if there is none."""
    status: Mapping[str, Any] = obj.get("status") or _NOTHING
    for condition in status.get("conditions") or ():
        if condition.get("type") == kind:
            found: Object = condition
            return found
    return None


def is_true(obj: Object, kind: str) -> bool:
    """Tell whether the condition of type ``kind`` is there, and True."""
    condition = get_condition(obj, kind)
    return condition is not None and condition.get("status") == "True"


def with_condition(conditions: Sequence[Object], condition: Object) -> list[Object]:
    """Return the conditions with ``condition`` in place of the one of its type, or at the end.

    If its status is unchanged, it keeps the ``lastTransitionTime`` of the one before.
    """
    found: list[Object] = []
    for each in conditions:
        if each.get("type") != condition["type"]:
            found.append(each)
            continue
        if each.get("status") == condition.get("status") and "lastTransitionTime" in each:
            condition = {**condition, "lastTransitionTime": each["lastTransitionTime"]}
        found.append(condition)
        condition = {**condition, "type": None}
    return found if condition["type"] is None else [*found, condition]
