"""Node.

Source: kubernetes pkg/registry/core/node/strategy.go.
"""

from kactors.api.resource import Resource, Subresource, text_at
from kactors.api.strategy import Strategy

__all__ = ["NODE"]


class NodeStrategy(Strategy):
    """A machine that runs pods."""

    namespaced = False


NODE = Resource(
    "Node", "", "v1", "nodes", NodeStrategy(),
    short_names=("no",), subresources=(Subresource("status"),), storage_prefix="minions",
    field_labels={"spec.unschedulable": text_at("spec", "unschedulable", absent="false")},
)  # fmt: skip
