"""ControllerRevision: what a template was at one time.

Source: kubernetes pkg/registry/apps/controllerrevision/strategy.go.
"""

from kactors.api.field_errors import FieldError
from kactors.api.objects import Object
from kactors.api.resource import Resource
from kactors.api.strategy import Strategy
from kactors.api.validation.workloads import (
    validate_controller_revision,
    validate_controller_revision_update,
)

__all__ = ["CONTROLLER_REVISION"]


class ControllerRevisionStrategy(Strategy):
    """Data that never changes, with a number that may."""

    has_status = False
    has_generation = False
    spec_fields = ()

    def default(self, obj: Object) -> None:
        """Number what has no number."""
        obj.setdefault("revision", 0)

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with number and data."""
        return validate_controller_revision(obj)

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of number and data."""
        return validate_controller_revision_update(new, old)


CONTROLLER_REVISION = Resource(
    "ControllerRevision",
    "apps",
    "v1",
    "controllerrevisions",
    ControllerRevisionStrategy(),
)
