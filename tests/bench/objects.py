"""Nodes, pods and files for tests of benchmarks."""

from pathlib import Path
from typing import Any

from kactors.api.objects import Object
from kactors.bench.config import Workload
from kactors.bench.operations import CreateNodes, CreatePods

ZONE = "topology.kubernetes.io/zone"


def node(name: str, cpu: str = "4", **labels: str) -> Object:
    """Return a node with room."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {ZONE: labels.get("zone", "")}},
        "status": {"allocatable": {"cpu": cpu, "memory": "32Gi", "pods": "110"}},
    }


def pod(name: str, on: str = "", cpu: str = "1", **spec: Any) -> Object:
    """Return a pod that is on a node, if one is named."""
    requests = {"cpu": cpu, "memory": "1Gi"}
    found = {
        "containers": [{"name": "main", "image": "pause", "resources": {"requests": requests}}],
        **spec,
    }
    if on:
        found["nodeName"] = on
    metadata = {"name": name, "namespace": "default", "labels": {"color": "blue"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": found}


def workload(nodes: int = 3, pods: int = 5, **more: Any) -> Workload:
    """Return a workload of default nodes and default pods."""
    operations = (
        CreateNodes(index=0, count=nodes),
        CreatePods(index=1, count=pods, namespace="default", measured=True),
    )
    return Workload(case="Case", name="small", operations=operations, **more)


def written(folder: Path, text: str, name: str = "config.yaml") -> Path:
    """Return a file with a text."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file
