"""Objects as etcd holds them, for tests of what follows etcd."""

from typing import Any

from kactors.api.codec import encode
from kactors.api.objects import Object
from kactors.api.registry import REGISTRY, Resource
from kactors.apiserver.keys import key_of, prefix_of
from kactors.apiserver.storage import Stored

PODS = REGISTRY.get("", "v1", "pods")
CONFIG_MAPS = REGISTRY.get("", "v1", "configmaps")
NODES = REGISTRY.get("", "v1", "nodes")


def stored(resource: Resource, obj: Object, revision: int) -> Stored:
    """Return an object as it is in etcd."""
    meta = obj["metadata"]
    key = key_of(prefix_of(resource), meta.get("namespace", ""), meta["name"])
    return Stored(key, encode(obj), revision)


def pod_on(
    node: str, name: str, revision: int, namespace: str = "default", **labels: str
) -> Stored:
    """Return a pod on a node as it is in etcd."""
    meta: dict[str, Any] = {"name": name, "namespace": namespace, "labels": labels}
    return stored(PODS, {"kind": "Pod", "metadata": meta, "spec": {"nodeName": node}}, revision)
