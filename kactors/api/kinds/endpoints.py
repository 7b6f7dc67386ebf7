"""Endpoints and EndpointSlice.

Source: kubernetes pkg/registry/core/endpoint/strategy.go, pkg/registry/discovery/endpointslice.
"""

from kactors.api.defaults.fill import fill
from kactors.api.field_errors import FieldError
from kactors.api.objects import Object
from kactors.api.resource import Resource
from kactors.api.strategy import Strategy
from kactors.api.validation.service import validate_endpoint_slice, validate_endpoints

__all__ = ["ENDPOINTS", "ENDPOINT_SLICE"]


class EndpointsStrategy(Strategy):
    """The older list of where a service is."""

    has_status = False
    allow_create_on_update = True

    def default(self, obj: Object) -> None:
        """Set the protocol."""
        for subset in obj.get("subsets") or ():
            for port in subset.get("ports") or ():
                fill(port, protocol="TCP")

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the subsets."""
        return validate_endpoints(obj)


class EndpointSliceStrategy(Strategy):
    """A part of where a service is."""

    has_status = False
    has_generation = True
    spec_fields = ("addressType", "endpoints", "ports")

    def default(self, obj: Object) -> None:
        """Set the protocol, and the name of the only port."""
        for port in obj.get("ports") or ():
            fill(port, name="", protocol="TCP")

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with endpoints and ports."""
        return validate_endpoint_slice(obj)

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of endpoints and ports."""
        return validate_endpoint_slice(new, old)


ENDPOINTS = Resource(
    "Endpoints", "", "v1", "endpoints", EndpointsStrategy(),
    short_names=("ep",), storage_prefix="services/endpoints",
)  # fmt: skip
ENDPOINT_SLICE = Resource(
    "EndpointSlice", "discovery.k8s.io", "v1", "endpointslices", EndpointSliceStrategy()
)
