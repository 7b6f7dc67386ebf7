"""What a pod asks for, and the class of service that follows from it.

Source: kubernetes component-helpers resource/helpers.go (PodRequests),
pkg/apis/core/v1/helper/qos/qos.go.
"""

from collections.abc import Iterable, Mapping

from kactors.api.objects import Object
from kactors.api.quantity import milli_value, value

__all__ = ["amount_of", "is_sidecar", "pod_requests", "qos_class"]

Amounts = dict[str, int]


def amount_of(resource: str, text: str | int) -> int:
    """Return an amount: millicores of cpu, units (bytes) of anything else."""
    return milli_value(text) if resource == "cpu" else value(text)


def is_sidecar(container: Object) -> bool:
    """Tell whether an init container goes on beside the pod's containers."""
    return container.get("restartPolicy") == "Always"


def _amounts(container: Object) -> Amounts:
    requests = (container.get("resources") or {}).get("requests") or {}
    return {name: amount_of(name, text) for name, text in requests.items()}


def _add(total: Amounts, more: Mapping[str, int]) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, 0) + amount


def pod_requests(pod: Object) -> Amounts:
    """Return what a pod asks of its node: the most at any time of its life, and its overhead."""
    spec = pod.get("spec") or {}
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _add(total, _amounts(container))
    beside: Amounts = {}
    peak: Amounts = {}
    for container in spec.get("initContainers") or ():
        asked = _amounts(container)
        if is_sidecar(container):
            _add(beside, asked)
            asked = beside
        else:
            asked = {name: asked.get(name, 0) + beside.get(name, 0) for name in asked | beside}
        for name, amount in asked.items():
            peak[name] = max(peak.get(name, 0), amount)
    _add(total, beside)
    for name, amount in peak.items():
        total[name] = max(total.get(name, 0), amount)
    _add(
        total, {name: amount_of(name, text) for name, text in (spec.get("overhead") or {}).items()}
    )
    return total


def qos_class(pod: Object) -> str:
    """Return ``Guaranteed``, ``Burstable`` or ``BestEffort``."""
    spec = pod.get("spec") or {}
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    if not any(_counted(each, kind) for each in containers for kind in ("requests", "limits")):
        return "BestEffort"
    guaranteed = all(
        set(limits) == {"cpu", "memory"} and _counted(each, "requests") in ({}, limits)
        for each in containers
        for limits in (_counted(each, "limits"),)
    )
    return "Guaranteed" if guaranteed else "Burstable"


def _counted(container: Object, kind: str) -> Amounts:
    listed: Iterable[tuple[str, str]] = ((container.get("resources") or {}).get(kind) or {}).items()
    return {
        name: amount
        for name, text in listed
        if name in {"cpu", "memory"} and (amount := amount_of(name, text)) > 0
    }
