"""Lease.

Source: kubernetes pkg/registry/coordination/lease/strategy.go.
"""

from kactors.api.field_errors import FieldError
from kactors.api.objects import Object
from kactors.api.resource import Resource
from kactors.api.strategy import Strategy
from kactors.api.validation.cluster import validate_lease

__all__ = ["LEASE"]


class LeaseStrategy(Strategy):
    """Who leads, or that a node lives."""

    has_status = False
    allow_create_on_update = True
    allow_unconditional_update = False

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the spec."""
        return validate_lease(obj)


LEASE = Resource("Lease", "coordination.k8s.io", "v1", "leases", LeaseStrategy())
