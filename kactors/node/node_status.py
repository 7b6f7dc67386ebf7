"""The Node object, as its kubelet sees itself.

Source: kubernetes pkg/kubelet/kubelet_node_status.go, pkg/kubelet/nodestatus/setters.go.
"""

from collections.abc import Mapping
from typing import Any, Final

from kactors import __version__
from kactors.api.meta import format_time, get_condition
from kactors.api.objects import Object
from kactors.api.quantity import format_quantity, parse_quantity
from kactors.node.config import KubeletConfig

__all__ = ["UNINITIALIZED", "allocatable_of", "is_news", "new_node", "node_status"]

UNINITIALIZED: Final[Object] = {
    "key": "node.cloudprovider.kubernetes.io/uninitialized",
    "value": "true",
    "effect": "NoSchedule",
}
_IMAGES_MAX: Final = 50


def allocatable_of(config: KubeletConfig) -> dict[str, str]:
    """Return what the node offers to pods: its capacity without what is reserved."""
    found = {}
    for name, text in config.capacity.items():
        left = parse_quantity(text) - parse_quantity(config.reserved.get(name, "0"))
        found[name] = format_quantity(left)
    return found


def new_node(config: KubeletConfig) -> Object:
    """Return the Node object with which a kubelet registers itself."""
    labels = {
        "kubernetes.io/hostname": config.node,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        **config.labels,
    }
    spec: Object = {}
    taints = [*config.taints, *([UNINITIALIZED] if config.external_cloud else [])]
    if taints:
        spec["taints"] = taints
    if config.provider_id:
        spec["providerID"] = config.provider_id
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": config.node, "labels": labels},
        "spec": spec,
    }


def node_status(
    config: KubeletConfig,
    before: Object,
    *,
    now_ns: int,
    boot_id: str,
    problem: str = "",
    images: Mapping[str, int] | None = None,
) -> Object:
    """Return the ``NodeStatus`` of the node.

    Args:
        config: the node's.
        before: the status that the Node has.
        now_ns: the host's wall clock.
        boot_id: of the host's present life.
        problem: why the node is not ready; empty if it is.
        images: what it has, and sizes in bytes.
    """
    now = format_time(now_ns)
    largest = sorted((images or {}).items(), key=lambda item: (-item[1], item[0]))[:_IMAGES_MAX]
    found: Object = {
        "capacity": dict(config.capacity),
        "allocatable": allocatable_of(config),
        "nodeInfo": {
            "machineID": config.node,
            "systemUUID": config.node,
            "bootID": boot_id,
            "kernelVersion": "simulated",
            "osImage": "simulated",
            "containerRuntimeVersion": f"simulated://{__version__}",
            "kubeletVersion": f"v1.34.0+kactors-{__version__}",
            "kubeProxyVersion": "",
            "operatingSystem": "linux",
            "architecture": "amd64",
        },
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "images": [{"names": [name], "sizeBytes": size} for name, size in largest],
        "conditions": _conditions(before, problem, now),
    }
    if not config.external_cloud:
        found["addresses"] = [
            {"type": "InternalIP", "address": config.node_ip},
            {"type": "Hostname", "address": config.node},
        ]
    return found


def _conditions(before: Object, problem: str, now: str) -> list[Object]:
    table = (
        ("MemoryPressure", "False", "KubeletHasSufficientMemory",
         "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID",
         "kubelet has sufficient PID available"),
        ("Ready", "False", "KubeletNotReady", problem) if problem else
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    )  # fmt: skip
    found = []
    for kind, status, reason, message in table:
        old = get_condition({"status": before}, kind) or {}
        since = old.get("lastTransitionTime") if old.get("status") == status else None
        found.append({
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastHeartbeatTime": now,
            "lastTransitionTime": since or now,
        })  # fmt: skip
    return found


def is_news(before: Object, after: Object) -> bool:
    """Tell whether a status differs from the one before in more than the times of its heartbeats.

    Conditions of others, which ``after`` does not have, do not count.
    """
    for name, value in after.items():
        if name == "conditions":
            for condition in value:
                old = get_condition({"status": before}, condition["type"])
                if old is None or _still(old) != _still(condition):
                    return True
        elif before.get(name) != value and not (value == [] and name not in before):
            return True
    return False


def _still(condition: Mapping[str, Any]) -> dict[str, Any]:
    return {key: condition.get(key) for key in ("status", "reason", "message")}
