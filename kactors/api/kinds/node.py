"""Node.

Source: kubernetes pkg/registry/core/node/strategy.go.
"""

from kactors.api.field_errors import FieldError
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource, text_at
from kactors.api.strategy import Strategy
from kactors.api.validation.cluster import validate_node, validate_node_update

__all__ = ["NODE"]


class NodeStrategy(Strategy):
    """A machine that runs pods."""

    namespaced = False

    def default(self, obj: Object) -> None:
        """Offer all that there is."""
        status: Object = obj.get("status") or {}
        if "capacity" in status and "allocatable" not in status:
            status["allocatable"] = dict(status["capacity"])

    def prepare_for_create(self, obj: Object) -> None:
        """Keep the status: a kubelet registers its node with it."""

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with taints, addresses and capacity."""
        return validate_node(obj)

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of a node."""
        return validate_node_update(new, old)


NODE = Resource(
    "Node", "", "v1", "nodes", NodeStrategy(),
    short_names=("no",), subresources=(Subresource("status"),), storage_prefix="minions",
    field_labels={"spec.unschedulable": text_at("spec", "unschedulable", absent="false")},
)  # fmt: skip
