"""ReplicaSet.

Source: kubernetes pkg/registry/apps/replicaset/strategy.go.
"""

from kactors.api.defaults.fill import fill, part
from kactors.api.defaults.pods import default_template
from kactors.api.field_errors import FieldError
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource, text_at
from kactors.api.scale import SCALE
from kactors.api.strategy import Strategy
from kactors.api.validation.counters import validate_counters
from kactors.api.validation.workloads import selector_unchanged, validate_replicated

__all__ = ["REPLICA_SET"]


class ReplicaSetStrategy(Strategy):
    """So many pods of one template."""

    has_generation = True

    def default(self, obj: Object) -> None:
        """Have one replica."""
        spec = part(obj, "spec")
        fill(spec, replicas=1)
        default_template(spec)

    def validate_status(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with the counts."""
        return validate_counters(new, old)

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the spec."""
        spec: Object = obj.get("spec") or {}
        return validate_replicated(spec, "replicaset", "ReplicaSet")

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change: the selector stays."""
        return [*self.validate_object(new), *selector_unchanged(new, old)]


REPLICA_SET = Resource(
    "ReplicaSet", "apps", "v1", "replicasets", ReplicaSetStrategy(),
    short_names=("rs",), categories=("all",), subresources=(Subresource("status"), SCALE),
    field_labels={"status.replicas": text_at("status", "replicas", absent="0")},
)  # fmt: skip
