"""PriorityClass.

Source: kubernetes pkg/registry/scheduling/priorityclass/strategy.go.
"""

from kactors.api.defaults.fill import fill
from kactors.api.objects import Object
from kactors.api.resource import Resource
from kactors.api.strategy import Strategy

__all__ = ["PRIORITY_CLASS"]


class PriorityClassStrategy(Strategy):
    """A name for a priority of pods."""

    namespaced = False
    has_status = False
    has_generation = True
    spec_fields = ()

    def default(self, obj: Object) -> None:
        """Let pods of this class preempt others."""
        fill(obj, preemptionPolicy="PreemptLowerPriority")
        obj.setdefault("value", 0)


PRIORITY_CLASS = Resource(
    "PriorityClass", "scheduling.k8s.io", "v1", "priorityclasses", PriorityClassStrategy(),
    short_names=("pc",),
)  # fmt: skip
