"""Job.

Source: kubernetes pkg/registry/batch/job/strategy.go.
"""

from kactors.api.resource import Resource, Subresource, text_at
from kactors.api.strategy import GarbageCollection, Strategy

__all__ = ["JOB"]


class JobStrategy(Strategy):
    """Pods that run to their end."""

    has_generation = True
    garbage_collection = GarbageCollection.ORPHAN


JOB = Resource(
    "Job", "batch", "v1", "jobs", JobStrategy(),
    categories=("all",), subresources=(Subresource("status"),),
    field_labels={"status.successful": text_at("status", "succeeded", absent="0")},
)  # fmt: skip
