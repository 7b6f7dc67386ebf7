"""ReplicaSet.

Source: kubernetes pkg/registry/apps/replicaset/strategy.go.
"""

from kactors.api.resource import Resource, Subresource, text_at
from kactors.api.scale import SCALE
from kactors.api.strategy import Strategy

__all__ = ["REPLICA_SET"]


class ReplicaSetStrategy(Strategy):
    """So many pods of one template."""

    has_generation = True


REPLICA_SET = Resource(
    "ReplicaSet", "apps", "v1", "replicasets", ReplicaSetStrategy(),
    short_names=("rs",), categories=("all",), subresources=(Subresource("status"), SCALE),
    field_labels={"status.replicas": text_at("status", "replicas", absent="0")},
)  # fmt: skip
