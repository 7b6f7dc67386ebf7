"""StatefulSet.

Source: kubernetes pkg/registry/apps/statefulset/strategy.go.
"""

from kactors.api.resource import Resource, Subresource
from kactors.api.scale import SCALE
from kactors.api.strategy import Strategy

__all__ = ["STATEFUL_SET"]


class StatefulSetStrategy(Strategy):
    """Pods with identities, one after another."""

    has_generation = True


STATEFUL_SET = Resource(
    "StatefulSet", "apps", "v1", "statefulsets", StatefulSetStrategy(),
    short_names=("sts",), categories=("all",), subresources=(Subresource("status"), SCALE),
)  # fmt: skip
