"""Deployment.

Source: kubernetes pkg/registry/apps/deployment/strategy.go.
"""

from kactors.api.defaults.fill import fill, part
from kactors.api.defaults.pods import default_template
from kactors.api.field_errors import FieldError, invalid
from kactors.api.meta import annotations_of, labels_of
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource
from kactors.api.scale import SCALE
from kactors.api.strategy import Strategy
from kactors.api.validation.counters import validate_counters
from kactors.api.validation.workloads import (
    selector_unchanged,
    validate_deployment_strategy,
    validate_replicated,
)

__all__ = ["DEPLOYMENT"]


class DeploymentStrategy(Strategy):
    """ReplicaSets that follow one another."""

    has_generation = True

    def default(self, obj: Object) -> None:
        """Have one replica, and roll over by a quarter."""
        spec = part(obj, "spec")
        update = part(spec, "strategy")
        fill(update, type="RollingUpdate")
        if update["type"] == "RollingUpdate":
            fill(part(update, "rollingUpdate"), maxUnavailable="25%", maxSurge="25%")
        fill(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
        default_template(spec)

    def count_generation(self, new: Object, old: Object) -> None:
        """Count changes of the annotations, too: a rollout may be described there."""
        super().count_generation(new, old)
        if new.get("spec") == old.get("spec") and annotations_of(new) != annotations_of(old):
            new["metadata"]["generation"] += 1

    def prepare_for_status_update(self, new: Object, old: Object) -> None:
        """Restore the labels, too."""
        super().prepare_for_status_update(new, old)
        meta = part(new, "metadata")
        meta.pop("labels", None)
        if labels := labels_of(old):
            meta["labels"] = dict(labels)

    def validate_status(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with the counts."""
        return validate_counters(new, old)

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the spec."""
        spec: Object = obj.get("spec") or {}
        errors = validate_replicated(spec, "deployment", "Deployment")
        errors += validate_deployment_strategy(spec)
        deadline = spec.get("progressDeadlineSeconds")
        if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
            detail = "must be greater than minReadySeconds"
            errors.append(invalid("spec.progressDeadlineSeconds", deadline, detail))
        return errors

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change: the selector stays."""
        return [*self.validate_object(new), *selector_unchanged(new, old)]


DEPLOYMENT = Resource(
    "Deployment", "apps", "v1", "deployments", DeploymentStrategy(),
    short_names=("deploy",), categories=("all",), subresources=(Subresource("status"), SCALE),
)  # fmt: skip
