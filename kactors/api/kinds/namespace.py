"""Namespace.

Source: kubernetes pkg/registry/core/namespace/strategy.go.
"""

from kactors.api.defaults.fill import part
from kactors.api.field_errors import FieldError
from kactors.api.names import Faults, is_dns1123_label
from kactors.api.objects import Object, deep_copy
from kactors.api.resource import Resource, Subresource, text_at
from kactors.api.strategy import Strategy
from kactors.api.validation.cluster import validate_namespace, validate_namespace_status

__all__ = ["FINALIZER", "NAMESPACE", "NAME_LABEL"]

FINALIZER = "kubernetes"
NAME_LABEL = "kubernetes.io/metadata.name"


class NamespaceStrategy(Strategy):
    """What other objects are in."""

    namespaced = False

    def default(self, obj: Object) -> None:
        """Label it with its own name, so that selectors can find it."""
        meta = part(obj, "metadata")
        if name := meta.get("name"):
            part(meta, "labels")[NAME_LABEL] = name

    def prepare_for_create(self, obj: Object) -> None:
        """Make it active, and keep it until all that it holds is gone."""
        # A name that was generated is known only now.
        self.default(obj)
        obj["status"] = {"phase": "Active"}
        finalizers = part(obj, "spec").get("finalizers") or []
        if FINALIZER not in finalizers:
            obj["spec"]["finalizers"] = [*finalizers, FINALIZER]

    def prepare_for_update(self, new: Object, old: Object) -> None:
        """Restore the finalizers of the spec, which have a subresource of their own."""
        super().prepare_for_update(new, old)
        new["spec"] = deep_copy(old.get("spec") or {})

    def validate_name(self, name: str) -> Faults:
        """Tell what is wrong with a name."""
        return is_dns1123_label(name)

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the finalizers."""
        return validate_namespace(obj)

    def validate_status(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with the phase."""
        del old
        return validate_namespace_status(new)


NAMESPACE = Resource(
    "Namespace", "", "v1", "namespaces", NamespaceStrategy(),
    short_names=("ns",),
    subresources=(Subresource("status"), Subresource("finalize", verbs=("update",))),
    field_labels={"status.phase": text_at("status", "phase")},
)  # fmt: skip
