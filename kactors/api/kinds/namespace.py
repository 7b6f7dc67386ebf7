"""Namespace.

Source: kubernetes pkg/registry/core/namespace/strategy.go.
"""

from kactors.api.names import Faults, is_dns1123_label
from kactors.api.resource import Resource, Subresource, text_at
from kactors.api.strategy import Strategy

__all__ = ["NAMESPACE"]


class NamespaceStrategy(Strategy):
    """What other objects are in."""

    namespaced = False

    def validate_name(self, name: str) -> Faults:
        """Tell what is wrong with a name."""
        return is_dns1123_label(name)


NAMESPACE = Resource(
    "Namespace", "", "v1", "namespaces", NamespaceStrategy(),
    short_names=("ns",),
    subresources=(Subresource("status"), Subresource("finalize", verbs=("update",))),
    field_labels={"status.phase": text_at("status", "phase")},
)  # fmt: skip
