"""CronJob.

Source: kubernetes pkg/registry/batch/cronjob/strategy.go.
"""

from kactors.api.defaults.fill import fill, part
from kactors.api.defaults.pods import default_template
from kactors.api.field_errors import FieldError, invalid
from kactors.api.meta import name_of
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource
from kactors.api.strategy import Strategy
from kactors.api.validation.batch import validate_cron_job

__all__ = ["CRON_JOB"]

_MAX_NAME = 63 - len("-1234567890")  # what the controller adds


class CronJobStrategy(Strategy):
    """Jobs made by the clock."""

    has_generation = True

    def default(self, obj: Object) -> None:
        """Allow jobs to overlap, and keep the last few."""
        spec = part(obj, "spec")
        fill(
            spec,
            concurrencyPolicy="Allow",
            suspend=False,
            successfulJobsHistoryLimit=3,
            failedJobsHistoryLimit=1,
        )
        default_template(part(part(spec, "jobTemplate"), "spec"))

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the spec, and with a name that jobs cannot be called after."""
        errors = validate_cron_job(obj.get("spec") or {})
        if len(name_of(obj)) > _MAX_NAME:
            detail = f"must be no more than {_MAX_NAME} characters"
            errors.append(invalid("metadata.name", name_of(obj), detail))
        return errors


CRON_JOB = Resource(
    "CronJob", "batch", "v1", "cronjobs", CronJobStrategy(),
    short_names=("cj",), categories=("all",), subresources=(Subresource("status"),),
)  # fmt: skip
