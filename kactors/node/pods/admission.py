"""Whether a node takes a pod that was bound to it; the last word is the node's.

A scheduler decides from what it has seen; the kubelet from what runs. A pod that finds no room any
more is *rejected*: it fails, and its controller makes another.

Source: kubernetes pkg/kubelet/lifecycle/predicate.go.
"""

from collections.abc import Iterable, Mapping

import attrs

from kactors.api.meta import labels_of, name_of
from kactors.api.node_affinity import RequiredNodeAffinity
from kactors.api.objects import Object
from kactors.api.taints import NO_EXECUTE, find_untolerated
from kactors.node.pods.resources import amount_of, pod_requests

__all__ = ["Rejection", "admit"]


@attrs.frozen
class Rejection:
    """Why a pod is not taken: ``status.reason`` and ``status.message`` of a failed pod."""

    reason: str
    message: str


def admit(
    pod: Object, node: Object, others: Iterable[Object], allocatable: Mapping[str, str]
) -> Rejection | None:
    """Return why ``node`` does not take ``pod``, or ``None`` if it does.

    Args:
        pod: bound to the node.
        node: labels, name and taints count.
        others: the pods that the node has taken and that have not ended.
        allocatable: what the node offers to pods, as quantities.
    """
    if not RequiredNodeAffinity.of_pod(pod).matches(labels_of(node), name_of(node)):
        return _predicate("NodeAffinity")
    used = list(others)
    ports = _host_ports(pod)
    if ports and any(ports & _host_ports(other) for other in used):
        return _predicate("NodePorts")
    tolerations = pod["spec"].get("tolerations") or ()
    taints = ((node.get("spec") or {}).get("taints")) or ()
    if find_untolerated(taints, tolerations, _executes) is not None:
        return _predicate("TaintToleration")
    return _out_of(pod, used, allocatable)


def _executes(taint: Object) -> bool:
    return taint.get("effect") == NO_EXECUTE


def _predicate(name: str) -> Rejection:
    return Rejection(name, f"Pod was rejected: Predicate {name} failed")


def _host_ports(pod: Object) -> set[tuple[int, str]]:
    return {
        (port["hostPort"], port.get("protocol") or "TCP")
        for container in pod["spec"].get("containers") or ()
        for port in container.get("ports") or ()
        if port.get("hostPort")
    }


def _out_of(pod: Object, others: list[Object], allocatable: Mapping[str, str]) -> Rejection | None:
    asked = {**pod_requests(pod), "pods": 1}
    used: dict[str, int] = {"pods": len(others)}
    for other in others:
        for name, amount in pod_requests(other).items():
            used[name] = used.get(name, 0) + amount
    for name in sorted(asked):
        capacity = amount_of(name, allocatable.get(name, 0))
        if asked[name] and used.get(name, 0) + asked[name] > capacity:
            return Rejection(
                f"OutOf{name}",
                f"Pod was rejected: Node didn't have enough resource: {name}, requested: "
                f"{asked[name]}, used: {used.get(name, 0)}, capacity: {capacity}",
            )
    return None
