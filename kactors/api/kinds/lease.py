"""Lease.

Source: kubernetes pkg/registry/coordination/lease/strategy.go.
"""

from kactors.api.resource import Resource
from kactors.api.strategy import Strategy

__all__ = ["LEASE"]


class LeaseStrategy(Strategy):
    """Who leads, or that a node lives."""

    has_status = False
    allow_create_on_update = True
    allow_unconditional_update = False


LEASE = Resource("Lease", "coordination.k8s.io", "v1", "leases", LeaseStrategy())
