"""Objects to test with."""

from kactors.api.objects import Object


def pod(name: str, namespace: str = "default", node: str = "", **labels: str) -> Object:
    """A pod, on a node or on none yet."""
    metadata: Object = {"name": name, "namespace": namespace, "labels": labels}
    spec: Object = {"containers": [{"name": "main", "image": "main:1"}]}
    if node:
        spec["nodeName"] = node
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def config_map(name: str, namespace: str = "default", **data: str) -> Object:
    """A ConfigMap."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
