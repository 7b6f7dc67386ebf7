"""ReplicaSet.

Source: kubernetes pkg/registry/apps/replicaset/strategy.go.
"""

from kactors.api.defaults.fill import fill, part
from kactors.api.defaults.pods import default_template
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource, text_at
from kactors.api.scale import SCALE
from kactors.api.strategy import Strategy

__all__ = ["REPLICA_SET"]


class ReplicaSetStrategy(Strategy):
    """So many pods of one template."""

    has_generation = True

    def default(self, obj: Object) -> None:
        """Have one replica."""
        spec = part(obj, "spec")
        fill(spec, replicas=1)
        default_template(spec)


REPLICA_SET = Resource(
    "ReplicaSet", "apps", "v1", "replicasets", ReplicaSetStrategy(),
    short_names=("rs",), categories=("all",), subresources=(Subresource("status"), SCALE),
    field_labels={"status.replicas": text_at("status", "replicas", absent="0")},
)  # fmt: skip
