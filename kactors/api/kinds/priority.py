"""PriorityClass.

Source: kubernetes pkg/registry/scheduling/priorityclass/strategy.go.
"""

from kactors.api.defaults.fill import fill
from kactors.api.field_errors import FieldError
from kactors.api.objects import Object
from kactors.api.resource import Resource
from kactors.api.strategy import Strategy
from kactors.api.validation.cluster import validate_priority_class, validate_priority_class_update

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

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with value and policy."""
        return validate_priority_class(obj)

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of value and policy."""
        return validate_priority_class_update(new, old)


PRIORITY_CLASS = Resource(
    "PriorityClass", "scheduling.k8s.io", "v1", "priorityclasses", PriorityClassStrategy(),
    short_names=("pc",),
)  # fmt: skip
