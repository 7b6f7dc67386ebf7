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


def service(name: str, cluster_ip: str = "", **spec: Any) -> Object:
    """Return a Service before the pods of the same name: port 80 leads to their port 8080."""
    address: Object = {"clusterIP": cluster_ip} if cluster_ip else {}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "selector": {"app": name},
            "ports": [{"port": 80, "targetPort": 8080}],
            **address,
            **spec,
        },
    }
