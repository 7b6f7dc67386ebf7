"""DaemonSet.

Source: kubernetes pkg/registry/apps/daemonset/strategy.go.
"""

from kactors.api.resource import Resource, Subresource
from kactors.api.strategy import Strategy

__all__ = ["DAEMON_SET"]


class DaemonSetStrategy(Strategy):
    """One pod on each node that fits."""

    has_generation = True


DAEMON_SET = Resource(
    "DaemonSet", "apps", "v1", "daemonsets", DaemonSetStrategy(),
    short_names=("ds",), categories=("all",), subresources=(Subresource("status"),),
)  # fmt: skip
