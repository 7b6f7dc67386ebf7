"""PodDisruptionBudget.

Source: kubernetes pkg/registry/policy/poddisruptionbudget/strategy.go.
"""

from kactors.api.resource import Resource, Subresource
from kactors.api.strategy import Strategy

__all__ = ["POD_DISRUPTION_BUDGET"]


class PodDisruptionBudgetStrategy(Strategy):
    """How many pods may be missing on purpose."""

    has_generation = True
    allow_unconditional_update = False


POD_DISRUPTION_BUDGET = Resource(
    "PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets", PodDisruptionBudgetStrategy(),
    short_names=("pdb",), subresources=(Subresource("status"),),
)  # fmt: skip
