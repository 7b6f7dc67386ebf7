"""Which taints a node's conditions ask for.

Source: kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go:
nodeConditionToTaintKeyStatusMap, doNoScheduleTaintingPass, processTaintBaseEviction.
"""

from collections.abc import Sequence
from typing import Final

from kactors.api.meta import format_time
from kactors.api.objects import Object, field
from kactors.api.taints import NO_EXECUTE, NO_SCHEDULE

__all__ = [
    "NOT_READY",
    "UNREACHABLE",
    "no_execute_key",
    "sends_away",
    "with_no_execute",
    "with_no_schedule",
]

NOT_READY: Final = "node.kubernetes.io/not-ready"
UNREACHABLE: Final = "node.kubernetes.io/unreachable"
UNSCHEDULABLE: Final = "node.kubernetes.io/unschedulable"

_KEYS: Final = {
    ("Ready", "False"): NOT_READY,
    ("Ready", "Unknown"): UNREACHABLE,
    ("MemoryPressure", "True"): "node.kubernetes.io/memory-pressure",
    ("DiskPressure", "True"): "node.kubernetes.io/disk-pressure",
    ("PIDPressure", "True"): "node.kubernetes.io/pid-pressure",
    ("NetworkUnavailable", "True"): "node.kubernetes.io/network-unavailable",
}
_MANAGED: Final = (*_KEYS.values(), UNSCHEDULABLE)
_EVICTING: Final = (NOT_READY, UNREACHABLE)


def _taints(node: Object) -> list[Object]:
    taints: list[Object] = field(node, "spec", "taints", default=[])
    return taints


def with_no_schedule(node: Object, now_ns: int) -> list[Object] | None:
    """Return the node's taints, with those that keep new pods away; ``None`` if it has them."""
    wanted = [_KEYS[each["type"], each["status"]]
              for each in field(node, "status", "conditions", default=())
              if (each.get("type"), each.get("status")) in _KEYS]  # fmt: skip
    if field(node, "spec", "unschedulable"):
        wanted.append(UNSCHEDULABLE)
    return _merged(_taints(node), NO_SCHEDULE, _MANAGED, wanted, now_ns)


def no_execute_key(ready: str) -> str | None:
    """Return the taint that sends pods away from a node whose readiness is ``ready``, if any."""
    return {"False": NOT_READY, "Unknown": UNREACHABLE}.get(ready)


def sends_away(node: Object) -> bool:
    """Tell whether the node's pods are being sent away because it is not ready."""
    return any(each.get("effect") == NO_EXECUTE and each.get("key") in _EVICTING
               for each in _taints(node))  # fmt: skip


def with_no_execute(node: Object, key: str | None, now_ns: int) -> list[Object] | None:
    """Return the node's taints, with just this one of those that send pods away.

    ``None`` if that is so already.
    """
    return _merged(_taints(node), NO_EXECUTE, _EVICTING, [key] if key else [], now_ns)


def _merged(
    taints: Sequence[Object],
    effect: str,
    managed: Sequence[str],
    wanted: Sequence[str],
    now_ns: int,
) -> list[Object] | None:
    kept = [
        each for each in taints
        if each.get("effect") != effect or each.get("key") not in managed or each["key"] in wanted
    ]  # fmt: skip
    present = {each["key"] for each in kept if each.get("effect") == effect}
    added = [{"key": key, "effect": effect, "timeAdded": format_time(now_ns)}
             for key in wanted if key not in present]  # fmt: skip
    return None if len(kept) == len(taints) and not added else [*kept, *added]
