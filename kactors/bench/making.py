"""The objects that operations create.

Unlike upstream's, names that are generated carry numbers: five random characters meet twice among
ten thousand pods.

Source: kubernetes test/integration/scheduler_perf/util.go and ``test/utils/runners.go``.
"""

from collections.abc import Iterator
from typing import Final

from kactors.api.objects import Object
from kactors.bench.operations import CreateNamespaces, CreateNodes, CreatePods, NodeLabel
from kactors.bench.template import Template

__all__ = ["named", "namespace", "namespaces", "nodes", "pods"]

_HOSTNAME: Final = "kubernetes.io/hostname"
_NODE: Final[Object] = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {},
    "spec": {},
    "status": {
        "capacity": {"cpu": "4", "memory": "32Gi", "pods": "110"},
        "conditions": [{"type": "Ready", "status": "True"}],
    },
}
_AMOUNTS: Final = {"cpu": "100m", "memory": "500Mi"}
_POD: Final[Object] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"generateName": "pod-"},
    "spec": {
        "containers": [
            {
                "name": "pause",
                "image": "registry.k8s.io/pause:3.10",
                "ports": [{"containerPort": 80}],
                "resources": {"requests": _AMOUNTS, "limits": _AMOUNTS},
            }
        ]
    },
}


def nodes(operation: CreateNodes) -> Iterator[Object]:
    """Yield the nodes, each with its name as a label."""
    prefix = f"node-{operation.index}-"
    for number in range(operation.count):
        node = _from(operation.template, _NODE, number, operation.count)
        node = named(node, f"{number:05}", prefix=prefix)
        metadata = node["metadata"]
        labels = {**(metadata.get("labels") or {}), _HOSTNAME: metadata["name"]}
        if operation.label is not None:
            labels[operation.label.key] = _label(operation.label, number)
        status = node.get("status") or {}
        if "allocatable" not in status:  # as the API's defaulting does
            status = {**status, "allocatable": status.get("capacity") or {}}
        yield {**node, "metadata": {**metadata, "labels": labels}, "status": status}


def _label(label: NodeLabel, number: int) -> str:
    return label.values[number % len(label.values)] if label.values else str(number)


def namespaces(operation: CreateNamespaces) -> Iterator[Object]:
    """Yield the namespaces."""
    for number in range(operation.count):
        base = _from(operation.template, namespace(""), number, operation.count)
        name = f"{operation.prefix}-{number}"
        yield {**base, "metadata": {**(base.get("metadata") or {}), "name": name}}


def namespace(name: str) -> Object:
    """Return a namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def pods(operation: CreatePods) -> Iterator[Object]:
    """Yield the pods."""
    for number in range(operation.count):
        pod = _from(operation.template, _POD, number, operation.count)
        yield named(pod, f"{operation.index}-{number:06}", namespace=operation.namespace)


def named(obj: Object, number: str, *, prefix: str = "", namespace: str = "") -> Object:
    """Return an object with a name, unless it has one, and in a namespace if one is given.

    Args:
        obj: as its template makes it.
        number: that sets it apart from others of the template.
        prefix: of its name, if it says none itself.
        namespace: to be in; empty to leave that as it is.
    """
    metadata = dict(obj.get("metadata") or {})
    begin = metadata.pop("generateName", "") or prefix
    metadata.setdefault("name", f"{begin}{number}")
    if namespace:
        metadata["namespace"] = namespace
    return {**obj, "metadata": metadata}


def _from(template: Template | None, default: Object, number: int, count: int) -> Object:
    return default if template is None else template.object(number, count)
