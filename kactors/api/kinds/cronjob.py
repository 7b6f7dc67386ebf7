"""CronJob.

Source: kubernetes pkg/registry/batch/cronjob/strategy.go.
"""

from kactors.api.resource import Resource, Subresource
from kactors.api.strategy import Strategy

__all__ = ["CRON_JOB"]


class CronJobStrategy(Strategy):
    """Jobs made by the clock."""

    has_generation = True


CRON_JOB = Resource(
    "CronJob", "batch", "v1", "cronjobs", CronJobStrategy(),
    short_names=("cj",), categories=("all",), subresources=(Subresource("status"),),
)  # fmt: skip
