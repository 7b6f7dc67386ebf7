"""DaemonSet.

Source: kubernetes pkg/registry/apps/daemonset/strategy.go.
"""

from kactors.api.defaults.fill import fill, part
from kactors.api.defaults.pods import default_template
from kactors.api.field_errors import FieldError
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource
from kactors.api.strategy import Strategy
from kactors.api.validation.counters import validate_counters
from kactors.api.validation.workloads import (
    selector_unchanged,
    validate_daemonset_strategy,
    validate_replicated,
)

__all__ = ["DAEMON_SET"]


class DaemonSetStrategy(Strategy):
    """One pod on each node that fits."""

    has_generation = True

    def default(self, obj: Object) -> None:
        """Roll over one node at a time."""
        spec = part(obj, "spec")
        update = part(spec, "updateStrategy")
        fill(update, type="RollingUpdate")
        if update["type"] == "RollingUpdate":
            fill(part(update, "rollingUpdate"), maxUnavailable=1, maxSurge=0)
        fill(spec, revisionHistoryLimit=10)
        default_template(spec)

    def validate_status(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with the counts."""
        return validate_counters(new, old)

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the spec."""
        spec: Object = obj.get("spec") or {}
        errors = validate_replicated(spec, "daemonset", "DaemonSet")
        return errors + validate_daemonset_strategy(spec)

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change: the selector stays."""
        return [*self.validate_object(new), *selector_unchanged(new, old)]


DAEMON_SET = Resource(
    "DaemonSet", "apps", "v1", "daemonsets", DaemonSetStrategy(),
    short_names=("ds",), categories=("all",), subresources=(Subresource("status"),),
)  # fmt: skip
