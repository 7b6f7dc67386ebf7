"""PriorityClass.

Source: kubernetes pkg/registry/scheduling/priorityclass/strategy.go.
"""

from kactors.api.resource import Resource
from kactors.api.strategy import Strategy

__all__ = ["PRIORITY_CLASS"]


class PriorityClassStrategy(Strategy):
    """A name for a priority of pods."""

    namespaced = False
    has_status = False
    has_generation = True
    spec_fields = ()


PRIORITY_CLASS = Resource(
    "PriorityClass", "scheduling.k8s.io", "v1", "priorityclasses", PriorityClassStrategy(),
    short_names=("pc",),
)  # fmt: skip
