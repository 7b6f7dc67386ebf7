"""The ``scale`` subresource: how many replicas there are and should be, whatever the kind.

Source: kubernetes pkg/registry/apps/deployment/storage/storage.go, pkg/apis/autoscaling/v1.
"""

from kactors.api.field_errors import FieldError, invalid
from kactors.api.labels import LabelSelector
from kactors.api.objects import Object, field
from kactors.api.resource import Subresource

__all__ = ["SCALE", "scale_of", "set_scale", "validate_scale"]

SCALE = Subresource("scale", "Scale", "autoscaling", "v1")

_IDENTITY = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def scale_of(obj: Object) -> Object:
    """Return the ``Scale`` of an object that has replicas.

    Raises:
        MalformedSelector: the object's selector cannot be understood.
    """
    meta: Object = obj.get("metadata") or {}
    selector = LabelSelector.from_object(field(obj, "spec", "selector"))
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: meta[name] for name in _IDENTITY if name in meta},
        "spec": {"replicas": field(obj, "spec", "replicas", default=0)},
        "status": {
            "replicas": field(obj, "status", "replicas", default=0),
            "selector": _text(selector),
        },
    }


def _text(selector: LabelSelector) -> str:
    """Return the selector as upstream writes it here: one value as ``key=value``."""
    parts = []
    for each in selector.requirements:
        exact = each.operator == "in" and len(each.values) == 1
        parts.append(f"{each.key}={each.values[0]}" if exact else str(each))
    return ",".join(parts)


def set_scale(obj: Object, scale: Object) -> None:
    """Give ``obj``, which must be the caller's own, the replicas that ``scale`` asks for."""
    obj.setdefault("spec", {})["replicas"] = field(scale, "spec", "replicas", default=0)


def validate_scale(scale: Object) -> list[FieldError]:
    """Return what is wrong with a ``Scale``."""
    replicas = field(scale, "spec", "replicas", default=0)
    if replicas >= 0:
        return []
    return [invalid("spec.replicas", replicas, "must be greater than or equal to 0")]
