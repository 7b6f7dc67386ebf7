"""PodDisruptionBudget.

Source: kubernetes pkg/registry/policy/poddisruptionbudget/strategy.go.
"""

from kactors.api.field_errors import FieldError
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource
from kactors.api.strategy import Strategy
from kactors.api.validation.cluster import validate_budget

__all__ = ["POD_DISRUPTION_BUDGET"]


class PodDisruptionBudgetStrategy(Strategy):
    """How many pods may be missing on purpose."""

    has_generation = True
    allow_unconditional_update = False

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the spec."""
        return validate_budget(obj)


POD_DISRUPTION_BUDGET = Resource(
    "PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets", PodDisruptionBudgetStrategy(),
    short_names=("pdb",), subresources=(Subresource("status"),),
)  # fmt: skip
