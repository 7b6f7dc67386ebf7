"""Deployment.

Source: kubernetes pkg/registry/apps/deployment/strategy.go.
"""

from kactors.api.resource import Resource, Subresource
from kactors.api.scale import SCALE
from kactors.api.strategy import Strategy

__all__ = ["DEPLOYMENT"]


class DeploymentStrategy(Strategy):
    """ReplicaSets that follow one another."""

    has_generation = True


DEPLOYMENT = Resource(
    "Deployment", "apps", "v1", "deployments", DeploymentStrategy(),
    short_names=("deploy",), categories=("all",), subresources=(Subresource("status"), SCALE),
)  # fmt: skip
