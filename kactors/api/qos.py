"""The quality of service of pods, which decides who goes first when a node is short of something.

Source: kubernetes pkg/apis/core/v1/helper/qos/qos.go.
"""

from kactors.api.objects import Object
from kactors.api.quantity import parse_quantity

__all__ = ["qos_class"]

_COMPUTE = ("cpu", "memory")


def qos_class(pod: Object) -> str:
    """Return Guaranteed, Burstable or BestEffort.

    Guaranteed: each container has limits of CPU and memory, and requests as large. BestEffort:
    none has either. Init containers count, ephemeral ones do not.
    """
    spec: Object = pod.get("spec") or {}
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    guaranteed, anything = True, False
    for container in containers:
        resources: Object = container.get("resources") or {}
        limits, requests = _amounts(resources, "limits"), _amounts(resources, "requests")
        anything = anything or bool(limits) or bool(requests)
        if len(limits) < len(_COMPUTE) or any(
            requests.get(name, limit) != limit for name, limit in limits.items()
        ):
            guaranteed = False
    if not anything:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"


def _amounts(resources: Object, name: str) -> dict[str, int]:
    found = resources.get(name) or {}
    amounts = {each: parse_quantity(found[each]).nanos for each in _COMPUTE if each in found}
    return {each: amount for each, amount in amounts.items() if amount > 0}
