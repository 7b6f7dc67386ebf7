"""Whether a node still gives signs of life.

A sign of life is a renewed Lease or a new status. When it was seen is noted by the watcher's own
clock: what the node's clock says is of no matter. After a grace period without one, the node's
conditions are set to Unknown.

Source: kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go, tryUpdateNodeHealth.
"""

from collections.abc import Sequence
from typing import Final

import attrs

from kactors.api.meta import format_time, get_condition
from kactors.api.objects import Object, field

__all__ = ["Grace", "NodeHealth", "conditions_of_silence", "observe", "ready_status"]

_NEVER: Final = "Kubelet never posted node status."
_WATCHED: Final = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")


@attrs.frozen(kw_only=True)
class Grace:
    """How long a node may be silent, seconds.

    Attributes:
        startup: before it has said anything at all.
        monitor: since its last sign of life.
    """

    startup: float = 60.0
    monitor: float = 40.0


@attrs.frozen
class NodeHealth:
    """What was seen of a node, and when, by the watcher's monotonic clock.

    Attributes:
        seen_at: when its last sign of life was seen, seconds.
        heartbeat: ``lastHeartbeatTime`` of its Ready condition.
        transition: ``lastTransitionTime`` of that.
        renewed: ``renewTime`` of its Lease.
    """

    seen_at: float
    heartbeat: str | None = None
    transition: str | None = None
    renewed: str | None = None

    def silent_at(self, now: float, grace: Grace) -> bool:
        """Tell whether the node has been silent for too long."""
        period = grace.monitor if self.heartbeat or self.renewed else grace.startup
        return now > self.seen_at + period

    def reset(self, now: float) -> "NodeHealth":
        """Return the same, with the period of grace beginning now."""
        return attrs.evolve(self, seen_at=now)


def observe(known: NodeHealth | None, node: Object, lease: Object | None, now: float) -> NodeHealth:
    """Return what is known of a node after a look at it and its Lease.

    Args:
        known: what was known before; ``None`` if the node was never looked at.
        node: as it is in the cache.
        lease: its Lease, if it has one.
        now: by the watcher's monotonic clock, seconds.
    """
    ready = get_condition(node, "Ready") or {}
    heartbeat = ready.get("lastHeartbeatTime")
    transition = ready.get("lastTransitionTime")
    if ready.get("reason") in {"NodeStatusUnknown", "NodeStatusNeverUpdated"} and known:
        # These are our own words, not the node's.
        heartbeat, transition = known.heartbeat, known.transition
    renewed = field(lease, "spec", "renewTime") if lease else None
    if known is not None:
        renewed = known.renewed if renewed is None else renewed
        if (heartbeat, transition, renewed) == (known.heartbeat, known.transition, known.renewed):
            return known
    return NodeHealth(now, heartbeat, transition, renewed)


def ready_status(node: Object) -> str:
    """Return True, False or Unknown; Unknown also if the node does not say."""
    condition = get_condition(node, "Ready") or {}
    status: str = condition.get("status", "Unknown")
    return status


def conditions_of_silence(node: Object, now_ns: int) -> list[Object] | None:
    """Return the conditions of a node that is silent; ``None`` if they say so already."""
    now = format_time(now_ns)
    found: list[Object] = []
    missing = dict.fromkeys(_WATCHED)
    for condition in _conditions(node):
        kind = condition.get("type", "")
        if kind in _WATCHED and condition.get("status") != "Unknown":
            condition = {
                **condition,
                "status": "Unknown",
                "reason": "NodeStatusUnknown",
                "message": "Kubelet stopped posting node status.",
                "lastTransitionTime": now,
            }
        missing.pop(kind, None)
        found.append(condition)
    created = field(node, "metadata", "creationTimestamp", default=now)
    found.extend(
        {
            "type": kind,
            "status": "Unknown",
            "reason": "NodeStatusNeverUpdated",
            "message": _NEVER,
            "lastHeartbeatTime": created,
            "lastTransitionTime": now,
        }
        for kind in missing
    )
    return None if found == _conditions(node) else found


def _conditions(node: Object) -> Sequence[Object]:
    conditions: list[Object] = field(node, "status", "conditions", default=[])
    return conditions
