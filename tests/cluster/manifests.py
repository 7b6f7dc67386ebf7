"""Objects that tests of clusters have somebody run."""

from typing import Any

from kactors.api.objects import Object


def template(name: str, image: str, **spec: Any) -> Object:
    """Return the template of pods of one container, which listens on port 8080."""
    container: Object = {"name": name, "image": image, "ports": [{"containerPort": 8080}]}
    return {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [container], **spec},
    }


def deployment(name: str, replicas: int, image: str = "", **spec: Any) -> Object:
    """Return a Deployment in the default namespace; its image is ``NAME:1`` unless given."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": template(name, image or f"{name}:1"),
            **spec,
        },
    }


def service(name: str, cluster_ip: str = "10.96.0.20", **spec: Any) -> Object:
    """Return a Service before the pods of the same name: port 80 leads to their port 8080."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "selector": {"app": name},
            "ports": [{"port": 80, "targetPort": 8080}],
            "clusterIP": cluster_ip,
            **spec,
        },
    }


def statefulset(name: str, replicas: int) -> Object:
    """Return a StatefulSet in the default namespace, behind the headless Service of its name."""
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "serviceName": name,
            "selector": {"matchLabels": {"app": name}},
            "template": template(name, f"{name}:1"),
        },
    }
