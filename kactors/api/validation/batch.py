"""The rules of Jobs and CronJobs.

Source: kubernetes pkg/apis/batch/validation/validation.go.
"""

from kactors.api.field_errors import FieldError, invalid, required
from kactors.api.objects import Object, deep_copy, field
from kactors.api.validation.common import enumerated, non_negative, validate_label_selector
from kactors.api.validation.metadata import immutable
from kactors.api.validation.workloads import selector_matches, validate_template

__all__ = ["validate_cron_job", "validate_job_spec", "validate_job_update"]

_NUMBERS = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit",
            "ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes")  # fmt: skip
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_MODES = ("NonIndexed", "Indexed")
_IMMUTABLE = ("selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex",
              "managedBy", "successPolicy")  # fmt: skip
_MACROS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_SCHEDULING = ("nodeSelector", "tolerations", "schedulingGates")


def validate_job_spec(
    spec: Object, path: str = "spec", *, selected: bool = True
) -> list[FieldError]:
    """Return what is wrong with the spec of a Job.

    Args:
        spec: the spec.
        path: where it is.
        selected: whether there must be a selector: not yet in the template of a CronJob.
    """
    errors = non_negative(spec, path, *_NUMBERS)
    mode = spec.get("completionMode")
    errors += enumerated(mode, f"{path}.completionMode", _MODES, optional=True)
    if mode == "Indexed" and spec.get("completions") is None:
        detail = "when completion mode is Indexed"
        errors.append(required(f"{path}.completions", detail))
    if spec.get("backoffLimitPerIndex") is not None and mode != "Indexed":
        detail = "requires indexed completion mode"
        errors.append(invalid(f"{path}.backoffLimitPerIndex", spec["backoffLimitPerIndex"], detail))
    errors += _failure_policy(spec, path)
    if selected:
        if spec.get("selector") is None:
            errors.append(required(f"{path}.selector"))
        else:
            selector = validate_label_selector(spec["selector"], f"{path}.selector")
            errors += selector or selector_matches(spec, path)
    template: Object = spec.get("template") or {}
    errors += validate_template(template, f"{path}.template")
    if field(template, "spec", "restartPolicy") not in {"OnFailure", "Never"}:
        where = f"{path}.template.spec.restartPolicy"
        errors.append(required(where, 'valid values: "OnFailure", "Never"'))
    return errors


def _failure_policy(spec: Object, path: str) -> list[FieldError]:
    policy = spec.get("podFailurePolicy")
    if policy is None:
        return []
    errors = []
    if field(spec, "template", "spec", "restartPolicy") != "Never":
        where = f"{path}.template.spec.restartPolicy"
        detail = 'only "Never" is supported when podFailurePolicy is specified'
        found = field(spec, "template", "spec", "restartPolicy")
        errors.append(invalid(where, found, detail))
    for index, rule in enumerate(policy.get("rules") or ()):
        where = f"{path}.podFailurePolicy.rules[{index}]"
        action = rule.get("action")
        errors += enumerated(action, f"{where}.action", _ACTIONS)
        if action == "FailIndex" and spec.get("backoffLimitPerIndex") is None:
            detail = "requires the backoffLimitPerIndex to be set"
            errors.append(invalid(f"{where}.action", action, detail))
        codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions")
        if bool(codes) == bool(conditions):
            detail = "specifying one of OnExitCodes and OnPodConditions is required"
            errors.append(invalid(where, rule, detail))
        if codes:
            errors += enumerated(
                codes.get("operator"), f"{where}.onExitCodes.operator", ("In", "NotIn")
            )
            if not codes.get("values"):
                detail = "at least one value is required"
                errors.append(invalid(f"{where}.onExitCodes.values", [], detail))
    return errors


def validate_job_update(new: Object, old: Object) -> list[FieldError]:
    """Return what is wrong with a change of a Job's spec, beside the spec itself."""
    after: Object = new.get("spec") or {}
    before: Object = old.get("spec") or {}
    errors = []
    elastic = (
        after.get("completionMode") == "Indexed"
        and after.get("completions") is not None
        and after.get("completions") == after.get("parallelism")
    )
    if not elastic:
        path = "spec.completions"
        errors += immutable(after.get("completions"), before.get("completions"), path)
    for name in _IMMUTABLE:
        errors += immutable(after.get(name), before.get(name), f"spec.{name}")
    template, was = after.get("template") or {}, before.get("template") or {}
    if before.get("suspend") and field(old, "status", "startTime") is None:
        # Before it starts, a queue may still decide where its pods go.
        template = _with_scheduling_of(template, was)
    return errors + immutable(template, was, "spec.template")


def _with_scheduling_of(template: Object, was: Object) -> Object:
    found: Object = deep_copy(template)
    spec, before = found.setdefault("spec", {}), was.get("spec") or {}
    for name in (*_SCHEDULING, "affinity"):
        spec.pop(name, None)
        if name in before:
            spec[name] = before[name]
    return found


def validate_cron_job(spec: Object) -> list[FieldError]:
    """Return what is wrong with the spec of a CronJob."""
    errors = _schedule(spec.get("schedule") or "", "spec.schedule")
    errors += non_negative(
        spec, "spec", "startingDeadlineSeconds", "successfulJobsHistoryLimit",
        "failedJobsHistoryLimit",
    )  # fmt: skip
    policies = ("Allow", "Forbid", "Replace")
    errors += enumerated(spec.get("concurrencyPolicy"), "spec.concurrencyPolicy", policies)
    job: Object = field(spec, "jobTemplate", "spec", default={})
    return errors + validate_job_spec(job, "spec.jobTemplate.spec", selected=False)


def _schedule(text: str, path: str) -> list[FieldError]:
    if not text:
        return [required(path)]
    if text in _MACROS or text.startswith("@every "):
        return []
    if "TZ" in text:
        detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        return [invalid(path, text, detail)]
    fields = text.split()
    if len(fields) != 5:
        detail = f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"
        return [invalid(path, text, detail)]
    return []
