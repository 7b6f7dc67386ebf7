"""Job.

Source: kubernetes pkg/registry/batch/job/strategy.go.
"""

from kactors.api.defaults.fill import fill, part
from kactors.api.defaults.pods import default_template
from kactors.api.field_errors import FieldError
from kactors.api.meta import labels_of, name_of, uid_of
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource, text_at
from kactors.api.strategy import GarbageCollection, Strategy
from kactors.api.validation.batch import validate_job_spec, validate_job_update

__all__ = ["CONTROLLER_UID", "JOB"]

CONTROLLER_UID = "batch.kubernetes.io/controller-uid"
"""The label by which a Job knows its pods."""

_REPLACED = "TerminatingOrFailed"


class JobStrategy(Strategy):
    """Pods that run to their end."""

    has_generation = True
    garbage_collection = GarbageCollection.ORPHAN

    def default(self, obj: Object) -> None:
        """Run one pod to its end, and try six times more."""
        spec = part(obj, "spec")
        if spec.get("completions") is None and spec.get("parallelism") is None:
            spec["completions"] = 1
        per_index = spec.get("backoffLimitPerIndex") is not None
        fill(
            spec,
            parallelism=1,
            backoffLimit=2**31 - 1 if per_index else 6,
            completionMode="NonIndexed",
            suspend=False,
            podReplacementPolicy="Failed" if spec.get("podFailurePolicy") else _REPLACED,
            manualSelector=False,
        )
        for rule in (spec.get("podFailurePolicy") or {}).get("rules") or ():
            for pattern in rule.get("onPodConditions") or ():
                fill(pattern, status="True")
        labels = default_template(spec)
        if labels and not labels_of(obj):
            part(obj, "metadata")["labels"] = labels

    def prepare_for_create(self, obj: Object) -> None:
        """Make the selector, from the uid: no two jobs may have pods in common."""
        super().prepare_for_create(obj)
        spec = part(obj, "spec")
        if spec.get("manualSelector"):
            return
        labels = part(part(part(spec, "template"), "metadata"), "labels")
        for prefix in ("", "batch.kubernetes.io/"):
            labels[f"{prefix}controller-uid"] = uid_of(obj)
            labels[f"{prefix}job-name"] = name_of(obj)
        own = {CONTROLLER_UID: uid_of(obj)}
        part(part(spec, "selector"), "matchLabels").update(own)
        if not labels_of(obj):
            # Upstream's defaults, which run again whenever a job is read, bring them here.
            part(obj, "metadata")["labels"] = dict(labels)

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the spec."""
        return validate_job_spec(obj.get("spec") or {})

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change: what is done, and by which pods, stays."""
        return [*self.validate_object(new), *validate_job_update(new, old)]


JOB = Resource(
    "Job", "batch", "v1", "jobs", JobStrategy(),
    categories=("all",), subresources=(Subresource("status"),),
    field_labels={"status.successful": text_at("status", "succeeded", absent="0")},
)  # fmt: skip
