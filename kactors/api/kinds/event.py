"""Event.

Source: kubernetes pkg/registry/core/event/strategy.go.
"""

from kactors.api.field_errors import FieldError
from kactors.api.objects import Object, field
from kactors.api.resource import Resource, text_at
from kactors.api.strategy import GarbageCollection, Strategy
from kactors.api.validation.cluster import validate_event

__all__ = ["EVENT"]


class EventStrategy(Strategy):
    """Something that happened to an object; forgotten after a while."""

    has_status = False
    allow_create_on_update = True
    garbage_collection = GarbageCollection.UNSUPPORTED

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the namespace."""
        return validate_event(obj)


def _source(event: Object) -> str:
    return str(field(event, "source", "component") or event.get("reportingComponent") or "")


EVENT = Resource(
    "Event", "", "v1", "events", EventStrategy(),
    short_names=("ev",),
    field_labels={
        **{f"involvedObject.{name}": text_at("involvedObject", name) for name in (
            "kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")},
        "reason": text_at("reason"),
        "reportingComponent": text_at("reportingComponent"),
        "source": _source,
        "type": text_at("type"),
    },
)  # fmt: skip
