"""Service.

Source: kubernetes pkg/registry/core/service/strategy.go.
"""

from kactors.api.names import Faults, is_dns1035_label
from kactors.api.resource import Resource, Subresource, text_at
from kactors.api.strategy import Strategy

__all__ = ["SERVICE"]


class ServiceStrategy(Strategy):
    """A name and an address for pods."""

    allow_create_on_update = True

    def validate_name(self, name: str) -> Faults:
        """Tell what is wrong with a name."""
        return is_dns1035_label(name)


SERVICE = Resource(
    "Service", "", "v1", "services", ServiceStrategy(),
    short_names=("svc",), categories=("all",), subresources=(Subresource("status"),),
    storage_prefix="services/specs",
    field_labels={
        "spec.clusterIP": text_at("spec", "clusterIP"),
        "spec.type": text_at("spec", "type"),
    },
)  # fmt: skip
