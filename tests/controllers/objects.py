"""Objects for tests, as the apiserver would return them."""

from itertools import count
from typing import Any

from kactors.api.meta import controller_ref, format_time
from kactors.api.objects import Object

T0 = 1_700_000_000 * 10**9
"""When tests begin, nanoseconds since 1970."""

_uids = count(1)


def at(seconds: float) -> int:
    """Return a time so many seconds after `T0`."""
    return T0 + int(seconds * 10**9)


def make(
    api_version: str,
    kind: str,
    name: str,
    *,
    namespace: str | None = "default",
    uid: str | None = None,
    owner: Object | None = None,
    created: float = 0.0,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    deleted: bool = False,
    **parts: Any,
) -> Object:
    """Return an object with metadata; ``parts`` are ``spec``, ``status`` and the like."""
    metadata: Object = {
        "name": name,
        "uid": uid or f"uid-{next(_uids)}",
        "creationTimestamp": format_time(at(created)),
        "resourceVersion": "1",
        "generation": 1,
    }
    if namespace is not None:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = labels
    if annotations:
        metadata["annotations"] = annotations
    if owner is not None:
        metadata["ownerReferences"] = [controller_ref(owner)]
    if deleted:
        metadata["deletionTimestamp"] = format_time(at(created))
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **parts}


def pod(
    name: str = "",
    *,
    phase: str = "Running",
    ready: bool = False,
    ready_at: float = 0.0,
    node: str = "",
    status: Object | None = None,
    spec: Object | None = None,
    **more: Any,
) -> Object:
    """Return a pod."""
    conditions = [
        {
            "type": "Ready",
            "status": "True" if ready else "False",
            "lastTransitionTime": format_time(at(ready_at)),
        }
    ]
    found = {"phase": phase, "conditions": conditions, **(status or {})}
    wanted = {**({"nodeName": node} if node else {}), **(spec or {})}
    return make("v1", "Pod", name or f"pod-{next(_uids)}", spec=wanted, status=found, **more)


def template(image: str = "web:1", labels: dict[str, str] | None = None) -> Object:
    """Return a pod template."""
    return {
        "metadata": {"labels": labels or {"app": "web"}},
        "spec": {"containers": [{"name": "main", "image": image}]},
    }


def deployment(
    name: str = "web", *, replicas: int = 3, image: str = "web:1", status: Object | None = None,
    annotations: dict[str, str] | None = None, **spec: Any,
) -> Object:  # fmt: skip
    """Return a Deployment with defaults filled in."""
    wanted = {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": "web"}},
        "template": template(image),
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
        },
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
        **spec,
    }
    return make("apps/v1", "Deployment", name, spec=wanted, status=status or {},
                annotations=annotations)  # fmt: skip


def replica_set(
    name: str = "web-1", *, replicas: int = 3, image: str = "web:1", status: Object | None = None,
    **more: Any,
) -> Object:  # fmt: skip
    """Return a ReplicaSet."""
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": "web"}},
        "template": template(image),
    }
    return make("apps/v1", "ReplicaSet", name, spec=spec, status=status or {}, **more)


def node(name: str, **more: Any) -> Object:
    """Return a node that is ready."""
    conditions = [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]
    more.setdefault("status", {"conditions": conditions})
    more.setdefault("spec", {})
    return make("v1", "Node", name, namespace=None, **more)
