"""CronJob.

Source: kubernetes pkg/registry/batch/cronjob/strategy.go.
"""

from kactors.api.defaults.fill import fill, part
from kactors.api.defaults.pods import default_template
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource
from kactors.api.strategy import Strategy

__all__ = ["CRON_JOB"]


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


CRON_JOB = Resource(
    "CronJob", "batch", "v1", "cronjobs", CronJobStrategy(),
    short_names=("cj",), categories=("all",), subresources=(Subresource("status"),),
)  # fmt: skip
