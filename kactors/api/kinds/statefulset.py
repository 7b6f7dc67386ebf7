"""StatefulSet.

Source: kubernetes pkg/registry/apps/statefulset/strategy.go.
"""

from kactors.api.defaults.fill import fill, part
from kactors.api.defaults.pods import default_template
from kactors.api.defaults.volumes import default_claim
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource
from kactors.api.scale import SCALE
from kactors.api.strategy import Strategy

__all__ = ["STATEFUL_SET"]


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


STATEFUL_SET = Resource(
    "StatefulSet", "apps", "v1", "statefulsets", StatefulSetStrategy(),
    short_names=("sts",), categories=("all",), subresources=(Subresource("status"), SCALE),
)  # fmt: skip
