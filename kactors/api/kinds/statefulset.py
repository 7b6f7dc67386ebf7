"""StatefulSet.

Source: kubernetes pkg/registry/apps/statefulset/strategy.go.
"""

from kactors.api.defaults.fill import fill, part
from kactors.api.defaults.pods import default_template
from kactors.api.defaults.volumes import default_claim
from kactors.api.field_errors import FieldError, forbidden
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource
from kactors.api.scale import SCALE
from kactors.api.strategy import Strategy
from kactors.api.validation.counters import validate_counters
from kactors.api.validation.workloads import validate_replicated, validate_statefulset_spec

__all__ = ["STATEFUL_SET"]

_MUTABLE = (
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
)  # fmt: skip


class StatefulSetStrategy(Strategy):
    """Pods with identities, one after another."""

    has_generation = True

    def default(self, obj: Object) -> None:
        """Have one replica, go one after another, and keep the claims."""
        spec = part(obj, "spec")
        update = part(spec, "updateStrategy")
        if not update.get("type"):
            part(update, "rollingUpdate")
        fill(update, type="RollingUpdate")
        if update["type"] == "RollingUpdate" and "rollingUpdate" in update:
            fill(update["rollingUpdate"], partition=0)
        fill(spec, podManagementPolicy="OrderedReady", replicas=1, revisionHistoryLimit=10)
        retention = part(spec, "persistentVolumeClaimRetentionPolicy")
        fill(retention, whenDeleted="Retain", whenScaled="Retain")
        default_template(spec)
        for claim in spec.get("volumeClaimTemplates") or ():
            fill(claim, apiVersion="v1", kind="PersistentVolumeClaim")
            default_claim(claim)

    def validate_status(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with the counts."""
        return validate_counters(new, old)

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the spec."""
        spec: Object = obj.get("spec") or {}
        errors = validate_replicated(spec, "statefulset", "StatefulSet")
        return errors + validate_statefulset_spec(spec)

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change: identities and claims stay."""
        errors = self.validate_object(new)
        after, before = new.get("spec") or {}, old.get("spec") or {}
        names = [name for name in {**before, **after} if name not in _MUTABLE]
        if any(after.get(name) != before.get(name) for name in names):
            detail = (
                "updates to statefulset spec for fields other than 'replicas', 'ordinals', "
                "'template', 'updateStrategy', 'revisionHistoryLimit', "
                "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
            )
            errors.append(forbidden("spec", detail))
        return errors


STATEFUL_SET = Resource(
    "StatefulSet", "apps", "v1", "statefulsets", StatefulSetStrategy(),
    short_names=("sts",), categories=("all",), subresources=(Subresource("status"), SCALE),
)  # fmt: skip
