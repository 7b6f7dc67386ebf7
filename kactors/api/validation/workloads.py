"""The rules that workloads share: selectors, templates, rolling updates.

Source: kubernetes pkg/apis/apps/validation/validation.go.
"""

from kactors.api.field_errors import FieldError, forbidden, invalid, not_supported, required
from kactors.api.labels import LabelSelector
from kactors.api.objects import Object, field
from kactors.api.validation.common import (
    at_most_hundred_percent,
    enumerated,
    int_or_percent,
    is_zero,
    non_negative,
    validate_label_selector,
)
from kactors.api.validation.metadata import immutable, validate_annotations, validate_labels
from kactors.api.validation.pod_spec import validate_pod_spec

__all__ = [
    "selector_matches", "selector_unchanged", "validate_controller_revision",
    "validate_controller_revision_update", "validate_daemonset_strategy",
    "validate_deployment_strategy", "validate_replicated", "validate_selector",
    "validate_statefulset_spec", "validate_template",
]  # fmt: skip


def validate_selector(spec: Object, kind: str, path: str = "spec") -> list[FieldError]:
    """Return what is wrong with the selector of a workload; it must select something."""
    selector = spec.get("selector")
    where = f"{path}.selector"
    if selector is None:
        return [required(where)]
    errors = validate_label_selector(selector, where)
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        errors.append(invalid(where, selector, f"empty selector is invalid for {kind}"))
    return errors


def selector_matches(spec: Object, path: str = "spec") -> list[FieldError]:
    """Return the fault of a template that its own selector, which is valid, does not select."""
    labels = field(spec, "template", "metadata", "labels", default={})
    if LabelSelector.from_object(spec.get("selector")).matches(labels):
        return []
    where = f"{path}.template.metadata.labels"
    return [invalid(where, labels, "`selector` does not match template `labels`")]


def selector_unchanged(new: Object, old: Object) -> list[FieldError]:
    """Return the fault of a selector that has changed: what it selected would be nobody's."""
    after, before = field(new, "spec", "selector"), field(old, "spec", "selector")
    return immutable(after, before, "spec.selector")


def validate_template(template: Object, path: str) -> list[FieldError]:
    """Return what is wrong with a pod template."""
    meta: Object = template.get("metadata") or {}
    errors = validate_labels(meta.get("labels") or {}, f"{path}.metadata.labels")
    where = f"{path}.metadata.annotations"
    errors += validate_annotations(meta.get("annotations") or {}, where)
    spec: Object = template.get("spec") or {}
    errors += validate_pod_spec(spec, f"{path}.spec")
    if spec.get("ephemeralContainers"):
        detail = "ephemeral containers not allowed in pod template"
        errors.append(forbidden(f"{path}.spec.ephemeralContainers", detail))
    return errors


def validate_replicated(spec: Object, kind: str, shown: str) -> list[FieldError]:
    """Return what is wrong with a spec that keeps pods of a template running.

    Args:
        spec: of a ReplicaSet, Deployment, StatefulSet or DaemonSet.
        kind: in lower case.
        shown: the kind as it is written.
    """
    names = ("replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    errors = non_negative(spec, "spec", *names)
    selector = validate_selector(spec, kind)
    errors += selector
    template: Object = spec.get("template") or {}
    if not selector:
        errors += selector_matches(spec)
    errors += validate_template(template, "spec.template")
    pod: Object = template.get("spec") or {}
    policy = pod.get("restartPolicy")
    if policy and policy != "Always":
        errors.append(not_supported("spec.template.spec.restartPolicy", policy, ("Always",)))
    if pod.get("activeDeadlineSeconds") is not None:
        detail = f"activeDeadlineSeconds in {shown} is not Supported"
        errors.append(forbidden("spec.template.spec.activeDeadlineSeconds", detail))
    return errors


def validate_deployment_strategy(spec: Object) -> list[FieldError]:
    """Return what is wrong with how a Deployment is rolled over."""
    strategy: Object = spec.get("strategy") or {}
    path = "spec.strategy"
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type") == "Recreate":
        if rolling is None:
            return []
        detail = "may not be specified when strategy `type` is 'Recreate'"
        return [forbidden(f"{path}.rollingUpdate", detail)]
    if errors := enumerated(strategy.get("type"), path, ("Recreate", "RollingUpdate")):
        return errors
    path, rolling = f"{path}.rollingUpdate", rolling or {}
    surge, unavailable = rolling.get("maxSurge"), rolling.get("maxUnavailable")
    errors = int_or_percent(unavailable, f"{path}.maxUnavailable")
    errors += int_or_percent(surge, f"{path}.maxSurge")
    if is_zero(unavailable) and is_zero(surge):
        detail = "may not be 0 when `maxSurge` is 0"
        errors.append(invalid(f"{path}.maxUnavailable", unavailable, detail))
    return errors + at_most_hundred_percent(unavailable, f"{path}.maxUnavailable")


def validate_daemonset_strategy(spec: Object) -> list[FieldError]:
    """Return what is wrong with how a DaemonSet is rolled over."""
    strategy: Object = spec.get("updateStrategy") or {}
    path = "spec.updateStrategy"
    kinds = ("RollingUpdate", "OnDelete")
    errors = enumerated(strategy.get("type"), f"{path}.type", kinds)
    rolling: Object = strategy.get("rollingUpdate") or {}
    if errors or strategy.get("type") != "RollingUpdate":
        return errors
    path = f"{path}.rollingUpdate"
    surge, unavailable = rolling.get("maxSurge"), rolling.get("maxUnavailable")
    for name in ("maxUnavailable", "maxSurge"):
        errors += int_or_percent(rolling.get(name), f"{path}.{name}")
        errors += at_most_hundred_percent(rolling.get(name), f"{path}.{name}")
    if is_zero(unavailable) and is_zero(surge):
        detail = "cannot be 0 when maxSurge is 0"
        errors.append(invalid(f"{path}.maxUnavailable", unavailable, detail))
    elif not is_zero(unavailable) and not is_zero(surge):
        detail = "may not be set when maxUnavailable is non-zero"
        errors.append(invalid(f"{path}.maxSurge", surge, detail))
    return errors


def validate_statefulset_spec(spec: Object) -> list[FieldError]:
    """Return what is wrong with the particulars of a StatefulSet."""
    errors = []
    policy = spec.get("podManagementPolicy")
    if policy not in {"OrderedReady", "Parallel"}:
        detail = "must be 'OrderedReady' or 'Parallel'"
        errors.append(invalid("spec.podManagementPolicy", policy, detail))
    update: Object = spec.get("updateStrategy") or {}
    kind, rolling = update.get("type"), update.get("rollingUpdate")
    path = "spec.updateStrategy"
    if kind == "OnDelete" and rolling is not None:
        detail = "only allowed for updateStrategy 'RollingUpdate'"
        errors.append(invalid(f"{path}.rollingUpdate", rolling, detail))
    elif kind not in {"OnDelete", "RollingUpdate"}:
        errors.append(invalid(path, update, "must be 'RollingUpdate' or 'OnDelete'"))
    elif rolling is not None:
        errors += non_negative(rolling, f"{path}.rollingUpdate", "partition")
        where = f"{path}.rollingUpdate.maxUnavailable"
        errors += int_or_percent(rolling.get("maxUnavailable"), where)
    errors += non_negative(spec.get("ordinals") or {}, "spec.ordinals", "start")
    retention: Object = spec.get("persistentVolumeClaimRetentionPolicy") or {}
    where = "spec.persistentVolumeClaimRetentionPolicy"
    for name in ("whenDeleted", "whenScaled"):
        errors += enumerated(
            retention.get(name), f"{where}.{name}", ("Delete", "Retain"), optional=True
        )
    return errors


def validate_controller_revision(revision: Object) -> list[FieldError]:
    """Return what is wrong with a ControllerRevision."""
    errors: list[FieldError] = []
    if (revision.get("revision") or 0) < 0:
        detail = "must be greater than or equal to 0"
        errors.append(invalid("revision", revision["revision"], detail))
    if revision.get("data") is None:
        errors.append(required("data", "data is mandatory"))
    return errors


def validate_controller_revision_update(new: Object, old: Object) -> list[FieldError]:
    """Return what is wrong with a change of a ControllerRevision: its data stay."""
    return immutable(new.get("data"), old.get("data"), "data")
