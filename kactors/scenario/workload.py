"""Manifests that scenarios begin with: a few plain workloads, so that a scenario stays one screen.

They are dicts as in Kubernetes' documentation; anything else is written as such a dict.
"""

from typing import Any

from kactors.api.objects import Object

__all__ = ["daemon_set", "deployment", "job", "pod_template", "service", "stateful_set"]

_PORT = 8080


def pod_template(name: str, image: str = "", *, annotations: Object | None = None, **spec: Any
                 ) -> Object:  # fmt: skip
    """Return a template of pods of one container, which listens on port 8080.

    Args:
        name: of the label ``app`` and of the container.
        image: of the container; ``NAME:1`` unless given.
        annotations: of the pods, such as how their containers behave.
        spec: further fields of the pods.
    """
    container = {"name": name, "image": image or f"{name}:1", "ports": [{"containerPort": _PORT}]}
    metadata: Object = {"labels": {"app": name}}
    if annotations:
        metadata["annotations"] = annotations
    return {"metadata": metadata, "spec": {"containers": [container], **spec}}


def deployment(name: str, replicas: int, *, image: str = "", **spec: Any) -> Object:
    """Return a Deployment; ``spec`` are further fields of it."""
    return _workload("Deployment", name, {"replicas": replicas}, image, spec)


def stateful_set(name: str, replicas: int, *, image: str = "", **spec: Any) -> Object:
    """Return a StatefulSet behind the Service of its name; ``spec`` are further fields of it."""
    return _workload("StatefulSet", name, {"replicas": replicas, "serviceName": name}, image, spec)


def daemon_set(name: str, *, image: str = "", **spec: Any) -> Object:
    """Return a DaemonSet; ``spec`` are further fields of it."""
    return _workload("DaemonSet", name, {}, image, spec)


def _workload(kind: str, name: str, first: Object, image: str, spec: Object) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            **first,
            "selector": {"matchLabels": {"app": name}},
            "template": pod_template(name, image),
            **spec,
        },
    }


def job(name: str, completions: int, *, parallelism: int = 5, seconds: float = 5, **spec: Any
        ) -> Object:  # fmt: skip
    """Return a Job of so many pods, each of which runs for so many seconds and succeeds."""
    behaviour = {"behaviour.kactors.dev/run-seconds": f"{seconds:g}"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "completions": completions,
            "parallelism": parallelism,
            "template": pod_template(name, annotations=behaviour, restartPolicy="Never"),
            **spec,
        },
    }


def service(name: str, **spec: Any) -> Object:
    """Return a Service before the pods of the same name: port 80 leads to their port 8080."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "selector": {"app": name},
            "ports": [{"port": 80, "targetPort": _PORT}],
            **spec,
        },
    }
