"""Pod.

Source: kubernetes pkg/registry/core/pod/strategy.go.
"""

from kactors.api.defaults.fill import fill, part
from kactors.api.defaults.pods import default_pod
from kactors.api.field_errors import FieldError
from kactors.api.meta import name_of, owners_of
from kactors.api.names import is_dns1123_label
from kactors.api.objects import Object, field
from kactors.api.qos import qos_class
from kactors.api.resource import Resource, Subresource, text_at
from kactors.api.strategy import Strategy
from kactors.api.validation.pod import validate_pod, validate_pod_status_update, validate_pod_update

__all__ = ["POD"]

_HOSTNAME_WARNING = (
    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; "
    "a DNS label is recommended"
)
_GATED = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}


class PodStrategy(Strategy):
    """Containers that run together on one node."""

    has_generation = True

    def default(self, obj: Object) -> None:
        """Fill in the pod as upstream does."""
        default_pod(obj)

    def prepare_for_create(self, obj: Object) -> None:
        """Make it pending; while it has scheduling gates, it says so."""
        super().prepare_for_create(obj)
        status: Object = {"phase": "Pending", "qosClass": qos_class(obj)}
        if field(obj, "spec", "schedulingGates"):
            status["conditions"] = [dict(_GATED)]
        obj["status"] = status

    def prepare_for_status_update(self, new: Object, old: Object) -> None:
        """Restore the owners and the class of service, too."""
        super().prepare_for_status_update(new, old)
        meta = part(new, "metadata")
        meta.pop("ownerReferences", None)
        if owners := owners_of(old):
            meta["ownerReferences"] = list(owners)
        if quality := field(old, "status", "qosClass"):
            fill(part(new, "status"), qosClass=quality)

    def grace_period(self, obj: Object, asked_s: int | None) -> int | None:
        """Return what was asked for, or what the pod says; 0 if nothing runs (any more)."""
        period: int = field(obj, "spec", "terminationGracePeriodSeconds", default=0)
        if asked_s is not None:
            period = asked_s
        finished = field(obj, "status", "phase") in {"Failed", "Succeeded"}
        if finished or not field(obj, "spec", "nodeName"):
            period = 0
        return 1 if period < 0 else period

    def warnings(self, obj: Object) -> list[str]:
        """Return what the pod's own hostname cannot be."""
        faults = is_dns1123_label(name_of(obj))
        if not faults:
            return []
        found = f"[{' '.join(faults)}]"
        return [f"{_HOSTNAME_WARNING}: {found}"]

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the spec."""
        return validate_pod(obj)

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of the spec."""
        return validate_pod_update(new, old)

    def validate_status(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of the status."""
        return validate_pod_status_update(new, old)


def _pod_ips(pod: Object) -> str:
    return ",".join(each.get("ip") or "" for each in field(pod, "status", "podIPs", default=()))


_ACTION = ("create",)
POD = Resource(
    "Pod", "", "v1", "pods", PodStrategy(),
    short_names=("po",), categories=("all",),
    subresources=(
        Subresource("status"),
        Subresource("binding", "Binding", verbs=_ACTION),
        Subresource("eviction", "Eviction", "policy", "v1", _ACTION),
        Subresource("ephemeralcontainers"),
        Subresource("resize"),
    ),
    field_labels={
        "spec.nodeName": text_at("spec", "nodeName"),
        "spec.restartPolicy": text_at("spec", "restartPolicy"),
        "spec.schedulerName": text_at("spec", "schedulerName"),
        "spec.serviceAccountName": text_at("spec", "serviceAccountName"),
        "spec.hostNetwork": text_at("spec", "hostNetwork", absent="false"),
        "status.phase": text_at("status", "phase"),
        "status.podIP": text_at("status", "podIP"),
        "status.podIPs": _pod_ips,
        "status.nominatedNodeName": text_at("status", "nominatedNodeName"),
    },
)  # fmt: skip
