"""A small valid object of each kind, as a client would send it."""

from typing import Any

from kactors.api.objects import Object, deep_copy, put
from kactors.api.registry import REGISTRY
from kactors.api.resource import Resource
from kactors.api.rest import before_create, fill_namespace, fill_system_fields
from kactors.api.schema import conform

__all__ = ["TEMPLATE", "VALID", "changed", "created", "sent"]

_CONTAINER = {"name": "c", "image": "nginx:1"}
TEMPLATE: Object = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [_CONTAINER]}}
_SELECTED: Object = {"selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE}
_JOB: Object = {"template": {"spec": {"restartPolicy": "Never", "containers": [_CONTAINER]}}}
_ROLE_REF = {"kind": "ClusterRole", "name": "r"}
VALID: dict[str, Object] = {
    "ConfigMap": {"data": {"a": "b"}},
    "Endpoints": {"subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}]},
    "Event": {"involvedObject": {"kind": "Pod", "namespace": "ns", "name": "p"}, "reason": "r"},
    "Namespace": {},
    "Node": {"spec": {"podCIDR": "10.0.0.0/24", "podCIDRs": ["10.0.0.0/24"]},
             "status": {"capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"}}},
    "PersistentVolume": {"spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
                                  "hostPath": {"path": "/data"}}},
    "PersistentVolumeClaim": {"spec": {"accessModes": ["ReadWriteOnce"],
                                       "resources": {"requests": {"storage": "1Gi"}}}},
    "Pod": {"spec": {"containers": [_CONTAINER]}},
    "Secret": {"stringData": {"a": "b"}},
    "ServiceAccount": {},
    "Service": {"spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}},
    "DaemonSet": {"spec": _SELECTED},
    "Deployment": {"spec": _SELECTED},
    "ReplicaSet": {"spec": _SELECTED},
    "StatefulSet": {"spec": {**_SELECTED, "serviceName": "web"}},
    "CronJob": {"spec": {"schedule": "*/5 * * * *", "jobTemplate": {"spec": _JOB}}},
    "Job": {"spec": _JOB},
    "Lease": {"spec": {"holderIdentity": "me", "leaseDurationSeconds": 15}},
    "EndpointSlice": {"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}],
                      "ports": [{"port": 80}]},
    "PodDisruptionBudget": {"spec": {"minAvailable": 1, "selector": {}}},
    "ClusterRole": {"rules": [{"verbs": ["get"], "nonResourceURLs": ["/healthz"]}]},
    "ClusterRoleBinding": {"roleRef": _ROLE_REF, "subjects": [{"kind": "User", "name": "u"}]},
    "Role": {"rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]},
    "RoleBinding": {"roleRef": _ROLE_REF,
                    "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "ns"}]},
    "ControllerRevision": {"data": {"spec": {}}, "revision": 1},
    "PriorityClass": {"value": 10},
    "StorageClass": {"provisioner": "example.com/disk"},
}  # fmt: skip


def sent(kind: str, *changes: tuple[str, Any]) -> Object:
    """Return a client's object: the valid one of ``kind``, with changes at dotted paths."""
    resource = REGISTRY.by_name(kind)
    obj: Object = {"apiVersion": resource.api_version, "kind": kind, "metadata": {"name": "x"}}
    return changed({**obj, **deep_copy(VALID[kind])}, *changes)


def changed(obj: Object, *changes: tuple[str, Any]) -> Object:
    """Return a copy with changes at dotted paths; a number in a path is an index.

    ``...`` as the value takes out what is there.
    """
    found = deep_copy(obj)
    for path, value in changes:
        _put(found, path.split("."), value)
    result: Object = found
    return result


def _put(obj: Any, path: list[str], value: Any) -> None:
    first, *rest = path
    key: Any = int(first) if isinstance(obj, list) else first
    if rest:
        if isinstance(obj, dict) and key not in obj:
            put(obj, {}, key)
        _put(obj[key], rest, value)
    elif value is ...:
        del obj[key]
    else:
        obj[key] = value


def created(kind: str, *changes: tuple[str, Any]) -> Object:
    """Return what is stored when a client sends such an object.

    Raises:
        Invalid: it breaks the rules of its kind.
    """
    resource: Resource = REGISTRY.by_name(kind)
    obj = conform(resource.schema, sent(kind, *changes)).obj
    fill_namespace(resource, obj, "ns" if resource.namespaced else "")
    resource.strategy.default(obj)
    fill_system_fields(obj, uid="u-1", now_ns=0)
    before_create(resource, obj)
    return obj
